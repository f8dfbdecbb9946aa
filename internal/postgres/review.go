package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

var _ office.ReviewStore = (*Reviews)(nil)

// Reviews keeps judgements of answers and the samples they are drawn by.
type Reviews struct{ db *DB }

// NewReviews returns the reviews of a migrated database.
func NewReviews(db *DB) *Reviews { return &Reviews{db} }

// presentCorpus is the state of the corpus now.
const presentCorpus = `(SELECT coalesce(max(id), 0) FROM corpus_changes)`

// conditions are the WHERE clauses of a filter over turn_facts f, with their arguments.
type conditions struct {
	where []string
	args  []any
}

// add appends a condition in which every ? stands for the next argument.
func (c *conditions) add(condition string, args ...any) {
	for _, a := range args {
		c.args = append(c.args, a)
		condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(c.args)), 1)
	}
	c.where = append(c.where, condition)
}

func (c *conditions) String() string {
	if len(c.where) == 0 {
		return "true"
	}
	return strings.Join(c.where, " AND ")
}

// conditionsOf are those of a filter.
func conditionsOf(f office.ReviewFilter, reviewer int64) *conditions {
	c := &conditions{}
	if f.Status != "" {
		c.add("f.status = ?", string(f.Status))
	}
	if f.Lang != "" {
		c.add("f.lang = ?", f.Lang)
	}
	if query := beginnings(f.Words); query != "" {
		c.add("f.words @@ ?::tsquery", query)
	} else if strings.TrimSpace(f.Words) != "" {
		c.add("false") // nothing that a question could have
	}
	switch f.Feedback {
	case office.FeedbackNone:
		c.add("f.feedback = ''")
	case office.FeedbackUseful, office.FeedbackNotUseful:
		c.add("f.feedback = ?", f.Feedback)
	case office.FeedbackComment:
		c.add("f.feedback <> '' AND f.commented")
	}
	if f.LowSupport {
		c.add("f.low_support")
	}
	switch f.Corpus {
	case office.CorpusOlder:
		c.add("f.corpus < " + presentCorpus)
	case office.CorpusPresent:
		c.add("f.corpus >= " + presentCorpus)
	}
	switch f.Judged {
	case office.JudgedNotByMe:
		c.add("NOT EXISTS (SELECT FROM judgements j WHERE j.item = f.id AND j.reviewer_id = ?)", reviewer)
	case office.JudgedByMe:
		c.add("f.judged > 0 AND EXISTS (SELECT FROM judgements j WHERE j.item = f.id AND j.reviewer_id = ?)", reviewer)
	case office.JudgedByNobody:
		c.add("f.judged = 0")
	case office.JudgedByOne:
		c.add("f.judged > 0 AND f.judged = 1")
	case office.JudgedByTwo:
		c.add("f.judged > 0 AND f.judged >= 2")
	}
	if !f.From.IsZero() {
		c.add("f.asked_at >= ?", f.From)
	}
	if !f.Till.IsZero() {
		c.add("f.asked_at < ?", f.Till)
	}
	return c
}

// beginnings is a text search query for words that begin with each of the words of s.
// Of what people type only letters and digits go into it.
func beginnings(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i, w := range words {
		words[i] = "'" + w + "':*"
	}
	return strings.Join(words, " & ")
}

// reviewItem selects an item of turn_facts f and turns t for scanReviewItem; %d is the
// argument of the reviewer.
const reviewItem = `f.id, f.conversation_id::text, f.turn_id::text, t.question, f.lang, f.status, f.asked_at, f.feedback, f.commented, f.low_support,
	f.corpus < ` + presentCorpus + `, f.judged,
	coalesce((SELECT j.verdict FROM judgements j WHERE j.item = f.id AND j.reviewer_id = $%d), '')`

func scanReviewItem(i *office.ReviewItem) []any {
	return []any{&i.Item, &i.Conversation, &i.Turn, &i.Question, &i.Lang, &i.Status, &i.Asked, &i.Feedback, &i.Commented, &i.LowSupport,
		&i.Older, &i.Judged, &i.Mine}
}

