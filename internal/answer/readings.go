package answer

import (
	"context"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// A question may be read in more than one way: with and without the number it takes
// for true, with and without the remark that follows it, as one question or as one on
// each of the things that it names. The reading whose answer is likeliest counts.

// alternate is another way to read a question.
type alternate struct {
	u    *Understanding
	name string
	// favour is by how much less likely an answer to this reading may be.
	favour float64
}

// otherReadings are those of the whole question.
func (u *Understanding) otherReadings() []alternate {
	var out []alternate
	if u.instead != nil {
		out = append(out, alternate{u.instead, "without what it takes for true", 0.1})
	}
	if q := u.byWhom(); q != "" {
		if r := understand(Request{Question: q, Lang: u.Lang}); r.Intent == IntentAsk {
			out = append(out, alternate{&r, "without whom it takes for the one", 0.1})
		}
	}
	if q := withoutRemark(u.Question); q != "" {
		if r := understand(Request{Question: q, Lang: u.Lang}); r.Intent == IntentAsk {
			out = append(out, alternate{&r, "without the remark after it", 0})
		}
	}
	return out
}

// byWhom is a question whether something was done by somebody, asked without them: by
// whom. What the documents say then confirms or corrects it. It is "" where the
// question names nobody so.
func (u *Understanding) byWhom() string {
	if !u.premise || u.Asked != "nl" {
		return ""
	}
	ws := words(u.Question, "nl")
	r := []rune(u.Question)
	for i, w := range ws {
		if w.text != "door" && w.text != "met" {
			continue
		}
		to := i + 1
		for to < len(ws) && (ws[to].stop || !ws[to].capital) && to < i+4 {
			to++
		}
		if to == len(ws) || !ws[to].capital {
			continue
		}
		for to+1 < len(ws) && ws[to+1].capital && !ws[to+1].wide {
			to++
		}
		return w.text + " wie " + string(r[:w.start]) + string(r[ws[to].end:])
	}
	return ""
}

// withoutRemark is the question before a comma, where what follows is a question of
// its own on the same thing: "wie betaalt de SER, gaat dat van mijn geld?" It is ""
// where there is none.
func withoutRemark(question string) string {
	first, rest, ok := strings.Cut(question, ",")
	if !ok || len(strings.Fields(first)) < 3 {
		return ""
	}
	verb, _, _ := strings.Cut(plain(rest), " ")
	if form := formOf(first); !verbFirst[verb] || form == FormOpen || form == FormYesNo {
		return ""
	}
	return first + "?"
}

// leavesOut reports whether the first sentence of an answer leaves out a name or a
// number of the question.
func (u *Understanding) leavesOut(chosen []composed) bool {
	for _, o := range chosen {
		if !o.lead {
			return o.candidate.signals[sigNameMissing]+o.candidate.signals[sigNumberMissing] > 0
		}
	}
	return false
}

// answerEach answers a question that names two things of a kind, two cities or two
// years, as one question on each of them. Both have to be answered.
func (t *turn) answerEach(ctx context.Context, u *Understanding) ([]composed, string, error) {
	var out []composed
	why := ""
	for _, q := range onEach(u.Question, u.Asked) {
		r := understand(Request{Question: q, Lang: u.Lang})
		if r.Intent != IntentAsk {
			return nil, "", nil
		}
		r.Form = u.Form
		found, err := t.search(ctx, &r)
		if err != nil {
			return nil, "", err
		}
		chosen, because := t.service.compose(&r, found)
		if len(chosen) == 0 || r.leavesOut(chosen) {
			return nil, "", nil
		}
		why += "each: " + because + "; "
		for i, c := range chosen {
			if i < mostPerSide && !redundant(c.candidate, out) {
				out = append(out, c)
			}
		}
	}
	return out, why, nil
}

// onEach are the questions on each of two things of a kind that a question names: names
// or numbers on both sides of "en" or "of". It is nil when there are none.
func onEach(question, lang string) []string {
	ws := words(question, lang)
	r := []rune(question)
	kind := func(w word) int {
		switch {
		case w.number:
			return 1
		case w.capital && !w.opening || w.acronym || places[w.text]:
			return 2
		}
		return 0
	}
	for i, w := range ws {
		if w.text != "en" && w.text != "of" && w.text != "and" && w.text != "or" || i == 0 || i+1 == len(ws) {
			continue
		}
		k := kind(ws[i-1])
		to := i + 1
		for to < len(ws) && to < i+5 && kind(ws[to]) == 0 && dutch.IsStopWord(ws[to].text, lang) {
			to++
		}
		if k == 0 || to == len(ws) || kind(ws[to]) != k {
			continue
		}
		from := i - 1
		for from > 0 && kind(ws[from-1]) == k && !ws[from].wide {
			from--
		}
		last := to
		for last+1 < len(ws) && kind(ws[last+1]) == k && !ws[last+1].wide {
			last++
		}
		return []string{
			string(r[:ws[i-1].end]) + string(r[ws[last].end:]),
			string(r[:ws[from].start]) + string(r[ws[to].start:]),
		}
	}
	return nil
}
