package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

var _ office.PinDesk = (*Pins)(nil)

// Pins keeps the answers that people wrote, and scope terms.
type Pins struct{ db *DB }

// NewPins returns the pins of a migrated database.
func NewPins(db *DB) *Pins { return &Pins{db} }

// pinRow is a version of a pin with its citations as answers show them.
type pinRow struct {
	office.PinItem
	cited []corpus.Citation // as Sources
}

// read reads versions of pins with their sources; where is a condition on p
// (pinned_answers) and v (pinned_versions).
func (s *Pins) read(ctx context.Context, where string, args ...any) ([]pinRow, error) {
	rows, err := s.db.pool.Query(ctx, `
		SELECT p.id, p.lang, CASE WHEN p.current IS NULL THEN 0 ELSE v.number END, v.questions, v.sentences, v.note, v.by_name, v.at
		FROM pinned_answers p JOIN pinned_versions v ON v.pin_id = p.id
		`+where, args...)
	if err != nil {
		return nil, fmt.Errorf("reading pinned answers: %w", err)
	}
	items, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p pinRow, err error) {
		var sentences []byte
		if err := row.Scan(&p.ID, &p.Lang, &p.Version, &p.Questions, &sentences, &p.Note, &p.ByName, &p.At); err != nil {
			return p, err
		}
		return p, json.Unmarshal(sentences, &p.Sentences)
	})
	if err != nil {
		return nil, fmt.Errorf("reading pinned answers: %w", err)
	}
	var refs []corpus.Reference
	for _, item := range items {
		for _, sentence := range item.Sentences {
			refs = append(refs, sentence.Citations...)
		}
	}
	sources, cited, err := s.sources(ctx, s.db.pool, refs)
	if err != nil {
		return nil, err
	}
	for i := range items {
		for _, sentence := range items[i].Sentences {
			n := len(sentence.Citations)
			items[i].Sources, items[i].cited = append(items[i].Sources, sources[:n]...), append(items[i].cited, cited[:n]...)
			sources, cited = sources[n:], cited[n:]
		}
	}
	return items, nil
}

// Pins implements office.PinDesk.
func (s *Pins) Pins(ctx context.Context) ([]office.PinItem, error) {
	rows, err := s.read(ctx, `
		WHERE v.number = coalesce(p.current, (SELECT max(number) FROM pinned_versions WHERE pin_id = p.id))
		ORDER BY p.current IS NULL, v.at DESC, p.id`)
	return pinItems(rows), err
}

// Pin implements office.PinDesk.
func (s *Pins) Pin(ctx context.Context, id int64) ([]office.PinItem, error) {
	rows, err := s.read(ctx, `WHERE p.id = $1 ORDER BY v.number DESC`, id)
	if err == nil && len(rows) == 0 {
		return nil, &corpus.UserError{Code: corpus.CodeNotFound, Message: "there is no such pin"}
	}
	return pinItems(rows), err
}

func pinItems(rows []pinRow) []office.PinItem {
	items := make([]office.PinItem, len(rows))
	for i, r := range rows {
		items[i] = r.PinItem
	}
	return items
}

// PinFor implements office.PinDesk.
func (s *Pins) PinFor(ctx context.Context, lang, key string) (id int64, err error) {
	err = s.db.pool.QueryRow(ctx, `SELECT pin_id FROM pinned_questions WHERE lang = $1 AND key = $2`, lang, key).Scan(&id)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, fmt.Errorf("looking for the answer pinned to a question: %w", err)
	}
	return id, nil
}

