package research

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// expected is a mention as testdata/mentions.txt marks it.
type expected struct {
	start, end int
	value      string
}

var marked = regexp.MustCompile(`\[\[(.*?)\|([^|]*?)\]\]`)

// readMarked takes the marks out of a line.
func readMarked(line string) (text string, want []expected) {
	for {
		m := marked.FindStringSubmatchIndex(line)
		if m == nil {
			return text + line, want
		}
		text += line[:m[0]]
		start := utf8.RuneCountInString(text)
		text += line[m[2]:m[3]]
		value := line[m[4]:m[5]]
		if t, ok := strings.CutPrefix(value, "t:"); ok {
			value = "t:" + titleKey(t)
		}
		want = append(want, expected{start, utf8.RuneCountInString(text), value})
		line = line[m[1]:]
	}
}

func (m Mention) value() string {
	switch {
	case m.Number != "":
		return m.Number
	case m.Date != "":
		return "=" + string(m.Date)
	case m.Title != "":
		return "t:" + titleKey(m.Title)
	}
	return "a:" + m.Abbreviation
}

// TestMentionsOnTheWrittenSet holds the reference finder to F1 0.95 on a set with
// every spelling and with what only looks like one. What is unsure counts when the
// catalogue has it: here the titles and abbreviations that the set marks.
func TestMentionsOnTheWrittenSet(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("testdata/mentions.txt")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	type line struct {
		text string
		want []expected
	}
	var lines []line
	total := 0
	for s := range strings.Lines(string(content)) {
		if s = strings.TrimSpace(s); s == "" || strings.HasPrefix(s, "#") {
			continue
		}
		text, want := readMarked(s)
		lines = append(lines, line{text, want})
		total += len(want)
		for _, w := range want {
			if strings.ContainsAny(w.value[:2], ":") || !strings.HasPrefix(w.value, "=") {
				known[w.value] = true
			}
		}
	}
	if total < 150 || len(lines) < 200 {
		t.Fatalf("the set has %d mentions in %d lines", total, len(lines))
	}
	hits, wrong, missed := 0, 0, 0
	for _, l := range lines {
		var got []Mention
		for _, m := range Mentions(l.text) {
			if !m.Unsure || known[m.value()] {
				got = append(got, m)
			}
		}
		for _, w := range l.want {
			i := slices.IndexFunc(got, func(m Mention) bool { return m.value() == w.value && m.Start < w.end && w.start < m.End })
			if i < 0 {
				missed++
				t.Logf("missed %s in %q", w.value, l.text)
				continue
			}
			hits++
			got = slices.Delete(got, i, i+1)
		}
		for _, m := range got {
			wrong++
			t.Logf("wrong %s in %q", m.value(), l.text)
		}
	}
	precision, recall := float64(hits)/float64(hits+wrong), float64(hits)/float64(hits+missed)
	f1 := 2 * precision * recall / (precision + recall)
	t.Logf("%d mentions in %d lines: precision %.3f, recall %.3f, F1 %.3f", total, len(lines), precision, recall, f1)
	if f1 < 0.95 {
		t.Errorf("F1 %.3f, want 0.95 at least", f1)
	}
}

func TestMentionsStayWithinTheText(t *testing.T) {
	t.Parallel()
	pieces := rapid.SampledFrom([]string{"advies ", "SER-", "14/04", "2014/05", "nr. ", "'", "’", "Zzp'ers in beeld", " ", "\n", "é", "van 20 maart 1953", "(", ")", "MLT-advies", "Publicatienummer 5", "SER (2002)", "/", "-", "0", "😀"})
	rapid.Check(t, func(t *rapid.T) {
		checkMentions(t, strings.Join(rapid.SliceOfN(pieces, 0, 14).Draw(t, "pieces"), ""))
	})
}

func checkMentions(t interface{ Errorf(string, ...any) }, text string) {
	last, length := 0, utf8.RuneCountInString(text)
	for _, m := range Mentions(text) {
		if m.Start < last || m.End <= m.Start || m.End > length {
			t.Errorf("%q: mention %+v of %d code points after %d", text, m, length, last)
		}
		last = m.End
		if m.Number != "" && corpus.PublicationNumber(m.Number, 0) != m.Number {
			t.Errorf("%q: number %q is not normalised", text, m.Number)
		}
		if m.value() == "a:" {
			t.Errorf("%q: %+v stands for nothing", text, m)
		}
	}
}

func FuzzMentions(f *testing.F) {
	for _, s := range []string{"Zie SER-advies 14/04, p. 3.", "SER (2002) Werken, Publicatienummer 5", "NR. 4 - APRIL 2014", "‘Zzp’ers in beeld’", "\xff14/04", "advies nr. 4 uit 2014"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if utf8.ValidString(text) {
			checkMentions(t, text)
		}
	})
}

func ExampleMentions() {
	for _, m := range Mentions("Zie SER-advies 14/4 en zijn advies van 20 maart 1953.") {
		fmt.Printf("%d-%d %q %q\n", m.Start, m.End, m.Number, m.Date)
	}
	// Output:
	// 4-19 "14/04" ""
	// 23-52 "" "1953-03-20"
}
