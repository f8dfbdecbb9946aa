package answer

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// sentence is a sentence of a passage, analysed. It does not change.
type sentence struct {
	text       string
	start, end int // code points into the page's text
	words      []word
	numbers    []dutch.Number
	plain      string
	row        bool // a table's row or a list's item: not a sentence of its own
	usable     bool // a whole sentence
	list       bool // a sentence with the list that it opens
	item       bool // an item of such a list
	points     bool // cannot be understood without the one before
	meta       bool // about the text, not its subject
	footnote   bool
	appeared   bool // says that a publication appeared
	denies     bool
	single     bool     // about one case: it names a title or a publication
	titles     []string // of several words that it has between quotation marks, folded
	// modifies are the places of "SER" in the name of something else: SER
	// Jongerenplatform, SER-gebouw. itself: the Council is named on its own too.
	modifies []int
	itself   bool
}

// analysis is a passage cut into sentences. It does not change.
type analysis struct {
	heading   []word // of the innermost heading
	outer     []word // of the headings above it
	title     []word
	sentences []*sentence
	lemmas    []*lemma // of all its words
	council   bool     // its page, headings or title name the SER
	// Numbers of the headings, the title, and the document's publication number.
	inHeadings, inTitle, inNumber []dutch.Number
}

// reader analyses passages and keeps the last analyses: the same passages come back
// in many turns, and the text of a version never changes.
type reader struct {
	mu     sync.Mutex
	kept   map[passageKey]*analysis
	ring   []passageKey // in order of arrival
	next   int
	lemmas map[lemmaKey]*lemma
}

type passageKey struct {
	document   string
	version    int64
	page       int
	start, end int
}

// mostKept bounds the analyses kept; one takes about 30 kB.
const mostKept = 2000

func newReader() *reader {
	return &reader{kept: make(map[passageKey]*analysis, mostKept), ring: make([]passageKey, 0, mostKept), lemmas: make(map[lemmaKey]*lemma)}
}

func (r *reader) read(p *corpus.Passage) *analysis {
	key := passageKey{p.Document.ID, p.VersionID, p.Page, p.Start, p.End}
	r.mu.Lock()
	a, ok := r.kept[key]
	r.mu.Unlock()
	if ok {
		return a
	}
	a = analyse(p)
	r.mu.Lock()
	defer r.mu.Unlock()
	if first, ok := r.kept[key]; ok {
		return first
	}
	if len(r.ring) < mostKept {
		r.ring = append(r.ring, key)
	} else {
		delete(r.kept, r.ring[r.next])
		r.ring[r.next] = key
		r.next = (r.next + 1) % mostKept
	}
	lists := [][]word{a.heading, a.outer, a.title}
	for _, s := range a.sentences {
		lists = append(lists, s.words)
	}
	a.lemmas = r.share(p.Language, lists...)
	r.kept[key] = a
	return a
}

