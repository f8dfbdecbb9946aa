package office

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// sampleChoice is the sample that an address names, 0 for all, with the choices.
func (o *Office) sampleChoice(ctx context.Context, v *visit) (int64, []reviewOption, error) {
	samples, err := o.review.Store.Samples(ctx, v.user.ID)
	if err != nil {
		return 0, nil, err
	}
	chosen, _ := strconv.ParseInt(v.r.URL.Query().Get("steekproef"), 10, 64)
	found := int64(0)
	options := []reviewOption{{Text: v.text("review.every")}}
	for _, s := range samples {
		options = append(options, reviewOption{strconv.FormatInt(s.ID, 10), s.Name, s.ID == chosen})
		if s.ID == chosen {
			found = chosen
		}
	}
	return found, options, nil
}

// totalsView is the page of what was judged.
type totalsView struct {
	Samples []reviewOption
	Groups  []reviewOption
	Group   string // what the first column holds
	Heads   []string
	Answers []totalsRow
	Parts   []totalsRow // sentences
	CSV     string
	Agree   string
	AllDraw string // address of all samples
}

// totalsRow counts verdicts of one group.
type totalsRow struct {
	Name  string
	Sum   int
	Cells []string
}

func (v *visit) reviewGroup() ReviewGroup {
	if by := ReviewGroup(v.r.URL.Query().Get("per")); slices.Contains(ReviewGroups(), by) {
		return by
	}
	return GroupMonth
}

// totalsRows are the rows of a table; the last one is the sum when there are several.
func (v *visit) totalsRows(by ReviewGroup, totals []ReviewTotal, of func(ReviewTotal) map[evaluate.Verdict]int, verdicts []evaluate.Verdict) []totalsRow {
	var rows []totalsRow
	add := func(name string, counts map[evaluate.Verdict]int) {
		row := totalsRow{Name: name}
		for _, n := range counts {
			row.Sum += n
		}
		if row.Sum == 0 {
			return
		}
		row.Cells = append(row.Cells, strconv.Itoa(row.Sum))
		for _, verdict := range verdicts {
			row.Cells = append(row.Cells, strconv.Itoa(counts[verdict]))
		}
		row.Cells = append(row.Cells, v.wholePercent(float64(counts[evaluate.Right])/float64(row.Sum)))
		rows = append(rows, row)
	}
	all := make(map[evaluate.Verdict]int)
	for _, total := range totals {
		for verdict, n := range of(total) {
			all[verdict] += n
		}
		add(v.groupName(by, total.Group), of(total))
	}
	if len(rows) > 1 {
		add(v.text("review.sum"), all)
	}
	return rows
}

// groupName is the name of a group for people.
func (v *visit) groupName(by ReviewGroup, group string) string {
	switch {
	case group == "" || by == GroupCorpus && group == "0":
		return v.text("review.unknown")
	case by == GroupStatus:
		return v.text("review.status_" + group)
	case by == GroupLang:
		return v.text("review.lang_" + group)
	}
	return group
}

// totals counts what the address asks for: within a sample, with the choice of them, and
// by a group.
func (o *Office) totals(v *visit) (sample int64, samples []reviewOption, by ReviewGroup, totals []ReviewTotal, err error) {
	ctx, cancel := v.database()
	defer cancel()
	if sample, samples, err = o.sampleChoice(ctx, v); err != nil {
		return 0, nil, "", nil, err
	}
	by = v.reviewGroup()
	totals, err = o.review.Store.Totals(ctx, by, sample)
	return sample, samples, by, totals, err
}

