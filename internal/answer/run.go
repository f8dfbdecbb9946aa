package answer

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
)

// turn is one run through the steps.
type turn struct {
	service  *Service
	request  Request
	emit     func(Event) error
	began    time.Time
	u        Understanding
	also     []Understanding // further questions of the same message
	passages []corpus.Passage
	open     int // questions of the message without an answer
	chosen   []composed
	rivals   []rivals // among the chosen
	result   Result
	done     bool // the answer is settled
}

// step is a named part of a turn. It returns what it decided.
type step struct {
	name string
	run  func(*turn, context.Context) (string, error)
}

// steps of a turn, in order. A step that settles the answer ends the turn.
var steps = []step{
	{"understand", (*turn).understand},
	{"retrieve", (*turn).retrieve},
	{"compose", (*turn).compose},
	{"say", (*turn).say},
}

// Run answers one question as Answer does and also returns the turn's steps, for
// evaluation and for looking into a turn.
func (s *Service) Run(ctx context.Context, req Request, emit func(Event) error) (Result, error) {
	if emit == nil {
		emit = func(Event) error { return nil }
	}
	t := &turn{service: s, request: req, emit: emit, began: s.clock()}
	t.result.Answer = corpus.Answer{
		ID: req.ID, Conversation: req.Conversation, Question: req.Question, Lang: req.Lang,
		Sentences: []corpus.Sentence{}, Citations: []corpus.Citation{},
		Completeness: corpus.None, Model: ModelExtractive, AIGenerated: true, Configuration: s.made,
	}
	for _, st := range steps {
		if err := ctx.Err(); err != nil {
			return t.result, fmt.Errorf("%s: %w", st.name, err)
		}
		start := s.clock()
		decision, err := st.run(t, ctx)
		t.result.Steps = append(t.result.Steps, Step{Name: st.name, Duration: s.clock().Sub(start), Decision: decision})
		if err != nil {
			return t.result, fmt.Errorf("%s: %w", st.name, err)
		}
		if t.done {
			break
		}
	}
	a := &t.result.Answer
	t.place(ctx)
	a.Timing.Total = t.since()
	t.result.Passages = t.passages
	a.Read = references(t.passages)
	s.log.DebugContext(ctx, "turn answered", "turn", req.ID, "status", a.Status, "sentences", len(a.Sentences), "total_ms", a.Timing.Total)
	return t.result, nil
}

// place puts a finished answer in time: its reference date, whether the Council was
// divided, and which of its documents were superseded.
func (t *turn) place(ctx context.Context) {
	a := &t.result.Answer
	if len(a.Sentences) == 0 || a.Model == ModelEditorial {
		return
	}
	a.ReferenceDate = t.standing(ctx).ReferenceDate
	var old []string
	for _, c := range a.Citations {
		if c.SupersededBy == nil {
			continue
		}
		if said := superseded(c, a.Lang); !slices.Contains(old, said) {
			old = append(old, said)
		}
	}
	if len(old) > 0 {
		a.Notice = strings.TrimSpace(a.Notice + " " + strings.Join(old, " "))
	}
}

func (t *turn) standing(ctx context.Context) corpus.Standing {
	return t.service.standing.of(ctx, t.result.Answer.Corpus)
}

// references name passages for good, each once.
func references(passages []corpus.Passage) []corpus.Reference {
	var out []corpus.Reference
	seen := make(map[corpus.Reference]bool)
	for _, p := range passages {
		r := corpus.Reference{Document: p.Document.ID, Version: p.Version, Page: p.Page, Start: p.Start, End: p.End}
		if !seen[r] {
			seen[r] = true
			out = append(out, r)
		}
	}
	return out
}

// since is the time the turn has taken, in milliseconds.
func (t *turn) since() float64 {
	return float64(t.service.clock().Sub(t.began)) / float64(time.Millisecond)
}

