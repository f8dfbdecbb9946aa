package server

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

const (
	// openAIPrefix is what the addresses in the form of OpenAI's API begin with.
	openAIPrefix = "/v1/"
	// completionModel is the one model there is.
	completionModel = "vraagbaak"
	// maxCompletion bounds the body of a request, in bytes: clients send the whole
	// conversation every time.
	maxCompletion = 1 << 20
)

// completionRequest is what of OpenAI's request is heeded. Sampling parameters are
// passed over: the answer is what the documents say. Filters and Lang are our own.
type completionRequest struct {
	Model         string              `json:"model"`
	Messages      []completionMessage `json:"messages"`
	N             int                 `json:"n"`
	Stream        bool                `json:"stream"`
	StreamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
	Filters map[string]string `json:"filters"`
	Lang    string            `json:"lang"`
}

type completionMessage struct {
	Role    string            `json:"role"`
	Content completionContent `json:"content"`
}

// completionContent is the text of a message: a string, or parts that are text.
type completionContent string

func (c *completionContent) UnmarshalJSON(b []byte) error {
	if bytes.HasPrefix(b, []byte("[")) {
		var parts []struct {
			Type string  `json:"type"`
			Text *string `json:"text"`
		}
		if err := json.Unmarshal(b, &parts); err != nil {
			return err
		}
		var texts []string
		for _, p := range parts {
			if p.Text == nil || p.Type != "text" {
				return fmt.Errorf("a part of type %q", p.Type)
			}
			texts = append(texts, *p.Text)
		}
		*c = completionContent(strings.Join(texts, "\n"))
		return nil
	}
	var text *string // null: an assistant's message without words
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	if text != nil {
		*c = completionContent(*text)
	}
	return nil
}

// completion is a chat.completion, or a chunk of one. Beside OpenAI's fields it has
// those of an Answer that say how far it can be relied on.
type completion struct {
	ID           string              `json:"id"`
	Object       string              `json:"object"`
	Created      int64               `json:"created"`
	Model        string              `json:"model"`
	Choices      []completionChoice  `json:"choices"`
	Usage        *completionUsage    `json:"usage,omitempty"`
	AIGenerated  bool                `json:"ai_generated"`
	Status       corpus.Status       `json:"status,omitempty"`
	Completeness corpus.Completeness `json:"completeness,omitempty"`
	Citations    []corpus.Citation   `json:"citations,omitempty"`
}

type completionChoice struct {
	Index        int                `json:"index"`
	Message      *completionReply   `json:"message,omitempty"`
	Delta        *completionDelta   `json:"delta,omitempty"`
	FinishReason *completionOutcome `json:"finish_reason"`
	Logprobs     *struct{}          `json:"logprobs"`
}

// completionOutcome is why a completion ended.
type completionOutcome string

type completionReply struct {
	Role        string       `json:"role"`
	Content     string       `json:"content"`
	Refusal     *string      `json:"refusal"`
	Annotations []annotation `json:"annotations"`
}

type completionDelta struct {
	Role        string       `json:"role,omitempty"`
	Content     string       `json:"content,omitempty"`
	Annotations []annotation `json:"annotations,omitempty"`
}

// annotation says which mark of the content stands for which source.
type annotation struct {
	Type string      `json:"type"`
	URL  urlCitation `json:"url_citation"`
}

// urlCitation is the mark content[Start:End], counted in Unicode code points.
type urlCitation struct {
	Start int    `json:"start_index"`
	End   int    `json:"end_index"`
	URL   string `json:"url"`
	Title string `json:"title"`
}

// completionUsage is what a language model took; all zero when none was asked.
type completionUsage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	TotalTokens      int `json:"total_tokens"`
}

func usageOf(a corpus.Answer) *completionUsage {
	if a.Usage == nil {
		return &completionUsage{}
	}
	return &completionUsage{a.Usage.PromptTokens, a.Usage.CompletionTokens, a.Usage.PromptTokens + a.Usage.CompletionTokens}
}

