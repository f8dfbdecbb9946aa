package office

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/retrieval"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

const (
	// foundSources is how many passages are offered as the right source.
	foundSources = 8
	// maxSourceQuery is the longest search for a source, in code points.
	maxSourceQuery = 500
)

// answerView is the page on which one answer is judged.
type answerView struct {
	Back, BackText string // to the queue or the sample
	Progress       string // within the sample, "" elsewhere
	Saved          string // address of the answer that was just judged, "" for none
	Skip           string // address of the next answer, "" for none
	Action         string // where the form goes

	Item     int64
	Question string
	Facts    []reviewFact
	Status   string
	Lang     string // of the answer
	Message  string // what was said instead of an answer
	Notices  []string
	Feedback []string // of the visitor
	Comment  string   // of the visitor
	Before   []reviewExchange
	After    []reviewExchange

	Sentences []reviewSentence
	Loose     []reviewCitation // cited by no sentence

	MayJudge bool
	Fault    string
	Verdicts []reviewVerdict
	Note     string         // of the reviewer
	Sources  []reviewSource // picked
	Found    []reviewSource // by the search
	Search   string
	Searched bool
	CanFind  bool
	Begun    string // when the page was opened, in milliseconds of Unix time
	Max      int    // of sources
	MaxNote  int

	Mine     *reviewOpinion
	Others   []reviewOpinion
	Hidden   string // says that others judged, when that is not to be seen yet
	MayCase  bool
	Case     string // where a test case is made
	Judgment int64  // the number of the reader's own judgement, 0 for none
	Turn     string
}

// reviewFact is something known of the answer.
type reviewFact struct{ Name, Value string }

// reviewExchange is another question of the conversation.
type reviewExchange struct {
	Question, Text, Status, URL string
	Lang                        string
}

// reviewSentence is a sentence of the answer.
type reviewSentence struct {
	N         int
	Text      string
	Speaker   string
	Citations []reviewCitation
	Verdicts  []reviewOption
	Mine      string // what the reader said of it
	Blamed    bool   // the visitor said that it is wrong
}

// reviewCitation is a quote that a sentence cites.
type reviewCitation struct {
	N          int
	Title      string
	Where      string
	Quote      string
	URL        string
	Superseded string
	Blamed     bool // the visitor said that it is wrong
}

// reviewVerdict is a verdict to choose.
type reviewVerdict struct {
	Value  string
	Key    int
	Text   string
	What   string
	Chosen bool
}

// reviewSource is a passage that may be the right source.
type reviewSource struct {
	Value  string
	Title  string
	Where  string
	Quote  string
	URL    string
	Chosen bool
}

// reviewOpinion is what somebody said of the answer.
type reviewOpinion struct {
	Name, Verdict, When string
	Sentences           []string
	Note                string
	Sources             []reviewSource
}

// queueContext is where the reviewer comes from: a sample, or the queue with a filter.
type queueContext struct {
	sample int64
	filter ReviewFilter
	query  url.Values // both as addresses write them
}

func (v *visit) queueContext() queueContext {
	q := v.r.URL.Query()
	if id, err := strconv.ParseInt(q.Get("steekproef"), 10, 64); err == nil && id > 0 {
		return queueContext{sample: id, query: url.Values{"steekproef": {strconv.FormatInt(id, 10)}}}
	}
	f := v.reviewFilter(q)
	return queueContext{filter: f, query: v.filterQuery(f)}
}

// theAnswer reads the answer that the address names.
func (o *Office) theAnswer(ctx context.Context, v *visit) (Review, error) {
	conversation, err := uuid.Parse(v.r.PathValue("conversation"))
	turn, err2 := uuid.Parse(v.r.PathValue("turn"))
	if err := errors.Join(err, err2); err != nil {
		return Review{}, &corpus.UserError{Code: corpus.CodeNotFound, Message: "there is no such answer", Err: err}
	}
	return o.review.Store.Review(ctx, conversation.String(), turn.String(), v.user.ID)
}

// next is the answer to judge after one, false when there is none.
func (o *Office) next(ctx context.Context, v *visit, from queueContext, after ReviewItem) (ReviewItem, bool, error) {
	if from.sample > 0 {
		return o.review.Store.NextMember(ctx, from.sample, v.user.ID, after.Turn)
	}
	items, err := o.review.Store.Queue(ctx, from.filter, v.user.ID, after.Place(), 1)
	if err != nil || len(items) == 0 {
		return ReviewItem{}, false, err
	}
	return items[0], true, nil
}