// analyse cuts a passage into sentences.
func analyse(p *corpus.Passage) *analysis {
	lang := p.Language
	if lang != "en" {
		lang = "nl"
	}
	a := &analysis{title: words(p.Document.Title, lang), inTitle: dutch.Numbers(p.Document.Title), inNumber: dutch.Numbers(p.Document.Number)}
	for i, h := range p.Heading {
		a.inHeadings = append(a.inHeadings, dutch.Numbers(h)...)
		if i == len(p.Heading)-1 {
			a.heading = words(h, lang)
		} else {
			a.outer = append(a.outer, words(h, lang)...)
		}
	}
	runes := []rune(p.Text)
	listEnd := 0
	for _, span := range dutch.Sentences(p.Text) {
		marked := string(runes[span.Start:span.End])
		span.Start, span.End = withoutMarks(runes, span.Start, span.End)
		s := &sentence{text: string(runes[span.Start:span.End]), start: p.Start + span.Start, end: p.Start + span.End}
		s.item = s.start < listEnd
		if strings.HasSuffix(s.text, ":") {
			if end := items(p.PageText, s.end); end > s.end {
				s.end, listEnd = end, end
				s.text = corpus.Slice(p.PageText, s.start, s.end)
				s.list = true
			}
		}
		s.words = words(s.text, lang)
		if len(s.words) == 0 || speaksToMachine(s.text) {
			continue // an instruction hidden in a document is never said
		}
		s.numbers = dutch.Numbers(s.text)
		if mark := bullet.FindString(s.text); mark != "" {
			// The number of an item counts nothing.
			n := len([]rune(mark))
			s.numbers = slices.DeleteFunc(s.numbers, func(x dutch.Number) bool { return x.Start < n })
		}
		s.row = s.item && !whole(s.text) || p.Kind == corpus.BlockTable || (p.Kind == corpus.BlockList || bullet.MatchString(s.text)) && !strings.HasSuffix(s.text, ".")
		if !s.row && !whole(s.text) && ownLine(p.PageText, s.start, s.end) {
			s.row = true
		}
		s.usable = whole(s.text) || s.row || s.list
		s.plain = plain(s.text)
		s.points = s.pointsBack()
		s.meta = meta.MatchString(s.text)
		s.footnote = p.Kind == corpus.BlockFootnote || footnote.MatchString(marked)
		s.appeared = appeared.MatchString(s.text)
		s.denies = len(negatorsOf(s.words)) > 0
		s.findCouncil()
		s.single = quotes.MatchString(s.text) || s.namesPublication()
		for _, title := range quotes.FindAllString(s.text, -1) {
			if title = plain(title); strings.Contains(title, " ") && !codeQuoted.MatchString(title) {
				s.titles = append(s.titles, title)
			}
		}
		a.sentences = append(a.sentences, s)
	}
	for _, text := range append([]string{p.PageText, p.Document.Title}, p.Heading...) {
		a.council = a.council || councilName.MatchString(text)
	}
	return a
}

// withoutMarks is a span of text without the marks of footnotes that it begins or ends
// with.
func withoutMarks(runes []rune, from, to int) (int, int) {
	mark := func(r rune) bool { return strings.ContainsRune("⁰¹²³⁴⁵⁶⁷⁸⁹", r) || unicode.IsSpace(r) }
	for from < to && mark(runes[from]) {
		from++
	}
	for to > from && mark(runes[to-1]) {
		to--
	}
	return from, to
}

// findCouncil tells the Council from what is named after it.
func (s *sentence) findCouncil() {
	for i, w := range s.words {
		switch w.text {
		case "raad", "council":
			s.itself = true
		case "ser":
			if i+1 < len(s.words) {
				next := s.words[i+1]
				glued := next.start == w.end+1 && []rune(s.text)[w.end] == '-'
				if glued || next.capital && !next.wide && !next.opening && !next.stop {
					s.modifies = append(s.modifies, i)
					continue
				}
			}
			s.itself = true
		}
	}
}

// councilName is the Council by its name.
var councilName = regexp.MustCompile(`\bSER\b|(?i:sociaal-economische raad|social and economic council)`)

// view is a passage in one turn.
type view struct {
	*analysis
	passage *corpus.Passage
	rank    int // from 0
	// touched: a word of the passage supports the term that is being looked at.
	touched bool
	// ofCouncil: a passage of the same document names the SER.
	ofCouncil bool
	first     *candidate // its first sentence, if it has one
	of        []int32    // lemma of the passage → its place in the turn's vocabulary
	// Support of the question's terms, parallel to Understanding.terms.
	headed, outered, titled, around []float64
}

// candidate is a sentence that may be said, in one turn.
type candidate struct {
	*sentence
	*view
	prev, next *candidate // within the passage
	says       []float64  // support of the question's terms by the sentence itself

	coverage float64 // share of the question covered, 0 to 1, by sentence and context
	own      float64 // by the sentence alone
	score    float64
	fits     bool // it has what the question's form asks for
	missing  string
	open     string  // which slot of the question it leaves open
	under    bool    // stands under a heading that asks the question
	form     float64 // what it gains by the question's form
}

// candidates cuts passages into sentences. The same sentence from several documents
// (the text and the PDF of one publication) comes once, from the newest.
func (r *reader) candidates(passages []corpus.Passage) (cs []*candidate, views []*view) {
	seen := make(map[string]int)
	for rank := range passages {
		v := &view{analysis: r.read(&passages[rank]), passage: &passages[rank], rank: rank}
		views = append(views, v)
		var last *candidate
		for _, s := range v.sentences {
			c := &candidate{sentence: s, view: v, prev: last}
			if last != nil {
				last.next = c
			}
			last = c
			if v.first == nil {
				v.first = c
			}
			if first, ok := seen[s.plain]; ok {
				if better(c, cs[first]) {
					cs[first] = c
				}
				continue
			}
			seen[s.plain] = len(cs)
			cs = append(cs, c)
		}
	}
	return cs, views
}

