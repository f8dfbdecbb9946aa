package chat

import "github.com/ser-nl/vraagbaak/internal/corpus"

// Notes are what a reader of plain text should know of an answer besides its sentences
// and sources, each a sentence in the answer's language: who made it, up to when, that
// the Council was divided, what went otherwise than usual, and what was masked.
func Notes(a corpus.Answer) []string {
	var notes []string
	add := func(when bool, nl, en string) {
		switch {
		case !when:
		case a.Lang == "en":
			notes = append(notes, en)
		default:
			notes = append(notes, nl)
		}
	}
	cited, date := len(a.Citations) > 0, string(a.ReferenceDate)
	add(cited && a.AIGenerated, "Dit antwoord is door een computer gemaakt. Controleer het met de bronnen.", "This answer was made by a computer. Check it with the sources.")
	add(cited && date != "", "Het nieuwste document is van "+date+".", "The newest document is of "+date+".")
	add(a.Divided, "De raad was hierover verdeeld.", "The Council was divided on this.")
	add(a.Notice != "", a.Notice, a.Notice)
	add(len(a.Masked) > 0, MaskNotice("nl"), MaskNotice("en"))
	return notes
}
