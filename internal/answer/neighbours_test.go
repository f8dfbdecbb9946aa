package answer

import (
	"testing"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// A place goes for the sentences after it, also over sentences that another document
// has too and that are no candidates of their own.
func TestPlaceReachesOverRepeatedSentences(t *testing.T) {
	passage := func(id, text string) corpus.Passage {
		return corpus.Passage{
			ChunkID: int64(len(text)), Document: corpus.DocumentRef{ID: id, Title: "Netwerken"}, Language: "nl", Version: 1, Page: 1,
			End: len([]rune(text)), Text: text, PageText: text, Kind: corpus.BlockParagraph, Score: 1,
		}
	}
	shared := "Het netwerk voor diversiteit komt vaak bijeen. Veel bedrijven doen mee aan het netwerk. De leden leren er van elkaar. "
	docs := shelf{passage("een", shared+"Het netwerk begon klein."), passage("twee", shared+"Het netwerk telt 163 leden.")}
	result, err := New(Config{Retriever: docs}).Run(t.Context(), Request{ID: "t", Question: "Hoeveel leden telt het netwerk in Amsterdam?"}, func(Event) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if a := result.Answer; a.Status == "" {
		t.Errorf("%+v", a)
	}
}
