package postgres

import (
	"context"
	"fmt"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Catalogue tells how the corpus stands in time, for answers.
type Catalogue struct {
	store *IngestStore
}

// NewCatalogue returns the catalogue of a database.
func NewCatalogue(db *DB) *Catalogue { return &Catalogue{store: &IngestStore{db: db}} }

// Standing is the date of the newest current document, and for every document of a
// superseded publication the one that took its place.
func (c *Catalogue) Standing(ctx context.Context) (s corpus.Standing, err error) {
	// Dates sort as text, whatever their precision.
	err = c.store.db.pool.QueryRow(ctx, `
		SELECT coalesce(max(v.date), '')
		FROM versions v JOIN documents d ON d.id = v.document_id
		WHERE v.status = 'current' AND d.withdrawn_at IS NULL`).Scan(&s.ReferenceDate)
	if err != nil {
		return s, fmt.Errorf("reading the reference date: %w", err)
	}
	publications, err := c.store.Publications(ctx)
	if err != nil {
		return s, err
	}
	s.SupersededBy = superseded(publications)
	return s, nil
}

// superseded holds by document what took its place: the newest that says so.
func superseded(publications []corpus.Publication) map[string]corpus.DocumentRef {
	documents := make(map[string]string) // of publications by id
	for _, p := range publications {
		documents[p.ID] = p.Document
	}
	out := make(map[string]corpus.DocumentRef)
	for _, p := range publications { // oldest first
		for _, r := range p.Relations {
			if old := documents[r.Publication]; r.Kind == corpus.Supersedes && old != "" {
				out[old] = corpus.DocumentRef{ID: p.Document, Title: p.Title, Number: p.Number, Type: p.Type, Date: p.Date}
			}
		}
	}
	return out
}
