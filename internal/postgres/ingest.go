package postgres

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/ser-nl/vraagbaak/ingest"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// CorpusChannel is the channel on which every change of the corpus is notified,
// with the highest id of corpus_changes.
const CorpusChannel = "corpus_changes"

// corpusLock is the advisory lock that writers of corpus_changes hold from the
// insert to the commit, so that ids become visible in their order. It is taken
// last in a transaction: whoever holds it waits for nobody.
const corpusLock = 0x636f72707573 // "corpus"

// IngestStore keeps documents and their versions, and runs the jobs that read
// them. It implements ingest.Store and ingest.Queue.
type IngestStore struct {
	db    *DB
	river *river.Client[pgx.Tx] // inserts only
}

var (
	_ ingest.Store = (*IngestStore)(nil)
	_ ingest.Queue = (*IngestStore)(nil)
)

// NewIngestStore makes the store of a migrated database.
func NewIngestStore(db *DB) (*IngestStore, error) {
	client, err := river.NewClient(riverpgxv5.New(db.pool), &river.Config{Logger: db.logger, Schema: db.schema})
	if err != nil {
		return nil, fmt.Errorf("opening the job queue: %w", err)
	}
	return &IngestStore{db: db, river: client}, nil
}

// retries is how often Submit begins again after it lost a race.
const retries = 5

// Submit stores the bytes of a document and a pending version with its job, all
// in one transaction, unless the bytes are known. A pending or failed version of
// earlier bytes makes place for the new one.
func (s *IngestStore) Submit(ctx context.Context, sub ingest.Submission) (receipt ingest.Receipt, err error) {
	for range retries {
		err = s.db.inTx(ctx, func(tx pgx.Tx) error {
			receipt, err = s.submit(ctx, tx, sub)
			return err
		})
		if !lostRace(err) {
			break
		}
	}
	if err != nil {
		return ingest.Receipt{}, fmt.Errorf("submitting %s: %w", sub.Source, err)
	}
	return receipt, nil
}

// lostRace tells errors that go away when the transaction is run again.
func lostRace(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && slices.Contains([]string{
		"23503", // foreign_key_violation: the original was removed by the version it belonged to
		"40001", // serialization_failure
		"40P01", // deadlock_detected
	}, pg.Code)
}