// settle ends the turn with a text without claims.
func (t *turn) settle(r reply) {
	a := &t.result.Answer
	a.Status, a.Completeness, a.Text = r.status, corpus.None, r.in(t.u.Lang)
	t.done = true
}

func (t *turn) understand(ctx context.Context) (string, error) {
	t.u = understand(t.request)
	if decision, err := t.editorial(); err != nil || t.done {
		return decision, err
	}
	by := t.rewrite(ctx)
	if t.u.Intent == IntentAsk {
		t.takeApart()
	}
	t.result.Answer.Lang = t.u.Lang
	t.result.Answer.Corpus = t.service.retriever.State()
	if r, ok := replies[t.u.Intent]; ok {
		t.settle(r)
		return fmt.Sprintf("%s, %s", t.u.Asked, t.u.Intent), nil
	}
	if t.u.FollowUp {
		return fmt.Sprintf("%s, %s, follow-up%s: %s", t.u.Asked, t.u.Form, by, t.u.Question), nil
	}
	return fmt.Sprintf("%s, %s, about %s", t.u.Asked, t.u.Form, strings.Join(t.u.Subject, " ")), nil
}

// takeApart reads each question of a message that asks several, when each can be
// looked up.
func (t *turn) takeApart() {
	each := parts(t.u.Question)
	if t.u.FollowUp || len(each) < 2 {
		return
	}
	var read []Understanding
	history := t.request.History
	for _, q := range each {
		req := t.request
		req.Question, req.History, req.Lang = q, history, t.u.Lang
		u := understand(req)
		if u.Intent != IntentAsk {
			return
		}
		read = append(read, u)
		history = append(slices.Clone(history), Exchange{Question: q})
	}
	t.u, t.also = read[0], read[1:]
}

func (t *turn) retrieve(ctx context.Context) (string, error) {
	if err := t.emit(Progress{StageSearching}); err != nil {
		return "", fmt.Errorf("emit: %w", err)
	}
	passages, err := t.search(ctx, &t.u)
	if err != nil {
		return "", err
	}
	t.passages = passages
	t.result.Answer.Timing.Retrieve = t.since()
	if len(passages) == 0 {
		t.settle(noAnswer)
	}
	return fmt.Sprintf("%d passages", len(passages)), nil
}

func (t *turn) search(ctx context.Context, u *Understanding) ([]corpus.Passage, error) {
	return t.service.retriever.Search(ctx, retrieval.Query{
		Text: u.Question, Lang: u.Asked, Filter: t.request.Filter, Limit: t.service.passages, Expansions: u.expansions(),
	})
}

// maxExpansions bounds what one question implies.
const maxExpansions = 24

// expansions are the words a question implies: for an English one the Dutch terms
// of the glossary, the first in full and its variants at less; for a Dutch one the
// synonyms of its words at little weight.
func (u *Understanding) expansions() []retrieval.Expansion {
	var out []retrieval.Expansion
	if u.composition {
		for _, w := range []string{"leden", "bestaat", "zetels", "samenstelling"} {
			out = append(out, retrieval.Expansion{Term: w, Weight: 0.5})
		}
	}
	if u.Form == FormDefinition && len(u.terms) > 0 && !slices.ContainsFunc(u.terms, func(t *term) bool { return !t.council && !t.light }) {
		for _, w := range []string{"adviesorgaan", "ondernemers", "werknemers", "regering"} {
			out = append(out, retrieval.Expansion{Term: w, Weight: 0.5})
		}
	}
	if u.Asked == "en" {
		tokens := dutch.Tokens(u.Question)
		for _, tr := range dutch.Translate(tokens) {
			if tr.To-tr.From == 1 && dutch.IsStopWord(tokens[tr.From].Text, "en") {
				continue
			}
			for i, d := range tr.Dutch {
				w := 1.0
				if i > 0 {
					w = 0.4
				}
				out = append(out, retrieval.Expansion{Term: d, Weight: w})
			}
		}
		return out
	}
	for _, t := range u.terms {
		if t.weight < 0.5 || len(out) >= maxExpansions {
			continue
		}
		for i, s := range dutch.SynonymWords(t.text) {
			if i == 4 {
				break
			}
			out = append(out, retrieval.Expansion{Term: s, Weight: 0.25})
		}
		for i, s := range dutch.AskedWords(dutch.Key(t.text)) {
			if i == 3 {
				break
			}
			out = append(out, retrieval.Expansion{Term: s, Weight: 0.25})
		}
		if s, ok := dutch.Spell(t.text); ok {
			out = append(out, retrieval.Expansion{Term: s, Weight: 0.7})
		}
	}
	return out
}