// ownLine reports whether a stretch of a page is a line without an end mark that
// ends where the next one begins, as in a table without lines: not the head of a
// sentence that goes on over the page.
func ownLine(page string, start, end int) bool {
	r := []rune(corpus.Slice(page, start-1, end+2))
	if start == 0 {
		r = append([]rune{'\n'}, r...)
	}
	n := end - start
	if len(r) < n+3 || r[0] != '\n' || r[n+1] != '\n' {
		return false
	}
	first, next := r[1], r[n+2]
	if words := strings.Fields(string(r[1 : n+1])); dutch.IsStopWord(strings.ToLower(words[len(words)-1]), "nl") {
		return false // it goes on: "vanuit het"
	}
	return (unicode.IsUpper(first) || unicode.IsDigit(first)) && (unicode.IsUpper(next) || unicode.IsDigit(next)) && n >= 15 && n <= 160
}

// better reports whether a is the better place to cite for a sentence than b: the
// newer document, then the one with page numbers of its own.
func better(a, b *candidate) bool {
	da, db := a.passage.Document.Date, b.passage.Document.Date
	if da != db {
		return da > db
	}
	return a.passage.Page > 1 && b.passage.Page == 1 && a.passage.Document.ID != b.passage.Document.ID
}

// Bounds on a list that is said whole.
const (
	mostItems     = 20
	longestItem   = 300 // code points
	longestListed = 1500
)

// items is where the list ends that begins after offset at of a page, or at when
// none does. An item stands on a line of its own, and has a bullet or number, ends
// with a semicolon or a comma, or starts with a small letter; the last one of a list
// with semicolons may end with a full stop.
func items(page string, at int) int {
	rest := []rune(corpus.Slice(page, at, at+longestListed))
	end, n := at, 0
	open := false // the item before announced another one
	for pos := 0; pos < len(rest) && n < mostItems; {
		if rest[pos] != '\n' && rest[pos] != ' ' {
			if n == 0 && pos == 0 || rest[max(pos-1, 0)] != '\n' {
				return end
			}
			stop := pos
			for stop < len(rest) && rest[stop] != '\n' {
				stop++
			}
			line := strings.TrimSpace(string(rest[pos:stop]))
			r := []rune(line)
			marked := bullet.MatchString(line)
			going := strings.HasSuffix(line, ";") || strings.HasSuffix(line, ",") || strings.HasSuffix(line, " en") || strings.HasSuffix(line, " of")
			if len(r) > longestItem || !(marked || going || open || unicode.IsLower(r[0])) {
				return end
			}
			open = going
			end = at + pos + len([]rune(strings.TrimRight(string(rest[pos:stop]), " ")))
			n++
			pos = stop
			continue
		}
		pos++
	}
	return end
}

var bullet = regexp.MustCompile(`^\s*([•●▪■◦‣∙·►▶✓*–-]|\d{1,2}[.)]|[a-z][.)])\s`)

// whole reports whether a text is a sentence from its first word to its end mark:
// what a page break cut off is not.
func whole(s string) bool {
	r := []rune(strings.TrimSpace(s))
	if len(r) < 12 {
		return false
	}
	i := 0
	for i < len(r) && !unicode.IsLetter(r[i]) && !unicode.IsDigit(r[i]) {
		i++
	}
	if i == len(r) || unicode.IsLower(r[i]) && !(i > 0 && (r[i-1] == '\'' || r[i-1] == '’')) {
		return false
	}
	last := r[len(r)-1]
	if strings.ContainsRune(".!?…:;", last) {
		return true
	}
	// A closing quote or bracket after the end mark, or a footnote mark.
	for j := len(r) - 1; j > 0 && len(r)-j <= 5; j-- {
		if strings.ContainsRune(".!?", r[j]) {
			return true
		}
		if !strings.ContainsRune(`"'”’»)] `, r[j]) && !unicode.IsNumber(r[j]) {
			return false
		}
	}
	return false
}