func (s *IngestStore) submit(ctx context.Context, tx pgx.Tx, sub ingest.Submission) (ingest.Receipt, error) {
	receipt, err := s.submitBytes(ctx, tx, sub)
	if err != nil {
		return ingest.Receipt{}, err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM unopened WHERE source = $1`, sub.Source); err != nil {
		return ingest.Receipt{}, fmt.Errorf("striking it off the list of what could not be opened: %w", err)
	}
	if sub.Publication == "" {
		return receipt, nil
	}
	if _, err := tx.Exec(ctx, `UPDATE publications SET document_id = $2 WHERE id = $1`, sub.Publication, receipt.Document); err != nil {
		return ingest.Receipt{}, fmt.Errorf("tying the document to its publication: %w", err)
	}
	return receipt, nil
}

func (s *IngestStore) submitBytes(ctx context.Context, tx pgx.Tx, sub ingest.Submission) (ingest.Receipt, error) {
	digest := sub.Digest()
	if !sub.Hold {
		var err error
		if sub.Hold, err = holdsAll(ctx, tx); err != nil {
			return ingest.Receipt{}, err
		}
	}
	// Two submissions of the same bytes take turns, so that the second sees the first.
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(binary.BigEndian.Uint64(digest[:8]))); err != nil { // #nosec G115 -- any 64 bits will do
		return ingest.Receipt{}, fmt.Errorf("locking the digest: %w", err)
	}

	id, known, err := lockDocument(ctx, tx, sub.Source)
	if err != nil {
		return ingest.Receipt{}, err
	}
	receipt := ingest.Receipt{Document: id, Result: ingest.Added}
	if known {
		same, err := sameBytes(ctx, tx, id, digest[:])
		if err != nil {
			return ingest.Receipt{}, err
		}
		switch {
		case same.status == "current" && same.agrees(sub.Hints):
			// The source went back to what is current: forget what was to replace it.
			if err := dropUnpublished(ctx, tx, id); err != nil {
				return ingest.Receipt{}, err
			}
			receipt.Result = ingest.Unchanged
			return receipt, nil
		case same.status == "held" && sub.Hold && same.agrees(sub.Hints):
			receipt.Result = ingest.Unchanged
			return receipt, nil
		case same.status == "pending":
			if err := setHints(ctx, tx, same.version, sub); err != nil {
				return ingest.Receipt{}, err
			}
			receipt.Version = same.version
			if same.published {
				receipt.Result = ingest.Replaced
			}
			return receipt, s.insertRead(ctx, tx, same.version)
		}
	} else {
		same, err := sameElsewhere(ctx, tx, digest[:])
		if err != nil || same.Result != "" {
			return same, err
		}
		if receipt.Document, err = insertDocument(ctx, tx, sub); err != nil {
			return ingest.Receipt{}, err
		}
	}

	if err := dropUnpublished(ctx, tx, receipt.Document); err != nil {
		return ingest.Receipt{}, err
	}
	if sub.Stored == nil {
		if _, err := tx.Exec(ctx, `
			INSERT INTO originals (digest, media_type, content) VALUES ($1, $2, $3)
			ON CONFLICT (digest) DO NOTHING`, digest[:], sub.MediaType, sub.Content); err != nil {
			return ingest.Receipt{}, fmt.Errorf("storing the original: %w", err)
		}
	}
	h := sub.Hints
	var number int
	err = tx.QueryRow(ctx, `
		INSERT INTO versions (document_id, number, digest, file_name, status, title, publication, type, language, date, hold)
		SELECT $1, coalesce(max(number), 0) + 1, $2, $3, 'pending', $4, $5, $6, $7, $8, $9
		FROM versions WHERE document_id = $1
		RETURNING id, number`,
		receipt.Document, digest[:], sub.Name, h.Title, h.Number, h.Type, h.Language, string(h.Date), sub.Hold).Scan(&receipt.Version, &number)
	if err != nil {
		return ingest.Receipt{}, fmt.Errorf("inserting the version: %w", err)
	}
	if number > 1 {
		receipt.Result = ingest.Replaced
	}
	return receipt, s.insertRead(ctx, tx, receipt.Version)
}

// lockDocument finds the document of a source and keeps others from it until
// the end of the transaction.
func lockDocument(ctx context.Context, tx pgx.Tx, source string) (id string, known bool, err error) {
	err = tx.QueryRow(ctx, `SELECT id FROM documents WHERE source = $1 FOR UPDATE`, source).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("looking for the document: %w", err)
	}
	return id, true, nil
}

// known is a version with the bytes that were offered.
type known struct {
	version   int64
	status    string // "" when there is none
	published bool   // its document has a published version
	metadata  corpus.Metadata
}

// agrees tells whether hints say nothing new. A current version whose metadata
// changed is read again, because its title is in the index.
func (k known) agrees(hints corpus.Metadata) bool {
	same := func(hint, is string) bool { return hint == "" || hint == is }
	m := k.metadata
	return same(hints.Title, m.Title) && same(hints.Number, m.Number) && same(hints.Type, m.Type) &&
		same(string(hints.Date), string(m.Date)) && same(hints.Language, m.Language)
}

func sameBytes(ctx context.Context, tx pgx.Tx, document string, digest []byte) (k known, err error) {
	m := &k.metadata
	err = tx.QueryRow(ctx, `
		SELECT id, status, EXISTS (SELECT FROM versions WHERE document_id = $1 AND published_at IS NOT NULL),
			title, publication, type, date, language
		FROM versions
		WHERE document_id = $1 AND digest = $2 AND status IN ('current', 'pending', 'held')
		ORDER BY status DESC LIMIT 1`, // pending before held before current: what is on its way
		document, digest).Scan(&k.version, &k.status, &k.published, &m.Title, &m.Number, &m.Type, &m.Date, &m.Language)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return known{}, fmt.Errorf("comparing with the known versions: %w", err)
	}
	return k, nil
}

// setHints gives a pending version what is known of it by now. Once it is to be held
// it stays so.
func setHints(ctx context.Context, tx pgx.Tx, version int64, sub ingest.Submission) error {
	h := sub.Hints
	_, err := tx.Exec(ctx, `
		UPDATE versions
		SET hold = hold OR $7, title = coalesce(nullif($2, ''), title), publication = coalesce(nullif($3, ''), publication),
			type = coalesce(nullif($4, ''), type), language = coalesce(nullif($5, ''), language), date = coalesce(nullif($6, ''), date)
		WHERE id = $1 AND status = 'pending'`, version, h.Title, h.Number, h.Type, h.Language, string(h.Date), sub.Hold)
	if err != nil {
		return fmt.Errorf("adding to the pending version: %w", err)
	}
	return nil
}

// sameElsewhere finds another document with these bytes: the same file under
// another name is not worth reading twice.
func sameElsewhere(ctx context.Context, tx pgx.Tx, digest []byte) (r ingest.Receipt, err error) {
	err = tx.QueryRow(ctx, `
		SELECT d.id, d.source, CASE v.status WHEN 'pending' THEN v.id ELSE 0 END
		FROM versions v JOIN documents d ON d.id = v.document_id
		WHERE v.digest = $1 AND v.status IN ('current', 'pending', 'held') AND d.withdrawn_at IS NULL
		ORDER BY v.status, v.id LIMIT 1`, // current before held before pending
		digest).Scan(&r.Document, &r.SameAs, &r.Version)
	if errors.Is(err, pgx.ErrNoRows) {
		return ingest.Receipt{}, nil
	}
	if err != nil {
		return ingest.Receipt{}, fmt.Errorf("looking for the same bytes: %w", err)
	}
	r.Result = ingest.Unchanged
	return r, nil
}

// dropUnpublished removes the pending, held and failed versions of a document, which
// nobody can have cited, with originals that no other version has.
func dropUnpublished(ctx context.Context, tx pgx.Tx, document string) error {
	rows, err := tx.Query(ctx, `DELETE FROM versions WHERE document_id = $1 AND published_at IS NULL RETURNING digest`, document)
	if err != nil {
		return fmt.Errorf("removing unpublished versions: %w", err)
	}
	digests, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		return fmt.Errorf("removing unpublished versions: %w", err)
	}
	if len(digests) == 0 {
		return nil
	}
	// Two documents may give up the same original at the same time: the second waits
	// here, so that its next statement sees what the first removed.
	if _, err := tx.Exec(ctx, `SELECT FROM originals WHERE digest = ANY ($1) ORDER BY digest FOR UPDATE`, digests); err != nil {
		return fmt.Errorf("locking originals: %w", err)
	}
	_, err = tx.Exec(ctx, `
		DELETE FROM originals o
		WHERE o.digest = ANY ($1) AND NOT EXISTS (SELECT FROM versions v WHERE v.digest = o.digest)`, digests)
	if err != nil {
		return fmt.Errorf("removing originals without a version: %w", err)
	}
	return nil
}

// insertDocument makes a document whose id tells people what it is.
func insertDocument(ctx context.Context, tx pgx.Tx, sub ingest.Submission) (id string, err error) {
	base := ingest.Slug(sub.Hints.Title)
	if base == "" {
		base = ingest.Slug(strings.TrimSuffix(sub.Name, extension(sub.Name)))
	}
	if base == "" {
		base = "document"
	}
	id = base
	for n := 2; ; n++ {
		tag, err := tx.Exec(ctx, `INSERT INTO documents (id, source) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`, id, sub.Source)
		var pg *pgconn.PgError
		if errors.As(err, &pg) && pg.Code == "23505" {
			pg.Code = "40001" // the same source was submitted meanwhile: begin again and find it
		}
		if err != nil {
			return "", fmt.Errorf("inserting the document: %w", err)
		}
		if tag.RowsAffected() == 1 {
			return id, nil
		}
		id = base + "-" + strconv.Itoa(n)
	}
}

func extension(name string) string {
	if i := strings.LastIndexByte(name, '.'); i > 0 && len(name)-i <= 6 {
		return name[i:]
	}
	return ""
}

// Pending returns the bytes of a pending version.
func (s *IngestStore) Pending(ctx context.Context, version int64) (u ingest.Unread, err error) {
	err = s.db.pool.QueryRow(ctx, `
		WITH catalogue AS ( -- what the catalogue says of the document, should no hints have come with it
			SELECT p.* FROM publications p JOIN versions v USING (document_id) WHERE v.id = $1 ORDER BY p.id LIMIT 1
		), first AS ( -- hints before the catalogue
			SELECT v.id,
				coalesce(nullif(v.title, ''), p.title, '') AS title, coalesce(nullif(v.publication, ''), p.number, '') AS publication,
				coalesce(nullif(v.type, ''), p.type, '') AS type, coalesce(nullif(v.language, ''), p.language, '') AS language,
				coalesce(nullif(v.date, ''), p.date, '') AS date
			FROM versions v LEFT JOIN catalogue p ON true WHERE v.id = $1
		)
		SELECT d.source, v.file_name, o.content, f.title, f.publication, f.type, f.language, f.date
		FROM versions v JOIN first f USING (id) JOIN documents d ON d.id = v.document_id JOIN originals o USING (digest)
		WHERE v.id = $1 AND v.status = 'pending'`, version).Scan(
		&u.Source, &u.Name, &u.Content, &u.Hints.Title, &u.Hints.Number, &u.Hints.Type, &u.Hints.Language, &u.Hints.Date)
	if errors.Is(err, pgx.ErrNoRows) {
		return ingest.Unread{}, ingest.ErrSettled
	}
	if err != nil {
		return ingest.Unread{}, fmt.Errorf("reading version %d: %w", version, err)
	}
	return u, nil
}

// lockPending takes the version's document and checks that the version is still
// pending.
func lockPending(ctx context.Context, tx pgx.Tx, version int64) (document string, withdrawn bool, err error) {
	err = tx.QueryRow(ctx, `
		SELECT id, withdrawn_at IS NOT NULL FROM documents
		WHERE id = (SELECT document_id FROM versions WHERE id = $1) FOR UPDATE`, version).Scan(&document, &withdrawn)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", false, ingest.ErrSettled
	}
	if err != nil {
		return "", false, fmt.Errorf("locking the document: %w", err)
	}
	var pending bool
	err = tx.QueryRow(ctx, `SELECT status = 'pending' FROM versions WHERE id = $1 FOR UPDATE`, version).Scan(&pending)
	if errors.Is(err, pgx.ErrNoRows) || (err == nil && !pending) {
		return "", false, ingest.ErrSettled
	}
	if err != nil {
		return "", false, fmt.Errorf("locking the version: %w", err)
	}
	return document, withdrawn, nil
}

// Publish writes all of a version and makes it the current one, in one
// transaction. Only the numbers of new words are given out before, because
// other transactions would wait for them.
func (s *IngestStore) Publish(ctx context.Context, version int64, r ingest.Reading) error {
	if len(r.Terms) != len(r.Chunks) {
		return fmt.Errorf("publishing version %d: %d chunks with terms of %d", version, len(r.Chunks), len(r.Terms))
	}
	numbers, err := s.number(ctx, r.Terms)
	if err != nil {
		return fmt.Errorf("publishing version %d: %w", version, err)
	}
	err = s.db.inTx(ctx, func(tx pgx.Tx) error { return s.publish(ctx, tx, version, r, numbers) })
	if err != nil {
		return fmt.Errorf("publishing version %d: %w", version, err)
	}
	return nil
}

func (s *IngestStore) publish(ctx context.Context, tx pgx.Tx, version int64, r ingest.Reading, numbers map[string]int32) error {
	document, withdrawn, err := lockPending(ctx, tx, version)
	if err != nil {
		return err
	}
	if err := copyPages(ctx, tx, version, r.Pages); err != nil {
		return err
	}
	if err := copyChunks(ctx, tx, version, r, numbers); err != nil {
		return err
	}
	m := r.Metadata
	var hold bool
	err = tx.QueryRow(ctx, `
		UPDATE versions
		SET status = CASE WHEN hold THEN 'held' ELSE status END, title = $2, publication = $3, type = $4, language = $5, date = $6,
			isbn = $7, warnings = coalesce($8::text[], '{}'), incomplete = $9, reader = $10
		WHERE id = $1
		RETURNING hold`, version, m.Title, m.Number, m.Type, m.Language, string(m.Date), m.ISBN, r.Warnings, r.Incomplete, r.Reader).Scan(&hold)
	if err != nil {
		return fmt.Errorf("writing what is known of it: %w", err)
	}
	if hold {
		return nil
	}
	return s.makeCurrent(ctx, tx, document, version, withdrawn)
}

// makeCurrent puts a version that is read in the place of the current one. The caller
// has locked the document. It must be the last thing that the transaction does to the
// corpus.
func (s *IngestStore) makeCurrent(ctx context.Context, tx pgx.Tx, document string, version int64, withdrawn bool) error {
	var previous *int64
	err := tx.QueryRow(ctx, `
		UPDATE versions SET status = 'superseded' WHERE document_id = $1 AND status = 'current' RETURNING id`, document).Scan(&previous)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("superseding the current version: %w", err)
	}
	if _, err := tx.Exec(ctx, `UPDATE versions SET status = 'current', published_at = now() WHERE id = $1`, version); err != nil {
		return fmt.Errorf("making it current: %w", err)
	}
	if err := tiePublications(ctx, tx, document); err != nil {
		return err
	}
	if withdrawn {
		return nil
	}
	if err := s.insertEmbed(ctx, tx); err != nil {
		return err
	}
	if previous != nil {
		return announce(ctx, tx, change{*previous, false}, change{version, true})
	}
	return announce(ctx, tx, change{version, true})
}

// maxTerm bounds a stored word, in code points: the index on terms holds at most
// some 2,700 bytes, and no word anyone looks for is longer.
const maxTerm = 100

func clip(word string) string {
	n := 0
	for i := range word {
		if n == maxTerm {
			return word[:i]
		}
		n++
	}
	return word
}

// number gives every word of the chunks its number. Words are inserted in order,
// so that two workers with the same new words cannot wait for each other.
func (s *IngestStore) number(ctx context.Context, terms []ingest.Terms) (map[string]int32, error) {
	numbers := make(map[string]int32)
	for _, t := range terms {
		for _, w := range t.Words() {
			numbers[clip(w)] = 0
		}
	}
	missing := func() []string {
		var words []string
		for w, n := range numbers {
			if n == 0 {
				words = append(words, w)
			}
		}
		slices.Sort(words)
		return words
	}
	collect := func(query string) error {
		words := missing()
		if len(words) == 0 {
			return nil
		}
		rows, err := s.db.pool.Query(ctx, query, words)
		if err != nil {
			return err
		}
		var word string
		var n int32
		_, err = pgx.ForEachRow(rows, []any{&word, &n}, func() error { numbers[word] = n; return nil })
		return err
	}
	const find = `SELECT term, id FROM terms WHERE term = ANY ($1)`
	// Looked up first: an insert that finds its word uses up a number all the same.
	// Looked up again for words that another worker inserted in between.
	for _, query := range []string{find, `
		INSERT INTO terms (term) SELECT unnest($1::text[]) ON CONFLICT (term) DO NOTHING RETURNING term, id`, find} {
		if err := collect(query); err != nil {
			return nil, fmt.Errorf("numbering words: %w", err)
		}
	}
	if left := missing(); len(left) > 0 {
		return nil, fmt.Errorf("numbering words: %d got no number, such as %q", len(left), left[0])
	}
	return numbers, nil
}

func copyPages(ctx context.Context, tx pgx.Tx, version int64, pages []corpus.Page) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"pages"},
		[]string{"version_id", "number", "label", "text", "reader", "confidence", "blocks", "places"},
		pgx.CopyFromSlice(len(pages), func(i int) ([]any, error) {
			p := pages[i]
			if p.Blocks == nil {
				p.Blocks = []corpus.Block{}
			}
			blocks, err := json.Marshal(p.Blocks)
			if err != nil {
				return nil, err
			}
			return []any{version, p.Number, p.Label, p.Text, p.Reader, float32(p.Confidence), blocks, encodePlaces(p.Places)}, nil
		}))
	if err != nil {
		return fmt.Errorf("writing pages: %w", err)
	}
	return nil
}

func copyChunks(ctx context.Context, tx pgx.Tx, version int64, r ingest.Reading, numbers map[string]int32) error {
	rows, err := tx.Query(ctx, `
		SELECT nextval(pg_get_serial_sequence('chunks', 'id')) FROM generate_series(1, $1)`, len(r.Chunks))
	if err != nil {
		return fmt.Errorf("reserving chunk ids: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("reserving chunk ids: %w", err)
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"chunks"},
		[]string{"id", "version_id", "ordinal", "page", "start_at", "end_at", "heading", "kind", "section"},
		pgx.CopyFromSlice(len(r.Chunks), func(i int) ([]any, error) {
			c := r.Chunks[i]
			heading := c.Heading
			if heading == nil {
				heading = []string{}
			}
			return []any{ids[i], version, c.Ordinal, c.Page, c.Start, c.End, heading, string(c.Kind), string(c.Section)}, nil
		}))
	if err != nil {
		return fmt.Errorf("writing chunks: %w", err)
	}
	if err := copyParagraphs(ctx, tx, ids, r.Chunks); err != nil {
		return err
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"chunk_terms"}, []string{"chunk_id", "dl", "tv"},
		pgx.CopyFromSlice(len(r.Terms), func(i int) ([]any, error) {
			t := r.Terms[i]
			tv := t.Encode(func(word string) int32 { return numbers[clip(word)] })
			return []any{ids[i], float32(t.Length()), tv}, nil
		}))
	if err != nil {
		return fmt.Errorf("writing terms: %w", err)
	}
	return nil
}

// change says that a version became live or stopped being live.
type change struct {
	version int64
	live    bool
}

// announce writes changes of the corpus where every server will find them, and
// what they do to the boilerplate of other documents. It must be the last thing a
// transaction does.
func announce(ctx context.Context, tx pgx.Tx, changes ...change) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(corpusLock)); err != nil {
		return fmt.Errorf("locking the corpus: %w", err)
	}
	changes, err := markRepeated(ctx, tx, changes)
	if err != nil {
		return err
	}
	for _, c := range changes {
		_, err := tx.Exec(ctx, `
			WITH change AS ( -- the new state of the corpus
				INSERT INTO corpus_changes (version_id, live) VALUES ($1, $2) RETURNING id
			)
			SELECT pg_notify($3, id::text) FROM change`, c.version, c.live, CorpusChannel)
		if err != nil {
			return fmt.Errorf("announcing the change: %w", err)
		}
	}
	return nil
}

// Fail ends a pending version with the reason why it could not be read.
func (s *IngestStore) Fail(ctx context.Context, version int64, f corpus.Failure) error {
	err := s.db.inTx(ctx, func(tx pgx.Tx) error {
		if _, _, err := lockPending(ctx, tx, version); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			UPDATE versions SET status = 'failed', failure_code = $2, failure_message = $3 WHERE id = $1`, version, f.Code, f.Message)
		return err
	})
	if err != nil {
		return fmt.Errorf("recording the failure of version %d: %w", version, err)
	}
	return nil
}

