package answer

import "testing"

// Sentences that say what their passage says in other words, each beside one that
// differs from it in what the rule is about.
func TestVerifyOtherWords(t *testing.T) {
	for _, tt := range []struct {
		name, sentence, passage string
		want                    bool
	}{
		{"expression for a word", "De gemeente nam tachtig tuinlieden in dienst.", "De gemeente wierf tachtig tuinlieden.", true},
		{"word for an expression", "De gemeente betaalt het onderhoud.", "Het onderhoud komt voor rekening van de gemeente.", true},
		{"who pays is another", "De bewoners betalen het onderhoud.", "Het onderhoud komt voor rekening van de gemeente.", false},
		{"derivation", "De verhuizing van het museum was in mei.", "In mei verhuisde het museum.", true},
		{"compound in two", "In bergdorpen is de post later.", "In dorpen in de bergen is de post later.", true},
		{"denied opposite", "De subsidie werd niet toegekend.", "De provincie wees de subsidie af.", true},
		{"denied opposite, affirmed", "De subsidie werd toegekend.", "De provincie wees de subsidie af.", false},
		{"what does not fall need not rise", "Een kortere dag verhoogt de omzet.", "Een kortere dag verlaagt de omzet niet.", false},
		{"synonym of what is denied", "Volgens de raad is een brief toereikend.", "Een brief is volgens de raad niet genoeg.", false},
		{"not yet", "Het plan is nog niet vastgesteld door de gemeenteraad.", "Het is een plan, voordat de gemeenteraad het heeft vastgesteld.", true},
	} {
		if got := Verify(tt.sentence, tt.passage); got.OK != tt.want {
			t.Errorf("%s: %q against %q: %v, want %v: %v", tt.name, tt.sentence, tt.passage, got.OK, tt.want, got.Reasons)
		}
	}
}

func TestVerifyMeasures(t *testing.T) {
	for _, tt := range []struct {
		name, sentence, passage string
		want                    bool
	}{
		{"near a fraction", "Bijna een derde van de tuinen is betegeld.", "Van de tuinen is 32 procent betegeld.", true},
		{"on the other side of it", "Ruim een derde van de tuinen is betegeld.", "Van de tuinen is 32 procent betegeld.", false},
		{"far from it", "Bijna de helft van de tuinen is betegeld.", "Van de tuinen is 32 procent betegeld.", false},
		{"months for years", "De bouw duurde achttien maanden.", "De bouw duurde anderhalf jaar.", true},
		{"other months", "De bouw duurde zestien maanden.", "De bouw duurde anderhalf jaar.", false},
		{"year by its distance", "In 2008 telde de club 40 leden.", "In 2018 telde de club 90 leden. Tien jaar eerder waren dat er 40.", true},
		{"number of the other year", "In 2008 telde de club 90 leden.", "In 2018 telde de club 90 leden. Tien jaar eerder waren dat er 40.", false},
		{"eight of ten", "Van de scholen doet 80 procent mee.", "Acht van de tien scholen doen mee.", true},
		{"a year before an amount", "In 2021 kostte de brug 3.500.000 euro.", "De brug kostte in 2021 € 3,5 miljoen. Voor 2022 was € 4 miljoen geraamd.", true},
		{"level given as growth", "Het aandeel bossen groeide met 11 procent.", "In 1990 was het aandeel bossen 9 procent. In 2020 was het aandeel bossen 11 procent.", false},
		{"trend against its numbers", "Het aantal wolven daalde tussen 2015 en 2020.", "Het aantal wolven was in 2015 12. Het aantal wolven was in 2020 31.", false},
		{"until for from", "In 2019 begon de proef.", "De proef liep van 2016 tot 2019.", false},
		{"from", "In 2016 begon de proef.", "De proef liep van 2016 tot 2019.", true},
		{"counts another thing", "De kliniek heeft zes artsen.", "De kliniek heeft dertig artsen, onder wie zes chirurgen.", false},
		{"number of something else", "Er werd 90.000 euro besteed aan de fontein.", "Het plein heeft sinds vorig jaar een fontein. Het fonds bevat 90.000 euro.", false},
	} {
		if got := Verify(tt.sentence, tt.passage); got.OK != tt.want {
			t.Errorf("%s: %q against %q: %v, want %v: %v", tt.name, tt.sentence, tt.passage, got.OK, tt.want, got.Reasons)
		}
	}
}

