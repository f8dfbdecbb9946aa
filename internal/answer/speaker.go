package answer

import "github.com/ser-nl/vraagbaak/internal/corpus"

// SpeakerOf tells who says what a sentence of a passage says: whom the sentence
// itself names, or else whose text it stands in. It is "" for a sentence that gives
// facts and nobody's view, or several views.
func SpeakerOf(p corpus.Passage, text string) corpus.Speaker {
	lang := "nl"
	if p.Language == "en" {
		lang = p.Language
	}
	c := candidate{sentence: &sentence{text: text, words: words(text, lang)}, view: &view{passage: &p}}
	return c.speaker()
}
