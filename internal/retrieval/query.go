package retrieval

import "github.com/ser-nl/vraagbaak/internal/corpus"

// Query is what to look for.
type Query struct {
	Text   string
	Lang   string // "nl" or "en"; "" is "nl"
	Filter corpus.Filter
	Limit  int // passages wanted, 1 to 1000; 0 is 10
	// Expansions are words beside the question's own, such as the Dutch terms that
	// a bilingual glossary gives for an English question.
	Expansions []Expansion
}

// Expansion is a word or phrase that a question implies.
type Expansion struct {
	Term   string
	Weight float64 // of each of its words, against 1 for a word of the question
}
