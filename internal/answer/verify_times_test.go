package answer

import "testing"

// What was so until some time is not said to be so; what happened then, and what is told of
// as past or with its time, is.
func TestVerifyTimes(t *testing.T) {
	const three = "Tot 1996 telde de SER 45 leden. Van 1996 tot 2023 telde de SER 33 leden. Sinds 2023 telt de SER 36 leden."
	for _, tt := range []struct {
		name, sentence, passage string
		want                    bool
	}{
		{"from and until", "De SER telt 33 leden.", "Van 1996 tot 2023 telde de SER 33 leden.", false},
		{"until", "De SER heeft 45 leden.", "Tot 1996 telde de SER 45 leden.", false},
		{"until, in English", "The SER has 45 members.", "Tot 1996 telde de SER 45 leden.", false},
		{"both in English", "The council has 45 members.", "Until 1996 the council had 45 members.", false},
		{"Dutch over English", "De raad heeft 45 leden.", "Until 1996 the council had 45 members.", false},
		{"from to, in English", "The council has 33 members.", "From 1996 to 2023 the council had 33 members.", false},
		{"now", "De SER heeft nu 45 leden.", "Tot 1996 telde de SER 45 leden.", false},
		{"since", "Sinds 1996 telt de SER 33 leden.", "Van 1996 tot 2023 telde de SER 33 leden.", false},
		{"between", "De SER telt 33 leden.", "Tussen 1996 en 2023 telde de SER 33 leden.", false},
		{"dash", "De vereniging heeft 80 leden.", "In de periode 1990-2005 had de vereniging 80 leden.", false},
		{"end of a year", "De vereniging heeft 80 leden.", "Tot eind 2005 had de vereniging 80 leden.", false},
		{"until and including", "De vereniging heeft 80 leden.", "Tot en met 2005 had de vereniging 80 leden.", false},
		{"then", "De vereniging heeft 80 leden.", "In 1950 begon de vereniging. Zij had toen 80 leden.", false},
		{"at the time", "De vereniging heeft 80 leden.", "Destijds had de vereniging 80 leden.", false},
		{"formerly", "Leden van de vereniging betalen contributie.", "Vroeger betaalden leden van de vereniging contributie.", false},
		{"before", "De burgemeester benoemt de voorzitter.", "Voorheen benoemde de burgemeester de voorzitter.", false},
		{"passive", "De voorzitter wordt door de burgemeester benoemd.", "Tot 1970 werd de voorzitter door de burgemeester benoemd.", false},
		{"state", "De raad is samengesteld uit 45 leden.", "De raad was tot 1996 samengesteld uit 45 leden.", false},
		{"chair", "Mariëtte Hamer is voorzitter.", "Mariëtte Hamer was voorzitter van 2014 tot 2022. Kim Putters volgde haar op.", false},
		{"first half", "De vereniging heeft 80 leden.", "Tot 2005 had de vereniging 80 leden; nu zijn het er 120.", false},
		{"joined to what is past", "De SER werd in 1950 opgericht en telt 33 leden.", "De SER werd in 1950 opgericht. Van 1996 tot 2023 telde de SER 33 leden.", false},
		{"before what came after", "De SER telt 45 leden.", "Tot 1996 telde de SER 45 leden, daarna 33.", false},
		{"what came after", "De overheid betaalt de leden.", "Tot 1996 betaalden bedrijven de leden, daarna deed de overheid dat. Nu betaalt de overheid de leden.", true},
		{"present of a participle", "De leden zijn benoemd door de burgemeester.", "Tot 1970 waren de leden benoemd door de burgemeester.", false},
		{"done by then", "Onder drieduizend werknemers is onderzoek gedaan.", "Het onderzoek liep van 2010 tot 2015 onder 3.000 werknemers.", true},
		{"used to", "The club has 80 members.", "The club used to have 80 members.", false},
		{"has had", "De vereniging heeft 80 leden.", "De vereniging heeft tot 2005 80 leden gehad.", false},
		{"until what was in a year", "De vereniging heeft 80 leden.", "Tot de fusie van 2005 had de vereniging 80 leden.", false},
		{"decade", "De vereniging heeft 80 leden.", "Tot de jaren negentig had de vereniging 80 leden.", false},
		{"same verb then", "Jansen leidt de vereniging.", "Piet Jansen leidde de vereniging toen.", false},
		{"no more", "Het schap vertegenwoordigt bakkers.", "Het schap, dat niet meer bestaat, vertegenwoordigde bakkers.", false},

		{"past", "De SER telde 33 leden.", "Van 1996 tot 2023 telde de SER 33 leden.", true},
		{"past in English", "The SER had 45 members.", "Tot 1996 telde de SER 45 leden.", true},
		{"same time", "Van 1996 tot 2023 telt de SER 33 leden.", "Van 1996 tot 2023 telde de SER 33 leden.", true},
		{"perfect", "De SER heeft 33 leden geteld.", "Van 1996 tot 2023 telde de SER 33 leden.", true},
		{"one of three", "De SER telt 36 leden.", three, true},
		{"of three, the one before", "De SER telt 33 leden.", three, false},
		{"historic", "De SER is in 1950 opgericht.", "De SER werd in 1950 opgericht.", true},
		{"said elsewhere as present", "De vereniging heeft 80 leden.", "Tot 2005 had de vereniging 80 leden. Na een dip heeft de vereniging weer 80 leden.", true},
		{"second half", "De vereniging heeft 120 leden.", "Tot 2005 had de vereniging 80 leden; nu heeft de vereniging 120 leden.", true},
		{"bounded and present", "De regeling geldt voor alle leden.", "De regeling geldt tot 2027 voor alle leden.", true},
		{"until now", "De vereniging heeft 80 leden.", "Tot nu toe had de vereniging 80 leden.", true},
		{"then as a conjunction", "De vereniging heeft een eigen gebouw.", "Toen de vereniging groeide, kreeg zij een eigen gebouw.", true},
		{"not any more", "De heffing bestaat niet meer.", "Tot 2013 betaalden bedrijven een heffing. De heffing bestaat niet meer.", true},
		{"earlier than", "Jongeren bereiken mijlpalen later.", "Jongeren bereiken mijlpalen later dan vroeger.", true},
		{"happened then", "De minister heeft een commissie.", "De minister kreeg toen een commissie.", true},
		{"chair before", "The former chair is Hamer.", "The former chair was Hamer until 2022.", true},
		{"plain past", "De vereniging heeft 80 leden.", "De vereniging had 80 leden.", true},
		{"grew", "De vereniging heeft 80 leden.", "Tot 2005 groeide de vereniging naar 80 leden.", true},
	} {
		if got := Verify(tt.sentence, tt.passage); got.OK != tt.want {
			t.Errorf("%s: %q against %q: %v, want %v: %v", tt.name, tt.sentence, tt.passage, got.OK, tt.want, got.Reasons)
		}
	}
}

