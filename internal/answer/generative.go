package answer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// Writer writes text with a language model. It is implemented by *llm.Chat.
type Writer interface {
	// Name is the model's name, for Answer.Model.
	Name() string
	// Budget is how many tokens a prompt may have, estimated by EstimateTokens.
	Budget() int
	// Write asks the model and hands its text on as it comes, from the calling
	// goroutine. An error of text ends the call at once and is returned as it is.
	// Usage is filled as far as it is known, also when there is an error.
	Write(ctx context.Context, p Prompt, text func(delta string) error) (Written, error)
}

// Prompt is what a model is asked.
type Prompt struct {
	System string
	User   string
}

// Written is how a model's text ended.
type Written struct {
	Usage corpus.Usage
	// Cut: the model had more to say than it had tokens for.
	Cut bool
}

// ErrPromptTooLong is the cause when a model refuses a prompt for its length. The
// Writer has then lowered its Budget.
var ErrPromptTooLong = errors.New("the prompt is too long for the model")

// runesPerToken is on the low side for Dutch, where common tokenizers make 3 to
// 4 characters a token, so that estimates are never too small by much.
const runesPerToken = 3

// EstimateTokens is about how many tokens a text takes.
func EstimateTokens(text string) int { return len([]rune(text))/runesPerToken + 1 }

// What a model's text may be before we stop reading it.
const (
	maxWritten   = 12 // sentences shown
	maxRejected  = 12 // sentences in a row of which none could be shown
	maxRepeated  = 3  // sentences in a row that were said before
	maxShrinking = 4  // prompts tried when the model finds them too long
)

// Least share of a sentence's content that passages must hold before we attribute
// it to them ourselves: more than when the model said where it stands, because then
// two agree.
const (
	leastAttributed        = 0.75
	leastAttributedEnglish = 0.55
)

// Reasons of our own to stop a model.
var (
	errEnough   = errors.New("enough was written")
	errRambling = errors.New("the model writes on without an answer")
	errDeclined = errors.New("the model found no answer")
)

// write has the model write the answer, sentence by sentence, each verified before
// it is emitted. It reports false when nothing was shown and the turn's answer has
// to be composed without a model.
func (t *turn) write(ctx context.Context) (decision string, settled bool, err error) {
	began := t.service.clock()
	defer func() {
		t.result.Steps = append(t.result.Steps, Step{Name: "write", Duration: t.service.clock().Sub(began), Decision: decision})
	}()
	writer := t.service.writer
	a := &t.result.Answer
	var g *generation
	var written Written
	all := sources(t.passages)
	for range maxShrinking {
		budget := writer.Budget()
		r, err := t.read(all, budget)
		if err != nil {
			return "", false, err
		}
		g = &generation{turn: t, reading: r, most: maxWritten, standing: t.standing(ctx)}
		if len(r.sources) == 0 {
			a.Notice = noticeModel.in(t.u.Lang)
			return "no source fits the model", false, nil
		}
		stop := analysed(r.sources)
		written, err = writer.Write(ctx, r.prompt, g.take)
		stop()
		g.failure = err
		if !errors.Is(err, ErrPromptTooLong) || writer.Budget() >= budget {
			break
		}
	}
	t.used(written.Usage)
	a.Prompt = promptVersion
	switch {
	case g.emitFailure != nil:
		return "", false, fmt.Errorf("emit: %w", g.emitFailure)
	case ctx.Err() != nil:
		return "", false, ctx.Err()
	case g.failure == nil && !written.Cut:
		// Only of a whole text the last sentence is surely whole.
		if err := g.takeAll(g.cutter.rest()); errors.Is(err, errDeclined) {
			g.failure = err
		}
		if g.emitFailure != nil {
			return "", false, fmt.Errorf("emit: %w", g.emitFailure)
		}
	}
	rephrased := ""
	if g.failure == nil && !written.Cut && ctx.Err() == nil {
		if offered, saved := g.rephrase(ctx); offered > 0 {
			rephrased = fmt.Sprintf(", %d of %d rephrased", saved, offered)
		}
		if g.emitFailure != nil {
			return "", false, fmt.Errorf("emit: %w", g.emitFailure)
		}
		if ctx.Err() != nil {
			return "", false, ctx.Err()
		}
	}
	decision = fmt.Sprintf("%s, prompt %s, %d sources: %d sentences, %d dropped%s", writer.Name(), promptVersion, len(g.reading.sources), g.said, g.dropped, rephrased)
	t.result.Dropped += g.dropped
	broken := g.failure != nil && !errors.Is(g.failure, errEnough) && !errors.Is(g.failure, errDeclined)
	if broken {
		t.service.log.WarnContext(ctx, "language model failed", "model", writer.Name(), "said", g.said, "error", g.failure)
		decision += "; " + g.failure.Error()
	}
	switch {
	case g.said == 0 && errors.Is(g.failure, errDeclined):
		a.Model = writer.Name()
		t.settle(noAnswer)
		return decision, true, nil
	case g.said == 0:
		a.Notice = noticeModel.in(t.u.Lang)
		return decision, false, nil
	}
	a.Status, a.Completeness = corpus.Answered, corpus.Complete
	wrote := len(a.Sentences)
	if err := g.tellRivals(); err != nil {
		return "", false, fmt.Errorf("emit: %w", err)
	}
	if broken || written.Cut {
		if g.dropped, err = t.utter(ctx, g.rest()); err != nil {
			return "", false, err
		}
		if a.Notice = noticeBroken.in(t.u.Lang); len(a.Sentences) > wrote {
			a.Notice = noticeContinued.in(t.u.Lang)
		}
		decision += fmt.Sprintf("; %d of the documents' sentences added", len(a.Sentences)-wrote)
	}
	if g.dropped > 0 || t.open > 0 {
		a.Completeness = corpus.Incomplete
	}
	if g.dropped >= g.said || t.open > 0 {
		a.Status = corpus.Partial
	}
	if err := g.tellDivision(); err != nil {
		return "", false, fmt.Errorf("emit: %w", err)
	}
	a.Text = text(a.Sentences)
	t.done = true
	return decision, true, nil
}

