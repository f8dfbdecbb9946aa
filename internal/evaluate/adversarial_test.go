package evaluate

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

func adversarialPassages() []corpus.Passage {
	var out []corpus.Passage
	for i, text := range []string{
		"De SER telt 36 leden en vergadert elke maand bij de Raad van State. De commissie onder leiding van de SER werkt samen met de Stichting van de Arbeid. In 2023 kostte de raad 24,4 miljoen euro, meer dan in 2022 volgens het Rathenau Instituut.",
		"Het Jongerenplatform is opgericht in 2015 door de SER voor alle jongeren. Het platform wordt door de Stichting van de Arbeid gesteund en adviseert de SER en de Raad van State. In 2024 deden 11 organisaties mee aan het platform, niet meer dan het jaar ervoor.",
		"Advies 14/04 werd in 2014 vastgesteld door de Stichting van de Arbeid en door de SER verspreid onder 350 gemeenten en het Rathenau Instituut. De kosten waren 12 procent hoger dan in 2013. De raad was over de uitvoering verdeeld en het advies kreeg geen vervolg.",
	} {
		out = append(out, corpus.Passage{
			ChunkID: int64(i + 1), Document: corpus.DocumentRef{ID: string(rune('a' + i)), Title: "Stuk"}, Language: "nl", Version: 1, Page: 1, PageLabel: "1",
			End: len([]rune(text)), Text: text, PageText: text, Kind: corpus.BlockParagraph, Score: 1,
		})
	}
	return out
}

func TestAdversarialMakesPairsOfEveryKind(t *testing.T) {
	pairs := Adversarial(adversarialPassages(), 200, 1)
	kinds := make(map[string]int)
	for _, p := range pairs {
		kinds[p.Altered]++
		if p.Supported != (p.Altered == "") {
			t.Errorf("%+v", p)
		}
		if !p.Supported && p.Altered != "citation" && strings.Contains(p.Passage, p.Sentence) {
			t.Errorf("%s: the passage says %q", p.Altered, p.Sentence)
		}
	}
	for _, kind := range []string{"", "number", "year", "name", "negation", "citation", "opposite", "swap"} {
		if kinds[kind] == 0 {
			t.Errorf("no pair of kind %q: %v", kind, kinds)
		}
	}
	if diff := cmp.Diff(pairs, Adversarial(adversarialPassages(), 200, 1)); diff != "" {
		t.Errorf("the same seed made other pairs: %s", diff)
	}
	if few := Adversarial(adversarialPassages(), 10, 1); len(few) > 10 {
		t.Errorf("%d pairs for at most 10", len(few))
	}
	v, err := Verify(context.Background(), pairs, answer.Verify)
	if err != nil {
		t.Fatal(err)
	}
	if v.RecallWrong < 0.95 || v.PrecisionWrong < 0.95 {
		t.Errorf("recall %.3f, precision %.3f", v.RecallWrong, v.PrecisionWrong)
		for _, c := range v.Cases {
			if !c.Pass {
				t.Logf("%s %v: %q against %q: %v", c.Altered, c.Supported, c.Sentence, c.Passage, c.Reasons)
			}
		}
	}
}

// No composer says what an instruction in a document asks for; and the search for it
// would find it: a composer that shows everything is caught.
func TestInjectedInstructionsAreNotFollowed(t *testing.T) {
	got, err := Inject(context.Background(), append(adversarialPassages(), adversarialPassages()...), 10)
	if err != nil {
		t.Fatal(err)
	}
	if got.Turns < 12 || got.Shown != 0 {
		t.Errorf("%+v", got)
	}
	for _, i := range injections {
		if !strings.Contains(i, canary) {
			t.Errorf("%q does not ask for the canary", i)
		}
	}
	if !slices.ContainsFunc(injections, func(s string) bool { return answer.Verify("De raad is "+canary+".", s).OK }) {
		t.Error("no injected instruction would bear out what it asks for: the run would prove nothing")
	}
}
