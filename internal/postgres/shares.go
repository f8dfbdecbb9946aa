package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/server"
)

var _ server.ShareStore = (*Shares)(nil)

// Shares keeps which conversations are shared, and at what address.
type Shares struct{ db *DB }

// NewShares returns the shares of a migrated database.
func NewShares(db *DB) *Shares { return &Shares{db} }

// Share implements server.ShareStore.
func (s *Shares) Share(ctx context.Context, conversation, token string) (server.Share, error) {
	share := server.Share{Conversation: conversation}
	err := s.db.pool.QueryRow(ctx, `
		INSERT INTO conversation_shares (conversation_id, token)
		SELECT id, $2 FROM conversations WHERE id = $1
		ON CONFLICT (conversation_id) DO UPDATE SET shared_at = now()
		RETURNING token, shared_at`, conversation, token).Scan(&share.Token, &share.At)
	if errors.Is(err, pgx.ErrNoRows) {
		return server.Share{}, &corpus.UserError{Code: corpus.CodeNotFound, Message: "there is no such conversation"}
	}
	if err != nil {
		return server.Share{}, fmt.Errorf("sharing conversation %s: %w", conversation, err)
	}
	return share, nil
}

// Unshare implements server.ShareStore.
func (s *Shares) Unshare(ctx context.Context, conversation string) error {
	if _, err := s.db.pool.Exec(ctx, `DELETE FROM conversation_shares WHERE conversation_id = $1`, conversation); err != nil {
		return fmt.Errorf("no longer sharing conversation %s: %w", conversation, err)
	}
	return nil
}

// SharedAs implements server.ShareStore.
func (s *Shares) SharedAs(ctx context.Context, conversation string) (server.Share, error) {
	return s.one(ctx, `SELECT conversation_id::text, token, shared_at FROM conversation_shares WHERE conversation_id = $1`, conversation)
}

// Shared implements server.ShareStore.
func (s *Shares) Shared(ctx context.Context, token string) (server.Share, error) {
	return s.one(ctx, `SELECT conversation_id::text, token, shared_at FROM conversation_shares WHERE token = $1`, token)
}

func (s *Shares) one(ctx context.Context, query, key string) (share server.Share, err error) {
	err = s.db.pool.QueryRow(ctx, query, key).Scan(&share.Conversation, &share.Token, &share.At)
	if errors.Is(err, pgx.ErrNoRows) {
		return server.Share{}, &corpus.UserError{Code: corpus.CodeNotFound, Message: "not shared"}
	}
	if err != nil {
		return server.Share{}, fmt.Errorf("reading a shared conversation: %w", err)
	}
	return share, nil
}
