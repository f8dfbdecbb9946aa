package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/server"
)

var _ server.FeedbackStore = (*Feedback)(nil)

// Feedback keeps what visitors think of answers.
type Feedback struct{ db *DB }

// NewFeedback returns the feedback of a migrated database.
func NewFeedback(db *DB) *Feedback { return &Feedback{db} }

const giveFeedback = `
INSERT INTO feedback (turn_id, useful, sentence, source, comment)
SELECT id, $3, nullif($4, 0), nullif($5, 0), $6
FROM turns WHERE id = $1 AND conversation_id = $2 AND answer IS NOT NULL
ON CONFLICT (turn_id) DO UPDATE SET
    useful = excluded.useful, sentence = excluded.sentence, source = excluded.source,
    comment = excluded.comment, updated_at = now()`

// Give implements server.FeedbackStore.
func (s *Feedback) Give(ctx context.Context, f server.Feedback) error {
	tag, err := s.db.pool.Exec(ctx, giveFeedback, f.Turn, f.Conversation, f.Useful, f.Sentence, f.Source, f.Comment)
	if err != nil {
		return fmt.Errorf("storing feedback on turn %s: %w", f.Turn, err)
	}
	if tag.RowsAffected() == 0 {
		return &corpus.UserError{Code: corpus.CodeNotFound, Message: "there is no such answer"}
	}
	return nil
}

// Given implements server.FeedbackStore.
func (s *Feedback) Given(ctx context.Context, conversation string) (map[string]server.Feedback, error) {
	rows, err := s.db.pool.Query(ctx, `
		SELECT f.turn_id::text, f.useful, coalesce(f.sentence, 0), coalesce(f.source, 0), f.comment
		FROM feedback f JOIN turns t ON t.id = f.turn_id
		WHERE t.conversation_id = $1`, conversation)
	if err != nil {
		return nil, fmt.Errorf("reading feedback: %w", err)
	}
	given := make(map[string]server.Feedback)
	f := server.Feedback{Conversation: conversation}
	_, err = pgx.ForEachRow(rows, []any{&f.Turn, &f.Useful, &f.Sentence, &f.Source, &f.Comment}, func() error {
		given[f.Turn] = f
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading feedback: %w", err)
	}
	return given, nil
}
