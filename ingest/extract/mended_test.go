package extract

import (
	"fmt"
	"strings"
	"testing"
)

func TestMended(t *testing.T) {
	body := "%PDF-1.4\n1 0 obj\n<<>>\nendobj\n"
	whole := fmt.Sprintf("%sxref\n0 1\n0000000000 65535 f \ntrailer\n<<>>\nstartxref\n%d\n%%%%EOF\n", body, len(body))
	stream := fmt.Sprintf("%s9 0 obj\n<</Type/XRef>>\nendobj\nstartxref\n%d\n%%%%EOF", body, len(body))
	for name, c := range map[string]struct {
		content string
		want    string // part of the warning; "" for none
	}{
		"whole":                  {whole, ""},
		"with a stream of it":    {stream, ""},
		"after a mail's head":    {"From: iemand\n\n" + whole, ""},
		"white space before it":  {strings.Replace(whole, "xref\n0 1", "\n xref\n0 1", 1), ""},
		"cut off":                {whole[:len(whole)/2], "afgebroken"},
		"points elsewhere":       {strings.Replace(whole, fmt.Sprintf("startxref\n%d", len(body)), "startxref\n5", 1), "hersteld"},
		"points past its end":    {strings.Replace(whole, fmt.Sprintf("startxref\n%d", len(body)), "startxref\n99999999", 1), "hersteld"},
		"says nothing of it":     {strings.Replace(whole, "startxref", "", 1), "hersteld"},
		"more than a number can": {strings.Replace(whole, "startxref\n", "startxref\n9999999999999", 1), "hersteld"},
	} {
		if got := mended([]byte(c.content)); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestISBNOfDocument(t *testing.T) {
	const own, other = "978-0-306-40615-7", "0-8044-2957-X"
	for name, c := range map[string]struct {
		pages []string
		want  string
	}{
		"colophon":                 {[]string{"Titel", "Colofon\nISBN 978-0-306-40615-7 / CIP"}, own},
		"no hyphens, a word more":  {[]string{"ISBN/EAN: 978 0 306 40615 7"}, own},
		"hyphens that do not part": {[]string{"ISBN-13 (pdf): 978‑0‑306‑40615‑7"}, own},
		"of ten digits":            {[]string{"ISBN 0-8044-2957-X"}, other},
		"the first of two":         {[]string{"ISBN " + own + " (druk)\nISBN " + other + " (pdf)"}, own},
		"wrong check digit":        {[]string{"ISBN 978-0-306-40615-1"}, ""},
		"at the back":              {[]string{"a", "b", "c", "d", "e", "f", "g", "Uitgave van de Raad. ISBN " + own}, own},
		"a list at the back":       {[]string{"a", "b", "c", "d", "e", "f", "g", "ISBN " + own + "\nISBN " + other}, ""},
		"in the middle":            {[]string{"a", "b", "c", "d", "e", "f", "ISBN " + own, "h", "i"}, ""},
		"only a number":            {[]string{own}, ""},
	} {
		var doc Document
		for i, text := range c.pages {
			p, _ := readText([]byte(text))
			p.Pages[0].Number = i + 1
			doc.Pages = append(doc.Pages, p.Pages[0])
		}
		if got := isbnOf(doc.Pages); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
