package evaluate

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strings"
)

// Measures of the chart, in pixels.
const (
	chartWidth  = 900
	chartLabels = 210 // room for names at the left
	chartValues = 190 // room for figures at the right
	chartRow    = 22
	chartBar    = 14
	chartGap    = 46 // above a part
)

// WriteChart draws a result as an SVG of bars: nDCG@10 of each ranking from zero, and
// what leaving something out costs to either side of a line. Every bar has its figure
// beside it, and shades of grey and outlines tell them apart, so that it can be read
// without colour, in print and by a screen reader.
func WriteChart(w io.Writer, title string, r RetrievalResult) error {
	parts := []struct {
		part Part
		head string
	}{
		{PartCompare, "nDCG@10 of other rankings"},
		{PartAdded, "nDCG@10 from plain BM25 to ours, one thing added after the other"},
		{PartWithout, "What is lost (left) or gained (right) without it, in nDCG@10"},
	}
	rows := r.Rankings
	if len(rows) == 0 {
		rows = []RetrievalRow{{Ranking: "ours", Part: PartCompare, RetrievalScores: r.RetrievalScores, P: 1}}
	}
	var b strings.Builder
	y := 50
	for _, p := range parts {
		var of []RetrievalRow
		for _, row := range rows {
			if row.Part == p.part {
				of = append(of, row)
			}
		}
		if len(of) == 0 {
			continue
		}
		y += chartGap
		fmt.Fprintf(&b, "<text x=\"10\" y=\"%d\" class=\"head\">%s</text>\n", y-14, escaped(p.head))
		if p.part == PartWithout {
			chartDifferences(&b, of, y)
		} else {
			chartBars(&b, of, y)
		}
		y += len(of) * chartRow
	}
	describe := fmt.Sprintf("%s: %d queries over %d passages, nDCG@10 %.4f, recall@100 %.4f.", title, r.Queries, r.Passages, r.NDCG10, r.Recall100)
	_, err := fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="%[2]d" viewBox="0 0 %[1]d %[2]d" role="img" aria-labelledby="title desc">
<title id="title">%[3]s</title>
<desc id="desc">%[4]s</desc>
<style>text{font:13px sans-serif;fill:#111}.name{text-anchor:end}.top{font-size:17px;font-weight:bold}.head{font-weight:bold}</style>
<rect width="100%%" height="100%%" fill="#fff"/>
<text x="10" y="28" class="top">%[3]s</text>
<text x="10" y="50">%[4]s</text>
%[5]s</svg>
`, chartWidth, y+20, escaped(title), escaped(describe), b.String())
	if err != nil {
		return fmt.Errorf("write chart: %w", err)
	}
	return nil
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}

// chartScale is the width of a bar of a score of 1.
const chartScale = chartWidth - chartLabels - chartValues

func chartBars(b *strings.Builder, rows []RetrievalRow, y int) {
	for i, row := range rows {
		at, fill := y+i*chartRow, "#bbb"
		if row.Ranking == "ours" || i == len(rows)-1 {
			fill = "#444"
		}
		chartName(b, row, at)
		fmt.Fprintf(b, "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\" stroke=\"#111\"/>\n",
			chartLabels, at, row.NDCG10*chartScale, chartBar, fill)
		figure := fmt.Sprintf("%.4f", row.NDCG10)
		if row.P < 1 {
			figure += fmt.Sprintf(" (%+.4f, p %s)", row.Difference, chartP(row.P))
		}
		fmt.Fprintf(b, "<text x=\"%.1f\" y=\"%d\">%s</text>\n", chartLabels+row.NDCG10*chartScale+6, at+chartBar-2, figure)
	}
}

func chartDifferences(b *strings.Builder, rows []RetrievalRow, y int) {
	most := 0.001
	for _, row := range rows {
		most = max(most, math.Abs(row.Difference))
	}
	middle := float64(chartLabels + chartScale/2)
	for i, row := range rows {
		at := y + i*chartRow
		width := math.Abs(row.Difference) / most * chartScale / 2
		from, fill := middle, "#fff" // what gains by its absence is empty
		if row.Difference < 0 {
			from, fill = middle-width, "#444"
			if row.P >= 0.05 {
				fill = "#bbb"
			}
		}
		chartName(b, row, at)
		fmt.Fprintf(b, "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\" stroke=\"#111\"/>\n", from, at, width, chartBar, fill)
		fmt.Fprintf(b, "<text x=\"%d\" y=\"%d\">%+.4f, p %s</text>\n", chartLabels+chartScale+10, at+chartBar-2, row.Difference, chartP(row.P))
	}
	fmt.Fprintf(b, "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#111\"/>\n", middle, y-4, middle, y+len(rows)*chartRow)
}

func chartName(b *strings.Builder, row RetrievalRow, at int) {
	fmt.Fprintf(b, "<text x=\"%d\" y=\"%d\" class=\"name\">%s</text>\n", chartLabels-8, at+chartBar-2, escaped(row.Ranking))
}

// chartP is a p-value as it is written.
func chartP(p float64) string {
	if p < 0.001 {
		return "&lt; .001"
	}
	return strings.TrimPrefix(fmt.Sprintf("%.3f", p), "0")
}