// Outcomes tells where versions stand.
func (s *IngestStore) Outcomes(ctx context.Context, versions []int64) ([]ingest.Outcome, error) {
	rows, err := s.db.pool.Query(ctx, `
		SELECT v.id, v.number, v.status, v.title, coalesce(v.failure_code, ''), coalesce(v.failure_message, ''), v.warnings,
			CASE WHEN v.status = 'pending' THEN 0 ELSE (SELECT count(*) FROM pages WHERE version_id = v.id) END,
			CASE WHEN v.status = 'pending' THEN 0 ELSE (SELECT count(*) FROM chunks WHERE version_id = v.id) END
		FROM versions v WHERE v.id = ANY ($1)`, versions)
	if err != nil {
		return nil, fmt.Errorf("following versions: %w", err)
	}
	outcomes, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (o ingest.Outcome, err error) {
		var f corpus.Failure
		err = row.Scan(&o.Version, &o.Number, &o.Status, &o.Title, &f.Code, &f.Message, &o.Warnings, &o.Pages, &o.Chunks)
		o.Warnings = unlessEmpty(o.Warnings)
		if f.Code != "" {
			o.Failure = &f
		}
		return o, err
	})
	if err != nil {
		return nil, fmt.Errorf("following versions: %w", err)
	}
	return outcomes, nil
}

