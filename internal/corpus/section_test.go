package corpus

import (
	"strings"
	"testing"
)

func TestSection(t *testing.T) {
	cases := []struct {
		path string // outermost first, separated by " > "
		want SectionKind
	}{
		{"", SectionText},
		{"Werken zonder armoede", SectionText},
		{"Samenvatting", SectionSummary},
		{"SAMENVATTING EN CONCLUSIES", SectionSummary},
		{"1. Samenvatting", SectionSummary},
		{"Publiekssamenvatting > Wat is er aan de hand?", SectionSummary},
		{"Executive summary", SectionSummary},
		{"Demosamenvatting: loonpolitiek van 1953 tot en met 1969 > 1 Het onderwerp", SectionChapter},
		{"Voorwoord", SectionPreface},
		{"Woord vooraf van de voorzitter", SectionPreface},
		{"2 Beleidskeuzes > 2.1 Arbeid", SectionChapter},
		{"Hoofdstuk 3 Pensioen", SectionChapter},
		{"Deel II", SectionChapter},
		{"3 Keuzes > 3.4 Minderheidsstandpunt", SectionMinority},
		{"Standpunt van een minderheid van de raad", SectionMinority},
		{"Bijlage 2 Minderheidsnota van de FNV", SectionMinority},
		{"Minority note", SectionMinority},
		{"Bijlage 1 Adviesaanvraag", SectionAnnex},
		{"BIJLAGEN > Samenvatting van de reacties", SectionAnnex},
		{"Annex A", SectionAnnex},
		{"Literatuur", SectionLiterature},
		{"Geraadpleegde literatuur", SectionLiterature},
		{"7. Literatuur en bronnen", SectionLiterature},
		{"4 Bronnen van groei", SectionChapter},
		{"Notes", SectionLiterature},
		{"Colofon", SectionColophon},
		{"Publicaties van de SER", SectionColophon},
		{"6 Conclusies en aanbevelingen", SectionConclusion},
		{"5. Slotbeschouwing", SectionConclusion},
		{"3 Pensioen > 3.5 Aanbevelingen van de raad", SectionConclusion},
		{"Main conclusions", SectionConclusion},
		{"Recommendations for employers", SectionConclusion},
		{"Bijlage 3 Aanbevelingen van de werkgroep", SectionAnnex},
		{"Samenvatting > Conclusies", SectionSummary},
		{"Aanbevelingenlijst", SectionText},
		{"Inhoudsopgave", SectionContents},
		{"Table of contents", SectionContents},
		{"Lijst van figuren en tabellen", SectionContents},
		{"2 Inhoud van het stelsel", SectionChapter},
		{"Lijst van afkortingen", SectionText}, // it answers questions
		{"Bijlagegewijs", SectionText},
		{"De positie van minderheden op de arbeidsmarkt", SectionText},
	}
	for _, c := range cases {
		var path []string
		if c.path != "" {
			path = strings.Split(c.path, " > ")
		}
		if got := Section(path); got != c.want {
			t.Errorf("%s: %q, want %q", c.path, got, c.want)
		}
	}
}