func (t *turn) compose(ctx context.Context) (string, error) {
	if err := t.emit(Progress{StageReading}); err != nil {
		return "", fmt.Errorf("emit: %w", err)
	}
	chosen, why, err := t.answerTo(ctx, &t.u, t.passages)
	if err != nil {
		return "", err
	}
	for i := range t.also {
		if len(chosen) == 0 && t.open == 0 {
			t.open++ // the first question
		}
		passages, err := t.search(ctx, &t.also[i])
		if err != nil {
			return "", err
		}
		more, because, err := t.answerTo(ctx, &t.also[i], passages)
		if err != nil {
			return "", err
		}
		why += "; " + because
		added := false
		for _, c := range more {
			if !redundant(c.candidate, chosen) {
				chosen = append(chosen, c)
			}
			added = true
		}
		if !added {
			t.open++
		}
		t.passages = append(t.passages, passages...)
	}
	t.chosen, t.rivals = inTime(t.withRivals(chosen))
	if len(chosen) == 0 {
		if t.u.told != nil {
			t.settle(nothingMore)
			return "nothing that was not told; " + why, nil
		}
		if t.u.unknown() {
			t.settle(outOfScope)
			return "out of scope; " + why, nil
		}
		t.settle(noAnswer)
	}
	return why, nil
}

// answerTo composes the answer to one question of the message. A question whether
// something is so that takes a number for true is first answered without it.
func (t *turn) answerTo(ctx context.Context, u *Understanding, passages []corpus.Passage) ([]composed, string, error) {
	if u.inContext != nil {
		found, err := t.search(ctx, u.inContext)
		if err != nil {
			return nil, "", err
		}
		if chosen, why := t.service.compose(u.inContext, found); len(chosen) > 0 {
			return chosen, "about what was asked before: " + why, nil
		}
	}
	if u.placeOnly {
		// Of the place itself much may be said, and nothing of what is asked.
		if chosen, because, err := t.inOtherPlace(ctx, u); err != nil || len(chosen) > 0 {
			return chosen, because, err
		}
	}
	if u.comparison != nil {
		chosen, why, err := t.compare(ctx, u)
		if err != nil || len(chosen) > 0 {
			return chosen, "compared: " + why, err
		}
	}
	var direct []composed
	var because string
	if u.instead != nil && len(years(u.Question)) > 0 {
		// What a year is asked about may well be said of that year.
		direct, because = t.service.compose(u, passages)
		if len(direct) > 0 && u.saidOfYear(direct[0].candidate) {
			return direct, because, nil
		}
		if u.premise {
			direct = nil
		}
	}
	if u.instead != nil {
		found, err := t.search(ctx, u.instead)
		if err != nil {
			return nil, "", err
		}
		if chosen, why := t.service.compose(u.instead, found); len(chosen) > 0 && u.instead.saysTopics(chosen[0].candidate) && (len(years(u.Question)) == 0 || u.premise && chosen[0].candidate.own >= leastInstead || u.corrects(chosen[0].candidate)) {
			return chosen, "without what it takes for true: " + why, nil
		}
	}
	if len(direct) > 0 {
		return direct, because, nil
	}
	chosen, why := t.service.compose(u, passages)
	if len(chosen) > 0 {
		return chosen, why, nil
	}
	if chosen, because, err := t.byHalves(ctx, u); err != nil || len(chosen) > 0 {
		return chosen, because, err
	}
	if u.otherwise != nil && !u.placeOnly {
		if chosen, because, err := t.inOtherPlace(ctx, u); err != nil || len(chosen) > 0 {
			return chosen, because, err
		}
	}
	if u.alone != nil {
		found, err := t.search(ctx, u.alone)
		if err != nil {
			return nil, "", err
		}
		if chosen, because := t.service.compose(u.alone, found); len(chosen) > 0 {
			return chosen, "on its own: " + because, nil
		}
	}
	return nil, why, nil
}

