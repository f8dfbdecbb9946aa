package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the page numbers of the question sets anew")

// question is one line of a question set.
type question struct {
	ID         string     `json:"id"`
	Lang       string     `json:"lang"`
	Question   string     `json:"question"`
	Answerable bool       `json:"answerable"`
	Expect     [][]string `json:"expect,omitempty"`
	Cite       [][]string `json:"cite,omitempty"`
	Sources    []location `json:"sources,omitempty"`
	Tags       []string   `json:"tags"`
	Kind       string     `json:"kind"`
}

type location struct {
	Document string `json:"document"`
	Page     int    `json:"page"`
}

// questionKinds says for each kind whether its questions can be answered.
var questionKinds = map[string]bool{
	"plain": true, "colloquial": true, "typo": true, "english": true,
	"out_of_scope": false, "near_miss": false, "opinion": false,
	"voting": false, "legal": false, "steering": false,
}

// TestQuestions checks that what a question expects stands on one page of each
// document it names, and that the set has what it must have of each kind.
func TestQuestions(t *testing.T) {
	pages := map[string][]string{}
	for _, name := range sources(t) {
		_, texts, err := makeOne(name)
		if err != nil {
			t.Fatal(err)
		}
		pages[stem(name)] = texts
	}
	sets := []struct {
		file                         string
		total, english, unanswerable int
	}{
		{"../questions.jsonl", 150, 20, 30},
		{"../questions_dev2.jsonl", 60, 8, 15},
	}
	seen := map[string]string{} // question text, over all sets
	for _, set := range sets {
		questions := readQuestions(t, set.file)
		count := map[string]int{}
		ids := map[string]bool{}
		for i := range questions {
			q := &questions[i]
			if ids[q.ID] || q.ID == "" {
				t.Errorf("%s: id %q is empty or not unique", set.file, q.ID)
			}
			ids[q.ID] = true
			if other := seen[strings.ToLower(q.Question)]; other != "" {
				t.Errorf("%s asks the same as %s", q.ID, other)
			}
			seen[strings.ToLower(q.Question)] = q.ID
			answerable, known := questionKinds[q.Kind]
			if !known || answerable != q.Answerable {
				t.Errorf("%s: kind %q with answerable %v", q.ID, q.Kind, q.Answerable)
			}
			if q.Lang != "nl" && q.Lang != "en" || q.Kind == "english" && q.Lang != "en" {
				t.Errorf("%s: language %q", q.ID, q.Lang)
			}
			if len(q.Tags) == 0 {
				t.Errorf("%s has no tags", q.ID)
			}
			count[q.Kind]++
			if q.Lang == "en" {
				count["all english"]++
			}
			if !q.Answerable {
				count["all unanswerable"]++
				if len(q.Expect)+len(q.Cite)+len(q.Sources) > 0 {
					t.Errorf("%s cannot be answered, but expects something", q.ID)
				}
				continue
			}
			checkAnswerable(t, q, pages)
		}
		t.Logf("%s: %d questions, %v", set.file, len(questions), count)
		if len(questions) < set.total || count["all english"] < set.english || count["all unanswerable"] < set.unanswerable {
			t.Errorf("%s has %d questions, %d English, %d unanswerable; want at least %d, %d, %d", set.file,
				len(questions), count["all english"], count["all unanswerable"], set.total, set.english, set.unanswerable)
		}
		if *update {
			writeQuestions(t, set.file, questions)
		}
	}
}

// checkAnswerable checks each source of q: every group of expect and cite is
// found on that page. With -update it first looks the page up.
func checkAnswerable(t *testing.T, q *question, pages map[string][]string) {
	t.Helper()
	if len(q.Expect) == 0 || len(q.Sources) == 0 {
		t.Errorf("%s expects nothing or names no source", q.ID)
		return
	}
	groups := compile(t, q.ID, slices.Concat(q.Expect, q.Cite))
	for i := range q.Sources {
		source := &q.Sources[i]
		texts := pages[source.Document]
		if texts == nil {
			t.Errorf("%s: there is no document %q", q.ID, source.Document)
			continue
		}
		if *update {
			source.Page = 1 + slices.IndexFunc(texts, func(text string) bool { return found(groups, text) })
		}
		if source.Page < 1 || source.Page > len(texts) {
			t.Errorf("%s: %s has no page %d with %v", q.ID, source.Document, source.Page, q.Expect)
			continue
		}
		if !found(groups, texts[source.Page-1]) {
			t.Errorf("%s: %v and %v do not stand on page %d of %s", q.ID, q.Expect, q.Cite, source.Page, source.Document)
		}
	}
}

func compile(t *testing.T, id string, groups [][]string) [][]*regexp.Regexp {
	t.Helper()
	var compiled [][]*regexp.Regexp
	for _, group := range groups {
		var alternatives []*regexp.Regexp
		for _, pattern := range group {
			re, err := regexp.Compile("(?i)" + pattern)
			if err != nil || pattern == "" {
				t.Errorf("%s: pattern %q: %v", id, pattern, err)
				continue
			}
			alternatives = append(alternatives, re)
		}
		compiled = append(compiled, alternatives)
	}
	return compiled
}

// found reports whether every group has a pattern that matches text.
func found(groups [][]*regexp.Regexp, text string) bool {
	return !slices.ContainsFunc(groups, func(group []*regexp.Regexp) bool {
		return !slices.ContainsFunc(group, func(re *regexp.Regexp) bool { return re.MatchString(text) })
	})
}

func readQuestions(t *testing.T, name string) []question {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var questions []question
	for i, line := range bytes.Split(bytes.TrimSpace(content), []byte("\n")) {
		var q question
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&q); err != nil {
			t.Fatalf("%s line %d: %v", name, i+1, err)
		}
		questions = append(questions, q)
	}
	return questions
}

func writeQuestions(t *testing.T, name string, questions []question) {
	t.Helper()
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	for _, q := range questions {
		if err := encoder.Encode(q); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(name, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