// Documents lists every document with its status: that of its current version
// when there is one, with the failure of a later one beside it.
func (s *IngestStore) Documents(ctx context.Context) ([]corpus.Document, error) {
	rows, err := s.db.pool.Query(ctx, `
		WITH shown AS ( -- the version to show: the current one, else the newest
			SELECT DISTINCT ON (document_id) *
			FROM versions
			ORDER BY document_id, status <> 'current', number DESC
		), failed AS ( -- the reason why the newest version could not be read
			SELECT document_id, failure_code, failure_message FROM versions WHERE status = 'failed'
		), catalogue AS ( -- what the catalogue says of the document
			SELECT DISTINCT ON (document_id) document_id, id, commission, themes
			FROM publications WHERE document_id IS NOT NULL
			ORDER BY document_id, id
		)
		SELECT d.id, d.source, v.number, CASE WHEN d.withdrawn_at IS NOT NULL THEN 'withdrawn' ELSE v.status END,
			v.title, v.publication, v.type, v.date, v.language, v.isbn, v.warnings,
			(SELECT count(*) FROM pages WHERE version_id = v.id),
			(SELECT count(*) FROM chunks WHERE version_id = v.id),
			coalesce(f.failure_code, ''), coalesce(f.failure_message, ''),
			coalesce(p.id, ''), coalesce(p.commission, ''), coalesce(p.themes, '{}')
		FROM documents d JOIN shown v ON v.document_id = d.id LEFT JOIN failed f ON f.document_id = d.id
		LEFT JOIN catalogue p ON p.document_id = d.id
		ORDER BY d.id`)
	if err != nil {
		return nil, fmt.Errorf("listing documents: %w", err)
	}
	documents, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d corpus.Document, err error) {
		var f corpus.Failure
		err = row.Scan(&d.ID, &d.Source, &d.Version, &d.Status, &d.Title, &d.Number, &d.Type, &d.Date, &d.Language, &d.ISBN, &d.Warnings,
			&d.Pages, &d.Chunks, &f.Code, &f.Message, &d.Publication, &d.Commission, &d.Themes)
		if f.Code != "" {
			d.Failure = &f
		}
		d.Themes, d.Warnings = unlessEmpty(d.Themes), unlessEmpty(d.Warnings)
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("listing documents: %w", err)
	}
	return documents, nil
}

