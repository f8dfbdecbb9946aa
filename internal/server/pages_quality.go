package server

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
)

// Notices are what staff tell every visitor at the moment. They are asked for every
// page and must answer at once.
type Notices interface {
	// Closed tells in a language why no questions are taken; "" when they are.
	Closed(lang string) string
	// Banner is what stands over every page; "" for nothing.
	Banner(lang string) string
}

func (p *Pages) closed(l *locale) string {
	if p.notices == nil {
		return ""
	}
	return p.notices.Closed(l.lang)
}

func (p *Pages) banner(l *locale) string {
	if p.notices == nil {
		return ""
	}
	return p.notices.Banner(l.lang)
}

// refuse tells that no questions are taken, and why.
func (p *Pages) refuse(l *locale, w http.ResponseWriter, r *http.Request, why string) {
	w.Header().Set("Cache-Control", "no-store")
	p.render(l, w, r, http.StatusServiceUnavailable, "problem", problemPage{
		layout:  layout{Title: l.text("closed.title"), NoIndex: true},
		Heading: l.text("closed.title"), Message: why,
	})
}

// Quality knows the figures that staff made public.
type Quality interface {
	// LatestPublished is the run that was made public last; false when none was.
	LatestPublished(ctx context.Context) (evaluate.Published, bool, error)
}

type qualityPage struct {
	layout
	Figures []qualityFigure // empty: nothing was made public
	Facts   []qualityFact
}

func (p qualityPage) with(base layout) any { p.layout = base; return p }

// qualityFigure is one measured share.
type qualityFigure struct {
	Name, Share, Of, Interval string
}

type qualityFact struct{ Name, Value string }

// measured is the page with the last figures, how they were measured, and what was not.
func (p *Pages) measured(l *locale, w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	last, ok, err := p.quality.LatestPublished(ctx)
	if err != nil {
		p.problem(l, w, r, err, composer{})
		return
	}
	page := qualityPage{layout: layout{Title: l.text("quality.title")}}
	if ok {
		page.Figures, page.Facts = l.figures(last), l.measurement(last)
	}
	p.render(l, w, r, http.StatusOK, "quality", page)
}

func (l *locale) figures(last evaluate.Published) []qualityFigure {
	var all []qualityFigure
	for _, rate := range last.Rates {
		all = append(all, qualityFigure{
			Name:  l.text("quality.metric." + string(rate.Metric)),
			Share: l.percentage(rate.Rate) + "%",
			Of:    l.text("quality.of", "hits", rate.Hits, "of", rate.Of),
			Interval: l.text("quality.interval", "low", l.percentage(rate.Interval.Low), "high", l.percentage(rate.Interval.High),
				"level", l.percentage(rate.Interval.Level)),
		})
	}
	return all
}

// percentage is a share from 0 to 1 in percent, to a tenth where it is no whole number.
func (l *locale) percentage(share float64) string {
	s := strconv.FormatFloat(math.Round(1000*share)/10, 'f', -1, 64)
	if l.lang == "nl" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

func (l *locale) measurement(last evaluate.Published) []qualityFact {
	c := last.Config
	model := c.Model
	if model == "" || model == answer.ModelExtractive {
		model = l.text("quality.extractive")
	} else if c.Prompt != "" {
		model += " (prompt " + c.Prompt + ")"
	}
	documents := l.text("quality.corpus_value", "state", c.Corpus)
	if c.CorpusDate != "" {
		documents = l.text("quality.corpus_dated", "state", c.Corpus, "date", l.date(c.CorpusDate))
	}
	facts := []qualityFact{
		{l.text("quality.set"), l.text("quality.set_value", "set", last.Set, "version", last.Version, "questions", last.Questions, "answerable", last.Answerable)},
		{l.text("quality.measured"), l.day(last.Measured)},
		{l.text("quality.published"), l.day(last.Published)},
		{l.text("quality.model"), model},
		{l.text("quality.corpus"), documents},
	}
	if c.Program != "" {
		facts = append(facts, qualityFact{l.text("quality.program"), c.Program})
	}
	if n := len(last.Timings); n > 0 && last.Timings[n-1].Name == "total" {
		total := last.Timings[n-1]
		facts = append(facts, qualityFact{l.text("quality.speed"), l.text("quality.speed_value", "p50", math.Ceil(total.P50), "p95", math.Ceil(total.P95))})
	}
	return facts
}
