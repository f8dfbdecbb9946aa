package research

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

const (
	// refreshTimeout bounds one look at catalogue and corpus.
	refreshTimeout = 2 * time.Minute
	// readAtOnce is how many versions one call reads for mentions; what remains is
	// read by the next ones.
	readAtOnce = 200
	// followAtOnce is the same for Follow, which nobody waits for.
	followAtOnce = 1000
	// followEvery is how often Follow looks for changes.
	followEvery = 2 * time.Second
)

// shortTitle is how long the first part of a title must be to name it alone, in bytes.
const shortTitle = 8

// demoSummary is the type of documents that tell of a publication in other words:
// what they say is reported of it, and what they mention it does not mention.
const demoSummary = "demosamenvatting"

// reference is a mention whose publication is known.
type reference struct {
	from    int // publication of the document that mentions
	to      int
	finding int
}

// snapshot is the catalogue and what was read in the corpus at one moment. It does
// not change.
type snapshot struct {
	state  string
	unread int

	pubs     []Publication // by date, then id
	byID     map[string]int
	held     []Held
	document map[string]int // document → publication
	summed   map[string]int // demo summary → publication that it tells of
	holding  map[int]int    // publication → place in held
	byNumber map[string]int
	byTitle  map[string]int // -1: of several
	byDate   map[corpus.Date][]int

	findings  []Finding
	versions  map[int64]int // version → place in held
	cites     map[int][]reference
	citedBy   map[int][]reference
	divisions map[int][]int // publication → findings
	unknown   map[int][]int // publication → mentions of numbers that nothing has
	// Links of each publication.
	catalogued map[int][]Link
	said       map[int][]link
	sections   []map[string]bool
	rows       []row // what facets are counted from
	values     []facetValue
	paged      sync.Once
	pages      map[PageKey][]int // by byPage

	// The words of the catalogue.
	entryOf  map[string]entryWords // by id, for the next snapshot
	learnt   int                   // live documents when words were taken apart
	postings map[string][]posting
	idf      func(term string) float64
	terms    func(text string) map[string]float32
}

// entryWords are the terms of an entry with their weights, and what they were read from.
type entryWords struct {
	title, themes, summary, commission string
	terms                              []weighed
	key                                string   // titleKey of the title
	short                              []string // and of what stands before its marks
}

type weighed struct {
	term   string
	weight float32
}

type posting struct {
	pub    int32
	weight float32 // 0 to 1
}

// Weights of where a word of a topic stands in a publication's entry.
const (
	weightTitle      = 1.0
	weightTheme      = 1.0
	weightSummary    = 0.85
	weightCommission = 0.5
)

// refresh is the snapshot of now: the last one while nothing changed. Where Follow runs
// it is the one that Follow loaded last: nobody waits for a change to be read.
func (s *Service) refresh(ctx context.Context) (*snapshot, error) {
	if snap := s.snap.Load(); snap != nil && s.following.Load() {
		return snap, nil
	}
	return s.refreshed(ctx, readAtOnce)
}

// refreshed is refresh that reads at most so many versions.
func (s *Service) refreshed(ctx context.Context, most int) (*snapshot, error) {
	ctx, stop := context.WithTimeout(ctx, refreshTimeout)
	defer stop()
	state, err := s.cfg.Store.State(ctx)
	if err != nil {
		return nil, err
	}
	if snap := s.snap.Load(); snap != nil && snap.state == state && snap.unread == 0 {
		return snap, nil
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	default:
		// While another one reads the documents or the catalogue, that of before serves.
		if snap := s.snap.Load(); snap != nil {
			return snap, nil
		}
		select {
		case s.turn <- struct{}{}:
			defer func() { <-s.turn }()
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for the catalogue: %w", ctx.Err())
		}
	}
	// Whoever held the turn may have done it.
	if state, err = s.cfg.Store.State(ctx); err != nil {
		return nil, err
	}
	if snap := s.snap.Load(); snap != nil && snap.state == state && snap.unread == 0 {
		return snap, nil
	}
	left, err := s.readNew(ctx, most)
	if err != nil {
		return nil, err
	}
	began := s.cfg.Clock()
	snap, err := s.load(ctx, s.snap.Load())
	if err != nil {
		return nil, err
	}
	snap.state, snap.unread = state, left
	s.snap.Store(snap)
	s.log.DebugContext(ctx, "catalogue loaded", "publications", len(snap.pubs), "unread", left, "took", s.cfg.Clock().Sub(began).Round(time.Millisecond))
	return snap, nil
}

