package research

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

var (
	saysUnanimous = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:unaniem|unanieme|unanimiteit|eensgezind|eensgezinde|eenstemmig|eenparig|met algemene stemmen|unanimous(?:ly)?)(?:$|[^\p{L}])`)
	saysMinority  = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:minderheid|minderheidsnota|minderheidsstandpunt|minderheidsadvies|minority)(?:$|[^\p{L}])`)
	saysDivided   = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:verdeeld|verdeelde|verdeeldheid|niet eens over|oneens|niet tot (?:één|een|eenzelfde) (?:standpunt|oordeel|advies)|niet tot overeenstemming|divided|disagreed)(?:$|[^\p{L}])`)
	// Who is divided must be the Council or its members: cakes and regions are too.
	ofTheCouncil = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:ser|raad|leden|kroonleden|minderheid|minderheidsnota|advies|council|members)(?:$|[^\p{L}])`)
	// Not what the word means, nor that nothing is known, nor that it may be so.
	saysNothing = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:niet vermeld|betekent|kan zijn|kan een advies|kunnen zijn|zegt niet|zegt ook niet|noemt niet|noemt ook niet|noemt .{0,40}niet (?:unaniem|verdeeld)|niet of|weet niet|of de (?:ser|raad) (?:unaniem|verdeeld|het eens)|als de (?:ser|raad)|wanneer de (?:ser|raad)|soms|vaak|meestal|meestentijds|altijd|streeft|hoeft|voor een deel unaniem en voor een deel verdeeld kan|if|sometimes)(?:$|[^\p{L}])`)
	negated     = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:niet|geen|nooit|zonder|not|no)\s+(?:\p{L}+\s+)?$`)

	relations = []struct {
		kind corpus.RelationKind
		is   *regexp.Regexp
	}{
		{corpus.Supersedes, regexp.MustCompile(`(?i)(?:^|[^\p{L}])(vervangt|vervangen|verving|komt in de plaats van|kwam in de plaats van|ter vervanging van|supersedes|replaces)(?:$|[^\p{L}])`)},
		{corpus.Revises, regexp.MustCompile(`(?i)(?:^|[^\p{L}])(herziet|herzag|herzien|wijzigt het standpunt|wijzigde het standpunt|komt terug op het standpunt|kwam terug op het standpunt|in afwijking van|wijkt af van|week af van|neemt afstand van|nam afstand van|anders dan in|in plaats van de \p{L}+ doelstellingen uit|revises|departs from)(?:$|[^\p{L}])`)},
		{corpus.Confirms, regexp.MustCompile(`(?i)(?:^|[^\p{L}])(bevestigt|bevestigde|herhaalt|herhaalde|onderschrijft opnieuw|blijft bij|bleef bij|handhaaft|handhaafde|sluit aan bij|sloot aan bij|confirms|reaffirms|repeats)(?:$|[^\p{L}])`)},
		{corpus.Reply, regexp.MustCompile(`(?i)(?:^|[^\p{L}])(reageert op|reageerde op|kabinetsreactie op|reactie op|antwoord op|replies to)(?:$|[^\p{L}])`)},
	}
)

// partiesNamed are the groups of the Council, as texts name them.
var partiesNamed = []struct {
	party corpus.Speaker
	is    *regexp.Regexp
}{
	{corpus.SpeakerEmployers, regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:ondernemers|ondernemersleden|ondernemersdelegatie|werkgevers|werkgeversleden|werkgeverszijde|werkgeversorganisaties?|employers)(?:$|[^\p{L}])`)},
	{corpus.SpeakerWorkers, regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:werknemersleden|werknemersdelegatie|werknemerszijde|werknemers|werknemersorganisaties?|vakbeweging|vakcentrales?|vakbonden|employees|workers|unions)(?:$|[^\p{L}])`)},
	{corpus.SpeakerCrown, regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:kroonleden|kroonlid|crown[- ]appointed members|crown members)(?:$|[^\p{L}])`)},
}

// partiesIn are the groups of the Council that a passage names.
func partiesIn(text string) (out []corpus.Speaker) {
	for _, p := range partiesNamed {
		if p.is.MatchString(text) {
			out = append(out, p.party)
		}
	}
	return out
}

// goesOn are sentences that go on about the publication that was named before them:
// they point at it, or tell what the Council did then.
var goesOn = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:(?:dit|dat|deze|het|de|this|that)\s+(?:SER-)?(?:brief)?(?:advies|rapport|verkenning|publicatie|akkoord|evaluatie|inventarisatie|report)|de (?:ser|raad) (?:wilde|vond|vroeg|koos|pleitte|adviseerde|stelde|noemde|achtte|waarschuwde|was|bood|zocht|zag|woog)|(?:wilde|vond|vroeg|koos|pleitte|adviseerde|stelde|noemde|achtte|waarschuwde|was|zag) de (?:ser|raad))(?:$|[^\p{L}])`)

// atAnotherTime are sentences that give a year of their own.
var atAnotherTime = regexp.MustCompile(`(?:^|\D)(?:19|20)\d\d(?:\D|$)`)

