package office

import (
	"strings"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
)

// editGap stands for words that stayed and are left out.
const editGap evaluate.EditKind = "gap"

// pageChange is a page that differs between two versions.
type pageChange struct {
	Before, Now int // numbers of the page; 0: it is not there
	Words       []evaluate.Edit
}

const (
	// maxShownPages is how many changed pages are shown with their words.
	maxShownPages = 60
	// diffContext is how many words are shown around a change.
	diffContext = 8
)

// comparePages lays the pages of two versions beside each other: those with the same
// text belong together, in order, and between them the others in turn. It returns the
// pages that differ, how many are the same, and how many differ beyond those returned.
func comparePages(was, now []corpus.Page) (changed []pageChange, same, more int) {
	texts := func(pages []corpus.Page) []string {
		out := make([]string, len(pages))
		for i, p := range pages {
			out[i] = p.Text
		}
		return out
	}
	var gone, come []corpus.Page
	flush := func() {
		for i := range max(len(gone), len(come)) {
			var c pageChange
			var a, b []string
			if i < len(gone) {
				c.Before, a = gone[i].Number, strings.Fields(gone[i].Text)
			}
			if i < len(come) {
				c.Now, b = come[i].Number, strings.Fields(come[i].Text)
			}
			if len(changed) == maxShownPages {
				more++
				continue
			}
			c.Words = context8(evaluate.DiffWords(a, b, " "))
			changed = append(changed, c)
		}
		gone, come = nil, nil
	}
	for _, step := range evaluate.EditSteps(texts(was), texts(now)) {
		switch step.Kind {
		case evaluate.EditSame:
			flush()
			same += step.N
			was, now = was[step.N:], now[step.N:]
		case evaluate.EditDeleted:
			gone, was = append(gone, was[:step.N]...), was[step.N:]
		case evaluate.EditInserted:
			come, now = append(come, now[:step.N]...), now[step.N:]
		}
	}
	flush()
	return changed, same, more
}

// context8 leaves out what stayed, but for some words beside each change. A list
// without a change is nil.
func context8(all []evaluate.Edit) []evaluate.Edit {
	if len(all) == 0 || len(all) == 1 && all[0].Kind == evaluate.EditSame {
		return nil
	}
	var out []evaluate.Edit
	for i, c := range all {
		words := strings.Fields(c.Text)
		before, after := diffContext, diffContext // words kept at its beginning and end
		if i == 0 {
			before = 0
		}
		if i == len(all)-1 {
			after = 0
		}
		if c.Kind != evaluate.EditSame || len(words) <= before+after {
			out = append(out, c)
			continue
		}
		if before > 0 {
			out = append(out, evaluate.Edit{Kind: evaluate.EditSame, Text: strings.Join(words[:before], " ")})
		}
		out = append(out, evaluate.Edit{Kind: editGap})
		if after > 0 {
			out = append(out, evaluate.Edit{Kind: evaluate.EditSame, Text: strings.Join(words[len(words)-after:], " ")})
		}
	}
	return out
}
