package office

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

const (
	queuePath   = "/gesprekken"
	reviewsPath = "/beoordelingen"
	samplesPath = reviewsPath + "/steekproeven"
	agreePath   = reviewsPath + "/overeenstemming"
	totalsPath  = reviewsPath + "/cijfers.csv"

	// queuePage is how many answers a page shows.
	queuePage = 50
	// queueCount is how far the queue is counted: more is said to be more.
	queueCount = 1000
	// maxSample and defaultSample are sizes of a sample.
	maxSample, defaultSample = 1000, 50
	// maxSampleName is as long as the name of a sample can be, in code points.
	maxSampleName = 100
)

func (o *Office) reviewRoutes() []route {
	if o.review == nil {
		return nil
	}
	return []route{
		{"GET", queuePath, staff.MayRead, o.reviewQueue},
		{"GET", queuePath + "/{conversation}/{turn}", staff.MayRead, o.reviewAnswer},
		{"POST", queuePath + "/{conversation}/{turn}", staff.MayJudge, o.judgeAnswer},
		{"GET", reviewsPath, staff.MayRead, o.reviewTotals},
		{"GET", totalsPath, staff.MayRead, o.reviewTotalsCSV},
		{"GET", samplesPath, staff.MayRead, o.reviewSamples},
		{"POST", samplesPath, staff.MayJudge, o.drawSample},
		{"GET", samplesPath + "/{sample}", staff.MayRead, o.reviewSample},
		{"GET", agreePath, staff.MayRead, o.reviewAgreement},
	}
}

// reviewOption is a choice of a list.
type reviewOption struct {
	Value, Text string
	Chosen      bool
}

// reviewOptions are the choices of a field, the first of which is everything; their
// texts are the messages key_VALUE.
func (v *visit) reviewOptions(key, chosen string, values ...string) []reviewOption {
	options := []reviewOption{{"", v.text("review.every"), chosen == ""}}
	for _, value := range values {
		options = append(options, reviewOption{value, v.text(key + value), chosen == value})
	}
	return options
}

func reviewStatuses() []string {
	return []string{string(corpus.Answered), string(corpus.Partial), string(corpus.NoAnswer), string(corpus.OutOfScope), string(corpus.Refused), string(corpus.Error)}
}

func reviewFeedbacks() []string {
	return []string{FeedbackNone, FeedbackUseful, FeedbackNotUseful, FeedbackComment}
}

func reviewCorpora() []string { return []string{CorpusOlder, CorpusPresent} }

func reviewJudged() []string {
	return []string{JudgedNotByMe, JudgedByMe, JudgedByNobody, JudgedByOne, JudgedByTwo}
}

// reviewFilter reads the filter of an address or form; what cannot be chosen counts as
// not given.
func (v *visit) reviewFilter(q url.Values) ReviewFilter {
	one := func(name string, of []string) string {
		if s := q.Get(name); slices.Contains(of, s) {
			return s
		}
		return ""
	}
	f := ReviewFilter{
		Status: corpus.Status(one("status", reviewStatuses())), Lang: one("taal", []string{"nl", "en"}), Words: clip(q.Get("woorden")),
		Feedback: one("feedback", reviewFeedbacks()), Corpus: one("corpus", reviewCorpora()), Judged: one("beoordeeld", reviewJudged()),
		LowSupport: q.Get("steun") == "laag",
	}
	if day, err := time.ParseInLocation(time.DateOnly, q.Get("van"), v.zone); err == nil {
		f.From = day
	}
	if day, err := time.ParseInLocation(time.DateOnly, q.Get("tot"), v.zone); err == nil {
		f.Till = day.AddDate(0, 0, 1)
	}
	return f
}

