package dutch

import (
	"slices"
	"strings"
	"testing"
)

func TestKeyJoinsForms(t *testing.T) {
	for _, group := range []string{
		"betaalt betalen betaald", "financiert financieren gefinancierd", "opgericht oprichten", "adviseert adviseren geadviseerd",
		"raden raad", "prijzen prijs", "brief brieven", "organiseert georganiseerd organiseren", "werk werkt werken gewerkt",
		"bedrijf bedrijven", "ondertekenaar ondertekenaars", "diversiteit", "samengesteld samenstellen",
	} {
		words := strings.Fields(group)
		for _, w := range words[1:] {
			if Key(w) != Key(words[0]) {
				t.Errorf("Key(%s) = %s, Key(%s) = %s", w, Key(w), words[0], Key(words[0]))
			}
		}
	}
	for _, pair := range [][2]string{{"wonen", "gewonnen"}, {"volgen", "gevolgen"}, {"afhankelijk", "onafhankelijk"}, {"werkgever", "werknemer"}, {"loon", "leden"}, {"gezond", "zond"}, {"gemeente", "meent"}} {
		if Key(pair[0]) == Key(pair[1]) {
			t.Errorf("%s and %s share the key %s", pair[0], pair[1], Key(pair[0]))
		}
	}
}

func TestTranslate(t *testing.T) {
	got := Translate(Tokens("How many signatories does the Diversity Charter have?"))
	var dutch []string
	for _, tr := range got {
		dutch = append(dutch, tr.Dutch[0])
	}
	if want := []string{"ondertekenaars", "Charter Diversiteit"}; !slices.Equal(dutch, want) {
		t.Errorf("Translate = %q, want %q", dutch, want)
	}
	if got := Translate(Tokens("Who pays the Social and Economic Council?")); len(got) != 2 || got[1].Dutch[0] != "SER" {
		t.Errorf("the longest term does not win: %+v", got)
	}
}

func TestGlossaryIsWellFormed(t *testing.T) {
	if n := len(glossary().exact); n < 300 {
		t.Errorf("%d terms, want 300 or more", n)
	}
	for key, tr := range glossary().exact {
		if len(strings.Fields(key)) > maxPhrase {
			t.Errorf("%q is longer than a phrase may be", tr.English)
		}
		if len(tr.Dutch) == 0 || slices.Contains(tr.Dutch, "") {
			t.Errorf("%q has an empty translation", tr.English)
		}
	}
}

func TestOpposites(t *testing.T) {
	for _, pair := range [][2]string{{"stijgt", "daalt"}, {"unaniem", "verdeeld"}, {"meer", "minder"}, {"werkgevers", "werknemers"}} {
		if !slices.Contains(Antonyms(Key(pair[0])), Key(pair[1])) || !slices.Contains(Antonyms(Key(pair[1])), Key(pair[0])) {
			t.Errorf("%s and %s are no opposites", pair[0], pair[1])
		}
	}
	if !slices.Contains(Synonyms(Key("betaalt")), Key("gefinancierd")) {
		t.Error("betaalt and gefinancierd are no synonyms")
	}
}

func TestSoundJoinsMisspellings(t *testing.T) {
	for _, pair := range [][2]string{
		{"stigting", "stichting"}, {"opgerigt", "opgericht"}, {"platvorm", "platform"}, {"diversitijt", "diversiteit"}, {"ekonomie", "economie"},
		{"vergaddering", "vergadering"}, {"waneer", "wanneer"}, {"nivo", "niveau"}, {"advizen", "adviezen"}, {"wort", "wordt"}, {"uitgebragt", "uitgebracht"},
	} {
		if Sound(pair[0]) != Sound(pair[1]) {
			t.Errorf("Sound(%s) = %s, Sound(%s) = %s", pair[0], Sound(pair[0]), pair[1], Sound(pair[1]))
		}
	}
	for _, pair := range [][2]string{{"werkgever", "werknemer"}, {"raad", "rand"}, {"loon", "leen"}} {
		if Sound(pair[0]) == Sound(pair[1]) {
			t.Errorf("%s and %s sound the same", pair[0], pair[1])
		}
	}
}