// Queue implements office.ReviewStore.
func (s *Reviews) Queue(ctx context.Context, filter office.ReviewFilter, reviewer int64, after office.ReviewPlace, limit int) ([]office.ReviewItem, error) {
	c := conditionsOf(filter, reviewer)
	if after.Item != 0 {
		c.add("(f.asked_at, f.id) < (?::timestamptz, ?::bigint)", after.Asked, after.Item)
	}
	where := c.String()
	c.args = append(c.args, limit, reviewer)
	// The questions are read of the few that are shown only.
	query := fmt.Sprintf(`
		SELECT `+reviewItem+`
		FROM (SELECT * FROM turn_facts f WHERE %s ORDER BY f.asked_at DESC, f.id DESC LIMIT $%d) f
		JOIN turns t ON t.id = f.turn_id
		ORDER BY f.asked_at DESC, f.id DESC`, len(c.args), where, len(c.args)-1)
	rows, err := s.db.pool.Query(ctx, query, c.args...)
	if err != nil {
		return nil, fmt.Errorf("reading the queue of reviews: %w", err)
	}
	items, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (i office.ReviewItem, err error) {
		return i, row.Scan(scanReviewItem(&i)...)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the queue of reviews: %w", err)
	}
	return items, nil
}

// Count implements office.ReviewStore.
func (s *Reviews) Count(ctx context.Context, filter office.ReviewFilter, reviewer int64, most int) (int, error) {
	c := conditionsOf(filter, reviewer)
	where := c.String()
	c.args = append(c.args, most)
	var n int
	err := s.db.pool.QueryRow(ctx, fmt.Sprintf(`SELECT count(*) FROM (SELECT FROM turn_facts f WHERE %s LIMIT $%d) AS passing`, where, len(c.args)), c.args...).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("counting the queue of reviews: %w", err)
	}
	return n, nil
}

// reviewTurns bounds the turns of a conversation that are read.
const reviewTurns = 500

// Review implements office.ReviewStore.
func (s *Reviews) Review(ctx context.Context, conversation, turn string, reviewer int64) (office.Review, error) {
	var r office.Review
	query := fmt.Sprintf(`
		SELECT `+reviewItem+`, f.support, f.corpus, `+presentCorpus+`,
			(SELECT at FROM corpus_changes WHERE id <= f.corpus ORDER BY id DESC LIMIT 1),
			b.useful, coalesce(b.sentence, 0), coalesce(b.source, 0), coalesce(b.comment, '')
		FROM turn_facts f
		JOIN turns t ON t.id = f.turn_id
		LEFT JOIN feedback b ON b.turn_id = f.turn_id
		WHERE f.turn_id = $1 AND f.conversation_id = $2`, 3)
	var useful *bool
	var since *time.Time
	var f office.VisitorFeedback
	to := append(scanReviewItem(&r.ReviewItem), &r.Support, &r.Corpus, &r.Present, &since, &useful, &f.Sentence, &f.Source, &f.Comment)
	if err := s.db.pool.QueryRow(ctx, query, turn, conversation, reviewer).Scan(to...); err != nil {
		return r, readError("answer", err)
	}
	if since != nil {
		r.Since = *since
	}
	if useful != nil {
		f.Useful = *useful
		r.Feedback = &f
	}
	var err error
	if r.Turns, err = s.db.Chat().Turns(ctx, conversation, reviewTurns); err != nil {
		if errors.Is(err, chat.ErrNotFound) { // gone since
			err = &corpus.UserError{Code: corpus.CodeNotFound, Message: "there is no such answer", Err: err}
		}
		return r, err
	}
	said, err := s.judgements(ctx, r.Item)
	if err != nil {
		return r, err
	}
	for _, j := range said {
		if j.Reviewer == reviewer {
			r.Mine = &j.Judgement
		} else {
			r.Others = append(r.Others, j)
		}
	}
	return r, nil
}

// judgements are all that was said of an answer, by who said it.
func (s *Reviews) judgements(ctx context.Context, item int64) ([]office.OtherJudgement, error) {
	rows, err := s.db.pool.Query(ctx, `
		SELECT j.id, coalesce(j.turn_id::text, ''), j.reviewer_id, u.name, j.verdict, j.comment, j.seconds, j.judged_at, j.changed_at,
			coalesce((SELECT jsonb_object_agg(s.sentence, s.verdict) FROM sentence_judgements s WHERE s.judgement_id = j.id), '{}'),
			coalesce((SELECT jsonb_agg(jsonb_build_object('document', v.document_id, 'version', v.number, 'page', p.page, 'start', p.start_at, 'end', p.end_at) ORDER BY p.position)
				FROM judgement_sources p JOIN versions v ON v.id = p.version_id WHERE p.judgement_id = j.id), '[]')
		FROM judgements j
		JOIN staff_users u ON u.id = j.reviewer_id
		WHERE j.item = $1
		ORDER BY u.name, j.id`, item)
	if err != nil {
		return nil, fmt.Errorf("reading judgements: %w", err)
	}
	said, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (j office.OtherJudgement, err error) {
		var seconds int
		var sentences, sources []byte
		j.Item = item
		if err := row.Scan(&j.ID, &j.Turn, &j.Reviewer, &j.Name, &j.Verdict, &j.Comment, &seconds, &j.Judged, &j.Changed, &sentences, &sources); err != nil {
			return j, err
		}
		j.Took = time.Duration(seconds) * time.Second
		return j, errors.Join(json.Unmarshal(sentences, &j.Sentences), json.Unmarshal(sources, &j.Sources))
	})
	if err != nil {
		return nil, fmt.Errorf("reading judgements: %w", err)
	}
	return said, nil
}

