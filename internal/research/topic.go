package research

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// topic is what a query is about: one or more alternatives ("zzp en flexwerk"), each
// of concepts.
type topic struct {
	alternatives [][]concept
}

// concept is a word of a topic with what it can be recognised by.
type concept struct {
	word  string
	forms map[string]float64 // term → how sure it is the concept, 0 to 1
	parts []string           // terms of a compound's parts: all together are nearly the concept
	idf   float64
}

var (
	betweenAlternatives = regexp.MustCompile(`(?i)\s+(?:en|of|and|or)\s+|\s*[,;/()]\s*`)
	inBrackets          = regexp.MustCompile(`\(([^()]+)\)`)
	// Words by which people ask for a history, which name no subject.
	asking = func() map[string]bool {
		m := make(map[string]bool)
		for w := range strings.FieldsSeq(`ser raad advies adviezen standpunt standpunten positie posities mening opvatting opvattingen geschiedenis ontwikkeling
			verloop tijdlijn overzicht publicatie publicaties publicatienummer rapport rapporten verkenning verkenningen council opinion history position advice
			over sinds vanaf jaren jaar onderwerp thema vond vindt zei schreef dacht wilde vroeger nu later eerst laatste vorige welke wat wie waar wanneer hoe
			waarom zijn was waren werd werden heeft had hebben daarna ervoor hierover daarover altijd steeds keer verdeeld unaniem eens oneens eensgezind minderheid verdeeldheid veranderde veranderd verandering veranderden ontwikkelde ontwikkelden zich gedacht gezegd geschreven uitgebracht verschenen`) {
			m[w] = true
		}
		return m
	}()
)

const (
	// Another word for a concept is as good as its own when the catalogue does not use
	// that, and else a hint.
	synonymWeight = 0.8
	besideWeight  = 0.3
	// All parts of a compound together are nearly the compound; fewer than mostParts of
	// them are something else.
	partsWeight = 0.8
	mostParts   = 0.75
	// derivedWeight is how sure a word is that is made of another one: robotisering of
	// robot.
	derivedWeight = 0.7
	// asideWeight is what words count that any publication has, beside words that name
	// a subject.
	asideWeight = 0.25
	// ofItself is how telling an alternative must be, against the most telling word.
	ofItself = 0.7
	// enough is the share of a topic that makes a text be about it.
	enough = 0.55
	// partOf is the least share that is shown when nothing has enough.
	partOf = 0.4
)

// phrases are names of several words that publications have another word for.
var phrases = []struct {
	is *regexp.Regexp
	as []string
}{
	{regexp.MustCompile(`(?i)\bkunstmatige intelligentie\b|\bartificial intelligence\b`), []string{"AI"}},
	{regexp.MustCompile(`(?i)\boude dag\b`), []string{"ouderdom", "oudedagsvoorziening", "ouderdomsvoorziening", "pensioen"}},
	{regexp.MustCompile(`(?i)\bouderdomsvoorziening(?:en)?\b`), []string{"oudedagsvoorziening"}},
	{regexp.MustCompile(`(?i)\boudedagsvoorziening(?:en)?\b`), []string{"ouderdomsvoorziening"}},
	{regexp.MustCompile(`(?i)\bzelfstandigen zonder personeel\b|\bself[- ]employed\b`), []string{"zzp"}},
	{regexp.MustCompile(`(?i)\balgemene ouderdomswet\b`), []string{"AOW"}},
	{regexp.MustCompile(`(?i)\binternationaal maatschappelijk verantwoord ondernemen\b`), []string{"imvo"}},
	{regexp.MustCompile(`(?i)\bmaatschappelijk verantwoord ondernemen\b|\bcorporate social responsibility\b`), []string{"mvo"}},
	{regexp.MustCompile(`(?i)\b(?:een )?leven lang leren\b|\blifelong learning\b`), []string{"leven lang ontwikkelen"}},
	{regexp.MustCompile(`(?i)\bsustainable development goals\b|\bduurzame ontwikkelingsdoelen\b`), []string{"SDG"}},
}

// parties are those whom every publication concerns: they name no subject beside
// another word.
var parties = map[string]bool{"werknemers": true, "werknemer": true, "werkgevers": true, "werkgever": true, "bedrijven": true, "bedrijf": true,
	"burgers": true, "nederland": true, "nederlandse": true, "nederlanders": true, "kabinet": true, "overheid": true, "regering": true,
	"employees": true, "workers": true, "employers": true, "companies": true, "netherlands": true, "government": true}

// Endings by which one word is made of another, as stems have them, and what may stand
// between the parts of a compound.
var (
	derivations = []string{"iser", "isatie", "ing", "heid", "schap", "iteit", "aar", "er", "lijk", "loz", "ig", "isch"}
	joints      = []string{"", "s", "e", "en", "n"}
)

// shortDerived is the shortest stem that other words are made of, in bytes: the
// endings of short ones are chance.
const shortDerived = 5