// completions is POST /v1/chat/completions: the last message is the question, those
// before it are what was said; the answer is plain text with numbered citations.
func (s *Server) completions(w http.ResponseWriter, r *http.Request) {
	lang := requestLang(r)
	body, err := readBody(w, r, maxCompletion)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	req, ask, err := parseCompletion(body, lang)
	if err == nil {
		err = s.mayAsk(r, cmp.Or(ask.Lang, lang))
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	stream, err := s.chat.Ask(r.Context(), ask)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	defer stream.Close()
	t := &completionTurn{s: s, w: w, r: r, stream: stream, request: req, origin: s.origin(r), created: time.Now().Unix()}
	allowAnswer(w)
	ctx, cancel := context.WithTimeout(r.Context(), answerTimeout)
	defer cancel()
	if !t.follow(ctx) {
		// Nobody can come back to a completion, so nobody waits for it any more.
		stopping, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 5*time.Second)
		defer cancel()
		if err := s.chat.Stop(stopping, stream.Turn(), lang); err != nil {
			s.log.Warn("a completion that nobody waits for was not stopped", "turn", stream.Turn(), "error", err)
		}
	}
}

// parseCompletion reads a request. An error is a *corpus.UserError.
func parseCompletion(body []byte, lang string) (completionRequest, chat.Ask, error) {
	var req completionRequest
	bad := func(nl, en string, err error) (completionRequest, chat.Ask, error) {
		message := nl
		if lang == "en" {
			message = en
		}
		return req, chat.Ask{}, &corpus.UserError{Code: corpus.CodeBadMessage, Message: message, Err: err}
	}
	if !utf8.Valid(body) {
		return req, chat.Ask{}, chat.ProblemUTF8.Err(lang, nil)
	}
	if err := json.Unmarshal(body, &req); err != nil {
		return bad("Het bericht is geen geldige JSON in de vorm van OpenAI. Stuur model en messages, met alleen tekst.",
			"The message is not valid JSON in OpenAI's form. Send model and messages, with text only.", err)
	}
	if req.Model != completionModel {
		return req, chat.Ask{}, unknownModel(lang)
	}
	if req.N > 1 {
		return bad("Er is maar één antwoord. Laat n weg.", "There is one answer only. Leave out n.", nil)
	}
	ask := chat.Ask{Lang: req.Lang}
	var err error
	if ask.Filter, err = corpus.ParseFilter(req.Filters); err != nil {
		return req, chat.Ask{}, chat.ProblemFilter.Err(lang, err)
	}
	asked := false // a question is open, in ask.Question
	for _, m := range req.Messages {
		switch m.Role {
		case "user":
			if asked {
				ask.History = append(ask.History, answer.Exchange{Question: ask.Question})
			}
			ask.Question, asked = string(m.Content), true
		case "assistant":
			if asked {
				ask.History = append(ask.History, answer.Exchange{Question: ask.Question, Answer: withoutSources(string(m.Content))})
			}
			asked = false
		case "system", "developer", "tool", "function":
			// Documents decide what is answered, and how.
		default:
			return bad("Een bericht heeft een onbekende role. Gebruik user of assistant.",
				"A message has an unknown role. Use user or assistant.", nil)
		}
	}
	if !asked {
		return bad("Het laatste bericht moet de vraag zijn, met role user.",
			"The last message must be the question, with role user.", nil)
	}
	return req, ask, nil
}

// completionTurn is one completion that is being answered.
type completionTurn struct {
	s       *Server
	w       http.ResponseWriter
	r       *http.Request
	stream  *chat.Stream
	request completionRequest
	origin  string
	created int64

	begun bool // the header of the stream was sent
	named bool // a chunk said whose words these are
	said  int  // sentences that were sent
}

// follow answers with what the turn brings. It reports false when the client is gone
// or gave up before the end of the turn.
func (t *completionTurn) follow(ctx context.Context) bool {
	for {
		waiting, cancel := context.WithTimeout(ctx, heartbeat)
		e, err := t.stream.Next(waiting)
		silent := waiting.Err() != nil
		cancel()
		switch {
		case err == nil:
		case ctx.Err() == nil && silent:
			if t.request.Stream && !t.write([]byte(":\n\n")) {
				return false
			}
			continue
		case t.r.Context().Err() != nil:
			return false
		default:
			t.fail(err)
			return false
		}
		switch e.Type {
		case chat.EventSentence:
			if !t.request.Stream {
				continue
			}
			var sentence chat.SentencePayload
			if err := json.Unmarshal(e.Payload, &sentence); err != nil {
				t.fail(err)
				return false
			}
			content := sentenceText(sentence.Text, sentence.Citations)
			if t.said > 0 {
				content = " " + content
			}
			t.said++
			if !t.delta(completionDelta{Content: content}) {
				return false
			}
		case chat.EventDone:
			var a corpus.Answer
			if err := json.Unmarshal(e.Payload, &a); err != nil {
				t.fail(err)
			} else {
				t.done(a)
			}
			return true
		case chat.EventError:
			var f chat.Failure
			if err := json.Unmarshal(e.Payload, &f); err != nil {
				t.fail(err)
			} else {
				t.failure(statusOf[f.Code], f)
			}
			return true
		}
	}
}

