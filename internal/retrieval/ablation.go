package retrieval

import (
	"fmt"
	"slices"
)

// steps are the parts of the analysis that can be left out, to measure what they
// are worth.
type steps struct {
	compounds     bool // of questions and chunks
	stems         bool // likewise
	spellings     bool
	synonyms      bool
	typingErrors  bool
	abbreviations bool
	numbers       bool // amounts, dates and number words
}

// step finds a step by name.
func (s *steps) step(name string) *bool {
	switch name {
	case "stems":
		return &s.stems
	case "compounds":
		return &s.compounds
	case "spelling variants":
		return &s.spellings
	case "synonyms":
		return &s.synonyms
	case "typing errors":
		return &s.typingErrors
	case "abbreviations":
		return &s.abbreviations
	case "numbers and dates":
		return &s.numbers
	}
	return nil
}

// RerankStep can be left out too: the reranking model, where there is one.
const RerankStep = "reranker"

// Steps are the names of the steps of the analysis. Vectors keep the whole
// analysis when one is left out.
func Steps() []string {
	return []string{"stems", "compounds", "spelling variants", "synonyms", "typing errors", "abbreviations", "numbers and dates"}
}

// Signals are the names of the signals of the second stage.
func Signals() []string {
	var names []string
	for _, sig := range allSignals {
		names = append(names, sig.name)
	}
	return names
}

// leaveOut sets signals, steps and the index that goes with them.
func (s *Service) leaveOut(names []string) error {
	s.signals = slices.Clone(allSignals)
	for _, name := range names {
		if name == RerankStep {
			s.cfg.Reranker = nil
			continue
		}
		if off := s.off.step(name); off != nil {
			*off = true
			continue
		}
		i := slices.IndexFunc(s.signals, func(sig signal) bool { return sig.name == name })
		if i < 0 {
			return fmt.Errorf("no signal or step is called %q; there are %q and %q", name, Signals(), Steps())
		}
		s.signals = slices.Delete(s.signals, i, i+1)
	}
	s.index = NewIndex(s.cfg.Analyzer.without(s.off))
	return nil
}

// Without is the service without some of its Signals and Steps. It shares the
// index when that is the same without them; otherwise it has an empty one, is not
// Ready, and has to be loaded.
func (s *Service) Without(names ...string) (*Service, error) {
	cfg := s.cfg
	cfg.Without = append(slices.Clone(cfg.Without), names...)
	other, err := NewService(cfg)
	if err != nil {
		return nil, err
	}
	if other.off.stems == s.off.stems && other.off.compounds == s.off.compounds && other.off.spellings == s.off.spellings && s.Ready() {
		other.index = s.index
		other.once.Do(func() {
			other.ready.Store(true)
			close(other.loaded)
		})
	}
	return other, nil
}