func TestVerifyContrast(t *testing.T) {
	for _, tt := range []struct {
		name, sentence, passage string
		want                    bool
	}{
		{"poles change places", "In de visserij is dat aandeel het hoogst.", "In de bosbouw is dat aandeel het hoogst, in de visserij het laagst.", false},
		{"poles in their place", "In de bosbouw is dat aandeel het hoogst.", "In de bosbouw is dat aandeel het hoogst, in de visserij het laagst.", true},
		{"in two sentences", "De commissie was verdeeld over de dijken en unaniem over de sluizen.", "Over de dijken was de commissie unaniem. Over de sluizen was de commissie verdeeld.", false},
		{"ordinals change places", "De eerste motie gaat over het verkeer.", "De raad nam moties aan. De eerste gaat over het groen, de tweede over het verkeer.", false},
		{"behind a noun", "Het gebruik van water voor de tuinbouw moet worden beperkt.", "De raad wil dat regenwater naar de tuinbouw gaat. Het gebruik van water voor de koeling moet worden beperkt.", false},
		{"its own noun", "Het gebruik van water voor de koeling moet worden beperkt.", "De raad wil dat regenwater naar de tuinbouw gaat. Het gebruik van water voor de koeling moet worden beperkt.", true},
		{"in front", "Over parkeren werden de buren het niet eens.", "De notitie gaat over bomen, banken en parkeren. Over geluid werden de buren het niet eens.", false},
		{"goes the other way", "Het archief verhuisde naar Delft.", "Het archief begon in Delft en verhuisde naar Breda.", false},
		{"the way it goes", "Het archief verhuisde naar Breda.", "Het archief begon in Delft en verhuisde naar Breda.", true},
		{"wished", "Fietsers hebben een voorrangsrecht.", "Veel fietsers voelen zich onveilig. De bond pleit voor een voorrangsrecht.", false},
		{"feared", "Er is een tekort aan zand.", "De bouwers vrezen een tekort aan zand.", false},
		{"wanted", "Meer meisjes kiezen een technisch vak.", "De raad wil dat meer meisjes een technisch vak kiezen.", false},
		{"the other side of a comparison", "Op het platteland is er meer stilte.", "In de stad is er minder stilte dan op het platteland.", true},
		{"the same side", "Op het platteland is er minder stilte.", "In de stad is er minder stilte dan op het platteland.", false},
		{"some of them", "De minister nam de voorstellen over.", "De minister nam twee van de zes voorstellen over.", false},
		{"undergone by another", "The members are appointed by the board.", "Its staff includes members and pilots. The pilots are appointed by the board.", false},
		{"Dutch over English", "De regering kreeg advies over energie.", "The government received advice on energy.", true},
		{"Dutch over English, denied", "De regering kreeg geen advies over energie.", "The government received advice on energy.", false},
	} {
		if got := Verify(tt.sentence, tt.passage); got.OK != tt.want {
			t.Errorf("%s: %q against %q: %v, want %v: %v", tt.name, tt.sentence, tt.passage, got.OK, tt.want, got.Reasons)
		}
	}
}

// The lists hold what their first lines say.
func TestVerifierLists(t *testing.T) {
	for first, list := range expressions() {
		for _, e := range list {
			if len(e.others) == 0 || len(e.says) == 0 {
				t.Errorf("expression of %q: %v", first, e)
			}
		}
	}
	p := poles()
	for key, others := range p.denied {
		for _, o := range others {
			if o == key {
				t.Errorf("%q is its own opposite", key)
			}
		}
	}
	if len(p.turned) < 100 || len(expressions()) < 50 {
		t.Errorf("%d poles and %d expressions read", len(p.turned), len(expressions()))
	}
}
