package office

import (
	"fmt"
	"strconv"
)

// dataset is a table: what stands under a chart, and what a file of it holds.
type dataset struct {
	Title   string
	Columns []string
	Rows    [][]cell
	Few     bool // a value rests on few cases and is marked
}

// cell is a value as people read it and as a file has it.
type cell struct {
	Text   string
	Number bool // it stands at the right
	Few    bool
	raw    string
}

func (d *dataset) add(row ...cell) {
	for _, c := range row {
		d.Few = d.Few || c.Few
	}
	d.Rows = append(d.Rows, row)
}

func text(s, raw string) cell { return cell{Text: s, raw: raw} }

func (v *visit) number(n int64) cell {
	return cell{Text: v.count(n), Number: true, raw: strconv.FormatInt(n, 10)}
}

func (v *visit) share(s share) cell {
	c := cell{Text: v.percent(s.of()), Number: true, Few: s.few()}
	if s.all > 0 {
		c.raw = v.decimal(s.of(), 4)
	}
	return c
}

func (v *visit) interval(s share) cell {
	c := cell{Text: v.span(s), Number: true}
	if s.all > 0 {
		in := s.interval()
		c.raw = v.decimal(in.Low, 4) + " - " + v.decimal(in.High, 4)
	}
	return c
}

func (v *visit) milliseconds(ms float64, few bool) cell {
	c := cell{Text: v.latency(ms), Number: true, Few: few && ms > 0}
	if ms > 0 {
		c.raw = v.decimal(ms, 1)
	}
	return c
}

// csv sends a table as a file that a spreadsheet opens: in Dutch with semicolons and
// decimal commas, in English with commas and points, and a mark that it is UTF-8.
func (v *visit) csv(name string, d *dataset) error {
	rows := [][]string{d.Columns}
	for _, row := range d.Rows {
		cells := make([]string, len(row))
		for i, c := range row {
			if cells[i] = c.raw; !c.Number {
				cells[i] = harmless(c.raw)
			}
		}
		rows = append(rows, cells)
	}
	comma := ';'
	if v.lang == "en" {
		comma = ','
	}
	content, err := csvLines(rows, comma, true)
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return v.file("vraagbaak-"+name+".csv", csvType, append([]byte("\ufeff"), content...))
}