// Sources implements office.PinDesk.
func (s *Pins) Sources(ctx context.Context, refs []corpus.Reference) ([]office.PinSource, error) {
	sources, _, err := s.sources(ctx, s.db.pool, refs)
	return sources, err
}

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// sources reads passages and the citations they make, in the order of refs. The quote
// is what the page holds there; a place that is not whole on the page is gone.
func (s *Pins) sources(ctx context.Context, q querier, refs []corpus.Reference) ([]office.PinSource, []corpus.Citation, error) {
	if len(refs) == 0 {
		return nil, nil, nil
	}
	documents := make([]string, len(refs))
	versions, pages, starts, ends := make([]int32, len(refs)), make([]int32, len(refs)), make([]int32, len(refs)), make([]int32, len(refs))
	sources := make([]office.PinSource, len(refs))
	cited := make([]corpus.Citation, len(refs))
	for i, r := range refs {
		documents[i], versions[i], pages[i], starts[i], ends[i] = r.Document, int32(r.Version), int32(r.Page), int32(r.Start), int32(r.End) // #nosec G115 -- bounded where they were read
		sources[i] = office.PinSource{Reference: r, Gone: true}
	}
	rows, err := q.Query(ctx, `
		WITH wanted AS ( -- the places asked for
			SELECT * FROM unnest($1::text[], $2::int[], $3::int[], $4::int[], $5::int[]) WITH ORDINALITY AS w (document, version, page, start_at, end_at, n)
		)
		SELECT w.n, substring(p.text FROM w.start_at + 1 FOR w.end_at - w.start_at), char_length(p.text) >= w.end_at AND w.start_at < w.end_at,
			v.title, v.publication, v.type, v.date, p.label, p.reader, p.confidence,
			coalesce((SELECT c.heading[cardinality(c.heading)] FROM chunks c
				WHERE c.version_id = v.id AND c.page = w.page AND c.start_at <= w.start_at AND c.end_at > w.start_at LIMIT 1), ''),
			d.withdrawn_at IS NOT NULL, v.status <> 'current'
		FROM wanted w
		JOIN documents d ON d.id = w.document
		JOIN versions v ON v.document_id = d.id AND v.number = w.version AND v.status IN ('current', 'superseded')
		JOIN pages p ON p.version_id = v.id AND p.number = w.page`, documents, versions, pages, starts, ends)
	if err != nil {
		return nil, nil, fmt.Errorf("reading sources: %w", err)
	}
	var n int
	var whole bool
	var source office.PinSource
	var c corpus.Citation
	_, err = pgx.ForEachRow(rows, []any{&n, &c.Quote, &whole, &c.Document.Title, &c.Document.Number, &c.Document.Type, &c.Document.Date, &c.PageLabel,
		&c.Reader, &c.OCRConfidence, &c.Heading, &source.Withdrawn, &source.Superseded}, func() error {
		if !whole {
			return nil
		}
		r := refs[n-1]
		source.Reference, source.Quote, source.Title, source.PageLabel = r, c.Quote, c.Document.Title, c.PageLabel
		sources[n-1] = source
		c.Document.ID, c.Version, c.Page, c.Start, c.End, c.URL = r.Document, r.Version, r.Page, r.Start, r.End, r.URL()
		cited[n-1] = c
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("reading sources: %w", err)
	}
	return sources, cited, nil
}

// Kinds are the proposals that change pins and scope terms.
func (s *Pins) Kinds() map[string]ApplyProposal {
	return map[string]ApplyProposal{
		office.KindPin:         s.apply(s.save),
		office.KindUnpin:       s.apply(s.remove),
		office.KindScope:       applyScope(saveScope),
		office.KindScopeRemove: applyScope(removeScope),
	}
}

func (s *Pins) apply(do func(context.Context, pgx.Tx, office.PinDraft, string) error) ApplyProposal {
	return func(ctx context.Context, tx pgx.Tx, p staff.Proposal) error {
		var draft office.PinDraft
		if err := json.Unmarshal(p.Change, &draft); err != nil {
			return fmt.Errorf("reading a pin: %w", err)
		}
		return do(ctx, tx, draft, p.By.Name)
	}
}

// save makes a draft the version that is shown. Its sources are looked up again: what
// was proposed may have been withdrawn meanwhile.
func (s *Pins) save(ctx context.Context, tx pgx.Tx, d office.PinDraft, by string) error {
	var refs []corpus.Reference
	for _, sentence := range d.Sentences {
		if sentence.Text == "" || len(sentence.Citations) == 0 {
			return &corpus.UserError{Code: corpus.CodeBadMessage, Message: "Elke zin heeft een tekst en een bron nodig."}
		}
		refs = append(refs, sentence.Citations...)
	}
	sources, _, err := s.sources(ctx, tx, refs)
	if err != nil {
		return err
	}
	for _, source := range sources {
		if source.Gone || source.Withdrawn || source.Quote == "" {
			return &corpus.UserError{Code: corpus.CodeBadMessage, Message: "Een bron is ingetrokken of bestaat niet meer: " + source.URL() + ". Kies een andere."}
		}
	}
	if len(d.Questions) == 0 || len(sources) == 0 {
		return &corpus.UserError{Code: corpus.CodeBadMessage, Message: "Een antwoord heeft een vraag en minstens één zin nodig."}
	}
	sentences, err := json.Marshal(d.Sentences)
	if err != nil {
		return fmt.Errorf("writing a pin: %w", err)
	}
	if d.ID == 0 {
		if err := tx.QueryRow(ctx, `INSERT INTO pinned_answers (lang) VALUES ($1) RETURNING id`, d.Lang).Scan(&d.ID); err != nil {
			return fmt.Errorf("making a pin: %w", err)
		}
	} else if tag, err := tx.Exec(ctx, `UPDATE pinned_answers SET lang = $2 WHERE id = $1`, d.ID, d.Lang); err != nil {
		return fmt.Errorf("locking a pin: %w", err)
	} else if tag.RowsAffected() == 0 {
		return &corpus.UserError{Code: corpus.CodeNotFound, Message: "there is no such pin"}
	}
	_, err = tx.Exec(ctx, `
		WITH written AS ( -- the new version
			INSERT INTO pinned_versions (pin_id, number, questions, sentences, note, by_name)
			SELECT $1, coalesce(max(number), 0) + 1, $2, $3::jsonb, $4, $5 FROM pinned_versions WHERE pin_id = $1
			RETURNING number
		)
		UPDATE pinned_answers SET current = written.number FROM written WHERE id = $1`, d.ID, d.Questions, string(sentences), d.Note, by)
	if err != nil {
		return fmt.Errorf("writing a version of a pin: %w", err)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM pinned_questions WHERE pin_id = $1`, d.ID); err != nil {
		return fmt.Errorf("freeing the questions of a pin: %w", err)
	}
	for _, q := range d.Questions {
		_, err := tx.Exec(ctx, `
			INSERT INTO pinned_questions (lang, key, pin_id) VALUES ($1, $2, $3)
			ON CONFLICT (lang, key) DO UPDATE SET key = excluded.key WHERE pinned_questions.pin_id = excluded.pin_id`, d.Lang, answer.PinKey(q, d.Lang), d.ID)
		if err != nil {
			return fmt.Errorf("tying a question to a pin: %w", err)
		}
		var of int64
		if err := tx.QueryRow(ctx, `SELECT pin_id FROM pinned_questions WHERE lang = $1 AND key = $2`, d.Lang, answer.PinKey(q, d.Lang)).Scan(&of); err != nil {
			return fmt.Errorf("tying a question to a pin: %w", err)
		}
		if of != d.ID {
			return &corpus.UserError{Code: corpus.CodeBadMessage,
				Message: "Bij deze vraag is al een ander antwoord vastgelegd (nummer " + strconv.FormatInt(of, 10) + "): " + q}
		}
	}
	return nil
}

// remove takes a pin away; its versions stay.
func (s *Pins) remove(ctx context.Context, tx pgx.Tx, d office.PinDraft, _ string) error {
	tag, err := tx.Exec(ctx, `UPDATE pinned_answers SET current = NULL WHERE id = $1`, d.ID)
	if err == nil && tag.RowsAffected() == 0 {
		return &corpus.UserError{Code: corpus.CodeNotFound, Message: "there is no such pin"}
	}
	if err == nil {
		_, err = tx.Exec(ctx, `DELETE FROM pinned_questions WHERE pin_id = $1`, d.ID)
	}
	if err != nil {
		return fmt.Errorf("taking a pin away: %w", err)
	}
	return nil
}

// ScopeTerms implements office.PinDesk.
func (s *Pins) ScopeTerms(ctx context.Context) ([]office.ScopeItem, error) {
	rows, err := s.db.pool.Query(ctx, `SELECT id, phrase, message_nl, message_en, by_name, at FROM scope_terms ORDER BY lower(phrase), id`)
	if err != nil {
		return nil, fmt.Errorf("reading scope terms: %w", err)
	}
	terms, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t office.ScopeItem, err error) {
		return t, row.Scan(&t.ID, &t.Phrase, &t.Message.NL, &t.Message.EN, &t.ByName, &t.At)
	})
	if err != nil {
		return nil, fmt.Errorf("reading scope terms: %w", err)
	}
	return terms, nil
}

func applyScope(do func(context.Context, pgx.Tx, office.ScopeDraft, string) error) ApplyProposal {
	return func(ctx context.Context, tx pgx.Tx, p staff.Proposal) error {
		var draft office.ScopeDraft
		if err := json.Unmarshal(p.Change, &draft); err != nil {
			return fmt.Errorf("reading a scope term: %w", err)
		}
		return do(ctx, tx, draft, p.By.Name)
	}
}

func saveScope(ctx context.Context, tx pgx.Tx, d office.ScopeDraft, by string) error {
	_, err := tx.Exec(ctx, `INSERT INTO scope_terms (phrase, key, message_nl, message_en, by_name) VALUES ($1, $2, $3, $4, $5)`,
		d.Phrase, answer.ScopeKey(d.Phrase), d.Message.NL, d.Message.EN, by)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.ConstraintName == "scope_terms_key_key" {
		return &corpus.UserError{Code: corpus.CodeBadMessage, Message: "Dit woord staat al in de lijst: " + d.Phrase, Err: err}
	}
	if err != nil {
		return fmt.Errorf("adding a scope term: %w", err)
	}
	return nil
}

func removeScope(ctx context.Context, tx pgx.Tx, d office.ScopeDraft, _ string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM scope_terms WHERE id = $1`, d.ID); err != nil {
		return fmt.Errorf("removing a scope term: %w", err)
	}
	return nil
}

// LastQuestions implements office.PinDesk.
func (s *Pins) LastQuestions(ctx context.Context, limit int) ([]string, error) {
	rows, err := s.db.pool.Query(ctx, `SELECT question FROM turns ORDER BY created_at DESC LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("reading the last questions: %w", err)
	}
	questions, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("reading the last questions: %w", err)
	}
	return questions, nil
}
