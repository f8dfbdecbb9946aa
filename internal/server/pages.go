package server

import (
	"context"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Question is what a visitor asks through a form.
type Question struct {
	Conversation string // "" starts a new one
	Text         string
	Lang         string // "nl", "en" or "" to let the question decide
}

// Asker answers a question and waits for the end of the answer. It takes a
// context with a deadline. A failure meant for people is a *corpus.UserError.
type Asker interface {
	Ask(ctx context.Context, q Question) (corpus.Answer, error)
}

// Turn is one question of a conversation as it is kept. Answer is nil while
// the answer is being made, and stays nil when making it failed.
type Turn struct {
	ID       string
	Question string
	Lang     string
	Answer   *corpus.Answer
	Failed   bool
}

// Conversations reads what was said. An unknown or deleted conversation is a
// *corpus.UserError with corpus.CodeNotFound.
type Conversations interface {
	Turns(ctx context.Context, conversation string) ([]Turn, error)
}

// SourcePage is one page of one version of a document, with what is needed to
// place it.
type SourcePage struct {
	Document corpus.Document // as it was in that version; Document.Pages is its number of pages
	Page     corpus.Page
	Current  int // the document's current version; 0 when it has none any more
}

// Heading is an entry of a document's table of contents.
type Heading struct {
	Level int // 1 is the highest
	Text  string
	Page  int
	Label string
}

// Original is a document version as it was received.
type Original struct {
	MediaType string
	Digest    string // hexadecimal SHA-256 of Content
	Content   []byte
}

// Library reads the corpus for people. What does not exist is a
// *corpus.UserError with corpus.CodeNotFound.
type Library interface {
	Documents(ctx context.Context) ([]corpus.Document, error)
	Document(ctx context.Context, id string) (corpus.Document, error)
	Headings(ctx context.Context, document string, version int) ([]Heading, error)
	Page(ctx context.Context, document string, version, page int) (SourcePage, error)
	Original(ctx context.Context, document string, version int) (Original, error)
}