// meta are sentences about the text itself instead of its subject.
var meta = regexp.MustCompile(`(?i)\b(deze|dit|de|this|the) (demotekst|tekst|hoofdstuk|paragraaf|document|publicatie|bijlage|pagina|text|chapter|section|page) (legt|beschrijft|geeft|gaat|behandelt|bevat|is|vertelt|noemt|laat|explains|describes|gives)\b|\bin (dit|deze) (hoofdstuk|paragraaf|tekst|document)\b|\b(is een demo(tekst|samenvatting)|de demosamenvatting geeft|leesvervolg|lees (meer|verder|ook)|zie ook|meer (informatie|toelichting)|read more|see also)\b`)

// opensPointing are first words that point at the sentence before.
var opensPointing = set(`dit deze die dat daarmee daarnaast daarbij daarom daarvoor daarvan daaruit daarin daarover hierbij hiermee hiervan hiervoor hierin hij zij ze dat' this these that those it they he she there hier daar toen`)

// shortFor opens sentences that give the abbreviation of what was just named.
var shortFor = regexp.MustCompile(`(?i)^de afkorting (daarvan |hiervan )?is\b`)

// suchA opens sentences on a thing of the kind that was just described.
var suchA = re(`(?i)^zo['’]n `)

// codeQuoted is a publication's number between quotation marks, folded: no title.
var codeQuoted = re(`\d{2,4} \d{2}$`)

// namesPublication reports whether a sentence has a title or a publication's number.
func (s *sentence) namesPublication() bool {
	return titled.MatchString(s.text) || slices.ContainsFunc(s.numbers, func(n dutch.Number) bool { return n.Kind == dutch.Code })
}

// thatPublication points at one that was named before.
var thatPublication = re(`\b(in|met|over|van|voor|bij) (dat|dit|die|deze) (advies|rapport|briefadvies|verkenning|akkoord)\b`)

// pointsBack reports whether a sentence cannot be understood without the one before.
func (s *sentence) pointsBack() bool {
	first := s.words[0].text
	if opensPointing[first] || suchA.MatchString(s.text) || shortFor.MatchString(s.text) {
		return true
	}
	if thatPublication.MatchString(s.plain) && !s.namesPublication() {
		return true
	}
	if first == "het" && len(s.words) > 1 {
		switch s.words[1].text {
		case "is", "was", "gaat", "heeft", "had", "zijn", "wordt", "werd", "kan", "bestaat", "geeft", "richt", "helpt", "biedt", "bevat", "maakt", "telt":
			return true
		}
	}
	return false
}

// What a term counts for when it is not in the sentence but beside it.
const (
	inHeading   = 0.9
	inOuter     = 0.75
	inTitle     = 0.75
	inNeighbour = 0.75
	inPassage   = 0.5
)

// namesOther reports whether a sentence names someone or something but the Council
// and what the term names.
func (c *candidate) namesOther(t *term) bool {
	for i, w := range c.words {
		if (w.capital && !w.opening || w.acronym) && !w.number && !w.stop && w.text != "ser" && t.support(c.view, c.words[i:i+1]) < 0.7 {
			return true
		}
	}
	return false
}

// namesPlace reports whether a sentence names another place than the term's.
func (c *candidate) namesPlace(t *term) bool {
	for i, w := range c.words {
		if places[w.text] && t.support(c.view, c.words[i:i+1]) < 0.7 {
			return true
		}
	}
	return false
}

// in is how well a candidate and what is around it say term i.
func (c *candidate) in(i int, t *term) float64 {
	best := c.says[i]
	if best >= 0.95 {
		return best
	}
	best = max(best, inHeading*c.headed[i], inOuter*c.outered[i], inTitle*c.titled[i])
	if t.name {
		// A name beside the sentence may be someone else's, if this one names someone.
		if c.prev != nil && !c.item && (c.points || !c.namesOther(t)) {
			best = max(best, inNeighbour*c.prev.says[i])
		}
		if places[t.text] && best < inNeighbour && !c.item {
			// A place goes for what follows until another one is named.
			for p, n := c, 0; p != nil && p.says != nil && n < 4 && (p == c || !p.namesPlace(t)); p, n = p.prev, n+1 {
				if p == c && p.namesPlace(t) {
					break
				}
				best = max(best, inNeighbour*p.says[i])
			}
		}
		return best
	}
	if c.prev != nil {
		best = max(best, inNeighbour*c.prev.says[i])
	}
	if c.next != nil {
		best = max(best, (inNeighbour-0.1)*c.next.says[i])
	}
	return max(best, inPassage*c.around[i])
}