func (o *Office) reviewAnswer(v *visit) error {
	ctx, cancel := v.database()
	defer cancel()
	r, err := o.theAnswer(ctx, v)
	if err != nil {
		return err
	}
	form := judgementForm{begun: o.now().UnixMilli()}
	form.search, _ = chat.Mask(r.Question)
	if r.Mine != nil {
		form.verdict, form.sentences, form.note, form.sources = r.Mine.Verdict, r.Mine.Sentences, r.Mine.Comment, r.Mine.Sources
	}
	return o.showAnswer(ctx, v, http.StatusOK, r, form)
}

// now is the time.
func (o *Office) now() time.Time {
	if o.review.Now != nil {
		return o.review.Now()
	}
	return time.Now()
}

// judgementForm is what stands in the form.
type judgementForm struct {
	verdict   evaluate.Verdict
	sentences map[int]evaluate.Verdict
	note      string
	sources   []evaluate.Place
	search    string
	searched  bool
	begun     int64
	fault     string
}

// judgementForm reads the form.
func (v *visit) judgementForm(r Review) (judgementForm, error) {
	if err := v.r.ParseForm(); err != nil {
		return judgementForm{}, formError(err)
	}
	form := v.r.PostForm
	f := judgementForm{verdict: evaluate.Verdict(form.Get("oordeel")), sentences: make(map[int]evaluate.Verdict)}
	f.begun, _ = strconv.ParseInt(form.Get("begin"), 10, 64)
	f.note, _ = chat.Mask(cleanText(form.Get("toelichting")))
	f.search, _ = chat.Mask(cleanText(form.Get("zoek")))
	f.search = corpus.Slice(f.search, 0, maxSourceQuery)
	for n := range theTurn(r).sentences() {
		if s := form.Get(fmt.Sprintf("zin-%d", n+1)); s != "" {
			f.sentences[n+1] = evaluate.Verdict(s)
		}
	}
	for _, s := range form["bron"] {
		p, err := evaluate.ParsePlace(s)
		if err != nil {
			return f, &corpus.UserError{Code: corpus.CodeBadMessage, Message: "a source of the form is none", Err: err}
		}
		f.sources = append(f.sources, p)
	}
	return f, nil
}

// cleanText is a text without the line ends of Windows.
func cleanText(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }

// reviewed is a turn with its answer; the zero value is an answer that claims nothing.
type reviewed struct{ chat.Turn }

// theTurn is the turn that is judged.
func theTurn(r Review) reviewed {
	for _, t := range r.Turns {
		if t.ID == r.Turn {
			return reviewed{t}
		}
	}
	return reviewed{}
}

// sentences counts the sentences of the answer, as a range.
func (t reviewed) sentences() int {
	if t.Answer == nil {
		return 0
	}
	return len(t.Answer.Sentences)
}

// judgeAnswer stores a judgement and goes on to the next answer, or searches for a source
// and shows the form again as it was.
func (o *Office) judgeAnswer(v *visit) error {
	ctx, cancel := v.database()
	defer cancel()
	r, err := o.theAnswer(ctx, v)
	if err != nil {
		return err
	}
	form, err := v.judgementForm(r)
	if err != nil {
		return err
	}
	if v.r.PostForm.Get("doe") == "zoek" {
		form.searched = true
		return o.showAnswer(ctx, v, http.StatusOK, r, form)
	}
	switch n := len([]rune(form.note)); {
	case form.verdict == "":
		form.fault = v.text("review.fault_verdict")
	case n > evaluate.MaxComment:
		form.fault = v.text("review.fault_note", "n", n, "max", evaluate.MaxComment)
	case len(form.sources) > evaluate.MaxSources:
		form.fault = v.text("review.fault_sources", "max", evaluate.MaxSources)
	}
	if form.fault != "" {
		return o.showAnswer(ctx, v, http.StatusUnprocessableEntity, r, form)
	}
	_, err = o.review.Store.Judge(ctx, v.user, evaluate.Judgement{
		Turn: r.Turn, Verdict: form.verdict, Sentences: form.sentences, Sources: form.sources, Comment: form.note,
		Took: o.now().Sub(time.UnixMilli(form.begun)),
	})
	if err != nil {
		return err
	}
	from := v.queueContext()
	next, ok, err := o.next(ctx, v, from, r.ReviewItem)
	if err != nil {
		return err
	}
	path, q := queuePath, with(from.query, "bewaard", r.Conversation+"/"+r.Turn)
	switch {
	case ok:
		path += "/" + next.Conversation + "/" + next.Turn
	case from.sample > 0:
		path, q = samplesPath+"/"+strconv.FormatInt(from.sample, 10), url.Values{"klaar": {"1"}}
	default:
		q = with(from.query, "klaar", "1")
	}
	return v.to(path + "?" + q.Encode())
}

