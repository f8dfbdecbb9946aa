package office

import (
	"math"
	"strconv"
)

// Charts are drawn here as coordinates that templates put into SVG. What tells one
// series from another is never colour alone: bars are plain, hatched or empty, lines
// whole with dots or dashed with squares, each named in its legend, and under every
// chart stands its table.

// Measures of the charts, in units of the drawing: pixels at its natural size.
const (
	timeWidth  = 640
	timeHeight = 220
	timeLeft   = 52 // room for the figures of the axis
	timeRight  = 12
	timeTop    = 10
	timeBottom = 26 // room for the days
	timeLabels = 6  // days named at most
	barsWidth  = 360
	barRow     = 46 // a name with its bar below it
	barHeight  = 14
)

// coordinate is a number as SVG has it.
func coordinate(f float64) string { return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64) }

// timeChart is a drawing of one or more series over periods.
type timeChart struct {
	Name   string // of the whole, for who cannot see it
	Says   string // what it shows, in a sentence
	Width  int
	Height int
	Left   string // where the axis begins
	Right  string
	Bottom string
	Ticks  []axisTick
	Days   []axisDay
	Legend []legendEntry
	Bars   []chartBar
	Lines  []chartLine
	Marks  []chartMark
	Spans  []chartSpan
	Note   string // what one has to know to read it; may be empty
}

type axisTick struct{ Y, TextY, Text string }
type axisDay struct{ X, Text, Anchor string }

// legendEntry names a series by its look: plain, hatched or empty for bars, first or
// second for lines.
type legendEntry struct{ Look, Text string }

type chartBar struct{ X, Y, Width, Height, Look, Title string }
type chartLine struct{ Points, Look string }

// chartMark is a value on a line; Few when it rests on few cases.
type chartMark struct {
	X, Y, Look, Title string
	Few               bool
}

// chartSpan is the interval of a value.
type chartSpan struct{ X, From, To string }

// axis are round values from low to high at most, and to which value they go.
func axis(low, high float64) (ticks []float64, top float64) {
	if high <= low {
		high = low + 1
	}
	step := math.Pow(10, math.Floor(math.Log10((high-low)/4)))
	for _, times := range []float64{1, 2, 5, 10} {
		if (high-low)/(step*times) <= 5 {
			step *= times
			break
		}
	}
	for i := 0; ; i++ {
		v := low + float64(i)*step
		ticks = append(ticks, v)
		if v >= high-step/1e6 {
			return ticks, v
		}
	}
}

// newTimeChart begins a chart of values from low to high at the named periods; text
// writes a value of the axis.
func newTimeChart(name, says string, periods []string, low, high float64, text func(float64) string) (*timeChart, func(i int) float64, func(v float64) float64) {
	c := &timeChart{
		Name: name, Says: says, Width: timeWidth, Height: timeHeight,
		Left: strconv.Itoa(timeLeft), Right: strconv.Itoa(timeWidth - timeRight), Bottom: strconv.Itoa(timeHeight - timeBottom),
	}
	ticks, top := axis(low, high)
	step := float64(timeWidth-timeLeft-timeRight) / float64(max(len(periods), 1))
	x := func(i int) float64 { return timeLeft + (float64(i)+0.5)*step }
	y := func(v float64) float64 {
		return timeHeight - timeBottom - (min(max(v, low), top)-low)/(top-low)*(timeHeight-timeBottom-timeTop)
	}
	for _, v := range ticks {
		c.Ticks = append(c.Ticks, axisTick{coordinate(y(v)), coordinate(y(v) + 4), text(v)})
	}
	every := (len(periods) + timeLabels - 1) / timeLabels
	for i := 0; i < len(periods); i += max(every, 1) {
		anchor := "middle"
		if i == 0 && len(periods) > timeLabels {
			anchor = "start" // it would stand over the axis
		}
		at := x(i)
		if anchor == "start" {
			at -= step / 2
		}
		c.Days = append(c.Days, axisDay{coordinate(at), periods[i], anchor})
	}
	return c, x, y
}

