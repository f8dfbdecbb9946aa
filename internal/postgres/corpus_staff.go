package postgres

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/dutch"
	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

var _ office.CorpusDesk = (*CorpusDesk)(nil)

// CorpusDesk looks after the corpus for the staff.
type CorpusDesk struct {
	db     *DB
	ingest *IngestStore
}

// NewCorpusDesk returns the desk of a migrated database.
func NewCorpusDesk(db *DB, ingest *IngestStore) *CorpusDesk { return &CorpusDesk{db, ingest} }

// selectCorpus reads documents with the version to show: the current one, else the
// newest. Pages and chunks are counted for those shown alone.
const selectCorpus = `
	WITH shown AS ( -- the version to show
		SELECT DISTINCT ON (document_id) *
		FROM versions WHERE $1 = '' OR document_id = $1
		ORDER BY document_id, status <> 'current', number DESC
	), read AS ( -- how its pages were read
		SELECT s.id, count(p.number) AS pages, count(*) FILTER (WHERE p.reader = 'ocr') AS ocr
		FROM shown s LEFT JOIN pages p ON p.version_id = s.id GROUP BY s.id
	), cut AS ( -- and what they were cut into
		SELECT s.id, count(c.id) AS chunks FROM shown s LEFT JOIN chunks c ON c.version_id = s.id GROUP BY s.id
	)
	SELECT d.id, d.source, d.withdrawn_at, d.withdrawn_reason, s.number,
		CASE WHEN d.withdrawn_at IS NOT NULL THEN 'withdrawn' ELSE s.status END,
		s.title, s.publication, s.type, s.date, s.language, s.isbn, s.warnings, s.incomplete, read.pages, read.ocr, cut.chunks,
		coalesce(f.failure_code, ''), coalesce(f.failure_message, ''), coalesce(h.number, 0), coalesce(w.number, 0)
	FROM documents d
	JOIN shown s ON s.document_id = d.id
	JOIN read ON read.id = s.id
	JOIN cut ON cut.id = s.id
	LEFT JOIN versions f ON f.document_id = d.id AND f.status = 'failed'
	LEFT JOIN versions h ON h.document_id = d.id AND h.status = 'held'
	LEFT JOIN versions w ON w.document_id = d.id AND w.status = 'pending'
	ORDER BY d.id`

func (s *CorpusDesk) read(ctx context.Context, id string) ([]office.CorpusDocument, error) {
	rows, err := s.db.pool.Query(ctx, selectCorpus, id)
	if err != nil {
		return nil, fmt.Errorf("reading documents: %w", err)
	}
	documents, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d office.CorpusDocument, err error) {
		var withdrawn *time.Time
		var f corpus.Failure
		err = row.Scan(&d.ID, &d.Source, &withdrawn, &d.Reason, &d.Document.Version, &d.Status, &d.Title, &d.Number, &d.Type, &d.Date, &d.Language,
			&d.ISBN, &d.Warnings, &d.Incomplete, &d.Pages, &d.OCRPages, &d.Chunks, &f.Code, &f.Message, &d.Held, &d.Reading)
		if withdrawn != nil {
			d.Withdrawn = *withdrawn
		}
		if f.Code != "" {
			d.Failure = &f
		}
		d.Warnings = unlessEmpty(d.Warnings)
		if d.Title == "" { // not read yet
			d.Title = d.Source
		}
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading documents: %w", err)
	}
	return documents, nil
}

// brokenOff is after how long without a sign of life an ingest is not shown as running.
const brokenOff = time.Minute

// Corpus implements office.CorpusDesk.
func (s *CorpusDesk) Corpus(ctx context.Context) (state office.CorpusState, err error) {
	if state.Documents, err = s.read(ctx, ""); err != nil {
		return state, err
	}
	if state.Unopened, err = s.ingest.UnopenedDocuments(ctx); err != nil {
		return state, err
	}
	progress, err := s.ingest.Progress(ctx)
	if err != nil {
		return state, err
	}
	state.Pending = progress.Pending
	for _, b := range progress.Batches {
		if b.Finished == nil && time.Since(b.Seen) < brokenOff {
			state.Batches = append(state.Batches, office.CorpusBatch{Total: b.Total, Done: b.Done, Failed: b.Failed, Started: b.Started, Seen: b.Seen})
		}
	}
	_, err = setting(ctx, s.db, settingHold, &state.HoldAll)
	return state, err
}

// Document implements office.CorpusDesk.
func (s *CorpusDesk) Document(ctx context.Context, id string) (office.CorpusDocument, []corpus.DocumentVersion, error) {
	found, err := s.read(ctx, id)
	if err != nil {
		return office.CorpusDocument{}, nil, err
	}
	if id == "" || len(found) == 0 {
		return office.CorpusDocument{}, nil, notFound(id)
	}
	versions, err := s.ingest.Versions(ctx, id)
	return found[0], versions, err
}