const storeJudgement = `
INSERT INTO judgements (item, turn_id, reviewer_id, verdict, comment, seconds, lang, status, corpus, model, prompt, asked_on)
SELECT f.id, f.turn_id, $2, $3, $4, $5, f.lang, f.status, f.corpus, f.model, f.prompt, f.asked_at::date
FROM turn_facts f WHERE f.turn_id = $1
ON CONFLICT (item, reviewer_id) DO UPDATE SET
    verdict = excluded.verdict, comment = excluded.comment, seconds = excluded.seconds, changed_at = now()
RETURNING id, xmax = 0`

// Judge implements office.ReviewStore.
func (s *Reviews) Judge(ctx context.Context, by staff.User, j evaluate.Judgement) (id int64, err error) {
	err = s.db.inTx(ctx, func(tx pgx.Tx) error {
		var item int64
		var status corpus.Status
		var sentences int
		// The turn is held first, as by what deletes it.
		err := tx.QueryRow(ctx, `
			SELECT f.id, f.status, f.sentences
			FROM turns t JOIN turn_facts f ON f.turn_id = t.id
			WHERE t.id = $1 FOR KEY SHARE OF t`, j.Turn).Scan(&item, &status, &sentences)
		if err != nil {
			return readError("answer", err)
		}
		if err := j.Check(status, sentences); err != nil {
			return err
		}
		seconds := int(min(max(j.Took, 0), evaluate.MaxTook).Seconds())
		var first bool
		if err := tx.QueryRow(ctx, storeJudgement, j.Turn, by.ID, string(j.Verdict), j.Comment, seconds).Scan(&id, &first); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM sentence_judgements WHERE judgement_id = $1`, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM judgement_sources WHERE judgement_id = $1`, id); err != nil {
			return err
		}
		for n, v := range j.Sentences {
			if _, err := tx.Exec(ctx, `INSERT INTO sentence_judgements (judgement_id, sentence, verdict) VALUES ($1, $2, $3)`, id, n, string(v)); err != nil {
				return err
			}
		}
		for i, p := range j.Sources {
			tag, err := tx.Exec(ctx, `
				INSERT INTO judgement_sources (judgement_id, position, version_id, page, start_at, end_at)
				SELECT $1, $2, v.id, p.number, $6, $7
				FROM versions v JOIN pages p ON p.version_id = v.id
				WHERE v.document_id = $3 AND v.number = $4 AND p.number = $5 AND v.status IN ('current', 'superseded')
					AND char_length(p.text) >= $7`, id, i+1, p.Document, p.Version, p.Page, p.Start, p.End)
			if err != nil {
				return err
			}
			if tag.RowsAffected() == 0 {
				return &corpus.UserError{Code: corpus.CodeBadMessage, Message: fmt.Sprintf("there is no such place as %s: search for the source again", p)}
			}
		}
		action := "review.judge"
		if !first {
			action = "review.change"
		}
		return recordAudit(ctx, tx, staff.Entry{User: by, Action: action, Object: fmt.Sprintf("answer:%d", item), Detail: map[string]any{"verdict": j.Verdict}})
	})
	if err != nil {
		return 0, fmt.Errorf("storing a judgement: %w", err)
	}
	return id, nil
}

