package research

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

const (
	// ownRead is how many passages of a publication's own document are read for its
	// positions.
	ownRead = 40
	// eachSearched is up to how many documents are searched one by one; of more, the
	// best allRead passages of all are read.
	eachSearched = 12
	allRead      = 400
	// reportsRead is how many sentences of others are read of each publication.
	reportsRead = 50
	// positionsShown is how many sentences of a publication state its position.
	positionsShown = 4
	// certainly is the share of a topic that a sentence must hold when the catalogue
	// does not say that its publication is about it.
	certainly = 0.7
	// longGap is how many years without a publication make a gap.
	longGap = 4
)

var (
	// statesPosition are words by which a text says what a publication holds.
	statesPosition = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:wil|wilde|willen|vindt|vond|vinden|pleit|pleitte|pleiten|bepleit|bepleitte|adviseert|adviseerde|adviseren|beveelt|beval|bevelen|stelt voor|stelde .{1,60} voor|stelt .{1,60} voor|kiest|koos|kiezen|acht|achtte|achten|meent|meende|oordeelt|oordeelde|concludeert|concludeerde|constateert|constateerde|noemt|noemde|ziet|zag|vraagt|vroeg|waarschuwt|waarschuwde|onderschrijft|onderschreef|steunt|steunde|verwerpt|verwierp|wijst .{1,40} af|beschrijft|beschreef|rekent|rekende|weegt|woog|keek|laat .{1,40} in stand|moet|moeten|zou|zouden|dient|dienen|behoort|wenselijk|noodzakelijk|nodig|niet langer|afschaffen|verhogen|verlagen|invoeren|houdbaar|volgens (?:de ser|de raad|(?:dit |het |de |deze )?(?:advies|rapport|verkenning|publicatie)|het (?:\p{L}+)?platform)|volgens ['‘’"“].{1,120}|de (?:uitkomst|conclusie|boodschap) (?:van|is|was)|unaniem|verdeeld|minderheid|minderheidsnota|standpunt|was de basis|staat .{1,40} centraal|staan .{1,40} centraal|houdt .{1,40} in|bedoeld voor|recommends?|recommended|proposes?|proposed|argues?|argued|advises?|advised|should|concludes?|concluded)(?:$|[^\p{L}])`)
	// tellsOfText is what a text says of a publication and not of its position.
	tellsOfText = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:verscheen|verschenen|is van (?:\d|januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december)|en heet|bereidde|titel van|de titel|staat op de (?:site|omslag)|staan op de (?:site|omslag)|haal bij|zoek|catalogus|demosamenvatting|ook geschreven als|betekent|bladzijde)(?:$|[^\p{L}])`)
)

// stated is how clearly a sentence states a position, 0 to 1.
func stated(sentence string, section corpus.SectionKind) float64 {
	if strings.HasSuffix(strings.TrimSpace(sentence), "?") || !wholeSentence(sentence) {
		return 0
	}
	if tellsOfText.MatchString(sentence) {
		return 0
	}
	if statesPosition.MatchString(sentence) {
		return 1
	}
	switch section {
	case corpus.SectionSummary, corpus.SectionConclusion:
		return 0.7
	}
	return 0
}

// History follows a topic through the publications that are about it, the oldest
// first. The filters of q apply, its text does not; Page and Limit choose a part of a
// long history. Bad input is a *corpus.UserError.
func (s *Service) History(ctx context.Context, about string, q Query) (History, error) {
	return s.history(ctx, about, q, func(n *snapshot, fit []int, _ *matched) []int {
		n.order(fit, ByDate, nil)
		return fit
	})
}

// history is History of the publications that pick chooses of those that fit, by date.
func (s *Service) history(ctx context.Context, about string, q Query, pick func(*snapshot, []int, *matched) []int) (History, error) {
	q.Text = about
	if q.Limit == 0 {
		q.Limit = MaxLimit
	}
	if err := q.check(); err != nil {
		return History{}, err
	}
	q.Text = s.cfg.Mask(q.Text)
	if q.Text == "" {
		return History{}, &corpus.UserError{Code: corpus.CodeBadMessage, Message: "Noem een onderwerp, bijvoorbeeld: loonpolitiek."}
	}
	n, err := s.refresh(ctx)
	if err != nil {
		return History{}, err
	}
	found, err := s.match(ctx, n, q.Text)
	if err != nil {
		return History{}, err
	}
	h, err := s.follow(ctx, n, q, found, pick)
	if err == nil && len(h.Entries) == 0 && h.Pages <= 1 && found.subject && !found.partly() && found.loosen() {
		return s.follow(ctx, n, q, found, pick)
	}
	return h, err
}

// follow makes the history of the publications that were found.
func (s *Service) follow(ctx context.Context, n *snapshot, q Query, found *matched, pick func(*snapshot, []int, *matched) []int) (History, error) {
	out := History{Topic: q.Text, Query: q, Corpus: n.state, Unread: n.unread, Entries: []Entry{}, Partly: found.partly()}
	filters := q
	filters.Sections, filters.Speakers = nil, nil // of positions, below
	fit, _, _ := n.narrow(filters, found)
	fit = pick(n, slices.DeleteFunc(fit, func(i int) bool { return !n.advises(i) }), found)
	out.Pages = max(1, (len(fit)+q.Limit-1)/q.Limit)
	out.Page = min(q.Page, out.Pages)
	from := (out.Page - 1) * q.Limit
	// Gaps reach to the publications before and after this part.
	before, after := q.YearFrom, q.YearTo
	if from > 0 {
		before = n.rows[fit[from-1]].year + 1
	}
	if to := from + q.Limit; to < len(fit) {
		after = n.rows[fit[to]].year - 1
	}
	fit = fit[from:min(from+q.Limit, len(fit))]
	positions, err := s.positions(ctx, n, q.Text, found.topic, fit)
	if err != nil {
		return History{}, err
	}
	divisions, err := s.divisions(ctx, n, found.topic, fit)
	if err != nil {
		return History{}, err
	}
	links, err := s.links(ctx, n, fit)
	if err != nil {
		return History{}, err
	}
	for _, i := range fit {
		e := Entry{Publication: n.pubs[i], Score: found.score[i], Positions: []Position{}, Divisions: divisions[i], Links: links[i]}
		best := 0.0
		for _, p := range positions[i] {
			best = max(best, p.covered)
			if q.takes(Passage{Section: p.Section, Speaker: p.Speaker}) && len(e.Positions) < positionsShown {
				e.Positions = append(e.Positions, p.Position)
			}
		}
		named := found.score[i] > 1.5 // by number or title, in the topic itself
		if found.subject && !named && found.entries[i] < found.least && best < certainly {
			continue
		}
		if len(e.Positions) == 0 && (len(q.Sections) > 0 || len(q.Speakers) > 0) {
			continue
		}
		e.Division = chief(e.Divisions)
		e.Changed = slices.ContainsFunc(e.Links, func(l Link) bool {
			return !l.Incoming && (l.Kind == corpus.Revises || l.Kind == corpus.Supersedes)
		})
		out.Entries = append(out.Entries, e)
	}
	out.Gaps = gaps(out.Entries, before, after)
	return out, nil
}

// chief is the division to show first: that the Council was divided goes before what
// it agreed on.
func chief(list []Division) *Division {
	for i, d := range list {
		if d.Kind != Unanimous {
			return &list[i]
		}
	}
	if len(list) > 0 {
		return &list[0]
	}
	return nil
}

// gaps are the stretches of years between entries, and between them and the years
// that were asked for, when those are given.
func gaps(entries []Entry, from, to int) []Gap {
	out := []Gap{}
	add := func(after, before int) {
		if before-after-1 >= longGap {
			out = append(out, Gap{From: after + 1, To: before - 1})
		}
	}
	last := 0
	if from > 0 {
		last = from - 1
	}
	for _, e := range entries {
		year := e.Publication.Date.Year()
		if year == 0 {
			continue
		}
		if last > 0 {
			add(last, year)
		}
		last = max(last, year)
	}
	if to > 0 && last > 0 {
		add(last, to+1)
	}
	return out
}

// rated is a position with how much of the topic its sentence holds.
type rated struct {
	Position
	covered     float64
	strength    float64 // how clearly it states a position
	alternative int     // of the topic, that the sentence is most about
}

// positions finds the sentences that state the positions of publications: those of
// their own documents, and what other documents report of them. The ones most about
// the topic stand first; where any is about it, the others are left out.
func (s *Service) positions(ctx context.Context, n *snapshot, text string, t topic, pubs []int) (map[int][]rated, error) {
	out := make(map[int][]rated, len(pubs))
	sentences, err := s.reports(ctx, n, pubs)
	if err != nil {
		return nil, err
	}
	passages, err := s.ownPassages(ctx, n, text, pubs)
	if err != nil {
		return nil, err
	}
	for _, i := range pubs {
		list := append(n.own(i, passages[i]), sentences[i]...)
		var kept []rated
		seen := make(map[string]bool)
		for _, said := range list {
			key := titleKey(said.Sentence)
			strength := stated(said.Sentence, said.Section)
			if strength == 0 || seen[key] {
				continue
			}
			seen[key] = true
			terms := n.terms(said.Sentence + "\n" + said.Citation.Heading)
			r := rated{Position: said, covered: t.covers(terms), strength: strength, alternative: t.mostOf(n.terms(said.Sentence))}
			if len(t.alternatives) == 0 {
				r.covered = 1
			}
			r.Score = 0.6*r.covered + 0.4*strength
			if !said.Reported {
				r.Score += 0.1
			}
			kept = append(kept, r)
		}
		slices.SortStableFunc(kept, func(a, b rated) int { return cmp.Compare(b.Score, a.Score) })
		// A publication that is about the topic as a whole is quoted as a whole.
		if t.covers(n.terms(n.pubs[i].Title)) < enough && slices.ContainsFunc(kept, func(r rated) bool { return r.covered >= enough }) {
			whole := n.devoted(i, t)
			kept = slices.DeleteFunc(kept, func(r rated) bool { return r.covered < enough && !(whole && r.strength == 1) })
		}
		out[i] = spread(kept)
	}
	return out, nil
}

// devoted reports whether a publication is about a topic as a whole: half of its
// themes are.
func (n *snapshot) devoted(i int, t topic) bool {
	about := 0
	for _, theme := range n.pubs[i].Themes {
		if t.covers(n.terms(theme)) >= enough {
			about++
		}
	}
	return about > 0 && 2*about >= len(n.pubs[i].Themes)
}

// spread puts the best sentence of every alternative of a topic first.
func spread(list []rated) []rated {
	seen := make(map[int]bool)
	var first, rest []rated
	for _, r := range list {
		if r.covered >= enough && !seen[r.alternative] {
			seen[r.alternative] = true
			first = append(first, r)
		} else {
			rest = append(rest, r)
		}
	}
	return append(first, rest...)
}

// ownPassages are passages of the publications' own documents near a text, by
// publication: of a few documents each is searched, of many all at once.
func (s *Service) ownPassages(ctx context.Context, n *snapshot, text string, pubs []int) (map[int][]corpus.Passage, error) {
	of := make(map[string]int)
	var documents []string
	for _, i := range pubs {
		if h, ok := n.holding[i]; ok {
			documents = append(documents, n.held[h].Document.ID)
			of[n.held[h].Document.ID] = i
		}
	}
	out := make(map[int][]corpus.Passage, len(documents))
	take := func(documents []string, limit int) error {
		found, err := s.passages(ctx, text, corpus.Filter{Documents: documents}, limit)
		for _, p := range found {
			out[of[p.Document.ID]] = append(out[of[p.Document.ID]], p)
		}
		return err
	}
	if len(documents) > eachSearched {
		return out, take(documents, allRead)
	}
	for _, d := range documents {
		if err := take([]string{d}, ownRead); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// own are the sentences of a publication's own passages that do not speak of other
// publications.
func (n *snapshot) own(i int, passages []corpus.Passage) []Position {
	at := n.byPage()
	var out []Position
	for _, p := range passages {
		switch p.Section {
		case corpus.SectionAnnex, corpus.SectionLiterature, corpus.SectionContents, corpus.SectionColophon, corpus.SectionPreface:
			continue
		}
		if p.Kind == corpus.BlockTable || p.Kind == corpus.BlockHeading || p.Kind == corpus.BlockCaption {
			continue
		}
		runes := []rune(p.Text)
		for _, span := range dutch.Sentences(p.Text) {
			start, end := p.Start+span.Start, p.Start+span.End
			ofOther := slices.ContainsFunc(at[PageKey{p.VersionID, p.Page}], func(j int) bool {
				f := n.findings[j]
				if f.Kind != FoundMention || f.Start < start || f.End > end {
					return false
				}
				to := n.resolve(f.Mention)
				return to >= 0 && to != i
			})
			ofItself := ofOther && slices.ContainsFunc(at[PageKey{p.VersionID, p.Page}], func(j int) bool {
				f := n.findings[j]
				return f.Kind == FoundMention && f.Start >= start && f.End <= end && n.resolve(f.Mention) == i
			})
			if ofOther && !ofItself {
				continue
			}
			mark := listMark(string(runes[span.Start:span.End]))
			sentence := string(runes[span.Start+mark : span.End])
			start += mark
			out = append(out, Position{Sentence: sentence, Citation: cite(p, start, end), Section: p.Section, Speaker: answer.SpeakerOf(p, sentence), Reported: n.pubs[i].DemoSummary})
		}
	}
	return out
}

// reports are the sentences of other documents that mention each publication.
func (s *Service) reports(ctx context.Context, n *snapshot, pubs []int) (map[int][]Position, error) {
	findings := make(map[int][]int, len(pubs))
	for _, i := range pubs {
		for _, r := range n.citedBy[i] {
			if !n.findings[r.finding].Row && len(findings[i]) < reportsRead {
				findings[i] = append(findings[i], r.finding)
			}
		}
	}
	pages, err := s.pagesOf(ctx, n, findings)
	if err != nil {
		return nil, err
	}
	out := make(map[int][]Position, len(pubs))
	for i, list := range findings {
		for _, j := range list {
			p, ok := pages.passage(n, j)
			if !ok {
				continue
			}
			p.Start += listMark(p.Text)
			citation := cite(p, p.Start, p.End)
			sentence := citation.Quote
			if f := n.findings[j]; f.Mention.Carried { // the quote shows what it goes on about
				sentence = corpus.Slice(p.PageText, f.Start, f.End)
			}
			out[i] = append(out[i], Position{Sentence: sentence, Citation: citation, Section: p.Section, Speaker: answer.SpeakerOf(p, sentence), Reported: true})
		}
	}
	return out, nil
}

var listMarks = regexp.MustCompile(`^(?:\d{1,2}[.)]|[a-z][.)]|[•–▪■◦-])\s+`)

// listMark is how many code points of a sentence are the number or bullet of its item.
func listMark(sentence string) int { return len([]rune(listMarks.FindString(sentence))) }

// pageTexts are pages that were fetched for findings.
type pageTexts map[PageKey]PageText

// pagesOf fetches the pages of findings.
func (s *Service) pagesOf(ctx context.Context, n *snapshot, findings map[int][]int) (pageTexts, error) {
	seen := make(map[PageKey]bool)
	var keys []PageKey
	for _, list := range findings {
		for _, j := range list {
			k := PageKey{n.findings[j].Version, n.findings[j].Page}
			if !seen[k] {
				seen[k] = true
				keys = append(keys, k)
			}
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	return s.cfg.Store.PageTexts(ctx, keys)
}

// passage is the sentence of a finding as a passage; ok is false when its page is no
// longer live.
func (pages pageTexts) passage(n *snapshot, finding int) (p corpus.Passage, ok bool) {
	f := n.findings[finding]
	page, ok := pages[PageKey{f.Version, f.Page}]
	h, known := n.versions[f.Version]
	if !ok || !known {
		return p, false
	}
	held := n.held[h]
	p = corpus.Passage{Document: held.Document, Language: held.Language, VersionID: f.Version, Version: held.Number,
		Page: f.Page, PageLabel: page.Label, Section: f.Section, Start: f.SentenceStart, End: f.SentenceEnd,
		Text: corpus.Slice(page.Text, f.SentenceStart, f.SentenceEnd), PageText: page.Text,
		Reader: page.Reader, OCRConfidence: page.Confidence}
	if f.Row && f.Kind == FoundMention {
		p.Start, p.End = f.SentenceStart, f.SentenceEnd
	}
	return p, true
}

// divisions are the passages that show how the Council stood, those of the
// publication itself first, then the ones most about the topic.
func (s *Service) divisions(ctx context.Context, n *snapshot, t topic, pubs []int) (map[int][]Division, error) {
	findings := make(map[int][]int)
	for _, i := range pubs {
		if len(n.divisions[i]) > 0 {
			findings[i] = n.divisions[i]
		}
	}
	pages, err := s.pagesOf(ctx, n, findings)
	if err != nil {
		return nil, err
	}
	out := make(map[int][]Division, len(findings))
	for i, list := range findings {
		type shown struct {
			Division
			own     bool
			covered float64
		}
		var all []shown
		for _, j := range list {
			p, ok := pages.passage(n, j)
			if !ok || slices.ContainsFunc(all, func(d shown) bool { return titleKey(d.Citation.Quote) == titleKey(p.Text) }) {
				continue
			}
			p.Start += listMark(p.Text)
			own := p.Document.ID == n.pubs[i].Document
			d := Division{Kind: n.findings[j].Division, Citation: cite(p, p.Start, p.End), Parties: partiesIn(p.Text), Reported: !own || n.pubs[i].DemoSummary}
			all = append(all, shown{d, own, t.covers(n.terms(p.Text))})
		}
		slices.SortStableFunc(all, func(a, b shown) int {
			if a.own != b.own {
				if a.own {
					return -1
				}
				return 1
			}
			return cmp.Compare(b.covered, a.covered)
		})
		for _, d := range all {
			out[i] = append(out[i], d.Division)
		}
	}
	return out, nil
}

// links are the links of publications to others and of others to them, by the
// catalogue and by the texts.
func (s *Service) links(ctx context.Context, n *snapshot, pubs []int) (map[int][]Link, error) {
	findings := make(map[int][]int)
	for _, i := range pubs {
		for _, l := range n.said[i] {
			findings[i] = append(findings[i], l.finding)
		}
	}
	pages, err := s.pagesOf(ctx, n, findings)
	if err != nil {
		return nil, err
	}
	out := make(map[int][]Link)
	for _, i := range pubs {
		out[i] = append(out[i], n.catalogued[i]...)
		for _, l := range n.said[i] {
			p, ok := pages.passage(n, l.finding)
			if !ok {
				continue
			}
			citation := cite(p, p.Start, p.End)
			if !slices.ContainsFunc(out[i], func(o Link) bool {
				return o.Kind == l.kind && o.Target.ID == n.pubs[l.other].ID && o.Incoming == l.incoming && o.Citation != nil
			}) {
				out[i] = append(out[i], Link{Kind: l.kind, Target: n.pubs[l.other], Citation: &citation, Incoming: l.incoming})
			}
		}
	}
	return out, nil
}