func (o *Office) reviewTotals(v *visit) error {
	sample, samples, by, totals, err := o.totals(v)
	if err != nil {
		return err
	}
	q := url.Values{"per": {string(by)}}
	agree := url.Values{}
	if sample > 0 {
		q.Set("steekproef", strconv.FormatInt(sample, 10))
		agree.Set("steekproef", strconv.FormatInt(sample, 10))
	}
	view := totalsView{
		Samples: samples, Group: v.text("review.group_" + string(by)), CSV: v.withQuery(totalsPath, q), Agree: v.withQuery(agreePath, agree), AllDraw: v.url(samplesPath),
		Answers: v.totalsRows(by, totals, func(t ReviewTotal) map[evaluate.Verdict]int { return t.Answers }, evaluate.Verdicts()),
		Parts:   v.totalsRows(by, totals, func(t ReviewTotal) map[evaluate.Verdict]int { return t.Sentences }, evaluate.Verdicts()),
	}
	for _, group := range ReviewGroups() {
		view.Groups = append(view.Groups, reviewOption{string(group), v.text("review.group_" + string(group)), group == by})
	}
	view.Heads = append(view.Heads, v.text("review.sum"))
	for _, verdict := range evaluate.Verdicts() {
		view.Heads = append(view.Heads, v.text("review.verdict_"+string(verdict)))
	}
	view.Heads = append(view.Heads, v.text("review.share_right"))
	return v.page("reviews", "review_totals", v.text("review.totals"), view)
}

// reviewTotalsCSV is the same table as a file.
func (o *Office) reviewTotalsCSV(v *visit) error {
	_, _, by, totals, err := o.totals(v)
	if err != nil {
		return err
	}
	head := []string{string(by), "of", "judgements"}
	for _, verdict := range evaluate.Verdicts() {
		head = append(head, string(verdict))
	}
	rows := [][]string{head}
	for _, total := range totals {
		for _, part := range []struct {
			name   string
			counts map[evaluate.Verdict]int
		}{{"answers", total.Answers}, {"sentences", total.Sentences}} {
			sum := 0
			row := []string{harmless(total.Group), part.name, ""}
			for _, verdict := range evaluate.Verdicts() {
				sum += part.counts[verdict]
				row = append(row, strconv.Itoa(part.counts[verdict]))
			}
			row[2] = strconv.Itoa(sum)
			rows = append(rows, row)
		}
	}
	content, err := csvLines(rows, ',', false)
	if err != nil {
		return err
	}
	return v.file("beoordelingen.csv", csvType, content)
}

// agreementView is the page of how far two reviewers agree.
type agreementView struct {
	Samples   []reviewOption
	One       []reviewOption
	Other     []reviewOption
	Names     [2]string
	Chosen    bool // two reviewers
	Same      bool // one and the same
	Few       bool // there are fewer than two reviewers
	Answers   agreementTable
	Parts     agreementTable
	Different []differenceView
	Hidden    string // differences that are not to be seen yet
	Back      string
}

// agreementTable is an agreement as people read it.
type agreementTable struct {
	N        int
	Observed string
	Expected string
	Kappa    string // "" when it is not defined
	Low      string
	High     string
	Rough    bool // few things were judged
	Heads    []string
	Rows     []agreementRow
}

type agreementRow struct {
	Name  string
	Cells []agreementCell
}

type agreementCell struct {
	N     int
	Agree bool
}

// differenceView is an answer of which two reviewers think differently.
type differenceView struct {
	Item       int64
	Question   string
	URL        string
	One, Other string
	Parts      string // how many sentences differ
}

// roughUnder is under how many pairs the interval of kappa is called rough.
const roughUnder = 30