// Follow keeps the catalogue in memory true and reads new documents until ctx ends,
// so that nobody's question has to wait for it.
func (s *Service) Follow(ctx context.Context) {
	s.following.Store(true)
	defer s.following.Store(false)
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		snap, err := s.refreshed(ctx, followAtOnce)
		for err == nil && snap.unread > 0 && ctx.Err() == nil {
			snap, err = s.refreshed(ctx, followAtOnce)
		}
		if err != nil && ctx.Err() == nil {
			s.log.Error("research does not follow the corpus; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// readNew reads versions that nobody read yet and returns how many are left.
func (s *Service) readNew(ctx context.Context, most int) (left int, err error) {
	versions, total, err := s.cfg.Store.Unread(ctx, mentionRules, most)
	if err != nil {
		return 0, err
	}
	for _, v := range versions {
		pages, err := s.cfg.Store.VersionPages(ctx, v)
		if err != nil {
			return 0, err
		}
		if err := s.cfg.Store.SaveReading(ctx, v, read(v, pages)); err != nil {
			return 0, err
		}
	}
	return total - len(versions), nil
}

// load reads catalogue and findings. Entries that are as they were in the snapshot of
// before (nil: there is none) are not analysed again.
func (s *Service) load(ctx context.Context, before *snapshot) (*snapshot, error) {
	catalogue, err := s.cfg.Store.Publications(ctx)
	if err != nil {
		return nil, err
	}
	held, err := s.cfg.Store.Held(ctx)
	if err != nil {
		return nil, err
	}
	findings, err := s.cfg.Store.Findings(ctx)
	if err != nil {
		return nil, err
	}
	var known map[string]entryWords
	learnt := len(held)
	if before != nil && !grown(before.learnt, learnt) {
		known, learnt = before.entryOf, before.learnt
	} else {
		s.wordLock.Lock()
		s.words = nil
		s.wordLock.Unlock()
		s.keptLock.Lock()
		s.kept = nil
		s.keptLock.Unlock()
	}
	snap := newSnapshot(catalogue, held, findings, known, s.analyse, s.terms)
	snap.learnt = learnt
	return snap, nil
}

// mostTerms bounds the texts whose terms are kept: the same sentences come back with
// every question on a subject.
const mostTerms = 8192

// terms are those of Config.Analyse, kept for texts that come back. Nobody changes them.
func (s *Service) terms(text string) map[string]float32 {
	s.keptLock.Lock()
	of, ok := s.kept[text]
	s.keptLock.Unlock()
	if ok {
		return of
	}
	of = s.analyse(text)
	s.keptLock.Lock()
	defer s.keptLock.Unlock()
	if len(s.kept) >= mostTerms || s.kept == nil {
		s.kept = make(map[string]map[string]float32, mostTerms)
	}
	s.kept[text] = of
	return of
}

// mostWords bounds the words whose terms are kept.
const mostWords = 200_000

// analyse is Config.Analyse of a text, word by word: the same words come back in
// every text, and taking a compound apart is what costs.
func (s *Service) analyse(text string) map[string]float32 {
	out := make(map[string]float32)
	add := func(of map[string]float32) {
		for term, weight := range of {
			out[term] += weight
		}
	}
	var missing []string
	s.wordLock.RLock()
	for _, tok := range dutch.Tokens(text) {
		if of, ok := s.words[tok.Text]; ok {
			add(of)
		} else {
			missing = append(missing, tok.Text)
		}
	}
	s.wordLock.RUnlock()
	if len(missing) == 0 {
		return out
	}
	read := make(map[string]map[string]float32, len(missing))
	for _, word := range missing {
		of, ok := read[word]
		if !ok {
			of = s.cfg.Analyse(word)
			read[word] = of
		}
		add(of)
	}
	s.wordLock.Lock()
	defer s.wordLock.Unlock()
	if len(s.words)+len(read) > mostWords || s.words == nil {
		s.words = make(map[string]map[string]float32)
	}
	maps.Copy(s.words, read)
	return out
}

// grown reports whether the corpus has so many other documents than when its words
// were taken apart that those are to be taken apart anew: compounds are learnt from it.
func grown(before, now int) bool { return max(before, now)-min(before, now) > before/10 }

func newSnapshot(catalogue []corpus.Publication, held []Held, findings []Finding, known map[string]entryWords, once, terms func(string) map[string]float32) *snapshot {
	n := &snapshot{held: held, findings: findings, terms: once,
		byID: make(map[string]int), document: make(map[string]int), summed: make(map[string]int), holding: make(map[int]int), byNumber: make(map[string]int),
		byTitle: make(map[string]int), byDate: make(map[corpus.Date][]int), versions: make(map[int64]int),
		cites: make(map[int][]reference), citedBy: make(map[int][]reference), divisions: make(map[int][]int), unknown: make(map[int][]int)}
	n.publications(catalogue)
	n.read(known)
	n.names()
	n.refer()
	n.link()
	n.count()
	n.words()
	n.terms = terms
	return n
}

// publications joins the catalogue with the documents it has no entry of.
func (n *snapshot) publications(catalogue []corpus.Publication) {
	live := make(map[string]int, len(n.held))
	for i, h := range n.held {
		live[h.Document.ID], n.versions[h.Version] = i, i
	}
	taken := make(map[string]bool, len(catalogue))
	for _, p := range catalogue {
		pub := Publication{Publication: p, InCatalogue: true}
		if i, ok := live[p.Document]; ok {
			pub.DemoSummary = n.held[i].Document.Type == demoSummary
			pub.InCorpus = !pub.DemoSummary
			taken[p.Document] = pub.InCorpus // a demo summary is a text of its own
		} else {
			pub.Document = "" // withdrawn
		}
		n.pubs = append(n.pubs, pub)
		taken["="+p.ID] = true
	}
	for _, h := range n.held {
		d := h.Document
		if taken[d.ID] {
			continue
		}
		id := d.ID
		if taken["="+id] {
			id = "document-" + id
		}
		n.pubs = append(n.pubs, Publication{InCorpus: true, DemoSummary: d.Type == demoSummary, Publication: corpus.Publication{
			ID: id, Document: d.ID,
			Metadata: corpus.Metadata{Title: d.Title, Number: d.Number, Type: d.Type, Date: d.Date, Language: h.Language}}})
	}
	slices.SortStableFunc(n.pubs, func(a, b Publication) int {
		return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.ID, b.ID))
	})
	n.sections = make([]map[string]bool, len(n.pubs))
	for i, p := range n.pubs {
		n.byID[p.ID] = i
		if h, ok := live[p.Document]; ok && p.Document != "" {
			if n.holding[i] = h; p.InCorpus {
				n.document[p.Document] = i
			} else {
				n.summed[p.Document] = i
			}
			n.sections[i] = make(map[string]bool)
			for _, s := range n.held[h].Sections {
				n.sections[i][string(s)] = true
			}
		}
	}
}

// names makes the tables that mentions are looked up in. A publication in its final
// edition and in Dutch goes before its drafts and translations.
func (n *snapshot) names() {
	best := func(have, i int) int {
		rank := func(i int) int {
			p := n.pubs[i]
			r := 0
			if p.Edition != corpus.EditionFinal {
				r += 2
			}
			if p.Language == "en" {
				r++
			}
			if !p.InCatalogue {
				r += 4
			}
			return r
		}
		if rank(i) < rank(have) {
			return i
		}
		return have
	}
	title := func(key string, i int) {
		if len([]rune(key)) < 5 {
			return
		}
		have, ok := n.byTitle[key]
		switch {
		case !ok:
			n.byTitle[key] = i
		case have >= 0 && n.pubs[have].Number == n.pubs[i].Number && n.pubs[i].Number != "":
			n.byTitle[key] = best(have, i)
		case have >= 0 && n.pubs[have].InCatalogue && !n.pubs[i].InCatalogue:
		case have >= 0 && !n.pubs[have].InCatalogue && n.pubs[i].InCatalogue:
			n.byTitle[key] = i
		case have != i:
			n.byTitle[key] = -1
		}
	}
	for i, p := range n.pubs {
		if p.Number != "" {
			if have, ok := n.byNumber[p.Number]; ok {
				n.byNumber[p.Number] = best(have, i)
			} else {
				n.byNumber[p.Number] = i
			}
		}
		title(n.entryOf[p.ID].key, i)
		if p.InCatalogue && p.Date != "" && p.Edition == corpus.EditionFinal {
			n.byDate[p.Date] = append(n.byDate[p.Date], i)
			if len(p.Date) == len("2014-04-25") {
				n.byDate[p.Date[:7]] = append(n.byDate[p.Date[:7]], i)
			}
		}
	}
	// A title is often named without what follows its colon, or without brackets.
	for i, p := range n.pubs {
		if !p.InCatalogue {
			continue
		}
		for _, short := range n.entryOf[p.ID].short {
			if _, ok := n.byTitle[short]; !ok {
				n.byTitle[short] = i
			}
		}
		if name, _, ok := strings.Cut(p.Title, " "); ok && p.Type == "akkoord" && strings.HasSuffix(name, "akkoord") {
			if _, ok := n.byTitle[titleKey(name)]; !ok {
				n.byTitle[titleKey(name)] = i
			}
		}
	}
}

// resolve is the publication that a mention stands for, or -1.
func (n *snapshot) resolve(m Mention) int {
	one := func(list []int) int {
		if len(list) == 1 {
			return list[0]
		}
		return -1
	}
	switch {
	case m.Number != "":
		if i, ok := n.byNumber[m.Number]; ok {
			return i
		}
	case m.Date != "":
		return one(n.byDate[m.Date])
	case m.Title != "":
		if i, ok := n.byTitle[titleKey(m.Title)]; ok {
			return i
		}
	case m.Abbreviation != "":
		var list []int
		for i, p := range n.pubs {
			if p.InCatalogue && (m.Year == 0 || m.Year == p.Date.Year()) && (slices.ContainsFunc(p.Themes, func(t string) bool { return strings.EqualFold(t, m.Abbreviation) }) || strings.Contains(p.Type, strings.ToLower(m.Abbreviation))) {
				list = append(list, i)
			}
		}
		return one(list)
	}
	return -1
}

// refer looks up what the findings mention.
func (n *snapshot) refer() {
	sentence := func(f Finding) [4]int64 {
		return [4]int64{f.Version, int64(f.Page), int64(f.SentenceStart), int64(f.SentenceEnd)}
	}
	// What each sentence mentions: one that mentions several does not say which of
	// them the Council was divided on.
	mentioned := make(map[[4]int64][]int)
	for _, f := range n.findings {
		if f.Kind == FoundMention {
			if to := n.resolve(f.Mention); to >= 0 && !slices.Contains(mentioned[sentence(f)], to) {
				mentioned[sentence(f)] = append(mentioned[sentence(f)], to)
			}
		}
	}
	about := make(map[[4]int64]bool) // sentences that mention another publication
	for i, f := range n.findings {
		if f.Kind != FoundMention {
			continue
		}
		h, ok := n.versions[f.Version]
		if !ok {
			continue
		}
		from, to := n.document[n.held[h].Document.ID], n.resolve(f.Mention)
		if to < 0 {
			if f.Mention.Number != "" && !f.Mention.Unsure {
				n.unknown[from] = append(n.unknown[from], i)
			}
			continue
		}
		if to != from {
			about[sentence(f)] = true
			r := reference{from, to, i}
			n.cites[from] = append(n.cites[from], r)
			n.citedBy[to] = append(n.citedBy[to], r)
		}
		if f.Division != "" && !f.Row && len(mentioned[sentence(f)]) == 1 {
			n.divisions[to] = append(n.divisions[to], i)
		}
	}
	for i, f := range n.findings {
		if f.Kind != FoundDivision || about[sentence(f)] {
			continue
		}
		h, ok := n.versions[f.Version]
		if !ok {
			continue
		}
		// A text on the Council itself says how it stands at other times.
		if own := n.document[n.held[h].Document.ID]; n.advises(own) && !slices.ContainsFunc(n.divisions[own], func(j int) bool { return sentence(n.findings[j]) == sentence(f) }) {
			n.divisions[own] = append(n.divisions[own], i)
		}
	}
	for i := range n.pubs {
		for _, j := range n.divisions[i] {
			if d := n.findings[j].Division; divisionRank[d] > divisionRank[n.pubs[i].Division] {
				n.pubs[i].Division = d
			}
		}
	}
}

// divisionRank orders what texts say of one publication: what tells most of how the
// Council was not of one mind goes first.
var divisionRank = map[string]int{Unanimous: 1, Minority: 2, Divided: 3}

// advises reports whether a publication is one in which the Council takes a
// position of its own.
func (n *snapshot) advises(i int) bool {
	p := n.pubs[i]
	return p.InCatalogue || !p.DemoSummary && p.Number != "" || strings.Contains(p.Type, "advies") || p.Type == "rapport" || p.Type == "verkenning"
}

// read reads the words of the entries; those of known entries that are as they were are
// kept.
func (n *snapshot) read(known map[string]entryWords) {
	n.entryOf = make(map[string]entryWords, len(n.pubs))
	for _, p := range n.pubs {
		e := entryWords{title: p.Title, themes: strings.Join(p.Themes, "\n"), summary: p.Summary, commission: p.Commission}
		if was, ok := known[p.ID]; ok && was.title == e.title && was.themes == e.themes && was.summary == e.summary && was.commission == e.commission {
			e = was
		} else {
			e.terms, e.key = n.weigh(e), titleKey(p.Title)
			for _, mark := range []string{":", " (", ". ", " - ", ", "} {
				if short, _, ok := strings.Cut(p.Title, mark); ok {
					if key := titleKey(short); len(key) >= shortTitle {
						e.short = append(e.short, key)
					}
				}
			}
		}
		n.entryOf[p.ID] = e
	}
}

// words makes the index of the catalogue's words.
func (n *snapshot) words() {
	n.postings = make(map[string][]posting)
	for i, p := range n.pubs {
		for _, w := range n.entryOf[p.ID].terms {
			n.postings[w.term] = append(n.postings[w.term], posting{int32(i), w.weight}) // #nosec G115 -- a place in the catalogue
		}
	}
	total := float64(len(n.pubs))
	n.idf = func(term string) float64 {
		return 0.5 + math.Log1p(total/(1+float64(len(n.postings[term]))))
	}
}

// weigh reads the terms of an entry, each with the most that a place of it gives.
func (n *snapshot) weigh(e entryWords) []weighed {
	best := make(map[string]float32)
	for _, part := range []struct {
		text   string
		weight float32
	}{{e.title, weightTitle}, {e.themes, weightTheme}, {e.summary, weightSummary}, {e.commission, weightCommission}} {
		for term, count := range n.terms(part.text) {
			best[term] = max(best[term], part.weight*min(count, 1))
		}
	}
	out := make([]weighed, 0, len(best))
	for term, weight := range best {
		out = append(out, weighed{term, weight})
	}
	return out
}

// find is the place of a publication by its id, number or document.
func (n *snapshot) find(id string) (int, error) {
	if i, ok := n.byID[id]; ok {
		return i, nil
	}
	if number := corpus.PublicationNumber(id, 0); number != "" {
		if i, ok := n.byNumber[number]; ok {
			return i, nil
		}
	}
	if i, ok := n.document[id]; ok {
		return i, nil
	}
	return 0, &corpus.UserError{Code: corpus.CodeNotFound, Message: fmt.Sprintf("De publicatie %q staat niet in de catalogus. Zoek hem op titel of nummer.", id)}
}
