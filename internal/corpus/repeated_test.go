package corpus

import "testing"

func TestRepeated(t *testing.T) {
	const address = "De Sociaal-Economische Raad is gevestigd aan de Bezuidenhoutseweg 60 in Den Haag."
	if Fingerprint(address) != Fingerprint("de Sociaal-economische raad is gevestigd  aan de Bezuidenhoutseweg 594 in den haag") {
		t.Error("figures, case and spacing make a difference")
	}
	if Fingerprint(address) == Fingerprint("De Sociaal-Economische Raad is gevestigd aan de Lange Voorhout 60 in Den Haag.") {
		t.Error("words make no difference")
	}
	if Fingerprint("Dit is een kort zinnetje.") != 0 {
		t.Error("a short paragraph has a fingerprint")
	}
	page := func(own string) []Page {
		text := address + "\n" + own
		n := len([]rune(address))
		return []Page{{Number: 1, Text: text, Blocks: []Block{
			{Kind: BlockParagraph, Start: 0, End: n}, {Kind: BlockParagraph, Start: n + 1, End: len([]rune(text))},
		}}}
	}
	counts := map[uint64]int{}
	for i, own := range []string{
		"Dit eerste advies gaat over het inkomen van werkenden zonder vast contract.",
		"Dit tweede advies gaat over het pensioen van de zelfstandigen in de bouw.",
		"Dit derde advies gaat over de opvang van jonge kinderen bij de ouders thuis.",
		"Dit vierde advies gaat over de energie van windmolens in de Noordzee.",
	} {
		pages := page(own)
		want := 0
		if i >= RepeatedDocuments {
			want = 1
		}
		if got := MarkRepeated(pages, func(f uint64) int { return counts[f] }); got != want {
			t.Errorf("document %d: %d marked, want %d", i, got, want)
		}
		if (pages[0].Blocks[0].Kind == BlockBoilerplate) != (want == 1) || pages[0].Blocks[1].Kind != BlockParagraph {
			t.Errorf("document %d: %+v", i, pages[0].Blocks)
		}
		for _, f := range Fingerprints(pages) {
			counts[f]++
		}
	}
	if n := counts[Fingerprint(address)]; n != 4 {
		t.Errorf("the address is counted in %d documents of 4", n)
	}
}