// showAnswer shows the page with the form.
func (o *Office) showAnswer(ctx context.Context, v *visit, status int, r Review, form judgementForm) error {
	from := v.queueContext()
	self := queuePath + "/" + r.Conversation + "/" + r.Turn
	view := answerView{
		Back: v.withQuery(queuePath, from.query), BackText: v.text("review.queue"), Action: v.withQuery(self, from.query),
		Item: r.Item, Turn: r.Turn, Status: v.text("review.status_" + string(r.Status)), Lang: r.Lang,
		MayJudge: v.may(staff.MayJudge), Fault: form.fault, Note: form.note, Search: form.search, Searched: form.searched, CanFind: o.review.Finder != nil,
		Begun: strconv.FormatInt(form.begun, 10), Max: evaluate.MaxSources, MaxNote: evaluate.MaxComment,
		Case: v.url("/vragenlijsten/geval"),
	}
	view.Question, _ = chat.Mask(r.Question)
	if from.sample > 0 {
		s, err := o.review.Store.Sample(ctx, from.sample, v.user.ID)
		if err != nil {
			return err
		}
		view.Back, view.BackText = v.url(samplesPath+"/"+strconv.FormatInt(s.ID, 10)), s.Name
		view.Progress = v.text("review.progress", "n", s.Done, "of", s.Size)
	}
	if saved := v.r.URL.Query().Get("bewaard"); saved != "" {
		conversation, turn, _ := strings.Cut(saved, "/")
		_, err := uuid.Parse(conversation)
		_, err2 := uuid.Parse(turn)
		if errors.Join(err, err2) == nil {
			view.Saved = v.withQuery(queuePath+"/"+conversation+"/"+turn, from.query)
		}
	}
	next, ok, err := o.next(ctx, v, from, r.ReviewItem)
	if err != nil {
		return err
	}
	if ok {
		view.Skip = v.withQuery(queuePath+"/"+next.Conversation+"/"+next.Turn, from.query)
	}
	v.showConversation(&view, r, from.query)
	for _, verdict := range evaluate.VerdictsOf(r.Status) {
		view.Verdicts = append(view.Verdicts, reviewVerdict{
			Value: string(verdict), Key: verdict.Key(), Text: v.text("review.verdict_" + string(verdict)), What: v.text("review.what_" + string(verdict)),
			Chosen: verdict == form.verdict,
		})
	}
	for i := range view.Sentences {
		s := &view.Sentences[i]
		s.Verdicts = []reviewOption{{"", v.text("review.not_apart"), false}}
		for _, verdict := range evaluate.SentenceVerdicts() {
			s.Verdicts = append(s.Verdicts, reviewOption{string(verdict), fmt.Sprintf("%d %s", verdict.Key(), v.text("review.verdict_"+string(verdict))), form.sentences[s.N] == verdict})
		}
	}
	if view.Sources, err = o.picked(ctx, v, form.sources); err != nil {
		return err
	}
	if form.searched {
		if view.Found, err = o.findSources(ctx, v, r.Lang, form); err != nil {
			return err
		}
	}
	if err := o.showOpinions(ctx, v, &view, r); err != nil {
		return err
	}
	return v.show(status, "queue", "review_answer", v.text("review.answer", "n", r.Item), view)
}

