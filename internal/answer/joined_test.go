package answer

import "testing"

func TestSlotsHaveTypes(t *testing.T) {
	for question, want := range map[string]func(wanted) bool{
		"In welke maand was de workshop over data?":         func(s wanted) bool { return s.month },
		"Welke functie had Jan de Vries?":                   func(s wanted) bool { return s.office },
		"Welke commissie maakte het advies over werk?":      func(s wanted) bool { return s.kind },
		"Welke werkgeversorganisaties hebben zetels?":       func(s wanted) bool { return s.people },
		"Welke drie leden schreven de nota?":                func(s wanted) bool { return s.people && s.many == 3 },
		"Wanneer verschijnt het volgende advies over werk?": func(s wanted) bool { return s.next },
	} {
		if u := understand(Request{Question: question, Lang: "nl"}); !want(u.slot) {
			t.Errorf("%q: slot %+v", question, u.slot)
		}
	}
}

func TestWordsOfOneVerb(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"begrens", "begrensing", true},
		{"minister", "ministerie", false},
		{"commissie", "commissar", false},
	} {
		if got := derived(c.a, c.b); got != c.want {
			t.Errorf("derived(%q, %q) = %v", c.a, c.b, got)
		}
	}
}

func TestLateIsNotDenied(t *testing.T) {
	passage := "De minister vroeg in maart 2021 om advies. Het kabinet reageerde pas in februari 2022."
	for sentence, want := range map[string]bool{
		"In februari 2022 reageerde het kabinet.":      true,
		"Het kabinet reageerde niet in februari 2022.": false,
		"Het kabinet reageerde in maart 2021.":         false,
	} {
		if got := Verify(sentence, passage); got.OK != want {
			t.Errorf("%q: %v, reasons %v", sentence, got.OK, got.Reasons)
		}
	}
}

func TestSharesStayWithTheirGroup(t *testing.T) {
	passage := "Van de huurders heeft 61 procent een vast contract. Bij kopers is dat 43 procent."
	for sentence, want := range map[string]bool{
		"Van de huurders heeft 61 procent een vast contract.": true,
		"Van de kopers heeft 61 procent een vast contract.":   false,
	} {
		if got := Verify(sentence, passage); got.OK != want {
			t.Errorf("%q: %v, reasons %v", sentence, got.OK, got.Reasons)
		}
	}
}