// divisionOf is how the Council stood by a sentence, "" when it says nothing of it.
func divisionOf(sentence string) string {
	if !ofTheCouncil.MatchString(sentence) || saysNothing.MatchString(sentence) || strings.HasSuffix(sentence, "?") {
		return ""
	}
	says := func(re *regexp.Regexp) bool {
		for _, m := range re.FindAllStringIndex(sentence, -1) {
			if !negated.MatchString(sentence[:m[0]+1]) {
				return true
			}
		}
		return false
	}
	switch {
	case says(saysDivided):
		return Divided
	case says(saysMinority):
		return Minority
	case says(saysUnanimous):
		return Unanimous
	}
	return ""
}

// read finds what research goes by in the pages of a version.
func read(version int64, pages []corpus.Page) Reading {
	r := Reading{Rules: mentionRules}
	var path []string
	for _, p := range pages {
		runes := []rune(p.Text)
		blocks := p.Blocks
		if len(blocks) == 0 {
			blocks = []corpus.Block{{Kind: corpus.BlockParagraph, End: len(runes)}}
		}
		for _, b := range blocks {
			start, end := max(b.Start, 0), min(b.End, len(runes))
			if start >= end || b.Kind != corpus.BlockHeading && !b.Kind.Citable() {
				continue
			}
			text := string(runes[start:end])
			if b.Kind == corpus.BlockHeading {
				level := max(b.Level, 1)
				path = append(path[:min(len(path), level-1)], text)
			}
			r.Findings = append(r.Findings, readBlock(version, p.Number, start, b.Kind, corpus.Section(path), text)...)
		}
	}
	return r
}

// readBlock reads one block, which starts at a place on its page.
func readBlock(version int64, page, at int, kind corpus.BlockKind, section corpus.SectionKind, text string) (out []Finding) {
	runes := []rune(text)
	mentions := Mentions(text)
	tabular := kind == corpus.BlockTable || kind == corpus.BlockHeading || kind == corpus.BlockCaption
	var last *Finding // what the sentences before name, when it is one publication
	for _, s := range dutch.Sentences(text) {
		sentence := string(runes[s.Start:s.End])
		row := tabular || !wholeSentence(sentence)
		division := ""
		if !row {
			division = divisionOf(sentence)
		}
		var here []Mention
		for _, m := range mentions {
			if s.Start <= m.Start && m.Start < s.End {
				here = append(here, m)
			}
		}
		base := Finding{Version: version, Page: page, SentenceStart: at + s.Start, SentenceEnd: at + s.End, Row: row, Section: section, Division: division}
		first := len(out)
		for _, m := range here {
			f := base
			f.Kind, f.Mention = FoundMention, m
			f.Start, f.End = at+m.Start, at+min(m.End, s.End)
			out = append(out, f)
		}
		if !row && len(here) > 0 {
			relate(out[first:], here, s.Start, sentence)
		}
		switch {
		case row:
		case len(here) > 0:
			f := out[first]
			last = &f
			for _, m := range here[1:] {
				if m.Title == "" && (here[0].Title == "" || len(here) > 2) { // a number with its title is one
					last = nil
				}
			}
		case last != nil && goesOn.MatchString(sentence) && !atAnotherTime.MatchString(sentence):
			f := base
			f.Kind, f.Mention = FoundMention, last.Mention
			f.Mention.Carried = true
			f.Start, f.End, f.SentenceStart = at+s.Start, at+s.End, last.SentenceStart
			out = append(out, f)
			continue
		}
		if division != "" {
			f := base
			f.Kind, f.Start, f.End = FoundDivision, f.SentenceStart, f.SentenceEnd
			out = append(out, f)
		}
	}
	return out
}

// relate finds what a sentence says of the publications it mentions: the first
// mention after the verb is the object, one before it the subject; without a subject
// it is the document that speaks.
func relate(findings []Finding, mentions []Mention, start int, sentence string) {
	for _, r := range relations {
		m := r.is.FindStringSubmatchIndex(sentence)
		if m == nil || negated.MatchString(sentence[:m[2]]) {
			continue
		}
		verb := start + len([]rune(sentence[:m[2]]))
		after := slices.IndexFunc(mentions, func(m Mention) bool { return m.Start >= verb })
		// "niet herziet", "herziet … niet": said of no other publication then.
		if strings.HasPrefix(strings.TrimLeft(sentence[m[3]:], " "), "niet ") || after < 0 {
			continue
		}
		findings[after].Relation = r.kind
		if after > 0 {
			subject := mentions[after-1]
			findings[after].Subject = &subject
		}
		return
	}
}

// wholeSentence reports whether a stretch of text is a sentence: it begins like one
// and ends like one.
func wholeSentence(s string) bool {
	s = strings.TrimRight(s, `'"’”»)] `)
	if s == "" || !strings.ContainsRune(".!?:;…", []rune(s)[len([]rune(s))-1]) {
		return false
	}
	for _, r := range s {
		if unicode.IsLetter(r) {
			return unicode.IsUpper(r) || strings.HasPrefix(s, "'")
		}
		if unicode.IsDigit(r) {
			return true
		}
	}
	return false
}