var (
	noticeModel = reply{nl: "Het taalmodel gaf nu geen bruikbaar antwoord. Dit antwoord bestaat daarom uit zinnen die letterlijk in de documenten staan.",
		en: "The language model gave no usable answer just now. This answer is therefore made of sentences that are literally in the documents."}
	noticeBroken = reply{nl: "Het taalmodel hield halverwege op. Wat er staat, is wel gecontroleerd.",
		en: "The language model stopped halfway. What is here has been checked."}
	noticeContinued = reply{nl: "Het taalmodel hield halverwege op. De rest van dit antwoord bestaat daarom uit zinnen die letterlijk in de documenten staan.",
		en: "The language model stopped halfway. The rest of this answer is therefore made of sentences that are literally in the documents."}
)

// generation is a model's text on its way to the reader.
type generation struct {
	turn    *turn
	reading reading
	cutter  cutter

	said, dropped      int // sentences with a claim
	rejected, repeated int // in a row
	lastDropped        bool
	failure            error // how the model's text ended
	emitFailure        error
	failed             []failed // to be rephrased
	second             bool     // this is the rephrasing
	most               int      // sentences to show
	standing           corpus.Standing
	grounds            []*source // of all that was said
}

// take is given every piece of text as it comes.
func (g *generation) take(delta string) error {
	if err := g.takeAll(g.cutter.add(delta)); err != nil {
		return err
	}
	if g.cutter.full() {
		return errRambling
	}
	return nil
}

func (g *generation) takeAll(sentences []string) error {
	for _, s := range sentences {
		if err := g.sentence(s); err != nil {
			return err
		}
	}
	return nil
}

// sentence checks one sentence and emits it, or drops it.
func (g *generation) sentence(raw string) error {
	if marker.MatchString(raw) {
		if g.said == 0 {
			return errDeclined
		}
		return errEnough
	}
	t := g.turn
	plainText, cited := citedBy(raw)
	said, ok := cleaned(plainText)
	ws := words(said, t.u.Lang)
	if len(ws) == 0 {
		return nil // handles alone, a rule, an empty list item
	}
	if slices.ContainsFunc(t.result.Answer.Sentences, func(s corpus.Sentence) bool { return plain(s.Text) == plain(said) }) {
		if g.repeated++; g.repeated >= maxRepeated {
			return errEnough
		}
		return nil
	}
	g.repeated = 0
	var ground []*source
	switch {
	case !ok, len(ws) < 2, strings.HasSuffix(said, "?"), speaksToMachine(said):
		ok = false
	case g.lastDropped && opensPointing[ws[0].text]:
		ok = false // what it points at was not said
	default:
		if ground, ok = g.ground(said, cited); !ok {
			g.again(said, cited)
		}
	}
	if !ok {
		t.service.log.Debug("sentence of the model dropped", "turn", t.request.ID, "handles", cited, "length", len(said))
		g.dropped++
		g.lastDropped = true
		if g.rejected++; g.rejected >= maxRejected {
			return errRambling
		}
		return nil
	}
	g.rejected, g.lastDropped = 0, false
	if err := g.emit(said, ground); err != nil {
		g.emitFailure = err
		return err
	}
	if g.said++; g.said >= g.most {
		return errEnough
	}
	return nil
}

