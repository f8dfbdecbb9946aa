package answer

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// demoShelf is as many passages of the demo documents as a turn reads.
func demoShelf(tb testing.TB) shelf {
	tb.Helper()
	files, err := filepath.Glob("../../ingest/demo/source/*.md")
	if err != nil || len(files) == 0 {
		tb.Fatalf("no documents: %v", err)
	}
	slices.Sort(files)
	slices.Reverse(files) // what the Council is stands last
	var s shelf
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		var page strings.Builder
		for paragraph := range strings.SplitSeq(string(text), "\n\n") {
			if !strings.HasPrefix(paragraph, "#") && len(paragraph) > 100 {
				page.WriteString(strings.ReplaceAll(paragraph, "\n", " ") + "\n")
			}
			if page.Len() < 1200 {
				continue
			}
			p := page.String()
			page.Reset()
			s = append(s, corpus.Passage{
				ChunkID: int64(len(s) + 1), Document: corpus.DocumentRef{ID: filepath.Base(file), Title: filepath.Base(file)}, Language: "nl", Version: 1, VersionID: 1,
				Page: len(s) + 1, PageLabel: "1", End: len([]rune(p)), Text: p, PageText: p, Kind: corpus.BlockParagraph, Score: 1,
			})
			if len(s) == DefaultPassages {
				return s
			}
		}
	}
	return s
}

// BenchmarkModelSentence measures from the moment at which a model has written its first
// sentence until that is shown, over as many passages as a turn reads: shown-ms is the
// median, most-ms the 95th percentile. A sentence without a right handle is looked for in
// all that the model read.
func BenchmarkModelSentence(b *testing.B) {
	docs := demoShelf(b)
	for name, says := range map[string]string{
		"right handle": "De SER heeft sinds 2023 36 leden [%].", "wrong handle": "De SER heeft sinds 2023 36 leden [2].", "no handle": "De SER heeft sinds 2023 36 leden.\n",
	} {
		b.Run(name, func(b *testing.B) {
			var list []time.Duration
			for b.Loop() {
				w := &timedWriter{says: says}
				a, err := New(Config{Retriever: docs, Writer: w}).Answer(b.Context(), Request{Question: "Hoeveel leden heeft de SER?"}, func(e Event) error {
					if _, ok := e.(IndexedSentence); ok && w.shown == 0 {
						w.shown = time.Since(w.finished)
					}
					return nil
				})
				if err != nil || a.Model != w.Name() || w.shown == 0 {
					b.Fatalf("%v; by %s: %s", err, a.Model, a.Text)
				}
				list = append(list, w.shown)
			}
			slices.Sort(list)
			b.ReportMetric(list[len(list)/2].Seconds()*1000, "shown-ms")
			b.ReportMetric(list[len(list)*19/20].Seconds()*1000, "most-ms")
		})
	}
}

// timedWriter says one sentence after as long as a fast model reads, with the handle of
// the sentence that says it for %.
type timedWriter struct {
	scripted
	says     string
	finished time.Time
	shown    time.Duration
}

func (w *timedWriter) Budget() int { return 8192 - 800 }

func (w *timedWriter) Write(_ context.Context, p Prompt, text func(string) error) (Written, error) {
	time.Sleep(100 * time.Millisecond)
	handle := ""
	for line := range strings.Lines(p.User) {
		if strings.Contains(line, "] Sinds 2023 telt de SER 36 leden.") {
			handle, _, _ = strings.Cut(line[1:], "]")
		}
	}
	pieces := strings.SplitAfter(strings.ReplaceAll(w.says, "%", handle), " ")
	for i, piece := range pieces {
		if i == len(pieces)-1 {
			w.finished = time.Now()
		}
		if err := text(piece); err != nil {
			return Written{}, err
		}
	}
	return Written{}, nil
}
