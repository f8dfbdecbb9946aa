package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/server"
)

// library answers as script does, with sources as answers have them, declines what it
// does not know, and remembers what it was asked.
type library struct {
	mu    sync.Mutex
	asked []answer.Request
	ended chan error // what stopped a turn that waits; nil: turns do not wait
}

func (l *library) Answer(ctx context.Context, req answer.Request, emit func(answer.Event) error) (corpus.Answer, error) {
	l.mu.Lock()
	l.asked = append(l.asked, req)
	l.mu.Unlock()
	a := corpus.Answer{Status: corpus.NoAnswer, Completeness: corpus.None, Text: "Dat staat niet in de documenten.", Model: "script", Corpus: "test"}
	switch {
	case strings.Contains(req.Question, "onbekend"):
		return a, nil
	case strings.Contains(req.Question, "kapot"):
		return a, errors.New("as asked")
	}
	a.Status, a.Completeness, a.Text = corpus.Answered, corpus.Complete, ""
	a.Usage = &corpus.Usage{PromptTokens: 30, CompletionTokens: 12}
	for i, text := range []string{"De raad telt 33 leden — één voorzitter.", "Hij bestaat sinds 1950 [sic]."} {
		c := corpus.Citation{N: i + 1, Document: corpus.DocumentRef{ID: "doc", Title: "De SER & de “wet”", Number: "14/04", Type: "advies", Date: "2014-04-25"},
			Version: 2, Page: 13, PageLabel: "11", Quote: text, End: len([]rune(text)), URL: corpus.CitationURL("doc", 2, 13, 0, len([]rune(text)))}
		s := corpus.Sentence{Text: text, Citations: []int{i + 1}}
		if err := emit(c); err != nil {
			return a, err
		}
		if err := emit(answer.IndexedSentence{Index: i, Sentence: s}); err != nil {
			return a, err
		}
		a.Citations, a.Sentences = append(a.Citations, c), append(a.Sentences, s)
		if l.ended != nil && strings.Contains(req.Question, "wacht") {
			<-ctx.Done()
			l.ended <- context.Cause(ctx)
			return a, ctx.Err()
		}
	}
	a.Text = "De raad telt 33 leden — één voorzitter. [1] Hij bestaat sinds 1950 [sic]. [2]"
	return a, nil
}

func openAI(t *testing.T, l *library, settings ...setting) (openai.Client, *instance) {
	t.Helper()
	in := start(t, postgrestest.New(t), append(settings, func(c *chat.Config, _ *server.Config) { c.Answerer = l })...)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return openai.NewClient(option.WithBaseURL("http://"+in.addr+"/v1/"), option.WithAPIKey("none"), option.WithMaxRetries(0),
		option.WithHTTPClient(&http.Client{Transport: transport, Timeout: 30 * time.Second})), in
}

const sourced = "De raad telt 33 leden — één voorzitter. [1] Hij bestaat sinds 1950 [sic]. [2]"