// stackedChart draws bars of parts that stand on each other; looks and names are those
// of the parts, from below.
func stackedChart(name, says string, periods []string, parts [][]float64, looks, names []string, text func(float64) string) *timeChart {
	high := 5.0 // whole numbers: no tick between two of them
	for i := range periods {
		sum := 0.0
		for _, part := range parts {
			sum += part[i]
		}
		high = max(high, sum)
	}
	c, x, y := newTimeChart(name, says, periods, 0, high, text)
	width := max(float64(timeWidth-timeLeft-timeRight)/float64(max(len(periods), 1))*0.72, 1)
	width = min(width, 48)
	for i, period := range periods {
		below := 0.0
		for k, part := range parts {
			if part[i] <= 0 {
				continue
			}
			from, to := y(below), y(below+part[i])
			c.Bars = append(c.Bars, chartBar{
				X: coordinate(x(i) - width/2), Y: coordinate(to), Width: coordinate(width), Height: coordinate(max(from-to, 1)),
				Look: looks[k], Title: period + ": " + names[k] + " " + text(part[i]),
			})
			below += part[i]
		}
	}
	for k := range names {
		c.Legend = append(c.Legend, legendEntry{looks[k], names[k]})
	}
	return c
}

// point is a value of a line at a period; NaN where there is none.
type point struct {
	value, low, high float64 // low and high are NaN when there is no interval
	few              bool
}

var noPoint = point{math.NaN(), math.NaN(), math.NaN(), false}

// lineLooks are the looks of lines, in order.
var lineLooks = []string{"first", "second"}

// lineChart draws at most two lines through points, with their intervals.
func lineChart(name, says string, periods []string, lines [][]point, names []string, low, high float64, text func(float64) string) *timeChart {
	c, x, y := newTimeChart(name, says, periods, low, high, text)
	for k, line := range lines {
		points := ""
		end := func() {
			if points != "" {
				c.Lines = append(c.Lines, chartLine{points, lineLooks[k]})
			}
			points = ""
		}
		for i, p := range line {
			if math.IsNaN(p.value) {
				end() // a gap stays a gap
				continue
			}
			px, py := coordinate(x(i)), coordinate(y(p.value))
			if points != "" {
				points += " "
			}
			points += px + "," + py
			c.Marks = append(c.Marks, chartMark{X: px, Y: py, Look: lineLooks[k], Title: periods[i] + ": " + names[k] + " " + text(p.value), Few: p.few})
			if !math.IsNaN(p.low) {
				c.Spans = append(c.Spans, chartSpan{px, coordinate(y(p.low)), coordinate(y(p.high))})
			}
		}
		end()
		c.Legend = append(c.Legend, legendEntry{lineLooks[k], names[k]})
	}
	return c
}

// barChart is a drawing of a value for each of several things, one under the other.
type barChart struct {
	Name   string
	Says   string
	Width  int
	Height int
	Rows   []barOfRow
}

type barOfRow struct {
	TextY, Y, Height, Width, SpanY string
	Name, Value                    string
	Low, High                      string // where the interval begins and ends; "" for none
	Few                            bool
}

// bar is what a barChart is made of: a share from 0 to 1.
type bar struct {
	name, value      string
	share, low, high float64
	span, few        bool
}

func newBarChart(name, says string, bars []bar) *barChart {
	c := &barChart{Name: name, Says: says, Width: barsWidth, Height: max(len(bars)*barRow, 1)}
	for i, b := range bars {
		y := float64(i*barRow) + 20
		row := barOfRow{
			TextY: coordinate(y - 6), Y: coordinate(y), Height: strconv.Itoa(barHeight), SpanY: coordinate(y + barHeight/2.0),
			Width: coordinate(max(b.share, 0) * barsWidth), Name: b.name, Value: b.value, Few: b.few,
		}
		if b.span {
			row.Low, row.High = coordinate(b.low*barsWidth), coordinate(b.high*barsWidth)
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}