// emit shows a sentence of the model, in its place in time.
func (g *generation) emit(said string, ground []*source) error {
	label, err := g.timed(said, ground)
	if err != nil {
		return err
	}
	if label != "" {
		said = label + ": " + said
	}
	return g.show(said, ground)
}

// show emits a sentence after those of its citations that were not shown yet.
func (g *generation) show(said string, ground []*source) error {
	t := g.turn
	a := &t.result.Answer
	a.Model = t.service.writer.Name()
	sentence := corpus.Sentence{Text: said, Speaker: speakerOf(said, t.u.Lang, ground)}
	g.grounds = append(g.grounds, ground...)
	for _, c := range ground {
		cite := c.cite()
		if by, ok := g.standing.SupersededBy[cite.Document.ID]; ok {
			cite.SupersededBy = &by
		}
		at := slices.IndexFunc(a.Citations, func(o corpus.Citation) bool { return o.URL == cite.URL })
		if at < 0 {
			cite.N = len(a.Citations) + 1
			if err := t.emit(cite); err != nil {
				return err
			}
			at = len(a.Citations)
			a.Citations = append(a.Citations, cite)
		}
		sentence.Citations = append(sentence.Citations, a.Citations[at].N)
	}
	if err := t.emit(IndexedSentence{Index: len(a.Sentences), Sentence: sentence}); err != nil {
		return err
	}
	if len(a.Sentences) == 0 {
		a.Timing.FirstSentence = t.since()
	}
	a.Sentences = append(a.Sentences, sentence)
	return nil
}

// rest are the sentences that answer without a model, less those that were said.
func (g *generation) rest() []composed {
	var said []composed
	for _, s := range g.grounds {
		said = append(said, composed{candidate: s.candidate()})
	}
	var rest []composed
	for i, c := range g.turn.chosen {
		points := c.candidate.points && i > 0 && (len(rest) == 0 || rest[len(rest)-1].candidate != g.turn.chosen[i-1].candidate)
		if !points && !g.turn.u.repeated(c.candidate, said) {
			rest = append(rest, c)
		}
	}
	return rest
}

// candidate is a source as the extractive composer sees a sentence.
func (s *source) candidate() *candidate {
	p := s.passage
	return &candidate{
		sentence: &sentence{text: s.text, start: s.start, end: s.end, words: s.words(), plain: plain(s.text), numbers: dutch.Numbers(s.text), usable: p.Kind == corpus.BlockParagraph},
		view:     &view{passage: p},
	}
}

// speakerOf tells who says what the model wrote: whom its sentence names, or else who
// speaks in all of its sources.
func speakerOf(said, lang string, ground []*source) corpus.Speaker {
	minority := slices.ContainsFunc(ground, func(s *source) bool { return s.passage.Section == corpus.SectionMinority })
	if views := viewsIn(words(said, lang)); len(views) == 1 && !minority {
		return views[0].by
	} else if len(views) > 1 {
		return ""
	}
	var by corpus.Speaker
	for i, s := range ground {
		if speaks := s.candidate().speaker(); i == 0 {
			by = speaks
		} else if speaks != by {
			return ""
		}
	}
	return by
}

// tellDivision adds, to a text that gives the Council's view in a publication, the
// sentence of its sources that says that the Council was divided on it.
func (g *generation) tellDivision() error {
	t := g.turn
	a := &t.result.Answer
	var said []composed
	for _, s := range g.grounds {
		c := s.candidate()
		a.Divided = a.Divided || c.tellsDivision()
		said = append(said, composed{candidate: c})
	}
	if a.Divided || g.said >= maxWritten {
		return nil
	}
	var cs []*candidate
	all := make(map[*candidate]*source)
	for _, s := range g.reading.sources {
		c := s.candidate()
		cs, all[c] = append(cs, c), s
	}
	for _, added := range t.u.withDivision(said, cs)[len(said):] {
		a.Divided = true
		if err := g.emit(t.framed(added.candidate.text, all[added.candidate]), []*source{all[added.candidate]}); err != nil {
			return err
		}
	}
	return nil
}

// framed is a source's own sentence in an answer, as the extractive composer says it.
func (t *turn) framed(said string, s *source) string {
	return t.frame(s.candidate(), s.cite(), said)
}

// ground finds the quotes that bear a sentence: those it cites when they do, or
// else those that say it beyond doubt.
func (g *generation) ground(said string, cited []int) ([]*source, bool) {
	var own []*source
	for _, h := range cited {
		if h >= 1 && h <= len(g.reading.sources) {
			own = append(own, g.reading.sources[h-1])
		}
	}
	if len(own) > 0 {
		if _, ok := g.bears(own, said); ok {
			return joined(g.needed(own, said)), true
		}
	}
	return g.attribute(said)
}