// showOpinions adds what was said of the answer: others' only to who judged it already,
// or does not judge.
func (o *Office) showOpinions(ctx context.Context, v *visit, view *answerView, r Review) error {
	opinion := func(name string, j evaluate.Judgement) (reviewOpinion, error) {
		p := reviewOpinion{Name: name, Verdict: v.text("review.verdict_" + string(j.Verdict)), When: v.when(j.Changed), Note: j.Comment}
		for n := 1; n <= len(view.Sentences); n++ {
			if verdict := j.Sentences[n]; verdict != "" {
				p.Sentences = append(p.Sentences, v.text("review.sentence_said", "n", n, "verdict", v.text("review.verdict_"+string(verdict))))
			}
		}
		var err error
		p.Sources, err = o.picked(ctx, v, j.Sources)
		return p, err
	}
	if r.Mine != nil {
		p, err := opinion(v.user.Name, *r.Mine)
		if err != nil {
			return err
		}
		view.Mine, view.Judgment, view.MayCase = &p, r.Mine.ID, v.may(staff.MayEdit)
	}
	if r.Mine == nil && view.MayJudge {
		if n := len(r.Others); n > 0 {
			view.Hidden = v.text("review.hidden", "n", n)
		}
		return nil
	}
	for _, other := range r.Others {
		p, err := opinion(other.Name, other.Judgement)
		if err != nil {
			return err
		}
		view.Others = append(view.Others, p)
	}
	return nil
}

// picked shows the sources that were picked.
func (o *Office) picked(ctx context.Context, v *visit, places []evaluate.Place) ([]reviewSource, error) {
	if len(places) == 0 {
		return nil, nil
	}
	citations, err := o.review.Store.Places(ctx, places[:min(len(places), evaluate.MaxSources)])
	if err != nil {
		return nil, err
	}
	var all []reviewSource
	for _, c := range citations {
		s := v.reviewSource(c)
		s.Chosen = true
		all = append(all, s)
	}
	return all, nil
}

func (v *visit) reviewSource(c corpus.Citation) reviewSource {
	place := evaluate.Place{Document: c.Document.ID, Version: c.Version, Page: c.Page, Start: c.Start, End: c.End}
	return reviewSource{Value: place.String(), Title: c.Document.Title, Where: v.where(c), Quote: c.Quote, URL: v.prefix + c.URL}
}

// findSources searches the passages for the right source; those that are picked are not
// offered again.
func (o *Office) findSources(ctx context.Context, v *visit, lang string, form judgementForm) ([]reviewSource, error) {
	if o.review.Finder == nil || form.search == "" {
		return nil, nil
	}
	passages, err := o.review.Finder.Search(ctx, retrieval.Query{Text: form.search, Lang: lang, Limit: foundSources})
	if err != nil {
		return nil, err
	}
	have := make(map[string]bool)
	for _, p := range form.sources {
		have[p.String()] = true
	}
	var found []reviewSource
	for _, p := range passages {
		s := v.reviewSource(corpus.Citation{
			Document: p.Document, Version: p.Version, Page: p.Page, PageLabel: p.PageLabel, Heading: strings.Join(p.Heading, " › "),
			Quote: p.Text, Start: p.Start, End: p.End, URL: corpus.CitationURL(p.Document.ID, p.Version, p.Page, p.Start, p.End),
		})
		if !have[s.Value] {
			found = append(found, s)
		}
	}
	return found, nil
}

// where says where a citation stands.
func (v *visit) where(c corpus.Citation) string {
	var parts []string
	for _, s := range []string{c.Document.Number, string(c.Document.Date), v.text("review.page", "n", c.PageLabel), c.Heading} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " · ")
}

// showConversation fills in the answer and what stands around it.
func (v *visit) showConversation(view *answerView, r Review, q url.Values) {
	before := true
	for _, t := range r.Turns {
		if t.ID == r.Turn {
			before = false
			continue
		}
		e := reviewExchange{Lang: t.Lang, URL: v.withQuery(queuePath+"/"+r.Conversation+"/"+t.ID, q)}
		e.Question, _ = chat.Mask(t.Question)
		if t.Answer != nil {
			e.Text = t.Answer.Text
		}
		if t.Status != "" {
			e.Status = v.text("review.status_" + string(t.Status))
		}
		if before {
			view.Before = append(view.Before, e)
		} else {
			view.After = append(view.After, e)
		}
	}
	v.showFeedback(view, r.Feedback)
	t := theTurn(r)
	a := t.Answer
	if a == nil {
		a = &corpus.Answer{}
		if t.Failure != nil {
			a.Text = t.Failure.Message
		}
	}
	if len(a.Sentences) == 0 {
		view.Message = a.Text
	}
	v.showSentences(view, r, a)
	if a.Notice != "" {
		view.Notices = append(view.Notices, a.Notice)
	}
	if a.Divided {
		view.Notices = append(view.Notices, v.text("review.divided"))
	}
	if a.ReferenceDate != "" {
		view.Notices = append(view.Notices, v.text("review.reference", "date", string(a.ReferenceDate)))
	}
	if a.Stopped {
		view.Notices = append(view.Notices, v.text("review.stopped"))
	}
	if len(a.Masked) > 0 {
		view.Notices = append(view.Notices, v.text("review.masked", "what", strings.Join(a.Masked, ", ")))
	}
	if r.Older {
		view.Notices = append(view.Notices, v.text("review.older", "date", v.when(r.Since)))
	}
	v.showFacts(view, r, a)
}