// filterQuery is what reviewFilter reads.
func (v *visit) filterQuery(f ReviewFilter) url.Values {
	q := make(url.Values)
	for name, value := range map[string]string{
		"status": string(f.Status), "taal": f.Lang, "woorden": f.Words, "feedback": f.Feedback, "corpus": f.Corpus, "beoordeeld": f.Judged,
		"van": v.isoDay(f.From), "tot": v.lastDay(f),
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.LowSupport {
		q.Set("steun", "laag")
	}
	return q
}

// isoDay is a day as forms write it; "" for none.
func (v *visit) isoDay(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(v.zone).Format(time.DateOnly)
}

func (v *visit) lastDay(f ReviewFilter) string {
	if f.Till.IsZero() {
		return ""
	}
	return v.isoDay(f.Till.In(v.zone).AddDate(0, 0, -1))
}

// withQuery is an address of the staff area with a query.
func (v *visit) withQuery(path string, q url.Values) string {
	if len(q) == 0 {
		return v.url(path)
	}
	return v.url(path) + "?" + q.Encode()
}

// with is q with a name and value more.
func with(q url.Values, name, value string) url.Values {
	more := make(url.Values, len(q)+1)
	for k, vs := range q {
		more[k] = vs
	}
	more.Set(name, value)
	return more
}

// queueView is the page of the queue.
type queueView struct {
	Filter     ReviewFilter
	From, Till string
	Statuses   []reviewOption
	Langs      []reviewOption
	Feedbacks  []reviewOption
	Corpora    []reviewOption
	Judged     []reviewOption
	Filtered   bool
	Open       bool // the filter stands open
	Count      string
	Finished   bool // the last of the queue was just judged
	Rows       []reviewRow
	Next       string         // address of what follows, "" at the end
	First      string         // address of the first page, "" there
	Hidden     []reviewOption // the filter as hidden fields
	MayJudge   bool
	SampleName string
	SampleSize string
	Fault      string // why no sample was drawn
}

// reviewRow is an answer in a list.
type reviewRow struct {
	ReviewItem

	URL     string
	When    string
	Result  string
	Said    string // by the visitor
	Verdict string // the reader's own
	Count   string // by how many it was judged
	Gone    bool
}

func (v *visit) reviewRow(i ReviewItem, q url.Values) reviewRow {
	r := reviewRow{ReviewItem: i, When: v.when(i.Asked), Gone: i.Turn == ""}
	r.Question, _ = chat.Mask(i.Question)
	switch i.Judged {
	case 0:
		r.Count = v.text("review.by_nobody")
	case 1:
		r.Count = v.text("review.by_one")
	default:
		r.Count = v.text("review.by_some", "n", i.Judged)
	}
	if i.Mine != "" {
		r.Verdict = v.text("review.verdict_" + string(i.Mine))
	}
	if r.Gone {
		return r
	}
	r.URL = v.withQuery(queuePath+"/"+i.Conversation+"/"+i.Turn, q)
	r.Result = v.text("review.status_" + string(i.Status))
	if i.Feedback != "" {
		r.Said = v.text("review.feedback_" + i.Feedback)
		if i.Commented {
			r.Said = v.text("review.with_comment", "said", r.Said)
		}
	}
	return r
}

func (o *Office) reviewQueue(v *visit) error {
	return o.showQueue(v, http.StatusOK, v.r.URL.Query(), queueView{})
}

func (o *Office) showQueue(v *visit, status int, q url.Values, view queueView) error {
	f := v.reviewFilter(q)
	query := v.filterQuery(f)
	view.Filter, view.From, view.Till, view.Filtered = f, query.Get("van"), query.Get("tot"), len(query) > 0
	view.Finished, view.MayJudge = q.Get("klaar") != "", v.may(staff.MayJudge)
	if view.SampleSize == "" {
		view.SampleSize = strconv.Itoa(defaultSample)
	}
	view.Statuses = v.reviewOptions("review.status_", string(f.Status), reviewStatuses()...)
	view.Langs = v.reviewOptions("review.lang_", f.Lang, "nl", "en")
	view.Feedbacks = v.reviewOptions("review.feedback_", f.Feedback, reviewFeedbacks()...)
	view.Corpora = v.reviewOptions("review.corpus_", f.Corpus, reviewCorpora()...)
	view.Judged = v.reviewOptions("review.judged_", f.Judged, reviewJudged()...)
	for name := range query {
		view.Hidden = append(view.Hidden, reviewOption{Value: query.Get(name), Text: name})
	}
	slices.SortFunc(view.Hidden, func(a, b reviewOption) int { return strings.Compare(a.Text, b.Text) })

	ctx, cancel := v.database()
	defer cancel()
	after, paged := parsePlace(q.Get("na"))
	items, err := o.review.Store.Queue(ctx, f, v.user.ID, after, queuePage+1)
	if err != nil {
		return err
	}
	n, err := o.review.Store.Count(ctx, f, v.user.ID, queueCount+1)
	if err != nil {
		return err
	}
	switch {
	case n > queueCount:
		view.Count = v.text("review.count_more", "n", queueCount)
	case n == 1:
		view.Count = v.text("review.count_one")
	default:
		view.Count = v.text("review.count", "n", n)
	}
	if paged {
		view.First = v.withQuery(queuePath, query)
	}
	if len(items) > queuePage {
		items = items[:queuePage]
		view.Next = v.withQuery(queuePath, with(query, "na", items[queuePage-1].Place().String()))
	}
	for _, i := range items {
		view.Rows = append(view.Rows, v.reviewRow(i, query))
	}
	return v.show(status, "queue", "review_queue", v.text("review.queue"), view)
}

// String is the place as addresses write it.
func (p ReviewPlace) String() string {
	return fmt.Sprintf("%d-%d", p.Asked.UnixMicro(), p.Item)
}

// parsePlace reads what String writes; false when it is none.
func parsePlace(s string) (ReviewPlace, bool) {
	asked, item, _ := strings.Cut(s, "-")
	micros, err := strconv.ParseInt(asked, 10, 64)
	if err != nil || micros < 0 || micros > 1<<52 { // beyond the year 2100
		return ReviewPlace{}, false
	}
	n, err := strconv.ParseInt(item, 10, 64)
	if err != nil || n < 1 {
		return ReviewPlace{}, false
	}
	return ReviewPlace{Asked: time.UnixMicro(micros), Item: n}, true
}

// samplesView is the page of all samples.
type samplesView struct {
	Samples  []sampleRow
	MayJudge bool
	Queue    string
}

// sampleRow is a sample in a list.
type sampleRow struct {
	ReviewSample

	URL      string
	When     string
	Progress string
	Chosen   string // what it was drawn from
	Finished bool
}

func (v *visit) sampleRow(s ReviewSample) sampleRow {
	r := sampleRow{ReviewSample: s, URL: v.url(samplesPath + "/" + strconv.FormatInt(s.ID, 10)), When: v.when(s.Made), Finished: s.Left == 0}
	r.Progress = v.text("review.progress", "n", s.Done, "of", s.Size)
	r.Chosen = v.filterText(s.Filter)
	return r
}

// filterText says what a filter lets through.
func (v *visit) filterText(f ReviewFilter) string {
	var parts []string
	say := func(label, text string) { parts = append(parts, label+": "+text) }
	if f.Status != "" {
		say(v.text("review.status"), v.text("review.status_"+string(f.Status)))
	}
	if f.Lang != "" {
		say(v.text("review.lang"), v.text("review.lang_"+f.Lang))
	}
	if f.Words != "" {
		say(v.text("review.words"), f.Words)
	}
	if f.Feedback != "" {
		say(v.text("review.feedback"), v.text("review.feedback_"+f.Feedback))
	}
	if f.LowSupport {
		parts = append(parts, v.text("review.low_support"))
	}
	if f.Corpus != "" {
		say(v.text("review.corpus"), v.text("review.corpus_"+f.Corpus))
	}
	if f.Judged != "" {
		say(v.text("review.judged"), v.text("review.judged_"+f.Judged))
	}
	if !f.From.IsZero() {
		say(v.text("review.from"), v.isoDay(f.From))
	}
	if !f.Till.IsZero() {
		say(v.text("review.till"), v.lastDay(f))
	}
	if len(parts) == 0 {
		return v.text("review.everything")
	}
	return strings.Join(parts, " · ")
}

func (o *Office) reviewSamples(v *visit) error {
	ctx, cancel := v.database()
	defer cancel()
	samples, err := o.review.Store.Samples(ctx, v.user.ID)
	if err != nil {
		return err
	}
	view := samplesView{MayJudge: v.may(staff.MayJudge), Queue: v.url(queuePath)}
	for _, s := range samples {
		view.Samples = append(view.Samples, v.sampleRow(s))
	}
	return v.page("reviews", "review_samples", v.text("review.samples"), view)
}

// drawSample makes a sample of what the filter of the form lets through.
func (o *Office) drawSample(v *visit) error {
	if err := v.r.ParseForm(); err != nil {
		return formError(err)
	}
	form := v.r.PostForm
	name, _ := chat.Mask(clip(form.Get("naam")))
	view := queueView{SampleName: name, SampleSize: clip(form.Get("aantal"))}
	size, err := strconv.Atoi(view.SampleSize)
	switch {
	case name == "" || len([]rune(name)) > maxSampleName:
		view.Fault = v.text("review.fault_name", "n", maxSampleName)
	case err != nil || size < 1 || size > maxSample:
		view.Fault = v.text("review.fault_size", "n", maxSample)
	}
	if view.Fault != "" {
		return o.showQueue(v, http.StatusUnprocessableEntity, form, view)
	}
	f := v.reviewFilter(form)
	f.Words, _ = chat.Mask(f.Words)
	ctx, cancel := v.database()
	defer cancel()
	id, err := o.review.Store.Draw(ctx, v.user, name, f, size, newSeed())
	switch {
	case errors.Is(err, ErrSampleName):
		view.Fault = v.text("review.fault_twice")
	case errors.Is(err, ErrSampleEmpty):
		view.Fault = v.text("review.fault_empty")
	case err != nil:
		return err
	default:
		return v.to(samplesPath + "/" + strconv.FormatInt(id, 10))
	}
	return o.showQueue(v, http.StatusUnprocessableEntity, form, view)
}

// newSeed is a random number for drawing a sample.
func newSeed() int64 {
	var b [8]byte
	_, _ = rand.Read(b[:])                              // never fails
	return int64(binary.LittleEndian.Uint64(b[:]) >> 1) // #nosec G115 -- 63 bits
}

// formError tells a form that is too large from one that cannot be read.
func formError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return &corpus.UserError{Code: corpus.CodeBadMessage, Message: "the form could not be read", Err: err}
}