// An abbreviation stands for a name or a phrase whose words stand together.
func TestVerifyInitials(t *testing.T) {
	for _, tt := range []struct {
		name, sentence, passage string
		want                    bool
	}{
		{"joined words", "De WW heeft geen kroonleden.", "De Stichting van de Arbeid heeft geen kroonleden. Werkgevers en werknemers overleggen daar.", false},
		{"joined words of no list", "De VB heeft geen voorzitter.", "De club heeft geen voorzitter. Vrijwilligers besturen en bewoners helpen.", false},
		{"two words of a sentence", "De LV heeft geen voorzitter.", "De club heeft geen voorzitter. Leden vergaderen elke week.", false},
		{"over a full stop", "De VB heeft geen bestuur.", "De club heeft geen bestuur, maar vrijwilligers. Bewoners helpen.", false},
		{"name", "De RvS adviseert over wetten.", "De Raad van State adviseert over wetten.", true},
		{"name with and", "Het NVB adviseert over bomen.", "Het Nationaal Verbond voor Bomen adviseert over bomen.", true},
		{"fund", "Het Awf betaalt de SER.", "Het Algemeen Werkloosheidsfonds betaalt de SER.", true},
		{"phrase", "LLO is belangrijk.", "Een leven lang ontwikkelen is belangrijk.", true},
		{"compound", "De cao geldt voor werknemers.", "De collectieve arbeidsovereenkomst geldt voor werknemers.", true},
		{"the Council", "De SER geeft advies.", "De sociaal-economische raad geeft advies.", true},
		{"adjective and noun", "Het HO groeit.", "Het hogere onderwijs groeit.", true},
		{"phrase of three", "De RSV groeit.", "De regionale stichting voor vrijwilligers groeit.", true},
		{"English", "The NHS is large.", "The National Health Service is large.", true},
	} {
		if got := Verify(tt.sentence, tt.passage); got.OK != tt.want {
			t.Errorf("%s: %q against %q: %v, want %v: %v", tt.name, tt.sentence, tt.passage, got.OK, tt.want, got.Reasons)
		}
	}
}