func TestCompletion(t *testing.T) {
	l := &library{}
	client, in := openAI(t, l)
	reply, err := client.Chat.Completions.New(t.Context(), openai.ChatCompletionNewParams{
		Model: "vraagbaak",
		Messages: []openai.ChatCompletionMessageParamUnion{
			openai.SystemMessage("Antwoord als piraat."),
			openai.UserMessage("Wat is de SER?"),
			openai.AssistantMessage("Een raad. [1]\n\nBronnen:\n[1] x: http://x"),
			openai.UserMessage("Hoeveel leden telt hij? Bel 0612345678"),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(reply.Choices) != 1 || reply.Object != "chat.completion" || reply.Model != "vraagbaak" || !strings.HasPrefix(reply.ID, "chatcmpl-") || reply.Created == 0 {
		t.Fatalf("reply %s", reply.RawJSON())
	}
	choice := reply.Choices[0]
	address := "http://" + in.addr + "/citaat/doc/2/13/0-39"
	want := sourced + "\n\nBronnen:\n[1] De SER & de “wet”, advies 14/04 (2014-04-25), p. 11: " + address + "\n[2] De SER"
	if !strings.HasPrefix(choice.Message.Content, want) || !strings.Contains(choice.Message.Content, "door een computer gemaakt") || choice.FinishReason != "stop" {
		t.Errorf("content %q", choice.Message.Content)
	}
	checkAnnotations(t, choice.Message.Content, choice.Message.Annotations, address)
	if reply.Usage.PromptTokens != 30 || reply.Usage.CompletionTokens != 12 || reply.Usage.TotalTokens != 42 {
		t.Errorf("usage %+v", reply.Usage)
	}
	var more struct {
		AIGenerated bool              `json:"ai_generated"`
		Status      corpus.Status     `json:"status"`
		Citations   []corpus.Citation `json:"citations"`
	}
	if err := json.Unmarshal([]byte(reply.RawJSON()), &more); err != nil || !more.AIGenerated || more.Status != corpus.Answered || len(more.Citations) != 2 {
		t.Errorf("more %+v, %v", more, err)
	}
	asked := l.asked[0]
	if asked.Question != "Hoeveel leden telt hij? Bel [telefoon]" ||
		!cmp.Equal(asked.History, []answer.Exchange{{Question: "Wat is de SER?", Answer: "Een raad. [1]"}}) {
		t.Errorf("asked %+v", asked)
	}
}

func checkAnnotations(t *testing.T, content string, annotations []openai.ChatCompletionMessageAnnotation, first string) {
	t.Helper()
	if len(annotations) != 2 || annotations[0].URLCitation.URL != first {
		t.Fatalf("annotations %+v", annotations)
	}
	for i, a := range annotations {
		mark := corpus.Slice(content, int(a.URLCitation.StartIndex), int(a.URLCitation.EndIndex))
		if want := []string{"[1]", "[2]"}[i]; mark != want || a.URLCitation.Title == "" || string(a.Type) != "url_citation" {
			t.Errorf("annotation %d marks %q: %s", i, mark, a.RawJSON())
		}
	}
}

func TestCompletionStream(t *testing.T) {
	client, in := openAI(t, &library{})
	stream := client.Chat.Completions.NewStreaming(t.Context(), openai.ChatCompletionNewParams{
		Model:         "vraagbaak",
		Messages:      []openai.ChatCompletionMessageParamUnion{openai.UserMessage("Hoeveel leden telt de SER?")},
		StreamOptions: openai.ChatCompletionStreamOptionsParam{IncludeUsage: openai.Bool(true)},
	})
	defer func() { _ = stream.Close() }()
	var all openai.ChatCompletionAccumulator
	var parts []string
	var annotations []openai.ChatCompletionMessageAnnotation
	for stream.Next() {
		chunk := stream.Current()
		if !all.AddChunk(chunk) {
			t.Fatalf("chunk does not fit: %s", chunk.RawJSON())
		}
		if !strings.Contains(chunk.RawJSON(), `"ai_generated":true`) {
			t.Errorf("chunk %s", chunk.RawJSON())
		}
		for _, c := range chunk.Choices {
			if c.Delta.Content != "" {
				parts = append(parts, c.Delta.Content)
			}
			var delta struct {
				Annotations []openai.ChatCompletionMessageAnnotation `json:"annotations"`
			}
			if err := json.Unmarshal([]byte(c.Delta.RawJSON()), &delta); err != nil {
				t.Fatal(err)
			}
			annotations = append(annotations, delta.Annotations...)
		}
	}
	if err := stream.Err(); err != nil {
		t.Fatal(err)
	}
	if len(parts) != 3 || parts[0] != "De raad telt 33 leden — één voorzitter. [1]" || parts[1] != " Hij bestaat sinds 1950 [sic]. [2]" {
		t.Fatalf("parts %q", parts)
	}
	message := all.Choices[0].Message
	if string(message.Role) != "assistant" || all.Choices[0].FinishReason != "stop" || all.Usage.TotalTokens != 42 {
		t.Errorf("accumulated %+v", all)
	}
	checkAnnotations(t, message.Content, annotations, "http://"+in.addr+"/citaat/doc/2/13/0-39")

	// The same words as without streaming.
	whole, err := client.Chat.Completions.New(t.Context(), openai.ChatCompletionNewParams{
		Model: "vraagbaak", Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("Hoeveel leden telt de SER?")},
	})
	if err != nil || whole.Choices[0].Message.Content != message.Content {
		t.Errorf("streamed %q, whole %+v, %v", message.Content, whole, err)
	}

	// A reply without claims has no sentences to stream.
	stream = client.Chat.Completions.NewStreaming(t.Context(), openai.ChatCompletionNewParams{
		Model: "vraagbaak", Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("Wat is onbekend?")},
	})
	all = openai.ChatCompletionAccumulator{}
	for stream.Next() {
		all.AddChunk(stream.Current())
	}
	if err := stream.Err(); err != nil || all.Choices[0].Message.Content != "Dat staat niet in de documenten." {
		t.Errorf("declined: %+v, %v", all.Choices, err)
	}
}

// TestCompletionCancel: nobody can come back to a completion, so a client that
// leaves stops it.
func TestCompletionCancel(t *testing.T) {
	l := &library{ended: make(chan error, 1)}
	client, _ := openAI(t, l)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stream := client.Chat.Completions.NewStreaming(ctx, openai.ChatCompletionNewParams{
		Model: "vraagbaak", Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("Hoeveel leden? wacht")},
	})
	if !stream.Next() || stream.Current().Choices[0].Delta.Content == "" {
		t.Fatalf("no first sentence: %v", stream.Err())
	}
	cancel()
	for stream.Next() { // what had been sent before
	}
	if !errors.Is(stream.Err(), context.Canceled) {
		t.Errorf("stream ended with %v", stream.Err())
	}
	select {
	case <-l.ended:
	case <-time.After(20 * time.Second):
		t.Fatal("the turn goes on")
	}
}