func (t *completionTurn) done(a corpus.Answer) {
	content, annotations := completionText(a, t.origin)
	stop := completionOutcome("stop")
	whole := completion{
		Usage: usageOf(a), AIGenerated: a.AIGenerated, Status: a.Status, Completeness: a.Completeness, Citations: a.Citations,
	}
	if !t.request.Stream {
		t.fill(&whole, "chat.completion")
		whole.Choices = []completionChoice{{
			Message:      &completionReply{Role: "assistant", Content: content, Annotations: annotations},
			FinishReason: &stop,
		}}
		writeJSON(t.w, http.StatusOK, whole)
		return
	}
	// What of the text was not said as sentences: the reply without claims, the sources.
	rest := content
	if t.said > 0 {
		rest = strings.TrimPrefix(content, sentencesText(a.Sentences[:min(t.said, len(a.Sentences))]))
	}
	if !t.delta(completionDelta{Content: rest, Annotations: annotations}) {
		return
	}
	last := whole
	t.fill(&last, "chat.completion.chunk")
	last.Usage, last.Choices = nil, []completionChoice{{Delta: &completionDelta{}, FinishReason: &stop}}
	if !t.chunk(last) {
		return
	}
	if t.request.StreamOptions.IncludeUsage {
		usage := completion{Usage: whole.Usage, AIGenerated: whole.AIGenerated, Choices: []completionChoice{}}
		t.fill(&usage, "chat.completion.chunk")
		if !t.chunk(usage) {
			return
		}
	}
	t.write([]byte("data: [DONE]\n\n"))
}

// fill names a completion. All chunks of one have the same name.
func (t *completionTurn) fill(c *completion, object string) {
	c.ID, c.Object, c.Created, c.Model = "chatcmpl-"+t.stream.Turn(), object, t.created, completionModel
}

func (t *completionTurn) delta(d completionDelta) bool {
	if !t.named {
		t.named = true
		d.Role = "assistant"
	}
	c := completion{AIGenerated: true, Choices: []completionChoice{{Delta: &d}}}
	t.fill(&c, "chat.completion.chunk")
	return t.chunk(c)
}

func (t *completionTurn) chunk(c completion) bool {
	b, err := json.Marshal(c)
	if err != nil {
		t.fail(err)
		return false
	}
	return t.write(append(append([]byte("data: "), b...), "\n\n"...))
}

// write sends a part of the stream, its header before the first one.
func (t *completionTurn) write(b []byte) bool {
	if !t.begun {
		h := t.w.Header()
		h.Set("Content-Type", "text/event-stream; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Accel-Buffering", "no")
		t.begun = true
	}
	control := http.NewResponseController(t.w)
	if control.SetWriteDeadline(time.Now().Add(t.s.limits.WriteTimeout)) != nil {
		return false
	}
	if _, err := t.w.Write(b); err != nil {
		return false
	}
	return control.Flush() == nil
}

func (t *completionTurn) fail(err error) {
	status, f := t.s.failure(t.r.Context(), err, requestLang(t.r))
	t.failure(status, f)
}

// failure tells what went wrong: with its status, or within a stream that has begun,
// which then ends without its [DONE].
func (t *completionTurn) failure(status int, f chat.Failure) {
	if !t.begun {
		writeOpenAIFailure(t.w, status, f)
		return
	}
	b, err := json.Marshal(openAIErrorOf(f))
	if err == nil {
		t.write(append(append([]byte("data: "), b...), "\n\n"...))
	}
}

// sentenceText is a sentence with the marks of its citations.
func sentenceText(text string, citations []int) string {
	var b strings.Builder
	b.WriteString(text)
	for _, n := range citations {
		fmt.Fprintf(&b, " [%d]", n)
	}
	return b.String()
}

func sentencesText(sentences []corpus.Sentence) string {
	texts := make([]string, len(sentences))
	for i, s := range sentences {
		texts[i] = sentenceText(s.Text, s.Citations)
	}
	return strings.Join(texts, " ")
}

// Headings of the list of sources, which withoutSources knows again.
const (
	sourcesNL = "Bronnen:"
	sourcesEN = "Sources:"
)