func (v *visit) showFacts(view *answerView, r Review, a *corpus.Answer) {
	fact := func(name, value string) {
		if value != "" {
			view.Facts = append(view.Facts, reviewFact{name, value})
		}
	}
	fact(v.text("review.status"), view.Status)
	fact(v.text("review.asked"), v.when(r.Asked))
	fact(v.text("review.lang"), v.text("review.lang_"+r.Lang))
	if r.Support != nil {
		s := fmt.Sprintf("%.0f%%", 100**r.Support)
		if r.LowSupport {
			s = v.text("review.low", "support", s)
		}
		fact(v.text("review.support"), s)
	}
	fact(v.text("review.model"), a.Model)
	fact(v.text("review.prompt"), a.Prompt)
	if r.Corpus > 0 {
		fact(v.text("review.corpus"), v.text("review.corpus_state", "n", r.Corpus, "date", v.when(r.Since), "present", r.Present))
	}
	if a.Timing.Total > 0 {
		fact(v.text("review.timing"), v.text("review.timing_parts", "retrieve", fmt.Sprintf("%.0f", a.Timing.Retrieve),
			"first", fmt.Sprintf("%.0f", a.Timing.FirstSentence), "total", fmt.Sprintf("%.0f", a.Timing.Total)))
	}
}

func (v *visit) showFeedback(view *answerView, f *VisitorFeedback) {
	if f == nil {
		return
	}
	said := FeedbackNotUseful
	if f.Useful {
		said = FeedbackUseful
	}
	view.Feedback = append(view.Feedback, v.text("review.feedback_"+said))
	if f.Sentence > 0 {
		view.Feedback = append(view.Feedback, v.text("review.blamed_sentence", "n", f.Sentence))
	}
	if f.Source > 0 {
		view.Feedback = append(view.Feedback, v.text("review.blamed_source", "n", f.Source))
	}
	view.Comment, _ = chat.Mask(f.Comment)
}

// showSentences lists the sentences with what they cite.
func (v *visit) showSentences(view *answerView, r Review, a *corpus.Answer) {
	citations := make(map[int]reviewCitation)
	cited := make(map[int]bool)
	for _, c := range a.Citations {
		shown := reviewCitation{N: c.N, Title: c.Document.Title, Where: v.where(c), Quote: c.Quote, URL: v.prefix + c.URL}
		if s := c.SupersededBy; s != nil {
			shown.Superseded = v.text("review.superseded", "title", s.Title, "date", string(s.Date))
		}
		shown.Blamed = r.Feedback != nil && r.Feedback.Source == c.N
		citations[c.N] = shown
	}
	for i, s := range a.Sentences {
		shown := reviewSentence{N: i + 1, Text: s.Text, Blamed: r.Feedback != nil && r.Feedback.Sentence == i+1}
		if s.Speaker != "" && s.Speaker != corpus.SpeakerCouncil {
			shown.Speaker = v.text("client.speaker_" + string(s.Speaker))
		}
		if r.Mine != nil && r.Mine.Sentences[i+1] != "" {
			shown.Mine = v.text("review.verdict_" + string(r.Mine.Sentences[i+1]))
		}
		for _, n := range s.Citations {
			if c, ok := citations[n]; ok {
				shown.Citations = append(shown.Citations, c)
				cited[n] = true
			}
		}
		view.Sentences = append(view.Sentences, shown)
	}
	for _, c := range a.Citations {
		if !cited[c.N] {
			view.Loose = append(view.Loose, citations[c.N])
		}
	}
}