func (v *visit) agreementTable(a evaluate.Agreement) agreementTable {
	t := agreementTable{N: a.N, Observed: v.wholePercent(a.Observed), Expected: v.wholePercent(a.Expected), Rough: a.N < roughUnder}
	if a.Defined {
		t.Kappa, t.Low, t.High = v.decimal(a.Kappa, 2), v.decimal(a.Low, 2), v.decimal(a.High, 2)
	}
	for i, verdict := range a.Categories {
		name := v.text("review.verdict_" + string(verdict))
		t.Heads = append(t.Heads, name)
		row := agreementRow{Name: name}
		for k, n := range a.Table[i] {
			row.Cells = append(row.Cells, agreementCell{n, i == k})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (o *Office) reviewAgreement(v *visit) error {
	ctx, cancel := v.database()
	defer cancel()
	sample, samples, err := o.sampleChoice(ctx, v)
	if err != nil {
		return err
	}
	reviewers, err := o.review.Store.Reviewers(ctx, sample)
	if err != nil {
		return err
	}
	view := agreementView{Samples: samples, Few: len(reviewers) < 2, Back: v.url(reviewsPath)}
	chosen := v.twoReviewers(&view, reviewers)
	view.Chosen = chosen[0] > 0 && chosen[1] > 0 && chosen[0] != chosen[1]
	view.Same = chosen[0] > 0 && chosen[0] == chosen[1]
	if view.Chosen {
		pairs, err := o.review.Store.Pairs(ctx, sample, chosen[0], chosen[1], v.user.ID)
		if err != nil {
			return err
		}
		q := url.Values{}
		if sample > 0 {
			q.Set("steekproef", strconv.FormatInt(sample, 10))
		}
		v.showAgreement(&view, pairs, q)
	}
	return v.page("reviews", "review_agreement", v.text("review.agreement"), view)
}

// twoReviewers are those that the address names, or the two who judged most.
func (v *visit) twoReviewers(view *agreementView, reviewers []Reviewer) (chosen [2]int64) {
	q := v.r.URL.Query()
	most := slices.Clone(reviewers)
	slices.SortStableFunc(most, func(a, b Reviewer) int { return b.Judged - a.Judged })
	for i, name := range []string{"een", "twee"} {
		id, err := strconv.ParseInt(q.Get(name), 10, 64)
		if err != nil && i < len(most) {
			id = most[i].ID
		}
		if k := slices.IndexFunc(reviewers, func(r Reviewer) bool { return r.ID == id }); k >= 0 {
			chosen[i], view.Names[i] = id, reviewers[k].Name
		}
	}
	for i, list := range []*[]reviewOption{&view.One, &view.Other} {
		for _, r := range reviewers {
			*list = append(*list, reviewOption{strconv.FormatInt(r.ID, 10), fmt.Sprintf("%s (%d)", r.Name, r.Judged), r.ID == chosen[i]})
		}
	}
	return chosen
}

// showAgreement compares the pairs. An answer that the reader may still judge is not
// among the differences that are shown.
func (v *visit) showAgreement(view *agreementView, pairs []ReviewPair, q url.Values) {
	var answers, sentences [][2]evaluate.Verdict
	hidden := 0
	for _, p := range pairs {
		answers = append(answers, [2]evaluate.Verdict{p.One, p.Other})
		sentences = append(sentences, p.Sentences...)
		parts := 0
		for _, s := range p.Sentences {
			if s[0] != s[1] {
				parts++
			}
		}
		if p.One == p.Other && parts == 0 {
			continue
		}
		if v.may(staff.MayJudge) && !p.Judged && p.Turn != "" {
			hidden++
			continue
		}
		d := differenceView{Item: p.Item, One: v.text("review.verdict_" + string(p.One)), Other: v.text("review.verdict_" + string(p.Other))}
		d.Question, _ = chat.Mask(p.Question)
		if parts > 0 {
			d.Parts = v.text("review.parts_differ", "n", parts)
		}
		if p.Turn != "" {
			d.URL = v.withQuery(queuePath+"/"+p.Conversation+"/"+p.Turn, q)
		}
		view.Different = append(view.Different, d)
	}
	view.Answers, view.Parts = v.agreementTable(evaluate.Agree(answers)), v.agreementTable(evaluate.Agree(sentences))
	if hidden > 0 {
		view.Hidden = v.text("review.differences_hidden", "n", hidden)
	}
}