// inOtherPlace answers a question after whom or what place it takes for true.
func (t *turn) inOtherPlace(ctx context.Context, u *Understanding) ([]composed, string, error) {
	found, err := t.search(ctx, u.otherwise)
	if err != nil {
		return nil, "", err
	}
	chosen, because := t.service.compose(u.otherwise, found)
	return directOf(chosen), "who or where instead: " + because, nil
}

// saysTopics reports whether a candidate or its headings say each of the things that the
// question is about: another year is no answer where it is of something else.
func (u *Understanding) saysTopics(c *candidate) bool {
	for i, t := range u.terms {
		if t.weight >= 0.75 && t.known >= 0.7 && !t.verb && !t.light && max(c.says[i], c.headed[i], c.titled[i]) < 0.6 {
			return false
		}
	}
	return true
}

// leastInstead is the least share that a sentence says itself of a question without the
// year that it takes for true.
const leastInstead = 0.5

// leastCorrecting is the least share of a question that a sentence says itself which
// gives another year for it.
const leastCorrecting = 0.7

// corrects reports whether a sentence gives one year, and another than the question.
func (u *Understanding) corrects(c *candidate) bool {
	said := years(c.text)
	return len(said) == 1 && !u.asked(said[0]) && c.own >= leastCorrecting
}

// saidOfYear reports whether a sentence answers a question about a year: of what the
// question is about, and in one year only. Of a question that takes something for true
// it has to say nearly all.
func (u *Understanding) saidOfYear(c *candidate) bool {
	said := years(c.text)
	if len(said) > 1 || u.aside(c) {
		return false
	}
	return !u.premise || len(said) == 1 && u.asked(said[0]) && c.own >= leastConfirming
}

// leastConfirming is the least share of what somebody takes for true that a sentence says
// itself which decides it.
const leastConfirming = 0.8

// unknown reports whether the corpus has nothing on what the question is about.
func (u *Understanding) unknown() bool {
	known := false
	for _, t := range u.terms {
		if t.weight >= 0.3 && t.known >= 0.7 {
			known = true
		}
	}
	return !known
}

// say emits the chosen sentences, each after its citation, each verified first.
func (t *turn) say(ctx context.Context) (string, error) {
	if err := t.emit(Progress{StageWriting}); err != nil {
		return "", fmt.Errorf("emit: %w", err)
	}
	if t.service.writer != nil {
		if decision, settled, err := t.write(ctx); settled || err != nil {
			return decision, err
		}
	}
	dropped, err := t.utter(ctx, t.chosen)
	if err != nil {
		return "", err
	}
	a := &t.result.Answer
	if len(a.Sentences) == 0 {
		t.settle(noAnswer)
		return "nothing could be verified", nil
	}
	a.Status, a.Completeness = corpus.Answered, corpus.Complete
	if dropped > 0 || t.open > 0 {
		a.Status, a.Completeness = corpus.Partial, corpus.Incomplete
	}
	a.Text = text(a.Sentences)
	t.done = true
	return fmt.Sprintf("%d sentences, %d dropped", len(a.Sentences), dropped), nil
}

