package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/research"
)

// The set of research questions over the demo corpus and its catalogue: what must be
// found, in what order, and quoted with which words.
func TestResearchQuestions(t *testing.T) {
	s := demoSite.get(t)
	got := result[research.Evaluation](t, "eval", "history", "--data-dir", s.dir, "--json", filepath.Join("..", "..", "ingest", "demo", "research.jsonl"))
	if got.Questions < 40 {
		t.Errorf("%d questions, want 40 at least", got.Questions)
	}
	if got.Recall < 0.95 || got.Precision < 0.9 || got.Quoted < 0.95 || got.Ordered < 1 || got.Division < 1 {
		t.Errorf("recall %.3f, precision %.3f, quoted %.3f, ordered %.3f, division %.3f", got.Recall, got.Precision, got.Quoted, got.Ordered, got.Division)
		for _, c := range got.Cases {
			if len(c.Missed)+len(c.Wrong)+len(c.Unquoted)+len(c.Division) > 0 || !c.Order {
				t.Logf("%+v", c)
			}
		}
	}
}

func TestHistoryCommand(t *testing.T) {
	s := demoSite.get(t)
	h := result[research.History](t, "history", "--data-dir", s.dir, "--json", "--filter", "year=1953-1969", "loonpolitiek")
	if len(h.Entries) != 7 || h.Entries[0].Publication.Number != "1953/05" || h.Entries[0].Publication.InCorpus || len(h.Gaps) != 1 {
		t.Errorf("%d publications, gaps %v", len(h.Entries), h.Gaps)
	}
	for _, e := range h.Entries {
		for _, p := range e.Positions {
			c := p.Citation
			if !strings.Contains(c.Quote, p.Sentence) || c.URL != corpus.CitationURL(c.Document.ID, c.Version, c.Page, c.Start, c.End) || c.End-c.Start != len([]rune(c.Quote)) {
				t.Errorf("%s: a position that is not whole: %+v", e.Publication.ID, p)
			}
		}
		if e.Division != nil && e.Division.Citation.Quote == "" || (e.Publication.Division != "") != (e.Division != nil) {
			t.Errorf("%s: division %q without what shows it", e.Publication.ID, e.Publication.Division)
		}
	}
	stdout, _, code := vraagbaak(t, "history", "--data-dir", s.dir, "--filter", "year=1953-1969", "loonpolitiek")
	for _, part := range []string{"1955/04  Toekomstige loonpolitiek", "Verdeeld: “", "1957–1961", "niet in het corpus", "/citaat/"} {
		if code != exitOK || !strings.Contains(stdout, part) {
			t.Errorf("exit %d, the table lacks %q:\n%s", code, part, stdout)
		}
	}
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"history"}, exitUsage, "topic"},
		{[]string{"history", "--filter", "kleur=rood", "lonen"}, exitUsage, "unknown filter"},
		{[]string{"history", "--filter", "year=2010-2000", "lonen"}, exitUsage, "backwards"},
		{[]string{"history", "--filter", "division=misschien", "lonen"}, exitUsage, "divided"},
		{[]string{"history", strings.Repeat("a", 1001)}, exitUsage, "1000"},
		{[]string{"eval", "history", "nergens.jsonl"}, exitFailure, "nergens.jsonl"},
	} {
		stdout, stderr, code := vraagbaak(t, slices.Concat(test.args, []string{"--data-dir", s.dir})...)
		if code != test.code || stdout != "" || !strings.Contains(stderr, test.says) {
			t.Errorf("%v: exit %d, want %d\nstdout: %s\nstderr: %s", test.args, code, test.code, stdout, stderr)
		}
	}
	if _, stderr, code := vraagbaak(t, "history", "--data-dir", s.dir, "kwantumzwaartekracht"); code != exitOK || !strings.Contains(stderr, "Nothing found") {
		t.Errorf("a subject that nothing is about: exit %d, %s", code, stderr)
	}
}
