package office

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"mime"
	"strconv"
	"strings"
)

// file sends something to keep.
func (v *visit) file(name, mediaType string, content []byte) error {
	h := v.w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Length", strconv.Itoa(len(content)))
	h.Set("X-Content-Type-Options", "nosniff")
	if _, err := v.w.Write(content); err != nil {
		v.o.log.DebugContext(v.r.Context(), "file not delivered", "file", name, "error", err)
	}
	return nil
}

const csvType = "text/csv; charset=utf-8"

// csvLines writes rows as CSV with a sign between the cells. Texts that others wrote have
// to be harmless.
func csvLines(comma rune, rows [][]string) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Comma = comma
	if err := w.WriteAll(rows); err != nil {
		return nil, fmt.Errorf("writing CSV: %w", err)
	}
	return b.Bytes(), nil
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
