package answer

import (
	"cmp"
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"text/template"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// promptVersion names the prompt files in use. A changed prompt is a new version:
// answers are compared by it.
const promptVersion = "v1"

//go:embed prompts/*.tmpl
var promptFiles embed.FS

var prompts = template.Must(template.ParseFS(promptFiles, "prompts/*.tmpl"))

// source is a sentence of a passage that a model may cite by its handle, or what
// several such sentences in succession say together.
type source struct {
	passage    *corpus.Passage
	text       string
	start, end int // code points into the page's text
	analyse    sync.Once
	analysed   []word  // by words
	next       *source // the sentence after it in the passage
	handle     int     // 0 when the model did not get it to read
}

// words are the words of a source. Only a sentence without a right handle needs
// them.
func (s *source) words() []word {
	s.analyse.Do(func() { s.analysed = words(s.text, languageOf(s.passage)) })
	return s.analysed
}

// analysed reads the words of sources, and what the verifier needs, while a model still reads
// them, so that no sentence waits for that. It goes on until stop, which returns when it is over.
func analysed(sources []*source) (stop func()) {
	var (
		reading sync.WaitGroup
		over    atomic.Bool
	)
	reading.Go(func() {
		if len(sources) > 1 { // the verifier reads its word lists when it is first used
			Verify(sources[1].text, sources[0].text)
		}
		for _, s := range sources {
			if over.Load() {
				return
			}
			s.words()
		}
	})
	return func() {
		over.Store(true)
		reading.Wait()
	}
}

// cite is the citation of a source, without its number.
func (s *source) cite() corpus.Citation {
	p := s.passage
	cite := corpus.Citation{
		Document: p.Document, Version: p.Version, Page: p.Page, PageLabel: p.PageLabel,
		Quote: corpus.Slice(p.PageText, s.start, s.end), Start: s.start, End: s.end,
		URL:    corpus.CitationURL(p.Document.ID, p.Version, p.Page, s.start, s.end),
		Reader: p.Reader, OCRConfidence: p.OCRConfidence,
	}
	if n := len(p.Heading); n > 0 {
		cite.Heading = p.Heading[n-1]
	}
	return cite
}

// sources cuts passages into sentences, the same sentence once, without those that
// are not on the page where they should be.
func sources(passages []corpus.Passage) []*source {
	var out []*source
	seen := make(map[string]bool)
	for i := range passages {
		p := &passages[i]
		runes := []rune(p.Text)
		var last *source
		for _, span := range dutch.Sentences(p.Text) {
			s := &source{passage: p, text: string(runes[span.Start:span.End]), start: p.Start + span.Start, end: p.Start + span.End}
			key := plain(s.text)
			if key == "" || seen[key] || corpus.Slice(p.PageText, s.start, s.end) != s.text {
				last = nil
				continue
			}
			seen[key] = true
			if last != nil {
				last.next = s
			}
			last = s
			out = append(out, s)
		}
	}
	return out
}

func languageOf(p *corpus.Passage) string {
	if p.Language == "en" {
		return "en"
	}
	return "nl"
}

// reading is what a model gets to read of the passages.
type reading struct {
	sources []*source // by handle: sources[i].handle == i+1
	prompt  Prompt
}

// promptData is what the templates of a user prompt show.
type promptData struct {
	Question string
	Sources  []promptSource
}

type promptSource struct {
	Title, Date, Page, Heading string
	Sentences                  []promptSentence
}

type promptSentence struct {
	Handle int
	Text   string
}

// read numbers sentences of the passages and puts as many of them in a prompt as
// budget allows: first those that the extractive composer chose, then the others in
// order of rank, without those that speak to a machine.
func (t *turn) read(all []*source, budget int) (reading, error) {
	chosen := func(s *source) bool {
		return slices.ContainsFunc(t.chosen, func(c composed) bool {
			return c.candidate.passage.ChunkID == s.passage.ChunkID && c.candidate.passage.Document.ID == s.passage.Document.ID &&
				c.candidate.start <= s.start && s.end <= c.candidate.end
		})
	}
	empty, err := t.prompt(nil)
	if err != nil {
		return reading{}, err
	}
	left := budget - EstimateTokens(empty.System) - EstimateTokens(empty.User)
	order := make(map[*corpus.Passage]int) // of the passages taken from
	taken := make(map[*source]bool)
	take := func(s *source) {
		cost := EstimateTokens(s.text) + 2
		if _, begun := order[s.passage]; !begun {
			cost += EstimateTokens(s.passage.Document.Title+strings.Join(s.passage.Heading, "")) + 15
		}
		if cost > left || taken[s] || speaksToMachine(s.text) {
			return
		}
		left -= cost
		taken[s] = true
		if _, begun := order[s.passage]; !begun {
			order[s.passage] = len(order)
		}
	}
	for _, s := range all {
		if chosen(s) {
			take(s)
		}
	}
	for _, s := range all {
		take(s)
	}
	r := reading{}
	for _, s := range all {
		s.handle = 0
		if taken[s] {
			r.sources = append(r.sources, s)
		}
	}
	slices.SortStableFunc(r.sources, func(a, b *source) int {
		return cmp.Or(cmp.Compare(order[a.passage], order[b.passage]), cmp.Compare(a.start, b.start))
	})
	for i, s := range r.sources {
		s.handle = i + 1
	}
	r.prompt, err = t.prompt(r.sources)
	return r, err
}

// prompt fills the prompt files with sources.
func (t *turn) prompt(sources []*source) (Prompt, error) {
	data := promptData{Question: defused(t.u.Question)}
	var last *corpus.Passage
	for _, s := range sources {
		if s.passage != last {
			last = s.passage
			p := promptSource{Title: defused(last.Document.Title), Date: string(last.Document.Date), Page: cmp.Or(last.PageLabel, fmt.Sprint(last.Page))}
			if n := len(last.Heading); n > 0 {
				p.Heading = defused(last.Heading[n-1])
			}
			data.Sources = append(data.Sources, p)
		}
		of := &data.Sources[len(data.Sources)-1]
		of.Sentences = append(of.Sentences, promptSentence{s.handle, defused(s.text)})
	}
	return fill("answer."+promptVersion+"."+t.u.Lang, data)
}

// fill fills both files of a prompt.
func fill(name string, data any) (Prompt, error) {
	var system, user strings.Builder
	if err := prompts.ExecuteTemplate(&system, name+".system.tmpl", nil); err != nil {
		return Prompt{}, fmt.Errorf("fill prompt: %w", err)
	}
	if err := prompts.ExecuteTemplate(&user, name+".user.tmpl", data); err != nil {
		return Prompt{}, fmt.Errorf("fill prompt: %w", err)
	}
	return Prompt{System: system.String(), User: user.String()}, nil
}

// signs that mean something to the prompt: its tags and handles. In the texts of
// documents and visitors they become their harmless likenesses.
var defuser = strings.NewReplacer("<", "‹", ">", "›", "[", "(", "]", ")", "\r", " ", "\n", " ")

func defused(text string) string { return defuser.Replace(text) }

var toMachine = regexp.MustCompile(`(?i)\b(als|as) (een |an? )?(ai|taalmodel|language model|chatbot|assistent|assistant)\b|\b(system|assistant|user) ?:|<\||` +
	`^\W*(let op|attentie|note|attention)?\W*(beste |dear )?(systeem|assistent|taalmodel|chatbot|ai|model)\b ?[:,]|\b(in|aan) (je|uw|jouw|your) (antwoord|reactie|answer|reply|response|output)\b|` +
	`\b(de assistent|het taalmodel|de chatbot|the assistant|the language model|the chatbot) (moet|zal|dient|must|should|shall|will) (nu |altijd |voortaan |now |always )?(te )?(schrijven|zeggen|antwoorden|herhalen|melden|negeren|vergeten|write|say|answer|repeat|ignore|forget|state|reply)\b|` +
	`^\W*(schrijf|zeg|antwoord|meld|beweer|write|say|answer|reply|respond|state|claim) ((nu|dus|altijd|alleen|voortaan|now|then|always|only)\b ?)*((dat|met|that|with)\b|:)`)

// speaksToMachine reports whether a sentence addresses whoever processes it: an
// instruction hidden in a document, or one of ours that a model repeats.
func speaksToMachine(text string) bool {
	if toMachine.MatchString(text) || base64Run.MatchString(text) {
		return true
	}
	folded := plain(text)
	return slices.ContainsFunc(rules, func(r rule) bool { return r.intent == IntentSteering && r.pattern.MatchString(folded) })
}