// Version implements office.CorpusDesk.
func (s *CorpusDesk) Version(ctx context.Context, document string, version int) (v office.VersionText, err error) {
	var digest []byte
	err = s.db.pool.QueryRow(ctx, `
		SELECT v.id, v.number, v.status, v.title, v.publication, v.type, v.date, v.language, v.isbn, v.warnings, v.digest, length(o.content),
			(SELECT count(*) FROM pages WHERE version_id = v.id), (SELECT count(*) FROM chunks WHERE version_id = v.id), v.created_at, v.published_at
		FROM versions v JOIN originals o USING (digest)
		WHERE v.document_id = $1 AND v.number = $2 AND v.status IN ('held', 'current', 'superseded')`, document, version).Scan(
		&v.ID, &v.Version, &v.Status, &v.Title, &v.Number, &v.Type, &v.Date, &v.Language, &v.ISBN, &v.Warnings, &digest, &v.Bytes,
		&v.Pages, &v.Chunks, &v.Created, &v.Published)
	if err != nil {
		return v, readError("version", err)
	}
	v.Digest, v.Warnings = hex.EncodeToString(digest), unlessEmpty(v.Warnings)
	rows, err := s.db.pool.Query(ctx, `SELECT number, label, text, reader, blocks FROM pages WHERE version_id = $1 ORDER BY number`, v.ID)
	if err != nil {
		return v, fmt.Errorf("reading pages: %w", err)
	}
	v.Text, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p corpus.Page, err error) {
		var blocks []byte
		if err := row.Scan(&p.Number, &p.Label, &p.Text, &p.Reader, &blocks); err != nil {
			return p, err
		}
		return p, json.Unmarshal(blocks, &p.Blocks)
	})
	if err != nil {
		return v, fmt.Errorf("reading pages: %w", err)
	}
	for _, p := range v.Text {
		for _, b := range p.Blocks {
			if b.Kind == corpus.BlockHeading && len(v.Headings) < maxHeadings {
				v.Headings = append(v.Headings, corpus.Slice(p.Text, b.Start, b.End))
			}
		}
	}
	return v, nil
}

