package chat

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

func TestNotes(t *testing.T) {
	cited := []corpus.Citation{{N: 1}}
	for name, tt := range map[string]struct {
		answer corpus.Answer
		want   []string
	}{
		"all": {
			corpus.Answer{Lang: "nl", Citations: cited, AIGenerated: true, ReferenceDate: "2025-11-01", Divided: true, Notice: "Let op: vervangen.", Masked: []string{MaskBSN}},
			[]string{
				"Dit antwoord is door een computer gemaakt. Controleer het met de bronnen.", "Het nieuwste document is van 2025-11-01.", "De raad was hierover verdeeld.", "Let op: vervangen.",
				"In uw vraag stonden persoonsgegevens. Die hebben we vervangen en bewaren we niet.",
			},
		},
		"all in English": {
			corpus.Answer{Lang: "en", Citations: cited, AIGenerated: true, ReferenceDate: "2025", Divided: true, Notice: "Note: superseded.", Masked: []string{MaskIBAN}},
			[]string{
				"This answer was made by a computer. Check it with the sources.", "The newest document is of 2025.", "The Council was divided on this.", "Note: superseded.",
				"Your question held personal data. We replaced it and do not keep it.",
			},
		},
		"declined, with a number in it": {
			corpus.Answer{Lang: "nl", AIGenerated: true, ReferenceDate: "2025", Masked: []string{MaskBSN}},
			[]string{"In uw vraag stonden persoonsgegevens. Die hebben we vervangen en bewaren we niet."},
		},
		"written by people": {corpus.Answer{Lang: "nl", Citations: cited, Notice: "Geschreven door de redactie."}, []string{"Geschreven door de redactie."}},
	} {
		if diff := cmp.Diff(tt.want, Notes(tt.answer)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