// completionText is an answer as plain text with its sources, and where in it the
// marks of the citations stand.
func completionText(a corpus.Answer, origin string) (string, []annotation) {
	annotations := []annotation{}
	byNumber := make(map[int]corpus.Citation, len(a.Citations))
	for _, c := range a.Citations {
		byNumber[c.N] = c
	}
	content := a.Text
	if len(a.Sentences) > 0 {
		content = sentencesText(a.Sentences)
		at := 0 // code points before the sentence
		for _, s := range a.Sentences {
			at += utf8.RuneCountInString(s.Text)
			for _, n := range s.Citations {
				mark := utf8.RuneCountInString(fmt.Sprintf("[%d]", n))
				at += 1 + mark
				if c, ok := byNumber[n]; ok {
					annotations = append(annotations, annotation{Type: "url_citation", URL: urlCitation{
						Start: at - mark, End: at, URL: absolute(origin, c.URL), Title: sourceTitle(c, a.Lang),
					}})
				}
			}
			at++ // the space before the next one
		}
	}
	heading := sourcesNL
	if a.Lang == "en" {
		heading = sourcesEN
	}
	var b strings.Builder
	b.WriteString(content)
	if len(a.Citations) > 0 {
		b.WriteString("\n\n" + heading + "\n")
		for _, c := range a.Citations {
			fmt.Fprintf(&b, "[%d] %s: %s\n", c.N, sourceTitle(c, a.Lang), absolute(origin, c.URL))
		}
	}
	if notes := chat.Notes(a); len(notes) > 0 {
		if len(a.Citations) == 0 {
			b.WriteByte('\n')
		}
		b.WriteString("\n" + strings.Join(notes, "\n"))
	}
	return b.String(), annotations
}

// sourceTitle says in one line where a citation comes from.
func sourceTitle(c corpus.Citation, lang string) string {
	var b strings.Builder
	b.WriteString(c.Document.Title)
	if c.Document.Number != "" {
		fmt.Fprintf(&b, ", %s %s", cmp.Or(c.Document.Type, "nr."), c.Document.Number)
	}
	if c.Document.Date != "" {
		fmt.Fprintf(&b, " (%s)", c.Document.Date)
	}
	fmt.Fprintf(&b, ", p. %s", cmp.Or(c.PageLabel, fmt.Sprint(c.Page)))
	if c.Reader == corpus.ReaderOCR {
		words := " (tekst door OCR, %.0f%% zeker)"
		if lang == "en" {
			words = " (text read by OCR, %.0f%% certain)"
		}
		fmt.Fprintf(&b, words, c.OCRConfidence)
	}
	return b.String()
}

// withoutSources takes the list of sources off an answer that a client sends back.
func withoutSources(content string) string {
	for _, heading := range []string{sourcesNL, sourcesEN} {
		if i := strings.LastIndex(content, "\n\n"+heading+"\n"); i >= 0 {
			return content[:i]
		}
	}
	return content
}

// openAIModel is a model as GET /v1/models lists it.
type openAIModel struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
}

// theModel is always there, so it has no moment of its own.
var theModel = openAIModel{ID: completionModel, Object: "model", Created: 0, OwnedBy: completionModel}

func (s *Server) models(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, struct {
		Object string        `json:"object"`
		Data   []openAIModel `json:"data"`
	}{"list", []openAIModel{theModel}})
}

func (s *Server) model(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("model") != completionModel {
		s.fail(w, r, unknownModel(requestLang(r)))
		return
	}
	writeJSON(w, http.StatusOK, theModel)
}

func unknownModel(lang string) *corpus.UserError {
	message := `Dit model bestaat niet. Gebruik "vraagbaak".`
	if lang == "en" {
		message = `This model does not exist. Use "vraagbaak".`
	}
	return &corpus.UserError{Code: corpus.CodeNotFound, Message: message}
}

// openAIError is an error in OpenAI's form. Code is the contract's code.
type openAIError struct {
	Error struct {
		Message string      `json:"message"`
		Type    string      `json:"type"`
		Param   *string     `json:"param"`
		Code    corpus.Code `json:"code"`
	} `json:"error"`
}

func openAIErrorOf(f chat.Failure) openAIError {
	var e openAIError
	e.Error.Message, e.Error.Code = f.Message, f.Code
	switch f.Code {
	case corpus.CodeRateLimited:
		e.Error.Type = "rate_limit_error"
	case corpus.CodeBusy, corpus.CodeInternal:
		e.Error.Type = "server_error"
	default:
		e.Error.Type = "invalid_request_error"
	}
	return e
}

func writeOpenAIFailure(w http.ResponseWriter, status int, f chat.Failure) {
	retryAfter(w, f)
	writeJSON(w, status, openAIErrorOf(f))
}