// Places implements office.ReviewStore.
func (s *Reviews) Places(ctx context.Context, places []evaluate.Place) ([]corpus.Citation, error) {
	var found []corpus.Citation
	for _, p := range places { // at most evaluate.MaxSources
		c := corpus.Citation{N: len(found) + 1, Version: p.Version, Page: p.Page, Start: p.Start, End: p.End}
		var heading []string
		err := s.db.pool.QueryRow(ctx, `
			SELECT v.document_id, v.title, v.publication, v.type, v.date, p.label, substr(p.text, $4 + 1, $5 - $4),
				coalesce((SELECT c.heading FROM chunks c
					WHERE c.version_id = v.id AND c.page = p.number AND c.start_at <= $4 AND c.end_at > $4
					ORDER BY c.ordinal LIMIT 1), '{}')
			FROM versions v JOIN pages p ON p.version_id = v.id
			WHERE v.document_id = $1 AND v.number = $2 AND p.number = $3 AND v.status IN ('current', 'superseded') AND char_length(p.text) >= $5`,
			p.Document, p.Version, p.Page, p.Start, p.End).
			Scan(&c.Document.ID, &c.Document.Title, &c.Document.Number, &c.Document.Type, &c.Document.Date, &c.PageLabel, &c.Quote, &heading)
		if errors.Is(err, pgx.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading a picked source: %w", err)
		}
		c.Heading = strings.Join(heading, " › ")
		c.URL = corpus.CitationURL(c.Document.ID, c.Version, c.Page, c.Start, c.End)
		found = append(found, c)
	}
	return found, nil
}

// Draw implements office.ReviewStore.
func (s *Reviews) Draw(ctx context.Context, by staff.User, name string, filter office.ReviewFilter, size int, seed int64) (id int64, err error) {
	kept, err := json.Marshal(filter)
	if err != nil {
		return 0, fmt.Errorf("drawing a sample: %w", err)
	}
	err = s.db.inTx(ctx, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `INSERT INTO review_samples (name, seed, filter, size, made_by) VALUES ($1, $2, $3::jsonb, $4, $5) RETURNING id`,
			name, seed, string(kept), size, by.ID).Scan(&id)
		var conflict *pgconn.PgError
		if errors.As(err, &conflict) && conflict.ConstraintName == "review_samples_name" {
			return office.ErrSampleName
		}
		if err != nil {
			return err
		}
		c := conditionsOf(filter, by.ID)
		where := c.String()
		c.args = append(c.args, id, seed, size)
		n := len(c.args)
		tag, err := tx.Exec(ctx, fmt.Sprintf(`
			INSERT INTO review_sample_members (sample_id, position, item, turn_id)
			SELECT $%d, row_number() OVER (ORDER BY drawn.lot, drawn.id), drawn.id, drawn.turn_id
			FROM ( -- the lowest hashes: the same for the same seed and answers
				SELECT f.id, f.turn_id, hashtextextended(f.turn_id::text, $%d) AS lot
				FROM turn_facts f WHERE %s
				ORDER BY lot, f.id LIMIT $%d
			) drawn`, n-2, n-1, where, n), c.args...)
		if err != nil {
			return err
		}
		drawn := tag.RowsAffected()
		if drawn == 0 {
			return office.ErrSampleEmpty
		}
		if _, err := tx.Exec(ctx, `UPDATE review_samples SET size = $2 WHERE id = $1`, id, drawn); err != nil {
			return err
		}
		return recordAudit(ctx, tx, staff.Entry{User: by, Action: "review.draw", Object: fmt.Sprintf("sample:%d", id),
			Detail: map[string]any{"name": name, "size": drawn, "seed": seed}})
	})
	if err != nil {
		return 0, fmt.Errorf("drawing a sample: %w", err)
	}
	return id, nil
}

const readSamples = `
SELECT s.id, s.name, s.seed, s.filter, s.size, u.name, s.made_at,
    count(*) FILTER (WHERE m.turn_id IS NULL),
    count(j.id),
    count(*) FILTER (WHERE m.turn_id IS NOT NULL AND j.id IS NULL)
FROM review_samples s
JOIN staff_users u ON u.id = s.made_by
JOIN review_sample_members m ON m.sample_id = s.id
LEFT JOIN judgements j ON j.item = m.item AND j.reviewer_id = $1
WHERE $2 = 0 OR s.id = $2
GROUP BY s.id, u.name
ORDER BY s.made_at DESC, s.id DESC
LIMIT 200`

// Samples implements office.ReviewStore.
func (s *Reviews) Samples(ctx context.Context, reviewer int64) ([]office.ReviewSample, error) {
	return s.samples(ctx, reviewer, 0)
}

