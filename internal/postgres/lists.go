package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/research"
)

var _ research.ListStore = (*Lists)(nil)

// Lists keeps reading lists.
type Lists struct{ db *DB }

// NewLists returns the reading lists of a migrated database.
func NewLists(db *DB) *Lists { return &Lists{db} }

// The passages of a list as they stand on their pages, which are kept for as long as
// a citation may name them. The heading is that of the chunk in which the passage
// begins.
const listItems = `
	SELECT i.id, i.note, i.added_at, i.start_at, i.end_at, substr(p.text, i.start_at + 1, i.end_at - i.start_at),
		v.document_id, v.title, v.publication, v.type, v.date, v.number, p.number, p.label, p.reader, p.confidence,
		coalesce((SELECT c.heading FROM chunks c
			WHERE c.version_id = i.version_id AND c.page = i.page AND c.start_at <= i.start_at AND c.end_at > i.start_at
			ORDER BY c.ordinal LIMIT 1), '{}')
	FROM reading_list_items i
	JOIN versions v ON v.id = i.version_id
	JOIN pages p ON p.version_id = i.version_id AND p.number = i.page
	WHERE i.list_id = $1
	ORDER BY i.position, i.id`

// List implements research.ListStore.
func (l *Lists) List(ctx context.Context, id string) (research.List, error) {
	list := research.List{ID: id, Items: []research.ListItem{}}
	err := l.db.inTx(ctx, func(tx pgx.Tx) error {
		// Reading is use: the retention period begins anew.
		err := tx.QueryRow(ctx, `UPDATE reading_lists SET updated_at = now() WHERE id = $1 RETURNING updated_at`, id).Scan(&list.Updated)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, listItems, id)
		if err != nil {
			return err
		}
		list.Items, err = pgx.CollectRows(rows, scanListItem)
		return err
	})
	if err != nil {
		return research.List{}, fmt.Errorf("reading a reading list: %w", err)
	}
	for i := range list.Items {
		list.Items[i].Citation.N = i + 1
	}
	return list, nil
}

func scanListItem(row pgx.CollectableRow) (item research.ListItem, err error) {
	c := &item.Citation
	var heading []string
	var confidence float64
	err = row.Scan(&item.ID, &item.Note, &item.Added, &c.Start, &c.End, &c.Quote,
		&c.Document.ID, &c.Document.Title, &c.Document.Number, &c.Document.Type, &c.Document.Date, &c.Version, &c.Page, &c.PageLabel, &c.Reader, &confidence,
		&heading)
	c.Heading = strings.Join(heading, " › ")
	c.URL = corpus.CitationURL(c.Document.ID, c.Version, c.Page, c.Start, c.End)
	if c.Reader == corpus.ReaderOCR {
		c.OCRConfidence = confidence
	}
	return item, err
}

// addListItem has three steps: passage finds the words, on a page that a citation may
// name; list makes the list or marks it as used, which also makes other changes of it
// wait; the item then goes to the end. It inserts nothing when the words do not exist.
const addListItem = `
	WITH passage AS (
		SELECT v.id AS version_id, p.number AS page
		FROM versions v
		JOIN pages p ON p.version_id = v.id AND p.number = $4
		WHERE v.document_id = $2 AND v.number = $3 AND v.status IN ('current', 'superseded') AND char_length(p.text) >= $6
	), list AS (
		INSERT INTO reading_lists (id) SELECT $1 FROM passage
		ON CONFLICT (id) DO UPDATE SET updated_at = now()
		RETURNING id
	)
	INSERT INTO reading_list_items (list_id, position, version_id, page, start_at, end_at, note)
	SELECT list.id, coalesce((SELECT max(position) FROM reading_list_items WHERE list_id = $1), 0) + 1, version_id, page, $5, $6, $7
	FROM passage, list
	ON CONFLICT (list_id, version_id, page, start_at, end_at)
	DO UPDATE SET note = coalesce(nullif(excluded.note, ''), reading_list_items.note)`

// AddToList implements research.ListStore.
func (l *Lists) AddToList(ctx context.Context, id string, p research.Place, note string, limit int) error {
	err := l.db.inTx(ctx, func(tx pgx.Tx) error {
		// The row of the list, when there is one, is locked before it is counted.
		if _, err := tx.Exec(ctx, `SELECT FROM reading_lists WHERE id = $1 FOR UPDATE`, id); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, addListItem, id, p.Document, p.Version, p.Page, p.Start, p.End, note)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return research.ErrNoPassage
		}
		var n int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM reading_list_items WHERE list_id = $1`, id).Scan(&n); err != nil {
			return err
		}
		if n > limit {
			return research.ErrListFull
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("adding to a reading list: %w", err)
	}
	return nil
}

// SetNote implements research.ListStore.
func (l *Lists) SetNote(ctx context.Context, id string, item int64, note string) error {
	return l.change(ctx, id, func(tx pgx.Tx) (int64, error) {
		tag, err := tx.Exec(ctx, `UPDATE reading_list_items SET note = $3 WHERE list_id = $1 AND id = $2`, id, item, note)
		return tag.RowsAffected(), err
	})
}

// moveListItem numbers the items anew, with steps of two so that the moved one falls
// between two others: it goes before the item that has its place among the others.
const moveListItem = `
	WITH others AS (
		SELECT id, 2 * row_number() OVER (ORDER BY position, id) AS position
		FROM reading_list_items WHERE list_id = $1 AND id <> $2
	), numbered AS (
		SELECT id, position FROM others
		UNION ALL
		SELECT $2, 2 * $3 + 1
	)
	UPDATE reading_list_items i SET position = n.position
	FROM numbered n
	WHERE i.list_id = $1 AND i.id = n.id AND EXISTS (SELECT FROM reading_list_items WHERE list_id = $1 AND id = $2)`

// MoveItem implements research.ListStore.
func (l *Lists) MoveItem(ctx context.Context, id string, item int64, to int) error {
	to = min(to, research.MaxListItems)
	return l.change(ctx, id, func(tx pgx.Tx) (int64, error) {
		tag, err := tx.Exec(ctx, moveListItem, id, item, int64(to))
		return tag.RowsAffected(), err
	})
}

// RemoveItem implements research.ListStore.
func (l *Lists) RemoveItem(ctx context.Context, id string, item int64) error {
	return l.change(ctx, id, func(tx pgx.Tx) (int64, error) {
		tag, err := tx.Exec(ctx, `DELETE FROM reading_list_items WHERE list_id = $1 AND id = $2`, id, item)
		return tag.RowsAffected(), err
	})
}

// change does something to a list that exists, one change at a time; changing no item
// means that there was none.
func (l *Lists) change(ctx context.Context, id string, do func(pgx.Tx) (int64, error)) error {
	err := l.db.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE reading_lists SET updated_at = now() WHERE id = $1`, id); err != nil {
			return err
		}
		n, err := do(tx)
		if err == nil && n == 0 {
			return research.ErrNoItem
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("changing a reading list: %w", err)
	}
	return nil
}

// DeleteList implements research.ListStore.
func (l *Lists) DeleteList(ctx context.Context, id string) error {
	if _, err := l.db.pool.Exec(ctx, `DELETE FROM reading_lists WHERE id = $1`, id); err != nil {
		return fmt.Errorf("deleting a reading list: %w", err)
	}
	return nil
}