// FindIn implements office.CorpusDesk. It reads all passages of the version: one
// document is small beside the index that answers come from.
func (s *CorpusDesk) FindIn(ctx context.Context, document string, version int, question string, limit int) ([]corpus.Passage, error) {
	wanted := make(map[string]bool)
	for _, t := range dutch.Tokens(question) {
		if !dutch.IsStopWord(t.Text, "nl") && !dutch.IsStopWord(t.Text, "en") {
			wanted[dutch.Stem(t.Text)] = true
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	rows, err := s.db.pool.Query(ctx, `
		SELECT c.id, v.document_id, v.title, v.publication, v.type, v.date, v.language, v.id, v.number,
			p.number, p.label, c.heading, c.kind, c.start_at, c.end_at, p.text, p.reader, p.confidence
		FROM versions v
		JOIN chunks c ON c.version_id = v.id AND NOT c.repeated
		JOIN pages p ON p.version_id = c.version_id AND p.number = c.page
		WHERE v.document_id = $1 AND v.number = $2 AND v.status IN ('held', 'current', 'superseded')
		ORDER BY c.ordinal`, document, version)
	if err != nil {
		return nil, fmt.Errorf("searching a version: %w", err)
	}
	defer rows.Close()
	var found []corpus.Passage
	for rows.Next() {
		var p corpus.Passage
		d := &p.Document
		if err := rows.Scan(&p.ChunkID, &d.ID, &d.Title, &d.Number, &d.Type, &d.Date, &p.Language, &p.VersionID, &p.Version,
			&p.Page, &p.PageLabel, &p.Heading, &p.Kind, &p.Start, &p.End, &p.PageText, &p.Reader, &p.OCRConfidence); err != nil {
			return nil, fmt.Errorf("searching a version: %w", err)
		}
		p.Text = corpus.Slice(p.PageText, p.Start, p.End)
		in := make(map[string]bool)
		for _, part := range append(slices.Clone(p.Heading), p.Text) {
			for _, t := range dutch.Tokens(part) {
				if stem := dutch.Stem(t.Text); wanted[stem] {
					in[stem] = true
				}
			}
		}
		if p.Score = float64(len(in)) / float64(len(wanted)); p.Score > 0 {
			found = append(found, p)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("searching a version: %w", err)
	}
	slices.SortStableFunc(found, func(a, b corpus.Passage) int { return cmp.Compare(b.Score, a.Score) })
	return found[:min(len(found), limit)], nil
}

// Retry implements office.CorpusDesk.
func (s *CorpusDesk) Retry(ctx context.Context, by staff.User, document string) error {
	err := s.db.inTx(ctx, func(tx pgx.Tx) error {
		var id string
		if err := tx.QueryRow(ctx, `SELECT id FROM documents WHERE id = $1 FOR UPDATE`, document).Scan(&id); err != nil {
			return err
		}
		var version int64
		err := tx.QueryRow(ctx, `
			UPDATE versions SET status = 'pending', failure_code = NULL, failure_message = NULL
			WHERE document_id = $1 AND status = 'failed' RETURNING id`, document).Scan(&version)
		if err != nil {
			return err
		}
		if err := s.ingest.insertRead(ctx, tx, version); err != nil {
			return err
		}
		return recordAudit(ctx, tx, staff.Entry{User: by, Action: "document.retry", Object: "document:" + document})
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return notFound(document)
	}
	if err != nil {
		return fmt.Errorf("reading %s again: %w", document, err)
	}
	return nil
}

// SetHoldAll implements office.CorpusDesk.
func (s *CorpusDesk) SetHoldAll(ctx context.Context, by staff.User, hold bool) error {
	return saveSetting(ctx, s.db, settingHold, hold, staff.Entry{User: by, Action: "documents.hold", Detail: map[string]any{"hold": hold}})
}

// Discard implements office.CorpusDesk.
func (s *CorpusDesk) Discard(ctx context.Context, by staff.User, v office.HeldVersion) error {
	err := s.db.inTx(ctx, func(tx pgx.Tx) error {
		if _, _, err := lockHeld(ctx, tx, v); err != nil {
			return err
		}
		// Only what was never published, and a pending version cannot stand beside it.
		if err := dropUnpublished(ctx, tx, v.Document); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM documents d WHERE id = $1 AND NOT EXISTS (SELECT FROM versions v WHERE v.document_id = d.id)`, v.Document)
		if err != nil {
			return err
		}
		return recordAudit(ctx, tx, staff.Entry{User: by, Action: "document.discard", Object: "document:" + v.Document, Detail: map[string]any{"version": v.Version}})
	})
	if err != nil {
		return fmt.Errorf("discarding version %d of %s: %w", v.Version, v.Document, err)
	}
	return nil
}

// lockHeld takes the document of a version that is held.
func lockHeld(ctx context.Context, tx pgx.Tx, v office.HeldVersion) (id int64, withdrawn bool, err error) {
	err = tx.QueryRow(ctx, `SELECT withdrawn_at IS NOT NULL FROM documents WHERE id = $1 FOR UPDATE`, v.Document).Scan(&withdrawn)
	if err == nil {
		err = tx.QueryRow(ctx, `SELECT id FROM versions WHERE document_id = $1 AND number = $2 AND id = $3 AND status = 'held' FOR UPDATE`, v.Document, v.Version, v.ID).Scan(&id)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, false, &corpus.UserError{Code: corpus.CodeNotFound, Message: "no such version waits", Err: err}
	}
	return id, withdrawn, err
}

// Kinds are the proposals that change documents.
func (s *CorpusDesk) Kinds() map[string]ApplyProposal {
	withdraw := func(away bool) ApplyProposal {
		return func(ctx context.Context, tx pgx.Tx, p staff.Proposal) error {
			var w office.Withdrawal
			if err := json.Unmarshal(p.Change, &w); err != nil {
				return fmt.Errorf("reading a withdrawal: %w", err)
			}
			return s.ingest.setWithdrawn(ctx, tx, w.Document, away, w.Reason)
		}
	}
	return map[string]ApplyProposal{
		office.KindWithdraw: withdraw(true),
		office.KindRestore:  withdraw(false),
		office.KindPublish: func(ctx context.Context, tx pgx.Tx, p staff.Proposal) error {
			var v office.HeldVersion
			if err := json.Unmarshal(p.Change, &v); err != nil {
				return fmt.Errorf("reading what to publish: %w", err)
			}
			id, withdrawn, err := lockHeld(ctx, tx, v)
			if err != nil {
				return err
			}
			return s.ingest.makeCurrent(ctx, tx, v.Document, id, withdrawn)
		},
	}
}

// RecordOffer writes to the log of changes that somebody handed a document over.
func (s *CorpusDesk) RecordOffer(ctx context.Context, by staff.User, source, document string, hold bool) error {
	return NewAudit(s.db).Record(ctx, staff.Entry{User: by, Action: "document.offer", Object: "document:" + document, Detail: map[string]any{"source": source, "hold": hold}})
}
