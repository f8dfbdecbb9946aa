package postgres

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/server"
)

var _ server.Library = (*Library)(nil)

// Library reads documents for people: what is current, and superseded versions
// by number, so that the address of a citation keeps working. Of a withdrawn
// document only pages are shown, which say so.
type Library struct{ db *DB }

// NewLibrary returns the library of a migrated database.
func NewLibrary(db *DB) *Library { return &Library{db} }

// maxHeadings bounds a table of contents.
const maxHeadings = 2000

// citedDocument selects what is known of a version, for scanDocument: of every
// version that may have been cited. publicDocument leaves out those withdrawn. The
// two WHERE clauses are the one place that decides what the public may see.
const (
	citedDocument = `
	SELECT d.id, d.source, v.number, v.status, v.title, v.publication, v.type, v.date, v.language, v.isbn, v.warnings, v.incomplete,
		(SELECT count(*) FROM pages p WHERE p.version_id = v.id),
		(SELECT count(*) FROM chunks c WHERE c.version_id = v.id),
		coalesce((SELECT now.number FROM versions now WHERE now.document_id = d.id AND now.status = 'current'), 0),
		d.withdrawn_at
	FROM documents d
	JOIN versions v ON v.document_id = d.id
	WHERE v.status IN ('current', 'superseded')`
	publicDocument = citedDocument + ` AND d.withdrawn_at IS NULL`
)

func scanDocument(row pgx.CollectableRow) (d versionOfDocument, err error) {
	err = row.Scan(&d.ID, &d.Source, &d.Version, &d.Status, &d.Title, &d.Number, &d.Type, &d.Date, &d.Language, &d.ISBN, &d.Warnings, &d.Incomplete,
		&d.Pages, &d.Chunks, &d.current, &d.withdrawn)
	d.Warnings = unlessEmpty(d.Warnings)
	return d, err
}

type versionOfDocument struct {
	corpus.Document
	current   int        // number of the current version; 0 when there is none
	withdrawn *time.Time // nil when it was not
}

// Documents are those with a current version, by title.
func (l *Library) Documents(ctx context.Context) ([]corpus.Document, error) {
	rows, err := l.db.pool.Query(ctx, publicDocument+` AND v.status = 'current' ORDER BY lower(v.title), d.id`)
	if err != nil {
		return nil, fmt.Errorf("list documents: %w", err)
	}
	found, err := pgx.CollectRows(rows, scanDocument)
	if err != nil {
		return nil, fmt.Errorf("list documents: %w", err)
	}
	documents := make([]corpus.Document, len(found))
	for i, d := range found {
		documents[i] = d.Document
	}
	return documents, nil
}

// maxUnread bounds Document.Unread.
const maxUnread = 100

