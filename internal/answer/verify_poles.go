package answer

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// A sentence may say of its passage the same by denying the opposite: "niet ingewilligd"
// for "afgewezen". That holds for opposites of which there is no third; what does not
// fall need not rise.

// The list says in its first lines how it is written.
//
//go:embed verify_poles.tsv
var polesFile string

// poles are, by key, the words that exclude a word, and those of them that its denial is.
var poles = sync.OnceValue(func() (p struct{ turned, denied map[string][]string }) {
	p.turned, p.denied = make(map[string][]string), make(map[string][]string)
	forms := make(map[string][]string)
	for form, verb := range verbForms() {
		forms[verb] = append(forms[verb], form)
	}
	keys := func(list string) (out []string) {
		for w := range strings.FieldsSeq(list) {
			out = append(out, dutch.Key(w), dutch.StemEnglish(w))
			if len(w) >= 4 {
				for _, f := range forms[w] {
					out = append(out, dutch.Key(f))
				}
			}
			for _, p := range prefixes { // parted from a verb that is known: aan-nemen
				if rest, ok := strings.CutPrefix(w, p); ok && len(rest) >= 4 && forms[rest] != nil {
					for _, f := range forms[rest] {
						out = append(out, dutch.Key(p+f))
					}
					break
				}
			}
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	for line := range strings.Lines(polesFile) {
		line, whole := strings.CutPrefix(strings.TrimSpace(line), "=")
		left, right, ok := strings.Cut(line, "|")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		a, b := keys(left), keys(right)
		for _, sides := range [2][2][]string{{a, b}, {b, a}} {
			for _, k := range sides[0] {
				p.turned[k] = append(p.turned[k], sides[1]...)
				if whole {
					p.denied[k] = append(p.denied[k], sides[1]...)
				}
			}
		}
	}
	return p
})

// excludes reports whether two words exclude each other, and whether to deny the one is
// to say the other.
func excludes(a, b word) (yes, whole bool) {
	if b.text == "on"+a.text || a.text == "on"+b.text {
		return true, true
	}
	keys := func(w word) [2]string {
		if w.verb != "" {
			return [2]string{w.key, w.root} // of its infinitive
		}
		return [2]string{w.key, w.key}
	}
	for i, x := range keys(a) {
		for j, y := range keys(b) {
			if slices.Contains(poles().denied[x], y) {
				return true, true
			}
			yes = yes || i == 0 && j == 0 && slices.Contains(turns(x), y)
		}
	}
	return yes, false
}

// deniesOpposite reports whether the passage says word i of the claim by denying its
// opposite, or denies it by its opposite where the claim denies it.
func (r *framing) deniesOpposite(i int) bool {
	w := r.c.words[i]
	for _, f := range r.mine {
		if i < f.from || i >= f.to {
			continue
		}
		for _, t := range r.theirs {
			if t.denied == f.denied {
				continue
			}
			for _, o := range r.wordsOf(t) {
				if yes, whole := excludes(w, o); yes && whole {
					return true
				}
			}
		}
	}
	return false
}
