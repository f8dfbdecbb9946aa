package answer

import (
	"context"
	"strings"
	"testing"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// dated is a catalogue in which one document was superseded.
type dated struct{}

func (dated) Standing(context.Context) (corpus.Standing, error) {
	return corpus.Standing{
		ReferenceDate: "2025-11-01",
		SupersededBy:  map[string]corpus.DocumentRef{"oud": {ID: "nieuw", Title: "Het nieuwe advies", Date: "2024-05-01"}},
	}, nil
}

// What a model writes tells who says it, that the Council was divided and what took
// the place of a source, as answers of the documents' own sentences do.
func TestModelAnswersTellStandingAndSpeaker(t *testing.T) {
	page := "In advies 1966/07 pleit de SER voor een hoger spaarloon. De werkgevers willen in advies 1966/07 een lager spaarloon. " +
		"De raad was in advies 1966/07 verdeeld over het spaarloon."
	docs := shelf{{
		ChunkID: 1, Document: corpus.DocumentRef{ID: "oud", Title: "Loonpolitiek", Type: "advies"}, Language: "nl", Version: 1, Page: 1, PageLabel: "1",
		End: len([]rune(page)), Text: page, PageText: page, Kind: corpus.BlockParagraph, Score: 1,
	}}
	for name, tt := range map[string]struct {
		says    string
		speaker corpus.Speaker
	}{
		"council":   {"De SER pleit in advies 1966/07 voor een hoger spaarloon [1].", corpus.SpeakerCouncil},
		"employers": {"De werkgevers willen in advies 1966/07 een lager spaarloon [2].", corpus.SpeakerEmployers},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(Config{Retriever: docs, Catalogue: dated{}, Writer: &scripted{pieces: letters(tt.says)}})
			result, err := s.Run(t.Context(), Request{ID: "t", Question: "Wat vindt de SER in advies 1966/07 van het spaarloon?"}, func(Event) error { return nil })
			if err != nil {
				t.Fatal(err)
			}
			a := result.Answer
			if a.Model != "test-model" || len(a.Sentences) == 0 || a.Sentences[0].Speaker != tt.speaker {
				t.Fatalf("by %s, %+v", a.Model, a.Sentences)
			}
			if c := a.Citations[0]; c.SupersededBy == nil || c.SupersededBy.ID != "nieuw" || !strings.Contains(a.Notice, "Het nieuwe advies") {
				t.Errorf("superseded by %v, notice %q", c.SupersededBy, a.Notice)
			}
			if a.ReferenceDate != "2025-11-01" {
				t.Errorf("reference date %q", a.ReferenceDate)
			}
			// Only with the Council's view is its division told.
			told := strings.Contains(a.Text, "verdeeld over het spaarloon")
			if want := tt.speaker == corpus.SpeakerCouncil; a.Divided != want || told != want {
				t.Errorf("divided %v: %s", a.Divided, a.Text)
			}
		})
	}
}
