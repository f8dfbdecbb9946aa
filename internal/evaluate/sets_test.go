package evaluate

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var fromFile = Origin{Kind: OriginFile, Date: "2026-11-22", File: "set.jsonl"}

func TestReadCasesTellsEveryMistake(t *testing.T) {
	t.Parallel()
	in := strings.Join([]string{
		`{"id":"a","question":"x","answerable":true,"expect":[["y"]]}`,
		`{"id":"b"`,
		``,
		`{"id":"c","answerable":true}`,
		`{"id":"d","question":"x"}`,
		`{"id":"e","question":"x","answerable":true}`,
		`{"id":"f","question":"x","answerable":true,"expect":[[]]}`,
		`{"id":"g","question":"x","answerable":true,"expect":[["("]]}`,
		`{"id":"h","question":"x","lang":"de","answerable":false}`,
		`{"id":"a","question":"x","answerable":false}`,
		"{\"id\":\"i\xff\",\"question\":\"x\",\"answerable\":false}",
		`{"id":"j\u0001","question":"x","answerable":false}`,
		`{"id":"k","question":"x","answerable":false,"origin":{"kind":"nowhere","date":"2026-11-22"}}`,
		`null`,
		`[1]`,
		`{"id":"l","question":"` + strings.Repeat("x", maxText+1) + `","answerable":false}`,
	}, "\n")
	cases, err := ReadCases(strings.NewReader(in), fromFile)
	var faults LineFaults
	if !errors.As(err, &faults) || cases != nil {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	type at struct {
		Line int
		Code FaultCode
	}
	var got []at
	for _, f := range faults {
		got = append(got, at{f.Line, f.Code})
	}
	want := []at{{2, FaultJSON}, {4, FaultQuestion}, {5, FaultAnswerable}, {6, FaultExpect}, {7, FaultGroup}, {8, FaultPattern}, {9, FaultLang}, {10, FaultTwice}, {11, FaultUTF8}, {12, FaultID}, {13, FaultOrigin}, {14, FaultJSON}, {15, FaultJSON}, {16, FaultLength}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s\n%v", diff, err)
	}
	if text := err.Error(); !strings.Contains(text, "line 4: ") || !strings.Contains(text, `id "a" stands on line 1 already`) {
		t.Error(text)
	}
	for _, empty := range []string{"", "\n\n", "\ufeff\n"} {
		if _, err := ReadCases(strings.NewReader(empty), fromFile); err == nil {
			t.Errorf("%q was read", empty)
		}
	}
}

func TestCasesKeepWhatTheyDoNotKnow(t *testing.T) {
	t.Parallel()
	in := `{"question":"Wie zit < de SER voor?","answerable":true,"expect":[["hamer"]],"note":{"by":"x","n":1.50},"Aside":[1, 2]}`
	cases, err := ReadCases(strings.NewReader("\ufeff\n"+in), fromFile)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := WriteCases(&out, cases); err != nil {
		t.Fatal(err)
	}
	want := `{"id":"line-2","lang":"","question":"Wie zit < de SER voor?","answerable":true,"expect":[["hamer"]],"origin":{"kind":"file","date":"2026-11-22","file":"set.jsonl"},"Aside":[1,2],"note":{"by":"x","n":1.50}}` + "\n"
	if out.String() != want {
		t.Errorf("got  %s\nwant %s", out.String(), want)
	}
}

// The sets that come along are read as they are asked, and written again with all they
// hold.
func TestDemoSetsKeepAllTheyHold(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../ingest/demo/questions*.jsonl")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d sets, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		cases, err := ReadCases(bytes.NewReader(data), fromFile)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		questions, err := ReadQuestions(bytes.NewReader(data))
		if err != nil || len(questions) != len(cases) {
			t.Errorf("%s: %d cases, %d questions, %v", file, len(cases), len(questions), err)
		}
		var out bytes.Buffer
		if err := WriteCases(&out, cases); err != nil {
			t.Fatal(err)
		}
		before, after := lines(t, data), lines(t, out.Bytes())
		for i := range after {
			delete(after[i], "origin")
			if _, had := before[i]["lang"]; !had {
				delete(after[i], "lang")
			}
			for name, value := range before[i] { // an empty list is as none
				if list, ok := value.([]any); ok && len(list) == 0 {
					delete(before[i], name)
				}
			}
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}

func lines(t *testing.T, data []byte) (out []map[string]any) {
	t.Helper()
	for line := range bytes.Lines(data) {
		var v map[string]any
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

func FuzzCases(f *testing.F) {
	for _, seed := range []string{
		set, `{"id":1}`, `{"question":"x","answerable":false,"note":"\u0000","ID":"a"}`, `{"question":"x","answerable":true,"expect":[["y"]],"tags":[],"sources":[{"document":"d","page":3}]}`,
		`{"id":"a","question":"\ud800","answerable":false,"a":1e999,"A":2}`, `{"questıon":"x","queſtion":"y","answerable":false}`,
		`{"question":"x","answerable":false,"origin":{"kind":"judgement","date":"2026-11-22","judgement":12}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		cases, err := ReadCases(strings.NewReader(in), fromFile)
		if err != nil {
			var faults LineFaults
			if !errors.As(err, &faults) || len(faults) == 0 || faults[0].Line < 1 || faults[0].Error() == "" {
				t.Fatalf("%v names no line", err)
			}
			return
		}
		var once, twice bytes.Buffer
		if err := WriteCases(&once, cases); err != nil {
			t.Fatal(err)
		}
		again, err := ReadCases(bytes.NewReader(once.Bytes()), Origin{})
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, once.String())
		}
		if err := WriteCases(&twice, again); err != nil {
			t.Fatal(err)
		}
		if once.String() != twice.String() {
			t.Fatalf("written once:\n%s\ntwice:\n%s", once.String(), twice.String())
		}
		if diff := cmp.Diff(cases, again, cmpopts.IgnoreUnexported(Question{}), cmpopts.EquateEmpty(),
			cmp.Transformer("compact", func(m json.RawMessage) string {
				var b bytes.Buffer
				if err := json.Compact(&b, m); err != nil {
					return err.Error()
				}
				return b.String()
			})); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestOriginOn(t *testing.T) {
	t.Parallel()
	if o := OriginOn(OriginHand, time.Date(2026, 11, 22, 23, 0, 0, 0, time.UTC)); o.Date != "2026-11-22" || !o.valid() {
		t.Errorf("%+v", o)
	}
}
