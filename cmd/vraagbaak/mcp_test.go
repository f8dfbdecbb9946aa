package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// An assistant gets the same over standard input and output as over HTTP, and what it
// cites can be opened on the website.
func TestMCP(t *testing.T) {
	s := demoSite.get(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	for name, transport := range map[string]mcp.Transport{
		"stdio": &mcp.CommandTransport{Command: program(ctx, "mcp", "--data-dir", s.dir, "--public-url", s.url)},
		"http":  &mcp.StreamableClientTransport{Endpoint: s.url + "/mcp", DisableStandaloneSSE: true, MaxRetries: -1},
	} {
		session, err := mcp.NewClient(&mcp.Implementation{Name: "test"}, nil).Connect(ctx, transport, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		call := func(tool string, arguments map[string]any, into any) {
			t.Helper()
			result, err := session.CallTool(ctx, &mcp.CallToolParams{Name: tool, Arguments: arguments})
			if err != nil || result.IsError {
				t.Fatalf("%s: %s: %+v, %v", name, tool, result, err)
			}
			b, err := json.Marshal(result.StructuredContent)
			if err == nil {
				err = json.Unmarshal(b, into)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		type quote struct{ Quote, Document, URL, Leidraad string }
		var found struct{ Passages []quote }
		call("passages", map[string]any{"query": "Wat is de Stichting van de Arbeid?", "limit": 3}, &found)
		if len(found.Passages) != 3 || !strings.HasPrefix(found.Passages[0].URL, s.url+"/citaat/") {
			t.Fatalf("%s: passages %+v", name, found)
		}
		var cited quote
		call("cite", map[string]any{"url": found.Passages[0].URL}, &cited)
		if cited.Quote != found.Passages[0].Quote || !strings.Contains(cited.Leidraad, cited.URL) {
			t.Errorf("%s: cited %+v", name, cited)
		}
		if status, html := get(t, cited.URL); status != http.StatusOK || !strings.Contains(html, "<mark") {
			t.Errorf("%s: %s: status %d", name, cited.URL, status)
		}
		var document struct{ Pages []struct{ Text string } }
		call("document", map[string]any{"document": cited.Document, "pages": 10}, &document)
		if len(document.Pages) == 0 || document.Pages[0].Text == "" {
			t.Errorf("%s: document %+v", name, document)
		}
		var publications struct {
			Total        int
			Publications []struct{ Title, URL string }
		}
		call("search", map[string]any{"query": "ondernemingsraad"}, &publications)
		if publications.Total == 0 || len(publications.Publications) == 0 || publications.Publications[0].Title == "" {
			t.Errorf("%s: publications %+v", name, publications)
		}
		var history struct {
			Entries []struct {
				Publication struct{ Title string }
				Positions   []quote
			}
		}
		call("history", map[string]any{"topic": "ondernemingsraad"}, &history)
		if len(history.Entries) == 0 || history.Entries[0].Publication.Title == "" {
			t.Errorf("%s: history %+v", name, history)
		}
		if err := session.Close(); err != nil {
			t.Errorf("%s: closing: %v", name, err)
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		request, err := http.NewRequestWithContext(ctx, method, s.url+"/mcp", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Origin", "https://example.org")
		request.Header.Set("Accept", "application/json, text/event-stream")
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusForbidden {
			t.Errorf("%s from a website that may not: %s", method, response.Status)
		}
	}
}

// A program that knows OpenAI's form gets the answer that people get.
func TestOpenAIClient(t *testing.T) {
	s := demoSite.get(t)
	const question = "Wat is de Stichting van de Arbeid?"
	asked := result[corpus.Answer](t, "ask", "--data-dir", s.dir, "--json", question)
	client := openai.NewClient(option.WithBaseURL(s.url+"/v1/"), option.WithAPIKey("none"), option.WithMaxRetries(0))
	reply, err := client.Chat.Completions.New(t.Context(), openai.ChatCompletionNewParams{
		Model: "vraagbaak", Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(question)},
	})
	if err != nil {
		t.Fatal(err)
	}
	message := reply.Choices[0].Message
	if !strings.HasPrefix(message.Content, asked.Text+"\n\nBronnen:\n[1] ") || len(message.Annotations) == 0 {
		t.Fatalf("content %q", message.Content)
	}
	if status, html := get(t, message.Annotations[0].URLCitation.URL); status != http.StatusOK || !strings.Contains(html, "<mark") {
		t.Errorf("%s: status %d", message.Annotations[0].URLCitation.URL, status)
	}
}