func TestCompletionErrors(t *testing.T) {
	client, in := openAI(t, &library{}, func(_ *chat.Config, s *server.Config) {
		s.Limits = server.Limits{AsksPerSecond: 0.001, AskBurst: 3}
	})
	ask := func(model, question string) error {
		_, err := client.Chat.Completions.New(t.Context(), openai.ChatCompletionNewParams{
			Model: model, Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(question)},
		})
		return err
	}
	check := func(name string, err error, status int, kind, code string) {
		t.Helper()
		var failed *openai.Error
		if !errors.As(err, &failed) || failed.StatusCode != status || failed.Type != kind || failed.Code != code || failed.Message == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	check("model", ask("gpt-4", "Wat?"), 404, "invalid_request_error", "not_found")
	check("failing", ask("vraagbaak", "kapot"), 500, "server_error", "internal")
	check("empty", ask("vraagbaak", " "), 400, "invalid_request_error", "bad_message")
	check("too long", ask("vraagbaak", strings.Repeat("a", 2001)), 413, "invalid_request_error", "too_long")
	check("too many", ask("vraagbaak", "Wat?"), 429, "rate_limit_error", "rate_limited")

	url := "http://" + in.addr + "/v1/chat/completions"
	for _, tt := range []struct {
		name, method, url, body string
		header                  map[string]string
		status                  int
		message                 string
	}{
		{"no JSON", "POST", url, "hallo", nil, 400, "OpenAI"},
		{"picture", "POST", url, `{"model":"vraagbaak","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]}`, nil, 400, "alleen tekst"},
		{"several", "POST", url, `{"model":"vraagbaak","n":2,"messages":[{"role":"user","content":"Wat?"}]}`, nil, 400, "n"},
		{"no question", "POST", url, `{"model":"vraagbaak","messages":[{"role":"user","content":"Wat?"},{"role":"assistant","content":"Dit."}]}`, nil, 400, "laatste bericht"},
		{"nothing", "POST", url, `{"model":"vraagbaak","messages":[]}`, nil, 400, "laatste bericht"},
		{"role", "POST", url, `{"model":"vraagbaak","messages":[{"role":"king","content":"Wat?"}]}`, map[string]string{"Accept-Language": "en"}, 400, "unknown role"},
		{"filter", "POST", url, `{"model":"vraagbaak","filters":{"x":"y"},"messages":[{"role":"user","content":"Wat?"}]}`, nil, 400, "filter"},
		{"giant", "POST", url, `{"model":"` + strings.Repeat("a", 2<<20) + `"}`, nil, 413, "te groot"},
		{"method", "GET", url, "", nil, 405, "methode"},
		{"address", "GET", "http://" + in.addr + "/v1/embeddings", "", nil, 404, "adres"},
		{"foreign website", "POST", url, `{}`, map[string]string{"Origin": "https://example.org", "Sec-Fetch-Site": "cross-site"}, 403, "website"},
	} {
		resp, body := request(t, tt.method, tt.url, tt.header, tt.body)
		var e struct {
			Error struct{ Message, Type, Code string }
		}
		if err := json.Unmarshal([]byte(body), &e); err != nil || resp.StatusCode != tt.status || !strings.Contains(e.Error.Message, tt.message) || e.Error.Type == "" || e.Error.Code == "" {
			t.Errorf("%s: %s %s %v", tt.name, resp.Status, body, err)
		}
	}
}

func TestModels(t *testing.T) {
	client, _ := openAI(t, &library{})
	list, err := client.Models.List(t.Context())
	if err != nil || len(list.Data) != 1 || list.Data[0].ID != "vraagbaak" {
		t.Fatalf("models %+v, %v", list, err)
	}
	if m, err := client.Models.Get(t.Context(), "vraagbaak"); err != nil || m.OwnedBy != "vraagbaak" {
		t.Errorf("model %+v, %v", m, err)
	}
	if _, err := client.Models.Get(t.Context(), "gpt-4"); err == nil {
		t.Error("a model that does not exist")
	}
}
