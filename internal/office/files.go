package office

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"unicode"
)

// uploaded is the file of the form, with its name without a path; nil when none, or an
// empty one, was chosen. The other fields can be read as always.
func (v *visit) uploaded() (content []byte, name string, err error) {
	if err := v.r.ParseMultipartForm(maxForm); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return nil, "", badForm(err)
	}
	plainValues(v.r.Form)
	plainValues(v.r.PostForm)
	if v.r.MultipartForm != nil {
		defer func() { _ = v.r.MultipartForm.RemoveAll() }() // the system deletes what cannot be now
	}
	file, head, err := v.r.FormFile("bestand")
	if err != nil || head.Size == 0 {
		return nil, "", nil // no file was chosen
	}
	defer func() { _ = file.Close() }() // it was only read
	if content, err = io.ReadAll(file); err != nil {
		return nil, "", fmt.Errorf("reading a file that was sent: %w", err)
	}
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, path.Base(strings.ReplaceAll(plain(head.Filename), `\`, "/")))
	return content, name, nil
}

// file sends something to keep.
func (v *visit) file(name, mediaType string, content []byte) error {
	h := v.w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Length", strconv.Itoa(len(content)))
	h.Set("X-Content-Type-Options", "nosniff")
	if _, err := bytes.NewReader(content).WriteTo(v.w); err != nil {
		v.o.log.DebugContext(v.r.Context(), "file not delivered", "file", name, "error", err)
	}
	return nil
}

const csvType = "text/csv; charset=utf-8"

// csvLines writes rows as CSV with comma between the cells, and with the line ends of
// Windows or of Unix. Texts that others wrote have to be harmless.
func csvLines(rows [][]string, comma rune, crlf bool) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Comma, w.UseCRLF = comma, crlf
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