// readTopic takes a text apart; ok is false when it names no subject. Publications and
// years that it names are none.
func (n *snapshot) readTopic(text string) (t topic, ok bool) {
	runes := []rune(text)
	for _, m := range Mentions(text) {
		if m.Number != "" || m.Date != "" {
			for i := m.Start; i < m.End; i++ {
				runes[i] = ' '
			}
		}
	}
	text = string(runes)
	texts := []string{text}
	if parts := betweenAlternatives.Split(text, -1); len(parts) > 1 {
		texts = append(texts, parts...)
	}
	english := dutch.Detect(text) == "en"
	var said []string
	for _, tr := range dutch.Translate(dutch.Tokens(text)) {
		if english {
			said = append(said, tr.Dutch[0])
		}
		if english || strings.Contains(tr.English, " ") { // two words alone are hardly a language
			texts = append(texts, tr.Dutch...)
		}
	}
	texts = append(texts, strings.Join(said, " "))
	for _, p := range phrases {
		for _, other := range p.as {
			for _, s := range texts[:len(texts):len(texts)] {
				if with := p.is.ReplaceAllString(s, other); with != s {
					texts = append(texts, with)
				}
			}
		}
	}
	var bracketed []string
	for _, m := range inBrackets.FindAllStringSubmatch(text, -1) {
		bracketed = append(bracketed, strings.TrimSpace(m[1]))
	}
	most := 0.0
	for i, s := range texts {
		c := n.concepts(s)
		total := 0.0
		for _, one := range c {
			total += one.idf
			if i > 0 {
				most = max(most, one.idf)
			}
		}
		// "werken" in "opgroeien, wonen en werken" is no subject of its own; what stands
		// in brackets is another name of one.
		if len(c) > 0 && (i == 0 || total >= ofItself*most || slices.Contains(bracketed, strings.TrimSpace(s))) {
			t.alternatives = append(t.alternatives, c)
			t.alternatives = append(t.alternatives, n.joined(c)...)
		}
	}
	return t, len(t.alternatives) > 0
}

// joined are the ways to say concepts in which two of them are a compound that the
// catalogue has: minimumloon for a minimum of loon.
func (n *snapshot) joined(list []concept) (out [][]concept) {
	for i, first := range list {
		for j, second := range list {
			if i == j || len(list) > mostJoined {
				continue
			}
			for _, joint := range joints {
				whole := first.word + joint + second.word
				for term, weight := range n.terms(whole) {
					if weight < 1 || len(n.postings[term]) == 0 {
						continue
					}
					said := []concept{{word: whole, forms: map[string]float64{term: 1}, idf: n.idf(term)}}
					for k, other := range list {
						if k != i && k != j {
							said = append(said, other)
						}
					}
					out = append(out, said)
				}
			}
		}
	}
	return out
}

// mostJoined is of how many words compounds are tried: a question has more.
const mostJoined = 6

func (n *snapshot) concepts(text string) (out []concept) {
	var aside []int // places of words that any publication has
	for _, tok := range dutch.Tokens(text) {
		w := tok.Text
		if dutch.IsStopWord(w, "nl") || dutch.IsStopWord(w, "en") && dutch.Detect(text) == "en" || asking[w] || len(w) < 2 ||
			slices.ContainsFunc(out, func(c concept) bool { return c.word == w }) {
			continue
		}
		if w[0] >= '0' && w[0] <= '9' || ending(text, tok) {
			continue
		}
		c := concept{word: w, forms: make(map[string]float64)}
		for term, weight := range n.terms(w) {
			if weight >= 1 {
				c.forms[term] = 1
			} else {
				c.parts = append(c.parts, term)
			}
		}
		if len(c.forms) == 0 {
			continue
		}
		known := false
		for term := range c.forms {
			known = known || len(n.postings[term]) > 0
		}
		for _, other := range dutch.SearchSynonyms(w) {
			sure := synonymWeight
			if known {
				sure = besideWeight
			}
			for term, weight := range n.terms(other) {
				if weight >= 1 {
					c.forms[term] = max(c.forms[term], sure)
				}
			}
		}
		for term, sure := range c.forms {
			if sure == 1 && len(term) >= shortDerived {
				n.derive(&c, term)
			}
		}
		slices.Sort(c.parts)
		c.idf = 0
		for term, sure := range c.forms {
			if sure == 1 {
				c.idf = max(c.idf, n.idf(term))
			}
		}
		if parties[w] || dutch.IsEveryday(w, "nl") {
			aside = append(aside, len(out))
		}
		out = append(out, c)
	}
	// A word says little beside a compound that ends in it: voorziening beside
	// oudedagsvoorziening.
	for i, c := range out {
		if len(c.word) >= shortDerived && !slices.Contains(aside, i) && slices.ContainsFunc(out, func(o concept) bool { return o.word != c.word && strings.HasSuffix(o.word, c.word) }) {
			aside = append(aside, i)
		}
	}
	if len(aside) < len(out) {
		for _, i := range aside {
			out[i].idf *= asideWeight
		}
	}
	return out
}

