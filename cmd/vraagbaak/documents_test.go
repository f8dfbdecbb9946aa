package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ser-nl/vraagbaak/ingest"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/postgres"
)

// A catalogue and the life of its documents, from the command line.
func TestCatalogueAndDocuments(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	data := filepath.Join(t.TempDir(), "data")
	for name, text := range map[string]string{
		"fiets.md":      "# Wat er in het stuk staat\n\nDe vergoeding voor fietsen naar het werk bedraagt 23 cent per kilometer.\n",
		"leeg.pdf":      "",
		"catalogus.csv": "nummer,titel,datum,type,commissie,thema,origineel,vervangt\n2014/4,Advies over fietsen,2014-04-25,SER-advies,Verkeer,fiets/werk,fiets.md,02/05\n02/05,Ouder advies,2002,advies,-,,,\n",
		"fout.json":     "[\n{\"nummer\": \"14/04\"}\n]",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in := func(args ...string) []string { return append(args, "--data-dir", data) }
	at := func(name string) string { return filepath.Join(folder, name) }
	var summary ingest.Summary
	if summary = result[ingest.Summary](t, in("ingest", "--json", at("catalogus.csv"))...); summary.Publications != 2 || summary.Count(ingest.Added) != 1 {
		t.Fatalf("%+v", summary)
	}
	out, errs, code := vraagbaak(t, in("ingest", at("leeg.pdf"), at("fout.json"))...)
	if code != exitFailure || !strings.Contains(out, "empty:") || !strings.Contains(out, "regel 2: er is geen titel") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	documents := result[documentsResult](t, in("documents", "--json")...).Documents
	want := corpus.Document{ID: "advies-over-fietsen", Source: at("fiets.md"), Version: 1, Status: "current", Pages: 1, Chunks: 1,
		Publication: "14-04", Commission: "Verkeer", Themes: []string{"fiets", "werk"},
		Metadata: corpus.Metadata{Title: "Advies over fietsen", Number: "14/04", Type: "advies", Date: "2014-04-25", Language: "nl"}}
	if len(documents) != 2 {
		t.Fatalf("%+v", documents)
	}
	if diff := cmp.Diff(want, documents[0]); diff != "" {
		t.Error(diff)
	}
	if failed := result[documentsResult](t, in("documents", "--failed", "--json")...).Documents; len(failed) != 1 || failed[0].ID != "leeg" {
		t.Errorf("%+v", failed)
	}
	publications := result[catalogueResult](t, in("documents", "--catalogue", "--json")...).Publications
	if len(publications) != 2 || publications[0].Document != "" || publications[1].Document != want.ID || publications[1].Relations[0].Publication != "02-05" {
		t.Errorf("%+v", publications)
	}
	if versions := result[versionsResult](t, in("documents", "--versions", want.ID, "--json")...).Versions; len(versions) != 1 || versions[0].Pages != 1 {
		t.Errorf("%+v", versions)
	}

	found := func() int {
		t.Helper()
		return len(result[searchResult](t, in("search", "--json", "vergoeding voor fietsen")...).Passages)
	}
	if n := found(); n != 1 {
		t.Errorf("%d passages", n)
	}
	for range 2 { // a second time does no harm
		if s := result[statusResult](t, in("documents", "--withdraw", want.ID, "--json")...); s.Status != "withdrawn" {
			t.Errorf("%+v", s)
		}
	}
	if n := found(); n != 0 {
		t.Errorf("a withdrawn document gives %d passages", n)
	}
	if d := result[documentsResult](t, in("documents", "--json")...).Documents; d[0].Status != "withdrawn" {
		t.Errorf("%+v", d[0])
	}
	if _, errs, code := vraagbaak(t, in("documents", "--restore", want.ID)...); code != exitOK {
		t.Errorf("exit %d: %s", code, errs)
	}
	if n := found(); n != 1 {
		t.Errorf("%d passages after it was restored", n)
	}

	// Reading the same bytes again helps against our faults, not theirs.
	if out, _, code := vraagbaak(t, in("documents", "--retry")...); code != exitFailure || !strings.Contains(out, "1 failed") {
		t.Errorf("exit %d\n%s", code, out)
	}
	if p := result[postgres.Progress](t, in("documents", "--progress", "--json")...); p.Pending != 0 || p.Failed != 1 || len(p.Batches) != 3 {
		t.Errorf("%+v", p)
	}
	for name, test := range map[string]struct {
		args []string
		code int
		says string
	}{
		"unknown document": {[]string{"documents", "--withdraw", "bestaat-niet"}, exitFailure, "bestaat-niet"},
		"two wishes":       {[]string{"documents", "--failed", "--retry"}, exitUsage, "--retry"},
		"bad expression":   {[]string{"ingest", "--match", "(", at("fiets.md")}, exitUsage, "--match"},
	} {
		if _, errs, code := vraagbaak(t, in(test.args...)...); code != test.code || !strings.Contains(errs, test.says) {
			t.Errorf("%s: exit %d, %s", name, code, errs)
		}
	}
	for _, flag := range []string{"--failed", "--catalogue", "--progress", "--versions=" + want.ID} {
		if out, errs, code := vraagbaak(t, in("documents", flag)...); code != exitOK || out == "" {
			t.Errorf("documents %s: exit %d, %s", flag, code, errs)
		}
	}
}