// Document is the current version of a document, and how its pages were read.
func (l *Library) Document(ctx context.Context, id string) (corpus.Document, error) {
	d, err := l.one(ctx, publicDocument+` AND v.status = 'current' AND d.id = $1`, id)
	if err != nil {
		return corpus.Document{}, err
	}
	err = l.db.pool.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE p.reader = $3),
			coalesce((array_agg(p.number ORDER BY p.number) FILTER (WHERE p.text = ''))[1:$4], '{}')
		FROM versions v JOIN pages p ON p.version_id = v.id
		WHERE v.document_id = $1 AND v.number = $2`, d.ID, d.Version, corpus.ReaderOCR, maxUnread).Scan(&d.OCRPages, &d.Unread)
	if err != nil {
		return corpus.Document{}, fmt.Errorf("read how pages were read: %w", err)
	}
	d.Unread = unlessEmpty(d.Unread)
	return d.Document, nil
}

func (l *Library) one(ctx context.Context, query string, args ...any) (versionOfDocument, error) {
	rows, err := l.db.pool.Query(ctx, query, args...)
	if err != nil {
		return versionOfDocument{}, fmt.Errorf("read document: %w", err)
	}
	d, err := pgx.CollectExactlyOneRow(rows, scanDocument)
	if err != nil {
		return versionOfDocument{}, readError("document", err)
	}
	return d, nil
}

// Headings are the headings of a document version in reading order, at most the
// first 2,000.
func (l *Library) Headings(ctx context.Context, document string, version int) ([]server.Heading, error) {
	rows, err := l.db.pool.Query(ctx, `
		SELECT coalesce((b.block->>'level')::int, 1),
			substring(p.text FROM (b.block->>'start')::int + 1 FOR (b.block->>'end')::int - (b.block->>'start')::int),
			p.number, p.label
		FROM documents d
		JOIN versions v ON v.document_id = d.id
		JOIN pages p ON p.version_id = v.id
		CROSS JOIN LATERAL jsonb_array_elements(p.blocks) WITH ORDINALITY AS b(block, place)
		WHERE d.withdrawn_at IS NULL AND v.status IN ('current', 'superseded')
			AND d.id = $1 AND v.number = $2 AND b.block->>'kind' = 'heading'
		ORDER BY p.number, b.place
		LIMIT $3`, document, version, maxHeadings)
	if err != nil {
		return nil, fmt.Errorf("read headings: %w", err)
	}
	headings, err := pgx.CollectRows(rows, pgx.RowToStructByPos[server.Heading])
	if err != nil {
		return nil, fmt.Errorf("read headings: %w", err)
	}
	return headings, nil
}

// Page is one page of one version of a document, withdrawn or not.
func (l *Library) Page(ctx context.Context, document string, version, page int) (server.SourcePage, error) {
	d, err := l.one(ctx, citedDocument+` AND d.id = $1 AND v.number = $2`, document, version)
	if err != nil {
		return server.SourcePage{}, err
	}
	var p corpus.Page
	var places []byte
	err = l.db.pool.QueryRow(ctx, `
		SELECT p.number, p.label, p.text, p.reader, p.confidence, p.blocks, p.places
		FROM versions v JOIN pages p ON p.version_id = v.id
		WHERE v.document_id = $1 AND v.number = $2 AND p.number = $3`, document, version, page).
		Scan(&p.Number, &p.Label, &p.Text, &p.Reader, &p.Confidence, &p.Blocks, &places)
	if err != nil {
		return server.SourcePage{}, readError("page", err)
	}
	if p.Places, err = decodePlaces(places); err != nil {
		return server.SourcePage{}, fmt.Errorf("read page: %w", err)
	}
	source := server.SourcePage{Document: d.Document, Page: p, Current: d.current}
	if d.withdrawn != nil {
		source.Withdrawn = *d.withdrawn
	}
	return source, nil
}

// PageOriginal names what a page was read from: its media type and hexadecimal
// SHA-256. It knows the pages that Page shows.
func (l *Library) PageOriginal(ctx context.Context, document string, version, page int) (mediaType, digest string, err error) {
	err = l.db.pool.QueryRow(ctx, `
		SELECT o.media_type, encode(o.digest, 'hex')
		FROM versions v
		JOIN pages p ON p.version_id = v.id
		JOIN originals o ON o.digest = v.digest
		WHERE v.status IN ('current', 'superseded') AND v.document_id = $1 AND v.number = $2 AND p.number = $3`,
		document, version, page).Scan(&mediaType, &digest)
	if err != nil {
		return "", "", readError("page", err)
	}
	return mediaType, digest, nil
}

// Content are the bytes of an original by its hexadecimal SHA-256.
func (l *Library) Content(ctx context.Context, digest string) ([]byte, error) {
	key, err := hex.DecodeString(digest)
	if err != nil {
		return nil, fmt.Errorf("read original %q: %w", digest, err)
	}
	var content []byte
	if err := l.db.pool.QueryRow(ctx, `SELECT content FROM originals WHERE digest = $1`, key).Scan(&content); err != nil {
		return nil, readError("original", err)
	}
	return content, nil
}

// Original are the bytes a version was read from.
func (l *Library) Original(ctx context.Context, document string, version int) (server.Original, error) {
	var o server.Original
	var digest []byte
	err := l.db.pool.QueryRow(ctx, `
		SELECT o.media_type, o.digest, o.content
		FROM documents d
		JOIN versions v ON v.document_id = d.id
		JOIN originals o ON o.digest = v.digest
		WHERE d.withdrawn_at IS NULL AND v.status IN ('current', 'superseded')
			AND d.id = $1 AND v.number = $2`, document, version).Scan(&o.MediaType, &digest, &o.Content)
	if err != nil {
		return server.Original{}, readError("original", err)
	}
	o.Digest = hex.EncodeToString(digest)
	return o, nil
}

// Versions are the versions of a document that can be read, newest first.
func (l *Library) Versions(ctx context.Context, document string) ([]server.DocumentVersion, error) {
	rows, err := l.db.pool.Query(ctx, `
		SELECT v.number, v.published_at, v.status = 'current'
		FROM documents d
		JOIN versions v ON v.document_id = d.id
		WHERE d.withdrawn_at IS NULL AND v.status IN ('current', 'superseded') AND d.id = $1
		ORDER BY v.number DESC`, document)
	if err != nil {
		return nil, fmt.Errorf("read versions: %w", err)
	}
	versions, err := pgx.CollectRows(rows, pgx.RowToStructByPos[server.DocumentVersion])
	if err != nil {
		return nil, fmt.Errorf("read versions: %w", err)
	}
	return versions, nil
}

// UpdatedAt is when the corpus came into a state, which is the number of its last
// change; "", or what is no number, stands for the present one.
func (l *Library) UpdatedAt(ctx context.Context, state string) (time.Time, error) {
	change, err := strconv.ParseInt(state, 10, 64)
	if err != nil {
		change = math.MaxInt64
	}
	var at time.Time
	err = l.db.pool.QueryRow(ctx, `SELECT at FROM corpus_changes WHERE id <= $1 ORDER BY id DESC LIMIT 1`, change).Scan(&at)
	if errors.Is(err, pgx.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read the state of the corpus: %w", err)
	}
	return at, nil
}

// readError makes "no such row" an error for people.
func readError(what string, err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return &corpus.UserError{Code: corpus.CodeNotFound, Message: "there is no such " + what, Err: err}
	}
	return fmt.Errorf("read %s: %w", what, err)
}