func (s *Reviews) samples(ctx context.Context, reviewer, id int64) ([]office.ReviewSample, error) {
	rows, err := s.db.pool.Query(ctx, readSamples, reviewer, id)
	if err != nil {
		return nil, fmt.Errorf("reading samples: %w", err)
	}
	samples, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r office.ReviewSample, err error) {
		var filter []byte
		if err := row.Scan(&r.ID, &r.Name, &r.Seed, &filter, &r.Size, &r.By, &r.Made, &r.Gone, &r.Done, &r.Left); err != nil {
			return r, err
		}
		return r, json.Unmarshal(filter, &r.Filter)
	})
	if err != nil {
		return nil, fmt.Errorf("reading samples: %w", err)
	}
	return samples, nil
}

// Sample implements office.ReviewStore.
func (s *Reviews) Sample(ctx context.Context, id, reviewer int64) (office.ReviewSample, error) {
	if id == 0 {
		return office.ReviewSample{}, readError("sample", pgx.ErrNoRows)
	}
	samples, err := s.samples(ctx, reviewer, id)
	if err == nil && len(samples) == 0 {
		err = readError("sample", pgx.ErrNoRows)
	}
	if err != nil {
		return office.ReviewSample{}, err
	}
	return samples[0], nil
}

// sampleMembers are the members of sample $1 for reviewer $2.
const sampleMembers = `
SELECT m.position, m.item, coalesce(f.conversation_id::text, ''), coalesce(m.turn_id::text, ''), coalesce(t.question, ''), coalesce(f.lang, ''), coalesce(f.status, ''),
    coalesce(f.asked_at, '0001-01-01 00:00:00Z'), coalesce(f.feedback, ''), coalesce(f.commented, false), coalesce(f.low_support, false),
    coalesce(f.corpus < ` + presentCorpus + `, false), (SELECT count(*) FROM judgements a WHERE a.item = m.item), coalesce(j.verdict, '')
FROM review_sample_members m
LEFT JOIN turn_facts f ON f.turn_id = m.turn_id
LEFT JOIN turns t ON t.id = m.turn_id
LEFT JOIN judgements j ON j.item = m.item AND j.reviewer_id = $2
WHERE m.sample_id = $1`

func scanMember(row pgx.CollectableRow) (i office.ReviewItem, err error) {
	return i, row.Scan(append([]any{&i.Position}, scanReviewItem(&i)...)...)
}

// Members implements office.ReviewStore.
func (s *Reviews) Members(ctx context.Context, sample, reviewer int64) ([]office.ReviewItem, error) {
	rows, err := s.db.pool.Query(ctx, sampleMembers+` ORDER BY m.position`, sample, reviewer)
	if err != nil {
		return nil, fmt.Errorf("reading a sample: %w", err)
	}
	items, err := pgx.CollectRows(rows, scanMember)
	if err != nil {
		return nil, fmt.Errorf("reading a sample: %w", err)
	}
	return items, nil
}

// NextMember implements office.ReviewStore.
func (s *Reviews) NextMember(ctx context.Context, sample, reviewer int64, after string) (office.ReviewItem, bool, error) {
	rows, err := s.db.pool.Query(ctx, sampleMembers+` AND m.turn_id IS NOT NULL AND j.id IS NULL AND m.turn_id::text <> $3
		ORDER BY m.position <= coalesce((SELECT position FROM review_sample_members WHERE sample_id = $1 AND turn_id::text = $3), 0), m.position
		LIMIT 1`, sample, reviewer, after)
	if err != nil {
		return office.ReviewItem{}, false, fmt.Errorf("reading a sample: %w", err)
	}
	item, err := pgx.CollectExactlyOneRow(rows, scanMember)
	if errors.Is(err, pgx.ErrNoRows) {
		return office.ReviewItem{}, false, nil
	}
	if err != nil {
		return office.ReviewItem{}, false, fmt.Errorf("reading a sample: %w", err)
	}
	return item, true, nil
}

// inSample holds judgements j to those of sample $1; 0 is no sample.
const inSample = `($1 = 0 OR EXISTS (SELECT FROM review_sample_members m WHERE m.sample_id = $1 AND m.item = j.item))`

// Reviewers implements office.ReviewStore.
func (s *Reviews) Reviewers(ctx context.Context, sample int64) ([]office.Reviewer, error) {
	rows, err := s.db.pool.Query(ctx, `
		SELECT u.id, u.name, count(*) FROM judgements j JOIN staff_users u ON u.id = j.reviewer_id
		WHERE `+inSample+`
		GROUP BY u.id ORDER BY u.name, u.id`, sample)
	if err != nil {
		return nil, fmt.Errorf("reading reviewers: %w", err)
	}
	reviewers, err := pgx.CollectRows(rows, pgx.RowToStructByPos[office.Reviewer])
	if err != nil {
		return nil, fmt.Errorf("reading reviewers: %w", err)
	}
	return reviewers, nil
}

