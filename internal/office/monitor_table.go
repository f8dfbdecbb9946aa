package office

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"strings"
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

// formula begins what a spreadsheet would carry out.
const formula = "=+-@\t\r"

// harmless is a text that a spreadsheet takes for a text, whatever it begins with: as
// OWASP advises ("CSV Injection"), what could be a formula gets an apostrophe before it.
func harmless(s string) string {
	if s != "" && (strings.ContainsRune(formula, rune(s[0])) || strings.ContainsAny(s, "\r\n")) {
		return "'" + s
	}
	return s
}

// csv sends a table as a file that a spreadsheet opens: in Dutch with semicolons and
// decimal commas, in English with commas and points, and a mark that it is UTF-8.
func (v *visit) csv(name string, d *dataset) error {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	if v.lang != "en" {
		w.Comma = ';'
	}
	w.UseCRLF = true
	records := [][]string{d.Columns}
	for _, row := range d.Rows {
		record := make([]string, len(row))
		for i, c := range row {
			if record[i] = c.raw; !c.Number {
				record[i] = harmless(c.raw)
			}
		}
		records = append(records, record)
	}
	if err := w.WriteAll(records); err != nil {
		return fmt.Errorf("writing %s as CSV: %w", name, err)
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="vraagbaak-`+name+`.csv"`)
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	h.Set("X-Content-Type-Options", "nosniff")
	v.w.WriteHeader(http.StatusOK)
	if _, err := b.WriteTo(v.w); err != nil {
		v.o.log.DebugContext(v.r.Context(), "file not delivered", "name", name, "error", err)
	}
	return nil
}
