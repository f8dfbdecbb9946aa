package answer

import (
	"slices"
	"testing"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

func TestVerifyIn(t *testing.T) {
	arbo := Context{Title: "Jaarverslag 2023", Heading: []string{"Platforms", "SER Arboplatform"}}
	minority := Context{Title: "Flexwerk", Heading: []string{"Minderheidsstandpunt"}, Section: corpus.SectionMinority}
	const (
		platform = "Dit platform geeft informatie over veilig werken."
		tariff   = "Een wettelijk minimumtarief is schadelijk voor ondernemers."
	)
	for _, tt := range []struct {
		name, sentence, quote string
		in                    Context
		want                  bool
		check                 Check
	}{
		{"name of the heading", "Dit platform [Arboplatform] geeft informatie over veilig werken.", platform, arbo, true, ""},
		{"name of the title", "Dit platform [uit het jaarverslag 2023] geeft informatie over veilig werken.", platform, arbo, true, ""},
		{"another name", "Dit platform [Jongerenplatform] geeft informatie over veilig werken.", platform, arbo, false, CheckName},
		{"one of two names", "Dit platform [Arboplatform van TNO] geeft informatie over veilig werken.", platform, arbo, false, CheckName},
		{"brackets do not hide a falsehood", "Dit platform [Arboplatform] geeft geen informatie over veilig werken.", platform, arbo, false, CheckNegation},
		{"a minority is not the Council", "De SER vindt een wettelijk minimumtarief schadelijk voor ondernemers.", tariff, minority, false, CheckAttribution},
		{"a minority is a part of it", "Een minderheid vindt een wettelijk minimumtarief schadelijk voor ondernemers.", tariff, minority, true, ""},
		{"elsewhere it is the Council's", "De SER vindt een wettelijk minimumtarief schadelijk voor ondernemers.", tariff, Context{Title: "Advies over flexwerk"}, true, ""},
		{"nor of whoever wrote it", "De SER vindt een wettelijk minimumtarief schadelijk voor ondernemers.", tariff, Context{Title: "Brief van de minister"}, false, CheckName},
		{"employers are not the Council", "De SER vindt een wettelijk minimumtarief schadelijk voor ondernemers.", "Werkgeversorganisaties vinden een wettelijk minimumtarief schadelijk voor ondernemers.", Context{}, false, CheckAttribution},
		{"nor is what they say a fact", "Een wettelijk minimumtarief is schadelijk voor ondernemers.", "Werkgeversorganisaties vinden een wettelijk minimumtarief schadelijk voor ondernemers.", Context{}, false, CheckAttribution},
		{"the unions are not the employers", "Volgens de vakbonden is het tarief te laag.", "Volgens de werkgevers is het tarief te laag.", Context{}, false, ""},
		{"the cabinet is not the Council", "De SER wil de leeftijd verhogen.", "Het kabinet wil de leeftijd verhogen.", Context{}, false, ""},
		{"a part is not the whole", "De raad pleit voor een verzekering voor zelfstandigen.", "Een deel van de raad pleit voor een verzekering voor zelfstandigen.", Context{}, false, CheckAttribution},
		{"a part in other words", "Een deel van de raad wil een verzekering voor zelfstandigen.", "Een deel van de raad pleit voor een verzekering voor zelfstandigen.", Context{}, true, ""},
		{"English", "The Council wants a higher tariff.", "De vakbonden willen een hoger tarief.", Context{}, false, ""},
	} {
		v := VerifyIn(tt.sentence, tt.quote, tt.in)
		if v.OK != tt.want {
			t.Errorf("%s: %v %v, want %v", tt.name, v.OK, v.Reasons, tt.want)
			continue
		}
		if tt.check != "" && !slices.ContainsFunc(v.Reasons, func(r Reason) bool { return r.Check == tt.check }) {
			t.Errorf("%s: reasons %v, want %s among them", tt.name, v.Reasons, tt.check)
		}
	}
}