// maxPairs bounds what two reviewers are compared on: their latest judgements.
const maxPairs = 5000

// Pairs implements office.ReviewStore.
func (s *Reviews) Pairs(ctx context.Context, sample, one, other, reader int64) ([]office.ReviewPair, error) {
	rows, err := s.db.pool.Query(ctx, `
		SELECT j.item, coalesce(t.conversation_id::text, ''), coalesce(t.id::text, ''), coalesce(t.question, ''), j.verdict, k.verdict,
			coalesce((SELECT jsonb_agg(jsonb_build_array(a.verdict, b.verdict) ORDER BY a.sentence)
				FROM sentence_judgements a JOIN sentence_judgements b ON b.sentence = a.sentence
				WHERE a.judgement_id = j.id AND b.judgement_id = k.id), '[]'),
			EXISTS (SELECT FROM judgements r WHERE r.item = j.item AND r.reviewer_id = $4)
		FROM judgements j
		JOIN judgements k ON k.item = j.item AND k.reviewer_id = $3
		LEFT JOIN turns t ON t.id = j.turn_id
		WHERE j.reviewer_id = $2 AND `+inSample+`
		ORDER BY j.judged_at DESC, j.id DESC
		LIMIT $5`, sample, one, other, reader, maxPairs)
	if err != nil {
		return nil, fmt.Errorf("comparing reviewers: %w", err)
	}
	pairs, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p office.ReviewPair, err error) {
		var sentences []byte
		if err := row.Scan(&p.Item, &p.Conversation, &p.Turn, &p.Question, &p.One, &p.Other, &sentences, &p.Judged); err != nil {
			return p, err
		}
		return p, json.Unmarshal(sentences, &p.Sentences)
	})
	if err != nil {
		return nil, fmt.Errorf("comparing reviewers: %w", err)
	}
	return pairs, nil
}

// groupColumns are what totals can be counted by.
var groupColumns = map[office.ReviewGroup]string{
	office.GroupMonth:  `to_char(j.judged_at, 'YYYY-MM')`,
	office.GroupCorpus: `j.corpus::text`,
	office.GroupModel:  `j.model`,
	office.GroupStatus: `j.status`,
	office.GroupLang:   `j.lang`,
}

// Totals implements office.ReviewStore.
func (s *Reviews) Totals(ctx context.Context, by office.ReviewGroup, sample int64) ([]office.ReviewTotal, error) {
	column, ok := groupColumns[by]
	if !ok {
		return nil, &corpus.UserError{Code: corpus.CodeBadMessage, Message: fmt.Sprintf("judgements cannot be counted by %q", by)}
	}
	rows, err := s.db.pool.Query(ctx, fmt.Sprintf(`
		WITH counted AS ( -- answers and sentences by group and verdict
			SELECT %[1]s AS grp, false AS sentence, j.verdict, count(*) AS n FROM judgements j WHERE %[2]s GROUP BY 1, 3
			UNION ALL
			SELECT %[1]s, true, s.verdict, count(*) FROM judgements j JOIN sentence_judgements s ON s.judgement_id = j.id WHERE %[2]s GROUP BY 1, 3
		)
		SELECT grp, sentence, verdict, n FROM counted ORDER BY %[3]s`, column, inSample, groupOrder(by)), sample)
	if err != nil {
		return nil, fmt.Errorf("counting judgements: %w", err)
	}
	var totals []office.ReviewTotal
	var group string
	var sentence bool
	var verdict evaluate.Verdict
	var n int
	_, err = pgx.ForEachRow(rows, []any{&group, &sentence, &verdict, &n}, func() error {
		if len(totals) == 0 || totals[len(totals)-1].Group != group {
			totals = append(totals, office.ReviewTotal{Group: group, Answers: map[evaluate.Verdict]int{}, Sentences: map[evaluate.Verdict]int{}})
		}
		total := totals[len(totals)-1]
		if sentence {
			total.Sentences[verdict] = n
		} else {
			total.Answers[verdict] = n
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("counting judgements: %w", err)
	}
	return totals, nil
}

// groupOrder is newest first for what goes by time.
func groupOrder(by office.ReviewGroup) string {
	switch by {
	case office.GroupMonth:
		return "grp DESC"
	case office.GroupCorpus:
		return "grp::bigint DESC"
	}
	return "grp"
}
