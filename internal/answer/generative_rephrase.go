package answer

import (
	"context"
	"slices"
	"time"
)

const (
	rephraseVersion = "v1"
	rephraseTime    = 10 * time.Second
	mostRephrased   = 3 // sentences offered again, in one call
)

// failed is a sentence of the model that its sources do not bear.
type failed struct {
	text  string
	cited []*source
}

// rephrase offers the model, once and in one call, the sentences that were dropped
// though they cite sources, beside those sources. What it makes of them is verified
// like everything else; what fails again stays dropped.
func (g *generation) rephrase(ctx context.Context) (offered, saved int) {
	t := g.turn
	list := g.failed[:min(len(g.failed), mostRephrased)]
	if len(list) == 0 || g.said+len(list) > maxWritten {
		return 0, 0
	}
	type sentence struct {
		Text    string
		Sources []promptSentence
	}
	var data struct{ Sentences []sentence }
	for _, f := range list {
		s := sentence{Text: defused(f.text)}
		for _, c := range f.cited {
			s.Sources = append(s.Sources, promptSentence{c.handle, defused(c.text)})
		}
		data.Sentences = append(data.Sentences, s)
	}
	prompt, err := fill("rephrase."+rephraseVersion+"."+t.u.Lang, data)
	if err != nil || EstimateTokens(prompt.System)+EstimateTokens(prompt.User) > t.service.writer.Budget() {
		return 0, 0
	}
	ctx, cancel := context.WithTimeout(ctx, rephraseTime)
	defer cancel()
	again := &generation{turn: t, reading: g.reading, said: g.said, second: true, most: g.said + len(list), standing: g.standing, grounds: slices.Clone(g.grounds)}
	written, err := t.service.writer.Write(ctx, prompt, again.take)
	t.used(written.Usage)
	if err == nil && !written.Cut {
		_ = again.takeAll(again.cutter.rest()) // ends for reasons of its own only
	}
	g.emitFailure = again.emitFailure
	g.grounds = again.grounds
	saved = again.said - g.said
	g.said, g.dropped = again.said, max(0, g.dropped-saved)
	t.service.log.DebugContext(ctx, "sentences rephrased", "turn", t.request.ID, "offered", len(list), "saved", saved)
	return len(list), saved
}

// again keeps a dropped sentence for rephrasing, when it says where it stands and does
// not point at another that was dropped.
func (g *generation) again(said string, cited []int) {
	if g.second || len(g.failed) >= mostRephrased || g.lastDropped {
		return
	}
	f := failed{text: said}
	for _, h := range cited {
		if h >= 1 && h <= len(g.reading.sources) && !slices.Contains(f.cited, g.reading.sources[h-1]) {
			f.cited = append(f.cited, g.reading.sources[h-1])
		}
	}
	if len(f.cited) > 0 {
		g.failed = append(g.failed, f)
	}
}
