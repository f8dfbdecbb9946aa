package research

import (
	"regexp"
	"slices"
	"strings"

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
	betweenAlternatives = regexp.MustCompile(`(?i)\s+(?:en|of|and|or)\s+|\s*[,;/]\s*`)
	// Words by which people ask for a history, which name no subject.
	asking = func() map[string]bool {
		m := make(map[string]bool)
		for w := range strings.FieldsSeq(`ser raad advies adviezen standpunt standpunten positie posities mening opvatting opvattingen geschiedenis ontwikkeling
			verloop tijdlijn overzicht publicatie publicaties publicatienummer rapport rapporten verkenning verkenningen council opinion history position advice
			over sinds vanaf jaren jaar onderwerp thema vond vindt zei schreef dacht wilde vroeger nu later eerst laatste vorige welke wat wie waar wanneer hoe
			waarom zijn was waren werd werden heeft had hebben daarna ervoor hierover daarover altijd steeds keer gedacht gezegd geschreven uitgebracht verschenen`) {
			m[w] = true
		}
		return m
	}()
)

const (
	synonymWeight = 0.8
	partsWeight   = 0.8
	// enough is the share of a topic that makes a text be about it.
	enough = 0.5
)

// readTopic takes a text apart; ok is false when it names no subject.
func (n *snapshot) readTopic(text string) (t topic, ok bool) {
	texts := []string{text}
	if parts := betweenAlternatives.Split(text, -1); len(parts) > 1 {
		texts = append(texts, parts...)
	}
	if dutch.Detect(text) == "en" {
		var said []string
		for _, tr := range dutch.Translate(dutch.Tokens(text)) {
			said = append(said, tr.Dutch[0])
			texts = append(texts, tr.Dutch...)
		}
		texts = append(texts, strings.Join(said, " "))
	}
	for _, s := range texts {
		if c := n.concepts(s); len(c) > 0 {
			t.alternatives = append(t.alternatives, c)
		}
	}
	return t, len(t.alternatives) > 0
}

func (n *snapshot) concepts(text string) (out []concept) {
	for _, tok := range dutch.Tokens(text) {
		w := tok.Text
		if dutch.IsStopWord(w, "nl") || dutch.IsStopWord(w, "en") && dutch.Detect(text) == "en" || asking[w] || len(w) < 2 ||
			slices.ContainsFunc(out, func(c concept) bool { return c.word == w }) {
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
		for _, other := range dutch.SearchSynonyms(w) {
			for term, weight := range n.terms(other) {
				if weight >= 1 {
					c.forms[term] = max(c.forms[term], synonymWeight)
				}
			}
		}
		slices.Sort(c.parts)
		c.idf = 0
		for term, sure := range c.forms {
			if sure == 1 {
				c.idf = max(c.idf, n.idf(term))
			}
		}
		out = append(out, c)
	}
	return out
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
		if all := sum / float64(len(c.parts)); all > 0.6 {
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
	for _, alternative := range t.alternatives {
		sum, total := 0.0, 0.0
		for i := range alternative {
			c := &alternative[i]
			total += c.idf
			sum += c.idf * c.matches(weight)
		}
		best = max(best, sum/total)
	}
	return best
}

// entries rates every publication of the catalogue by its entry's words.
func (n *snapshot) entries(t topic) map[int]float64 {
	// Only publications with a word of the topic are looked at: a row of weights each.
	place := make(map[string]int)
	for _, alternative := range t.alternatives {
		for _, c := range alternative {
			terms := slices.Clone(c.parts)
			for term := range c.forms {
				terms = append(terms, term)
			}
			for _, term := range terms {
				if _, ok := place[term]; !ok {
					place[term] = len(place)
				}
			}
		}
	}
	row := make([]int32, len(n.pubs)) // from 1; 0 is none
	var touched []int
	var weights []float32
	for term, at := range place {
		for _, p := range n.postings[term] {
			if row[p.pub] == 0 {
				touched = append(touched, int(p.pub))
				row[p.pub] = int32(len(touched)) // #nosec G115 -- a place in the catalogue
				weights = append(weights, make([]float32, len(place))...)
			}
			weights[int(row[p.pub]-1)*len(place)+at] = p.weight
		}
	}
	out := make(map[int]float64, len(touched))
	for i, pub := range touched {
		of := weights[i*len(place) : (i+1)*len(place)]
		if score := t.best(func(term string) float64 { return float64(of[place[term]]) }); score > 0 {
			out[pub] = score
		}
	}
	return out
}
