package answer

import "testing"

// Personal data beside a question leaves the question what it is.
func TestWithoutMasked(t *testing.T) {
	const nl, en = "Hoeveel leden heeft de SER?", "How many members does the SER have?"
	for message, want := range map[string]string{
		nl: nl,
		"Hoeveel leden heeft de SER? Mijn bsn is [bsn].":                         nl,
		"Hoeveel leden heeft de SER? bsn [bsn]":                                  nl,
		"Hoeveel leden heeft de SER? (bsn [bsn])":                                nl,
		"Hoeveel leden heeft de SER? mail me op [e-mail] of bel [telefoon]":      nl,
		"Hoeveel leden heeft de SER? Antwoord naar [e-mail].":                    nl,
		"Ik ben Jan de Vries, bsn [bsn]. Hoeveel leden heeft de SER?":            nl,
		"[e-mail] Hoeveel leden heeft de SER?":                                   nl,
		"Mijn rekeningnummer is [iban], Hoeveel leden heeft de SER?":             nl,
		"My iban is [iban], How many members does the SER have?":                 en,
		"How many members does the SER have? My BSN is [bsn], call [telefoon].":  en,
		"Mijn bsn is [bsn] en wie is de voorzitter? Hoeveel leden heeft de SER?": "wie is de voorzitter? Hoeveel leden heeft de SER?",
		"Mijn bsn is [bsn]. Vertel over de SER":                                  "Vertel over de SER",
		"Wat is de waterheffing, mijn nummer: [telefoon]":                        "Wat is de waterheffing",
		"[bsn]": "",
	} {
		if got := withoutMasked(message); got != want {
			t.Errorf("%q became %q, want %q", message, got, want)
		}
	}
}