// sampleView is the page of one sample.
type sampleView struct {
	sampleRow

	Rows     []reviewRow
	GoneText string
	Start    string // address of the next answer to judge, "" for none
	Agree    string
	Totals   string
	Finished bool // the last one was just judged
	MayJudge bool
}

func (o *Office) reviewSample(v *visit) error {
	id, err := strconv.ParseInt(v.r.PathValue("sample"), 10, 64)
	if err != nil || id < 1 {
		return &corpus.UserError{Code: corpus.CodeNotFound, Message: "there is no such sample"}
	}
	ctx, cancel := v.database()
	defer cancel()
	s, err := o.review.Store.Sample(ctx, id, v.user.ID)
	if err != nil {
		return err
	}
	members, err := o.review.Store.Members(ctx, id, v.user.ID)
	if err != nil {
		return err
	}
	q := url.Values{"steekproef": {strconv.FormatInt(id, 10)}}
	view := sampleView{
		sampleRow: v.sampleRow(s), Finished: v.r.URL.Query().Get("klaar") != "", MayJudge: v.may(staff.MayJudge),
		Agree: v.withQuery(agreePath, q), Totals: v.withQuery(reviewsPath, q),
	}
	if s.Gone > 0 {
		view.GoneText = v.text("review.gone", "n", s.Gone)
	}
	for _, m := range members {
		row := v.reviewRow(m, q)
		if view.Start == "" && !row.Gone && m.Mine == "" && view.MayJudge {
			view.Start = row.URL
		}
		view.Rows = append(view.Rows, row)
	}
	return v.page("reviews", "review_sample", s.Name, view)
}

// reviewTodos are the samples that the visitor has not finished.
func (o *Office) reviewTodos(ctx context.Context, v *visit) ([]todo, error) {
	if o.review == nil || !v.may(staff.MayJudge) {
		return nil, nil
	}
	samples, err := o.review.Store.Samples(ctx, v.user.ID)
	if err != nil {
		return nil, err
	}
	var all []todo
	for _, s := range samples {
		if s.Left > 0 && len(all) < 3 {
			row := v.sampleRow(s)
			all = append(all, todo{URL: row.URL, Title: s.Name, What: row.Progress, Count: s.Left})
		}
	}
	return all, nil
}