// bears verifies a sentence against quotes together. What it tells as present the quotes
// have to say that do not tell of a time that is over.
func (g *generation) bears(ground []*source, said string) (Verdict, bool) {
	if holds.MatchString(said) && !held.MatchString(said) && len(years(said)) == 0 {
		ground = slices.DeleteFunc(slices.Clone(ground), func(s *source) bool { return !s.holdsStill() })
		if len(ground) == 0 {
			return Verdict{}, false
		}
	}
	var quotes []string
	in := contextOf(ground[0].passage)
	for _, c := range joined(ground) {
		quotes = append(quotes, c.text)
		if c.passage.Section == corpus.SectionMinority {
			in.Section = c.passage.Section
		}
	}
	v := VerifyIn(said, strings.Join(quotes, "\n"), in)
	return v, v.OK
}

var (
	holds = re(`(?i)\b(is|zijn|heeft|hebben|telt|tellen|bestaat|bestaan|kent|betaalt|betalen|has|have|are|consists?|counts?|pays?)\b`)
	held  = re(`(?i)\b(was|waren|had|hadden|telde|telden|werd|werden|bestond|bestonden|kende|betaalde|betaalden|vroeger|destijds|toen|eerder|were|used to|formerly|once|earlier)\b`)
	ended = re(`(?i)\b(?:tot(?: en met)?|t/m|until|till)(?: het jaar| the year)? ((?:1[5-9]|20)\d\d)\b`)
)

// holdsStill reports whether a source does not say that what it says ended in a year before
// that of its document.
func (s *source) holdsStill() bool {
	m := ended.FindStringSubmatch(s.text)
	year := documentYear(s.candidate())
	return m == nil || !held.MatchString(s.text) || year != "" && m[1] >= year
}

// needed leaves out the quotes that a sentence stands without: a citation that
// adds nothing misleads who follows it.
func (g *generation) needed(ground []*source, said string) []*source {
	whole, _ := g.bears(ground, said)
	for i := len(ground) - 1; i >= 0 && len(ground) > 1; i-- {
		fewer := slices.Delete(slices.Clone(ground), i, i+1)
		if v, ok := g.bears(fewer, said); ok && v.Support >= whole.Support-0.02 {
			ground = fewer
		}
	}
	return ground
}

// attribute finds the sentence of the passages, or two in succession, that say what
// the model said without naming its place or naming the wrong one.
func (g *generation) attribute(said string) ([]*source, bool) {
	type match struct {
		c     *source
		share float64
	}
	claims := make(map[string]*claim)
	var matches []match
	for _, s := range g.reading.sources {
		lang := languageOf(s.passage)
		c := claims[lang]
		if c == nil {
			c = &claim{text: said, lang: g.turn.u.Lang}
			c.words = words(said, c.lang)
			if c.lang == "en" && lang == "nl" {
				c.translate()
			}
			claims[lang] = c
		}
		total, found := 0.0, 0.0
		for i, w := range c.words {
			if k := weight(w); k > 0 {
				total += k
				found += k * c.support(i, s.words())
			}
		}
		if total > 0 && found/total >= leastSupportEnglish {
			matches = append(matches, match{s, found / total})
		}
	}
	slices.SortStableFunc(matches, func(a, b match) int { return cmp.Compare(b.share, a.share) })
	var best []*source
	most := 0.0
	try := func(ground ...*source) {
		least := leastAttributed
		if g.turn.u.Lang == "en" && languageOf(ground[0].passage) == "nl" {
			least = leastAttributedEnglish
		}
		// One more quote has to bring something.
		if v, ok := g.bears(ground, said); ok && v.Support >= least && v.Support > most+0.1*float64(len(ground)-1) {
			best, most = ground, v.Support
		}
	}
	for _, m := range matches[:min(len(matches), 5)] {
		try(m.c)
	}
	for _, m := range matches[:min(len(matches), 3)] {
		if m.c.next != nil && !speaksToMachine(m.c.next.text) {
			try(m.c, m.c.next)
		}
	}
	return joined(best), best != nil
}

// joined makes one quote of sentences that follow each other on a page.
func joined(ground []*source) []*source {
	if len(ground) < 2 {
		return ground
	}
	ground = slices.Clone(ground)
	slices.SortStableFunc(ground, func(a, b *source) int {
		if a.passage != b.passage {
			return 0
		}
		return cmp.Compare(a.start, b.start)
	})
	out := ground[:1]
	for _, c := range ground[1:] {
		last := out[len(out)-1]
		if last.passage == c.passage && last.next == c {
			out[len(out)-1] = &source{passage: c.passage, text: corpus.Slice(c.passage.PageText, last.start, c.end), start: last.start, end: c.end, next: c.next}
			continue
		}
		out = append(out, c)
	}
	return out
}