// utter emits chosen sentences in the documents' own words, behind those that were said
// already. It counts those that verification took out.
func (t *turn) utter(ctx context.Context, all []composed) (dropped int, err error) {
	a := &t.result.Answer
	leadDropped := false
	var last *candidate // the one said before
	for _, chosen := range all {
		if err := ctx.Err(); err != nil {
			return dropped, err
		}
		c := chosen.candidate
		cite, ok := t.cite(c)
		said := c.text
		if ok {
			said = c.named(last)
			ok = VerifyIn(said, cite.Quote, contextOf(c.passage)).OK
		}
		if !ok || leadDropped && c.points {
			dropped++
			t.result.Dropped++
			leadDropped = chosen.lead
			t.service.log.WarnContext(ctx, "sentence dropped: its quote does not hold", "document", c.passage.Document.ID, "page", c.passage.Page, "start", c.start)
			continue
		}
		leadDropped = false
		cite.N = len(a.Citations) + 1
		if by, ok := t.standing(ctx).SupersededBy[cite.Document.ID]; ok {
			cite.SupersededBy = &by
		}
		sentence := corpus.Sentence{Text: t.frame(c, cite, said), Citations: []int{cite.N}, Speaker: c.speaker()}
		a.Divided = a.Divided || c.tellsDivision()
		if chosen.label != "" {
			sentence.Text = chosen.label + ": " + sentence.Text
		}
		if err := t.emit(cite); err != nil {
			return dropped, fmt.Errorf("emit: %w", err)
		}
		if err := t.emit(IndexedSentence{Index: len(a.Sentences), Sentence: sentence}); err != nil {
			return dropped, fmt.Errorf("emit: %w", err)
		}
		if len(a.Sentences) == 0 {
			a.Timing.FirstSentence = t.since()
		}
		a.Citations = append(a.Citations, cite)
		a.Sentences = append(a.Sentences, sentence)
		last = c
	}
	return dropped, nil
}

// text joins sentences with the numbers of their citations.
func text(sentences []corpus.Sentence) string {
	var b strings.Builder
	for i, s := range sentences {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(s.Text)
		for _, n := range s.Citations {
			fmt.Fprintf(&b, " [%d]", n)
		}
	}
	return b.String()
}

// cite makes the citation of a candidate. It reports false when the page's text does
// not hold the sentence at its offsets: then it may not be said.
func (t *turn) cite(c *candidate) (corpus.Citation, bool) {
	p := c.passage
	quote := corpus.Slice(p.PageText, c.start, c.end)
	cite := corpus.Citation{
		Document: p.Document, Version: p.Version, Page: p.Page, PageLabel: p.PageLabel,
		Quote: quote, Start: c.start, End: c.end,
		URL:    corpus.CitationURL(p.Document.ID, p.Version, p.Page, c.start, c.end),
		Reader: p.Reader, OCRConfidence: p.OCRConfidence,
	}
	if len(p.Heading) > 0 {
		cite.Heading = p.Heading[len(p.Heading)-1]
	}
	return cite, quote != "" && quote == c.text
}

// frame is how a sentence is said: verbatim, and in an English answer, when the
// document is Dutch, as a quotation that names its place.
func (t *turn) frame(c *candidate, cite corpus.Citation, said string) string {
	said = strings.Join(strings.Fields(said), " ") // a list has line breaks
	if t.u.Lang != "en" || c.passage.Language == "en" {
		return said
	}
	page := cite.PageLabel
	if page == "" {
		page = fmt.Sprint(cite.Page)
	}
	if len(t.result.Answer.Sentences) > 0 {
		last := t.result.Answer.Citations[len(t.result.Answer.Citations)-1]
		if last.Document.ID == cite.Document.ID && last.Page == cite.Page {
			return fmt.Sprintf("It also says: “%s”", said)
		}
	}
	return fmt.Sprintf("According to “%s” (p. %s, in Dutch): “%s”", cite.Document.Title, page, said)
}
