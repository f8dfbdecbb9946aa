package server

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/research"
)

// mostReports is how many answers by period are made at once: each reads many passages.
const mostReports = 8

type reportPage struct {
	layout
	Question   string
	Error      string
	Hidden     []field
	Filtered   bool
	Message    string // why there is no report
	Divided    bool
	Partly     bool   // no publication is about the whole question
	Left       string // that more was found than is told
	Periods    []periodView
	Sources    []sourceView
	Without    []publicationView
	HistoryURL string
}

func (page reportPage) with(base layout) any { page.layout = base; return page }

// periodView is a stretch of years, or the years without a publication.
type periodView struct {
	Title     string
	Gap       bool
	Sentences []sentenceView
}

// researchReport answers a question by period. The question stands in no address: it
// is the visitor's own.
func (p *Pages) researchReport(l *locale, w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if err := form(w, r); err != nil {
		p.problem(l, w, r, err, composer{})
		return
	}
	question := strings.ToValidUTF8(strings.TrimSpace(r.PostForm.Get("question")), "\uFFFD")
	filters := r.PostForm
	filters.Del(paramTopic)
	filters.Del(paramSpeaker) // a search without a subject knows no speakers
	q, wrong := l.researchQuery(filters)
	q.Sort, q.Page = "", 0
	page := reportPage{
		layout:   layout{Title: l.text("report.title"), Section: "research", NoIndex: true},
		Question: question, Hidden: fields(researchValues(q), paramTopic, paramSort), Error: l.questionError(question),
	}
	page.Filtered = len(page.Hidden) > 0
	if page.Error == "" {
		page.Error = wrong
	}
	if page.Error != "" {
		p.render(l, w, r, http.StatusUnprocessableEntity, "research_report", page)
		return
	}
	select {
	case p.reports <- struct{}{}:
		defer func() { <-p.reports }()
	default:
		err := chat.ProblemBusy.Err(l.lang, nil)
		err.RetryAfter = max(err.RetryAfter, 5*time.Second)
		p.problem(l, w, r, err, composer{})
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), p.askTimeout)
	defer cancel()
	report, err := p.research.Answer(ctx, question, q)
	if err != nil {
		p.researchProblem(l, w, r, err)
		return
	}
	page.fill(l, p.origin(r), q, report)
	p.render(l, w, r, http.StatusOK, "research_report", page)
}

func (page *reportPage) fill(l *locale, origin string, q research.Query, report research.Report) {
	page.Message, page.Divided = report.Text, report.Divided && len(report.Periods) > 0
	page.Partly = report.Partly && len(report.Periods) > 0
	if report.Left > 0 {
		page.Left = l.text("report.left", "count", report.Left)
	}
	topic := q
	topic.Text = report.Question
	page.HistoryURL = l.historyURL(topic)
	sources, byNumber := l.sources(origin, report.Citations)
	page.Sources = sources
	gaps := report.Gaps
	for _, period := range report.Periods {
		for len(gaps) > 0 && gaps[0].To < period.To {
			page.Periods = append(page.Periods, periodView{Title: years(gaps[0].From, gaps[0].To), Gap: true})
			gaps = gaps[1:]
		}
		view := periodView{Title: l.text("research.undated")}
		if period.From > 0 {
			view.Title = years(period.From, period.To)
		}
		for _, s := range period.Sentences {
			sentence := sentenceView{Text: s.Text}
			if key, ok := speakerWords[string(s.Speaker)]; ok && s.Speaker != corpus.SpeakerCouncil {
				sentence.Speaker = l.text(key)
			}
			for _, n := range s.Citations {
				if source, ok := byNumber[n]; ok {
					sentence.Citations = append(sentence.Citations, source)
				}
			}
			view.Sentences = append(view.Sentences, sentence)
		}
		page.Periods = append(page.Periods, view)
	}
	for _, gap := range gaps {
		page.Periods = append(page.Periods, periodView{Title: years(gap.From, gap.To), Gap: true})
	}
	for _, pub := range report.Without {
		page.Without = append(page.Without, l.publication(pub))
	}
}