// unlessEmpty is nil for an empty array.
func unlessEmpty[E any](s []E) []E {
	if len(s) == 0 {
		return nil
	}
	return s
}

// Withdraw takes a document out of the answers; its citations keep resolving.
// Withdrawing twice is no error. An unknown id is a *corpus.UserError.
func (s *IngestStore) Withdraw(ctx context.Context, document string) error {
	return s.db.inTx(ctx, func(tx pgx.Tx) error { return s.setWithdrawn(ctx, tx, document, true, "") })
}

// Restore undoes Withdraw.
func (s *IngestStore) Restore(ctx context.Context, document string) error {
	return s.db.inTx(ctx, func(tx pgx.Tx) error { return s.setWithdrawn(ctx, tx, document, false, "") })
}

func (s *IngestStore) setWithdrawn(ctx context.Context, tx pgx.Tx, document string, withdraw bool, reason string) error {
	err := func() error {
		var withdrawn bool
		err := tx.QueryRow(ctx, `SELECT withdrawn_at IS NOT NULL FROM documents WHERE id = $1 FOR UPDATE`, document).Scan(&withdrawn)
		if errors.Is(err, pgx.ErrNoRows) {
			return notFound(document)
		}
		if err != nil || withdrawn == withdraw {
			return err
		}
		if _, err := tx.Exec(ctx, `
			UPDATE documents SET withdrawn_at = CASE WHEN $2 THEN now() END, withdrawn_reason = $3 WHERE id = $1`, document, withdraw, reason); err != nil {
			return err
		}
		var current int64
		err = tx.QueryRow(ctx, `SELECT id FROM versions WHERE document_id = $1 AND status = 'current'`, document).Scan(&current)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if !withdraw {
			if err := s.insertEmbed(ctx, tx); err != nil {
				return err
			}
		}
		return announce(ctx, tx, change{current, !withdraw})
	}()
	if err != nil {
		return fmt.Errorf("withdrawing or restoring %s: %w", document, err)
	}
	return nil
}

func notFound(document string) error {
	return &corpus.UserError{Code: corpus.CodeNotFound, Message: fmt.Sprintf("Er is geen document met de naam %q. Bekijk de lijst met documenten.", document)}
}