// derive adds the words of the catalogue that are made of a stem, or that it is made of.
func (n *snapshot) derive(c *concept, stem string) {
	for _, ending := range derivations {
		related := []string{stem + ending}
		if base, ok := strings.CutSuffix(stem, ending); ok && len(base) >= shortDerived {
			related = append(related, base)
		}
		for _, term := range related {
			if len(n.postings[term]) > 0 {
				c.forms[term] = max(c.forms[term], derivedWeight)
			}
		}
	}
}

// ending reports whether a token is the ending after an apostrophe: ers of zzp'ers.
func ending(text string, tok dutch.Token) bool {
	r := []rune(text)
	return tok.Start > 1 && (r[tok.Start-1] == '\'' || r[tok.Start-1] == '’') && unicode.IsLetter(r[tok.Start-2])
}

// matches is how much of a concept a weight per term holds, 0 to 1.
func (c *concept) matches(weight func(term string) float64) float64 {
	best := 0.0
	for term, sure := range c.forms {
		best = max(best, sure*weight(term))
	}
	if len(c.parts) > 1 {
		sum := 0.0
		for _, part := range c.parts {
			sum += min(1, 2*weight(part)) // as parts they weigh half
		}
		if all := sum / float64(len(c.parts)); all > mostParts {
			best = max(best, partsWeight*all)
		}
	}
	return min(best, 1)
}

// covers is how much of a topic a text holds, 0 to 1: that of its best alternative.
func (t topic) covers(terms map[string]float32) float64 {
	weight := func(term string) float64 { return float64(min(terms[term], 1)) }
	return t.best(weight)
}

func (t topic) best(weight func(string) float64) float64 {
	best := 0.0
	for i := range t.alternatives {
		best = max(best, t.of(i, weight))
	}
	return best
}

// of is how much of one alternative there is.
func (t topic) of(i int, weight func(string) float64) float64 {
	sum, total := 0.0, 0.0
	for j := range t.alternatives[i] {
		c := &t.alternatives[i][j]
		total += c.idf
		sum += c.idf * c.matches(weight)
	}
	return sum / total
}

// mostOf is the alternative that a text holds most of.
func (t topic) mostOf(terms map[string]float32) int {
	most, best := 0, 0.0
	for i := range t.alternatives {
		if of := t.of(i, func(term string) float64 { return float64(min(terms[term], 1)) }); of > best {
			most, best = i, of
		}
	}
	return most
}

// entries rates every publication of the catalogue by its entry's words: 0 for those
// without a word of the topic.
func (n *snapshot) entries(t topic) []float64 {
	out := make([]float64, len(n.pubs))
	if len(t.alternatives) == 0 {
		return out
	}
	place := make(map[string]int)
	var terms []string
	at := func(term string) int {
		i, ok := place[term]
		if !ok {
			i = len(terms)
			place[term], terms = i, append(terms, term)
		}
		return i
	}
	// The concepts with places for terms, because this is done for every publication.
	type form struct {
		at   int
		sure float32
	}
	type compiled struct {
		forms []form
		parts []int
		idf   float32
	}
	alternatives := make([][]compiled, len(t.alternatives))
	for i, alternative := range t.alternatives {
		for _, c := range alternative {
			one := compiled{idf: float32(c.idf)}
			for term, sure := range c.forms {
				one.forms = append(one.forms, form{at(term), float32(sure)})
			}
			for _, part := range c.parts {
				one.parts = append(one.parts, at(part))
			}
			alternatives[i] = append(alternatives[i], one)
		}
	}
	width := len(terms)
	row := make([]int32, len(n.pubs)) // from 1; 0 is none
	var touched []int32
	var weights []float32
	for i, term := range terms {
		for _, p := range n.postings[term] {
			if row[p.pub] == 0 {
				touched = append(touched, p.pub)
				row[p.pub] = int32(len(touched)) // #nosec G115 -- a place in the catalogue
				weights = append(weights, make([]float32, width)...)
			}
			weights[int(row[p.pub]-1)*width+i] = p.weight
		}
	}
	for i, pub := range touched {
		of := weights[i*width : (i+1)*width]
		for _, alternative := range alternatives {
			var sum, total float32
			for _, c := range alternative {
				var best float32
				for _, f := range c.forms {
					best = max(best, f.sure*of[f.at])
				}
				if len(c.parts) > 1 {
					var all float32
					for _, part := range c.parts {
						all += min(1, 2*of[part])
					}
					if all /= float32(len(c.parts)); all > mostParts {
						best = max(best, partsWeight*all)
					}
				}
				total += c.idf
				sum += c.idf * min(best, 1)
			}
			out[pub] = max(out[pub], float64(sum/total))
		}
	}
	return out
}
