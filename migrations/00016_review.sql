-- +goose Up

-- ------------------------------------------------------- what can be reviewed

CREATE TABLE turn_facts (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    turn_id         uuid NOT NULL UNIQUE REFERENCES turns ON DELETE CASCADE,
    conversation_id uuid NOT NULL,
    asked_at        timestamptz NOT NULL,
    lang            text NOT NULL,
    status          text NOT NULL,
    corpus          bigint NOT NULL DEFAULT 0,
    model           text NOT NULL DEFAULT '',
    prompt          text NOT NULL DEFAULT '',
    sentences       int NOT NULL DEFAULT 0 CHECK (sentences >= 0),
    citations       int NOT NULL DEFAULT 0 CHECK (citations >= 0),
    cited_words     int NOT NULL DEFAULT 0 CHECK (cited_words >= 0),
    support         real CHECK (support BETWEEN 0 AND 1),
    low_support     boolean NOT NULL GENERATED ALWAYS AS
        (sentences > 0 AND (coalesce(support, 0) < 0.6 OR cited_words < 5 * sentences)) STORED,
    feedback        text NOT NULL DEFAULT '' CHECK (feedback IN ('', 'useful', 'not_useful')),
    commented       boolean NOT NULL DEFAULT false,
    judged          int NOT NULL DEFAULT 0 CHECK (judged >= 0),
    words           tsvector NOT NULL
);
COMMENT ON TABLE turn_facts IS
    'One narrow row for every turn that ended, by which staff choose what to review: triggers keep it, whoever writes to turns, feedback or judgements. It goes with its turn.';
COMMENT ON COLUMN turn_facts.id IS 'The number of the answer for staff: it tells two judgements of one answer apart from those of another when the turn itself is long gone.';
COMMENT ON COLUMN turn_facts.corpus IS 'The state of the corpus that the answer was made from (corpus_changes.id); 0 is unknown.';
COMMENT ON COLUMN turn_facts.cited_words IS 'Words of all quotes of the answer together.';
COMMENT ON COLUMN turn_facts.support IS
    'Of the sentence that fares worst: the share of its words (four letters or more, or with a digit) that stand in the quotes it cites; 1 when a quote holds the sentence, 0 when it cites nothing, null when the answer claims nothing.';
COMMENT ON COLUMN turn_facts.low_support IS
    'The answer claims something, and either support is under 0.6 or its quotes hold fewer than five words for each sentence.';
COMMENT ON COLUMN turn_facts.words IS 'The words of the question as they are written, for finding subjects.';
CREATE INDEX turn_facts_asked ON turn_facts (asked_at DESC, id DESC);
CREATE INDEX turn_facts_corpus ON turn_facts (corpus, asked_at DESC, id DESC);
CREATE INDEX turn_facts_status ON turn_facts (status, asked_at DESC, id DESC);
CREATE INDEX turn_facts_low ON turn_facts (asked_at DESC, id DESC) WHERE low_support;
CREATE INDEX turn_facts_feedback ON turn_facts (feedback, asked_at DESC, id DESC) WHERE feedback <> '';
CREATE INDEX turn_facts_judged ON turn_facts (asked_at DESC, id DESC) WHERE judged > 0;
CREATE INDEX turn_facts_words ON turn_facts USING gin (words);

-- +goose StatementBegin
CREATE FUNCTION list_in(object jsonb, key text) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE jsonb_typeof(object -> key) WHEN 'array' THEN object -> key ELSE '[]'::jsonb END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION list_in IS 'The array under a key; empty where there is none or null.';

-- +goose StatementBegin
CREATE FUNCTION answer_support(answer jsonb) RETURNS real LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN RETURN ( -- plpgsql keeps the plan; an SQL function would be planned for each turn
WITH quotes AS ( -- what is cited, in small letters, on one line
    SELECT c -> 'n' AS n, lower(translate(c ->> 'quote', E'\n', ' ')) AS quote
    FROM jsonb_array_elements(list_in(answer, 'citations')) AS c
), claims AS ( -- every sentence with all that it cites
    SELECT lower(translate(s ->> 'text', E'\n', ' ')) AS text,
        coalesce((SELECT string_agg(q.quote, ' ') FROM quotes q WHERE list_in(s, 'citations') @> q.n), '') AS cited
    FROM jsonb_array_elements(list_in(answer, 'sentences')) AS s
)
SELECT min(CASE
    WHEN cited = '' THEN 0
    WHEN strpos(cited, rtrim(text, ' .!?')) > 0 THEN 1
    ELSE coalesce((
        SELECT avg((strpos(cited, word) > 0)::int)
        FROM regexp_split_to_table(text, '[^[:alnum:]]+') AS word
        WHERE length(word) >= 4 OR word ~ '\d'), 1)
    END)::real
FROM claims
); END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION answer_support IS 'See turn_facts.support.';

-- +goose StatementBegin
CREATE FUNCTION note_turn(t turns) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO turn_facts (turn_id, conversation_id, asked_at, lang, status, corpus, model, prompt, sentences, citations, cited_words, support, words)
    VALUES (t.id, t.conversation_id, t.created_at, t.lang, t.status,
        CASE WHEN t.answer ->> 'corpus' ~ '^\d{1,18}$' THEN (t.answer ->> 'corpus')::bigint ELSE 0 END,
        coalesce(t.answer ->> 'model', ''), coalesce(t.answer ->> 'prompt', ''),
        jsonb_array_length(list_in(t.answer, 'sentences')), jsonb_array_length(list_in(t.answer, 'citations')),
        coalesce((SELECT sum(1 + length(quote) - length(translate(quote, E' \n', '')))
            FROM jsonb_array_elements(list_in(t.answer, 'citations')) AS c, btrim(c ->> 'quote', E' \n') AS quote), 0),
        answer_support(t.answer), to_tsvector('simple', t.question))
    ON CONFLICT (turn_id) DO NOTHING;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION note_turn(turns) IS 'Adds the row of turn_facts of a turn that ended.';

-- +goose StatementBegin
CREATE FUNCTION note_ended_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_turn(NEW);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER turns_note_end AFTER UPDATE OF finished_at ON turns
    FOR EACH ROW WHEN (OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL) EXECUTE FUNCTION note_ended_turn();
CREATE TRIGGER turns_note_ended AFTER INSERT ON turns
    FOR EACH ROW WHEN (NEW.finished_at IS NOT NULL) EXECUTE FUNCTION note_ended_turn();
SELECT note_turn(t) FROM turns t WHERE t.finished_at IS NOT NULL;

-- +goose StatementBegin
CREATE FUNCTION note_feedback() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        UPDATE turn_facts SET feedback = '', commented = false WHERE turn_id = OLD.turn_id;
    ELSE
        UPDATE turn_facts SET feedback = CASE WHEN NEW.useful THEN 'useful' ELSE 'not_useful' END, commented = NEW.comment <> ''
        WHERE turn_id = NEW.turn_id;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER feedback_note AFTER INSERT OR UPDATE OR DELETE ON feedback
    FOR EACH ROW EXECUTE FUNCTION note_feedback();
UPDATE turn_facts f SET feedback = CASE WHEN b.useful THEN 'useful' ELSE 'not_useful' END, commented = b.comment <> ''
    FROM feedback b WHERE b.turn_id = f.turn_id;

-- ------------------------------------------------------------------ judgements

CREATE TABLE judgements (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item        bigint NOT NULL,
    turn_id     uuid REFERENCES turns ON DELETE SET NULL,
    reviewer_id bigint NOT NULL REFERENCES staff_users,
    verdict     text NOT NULL CHECK (verdict IN ('right', 'partly', 'wrong', 'not_supported', 'wrong_source', 'should_have_declined', 'should_have_answered')),
    comment     text NOT NULL DEFAULT '' CHECK (char_length(comment) <= 2000),
    seconds     int NOT NULL DEFAULT 0 CHECK (seconds BETWEEN 0 AND 3600),
    lang        text NOT NULL,
    status      text NOT NULL,
    corpus      bigint NOT NULL,
    model       text NOT NULL,
    prompt      text NOT NULL,
    asked_on    date NOT NULL,
    judged_at   timestamptz NOT NULL DEFAULT now(),
    changed_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (item, reviewer_id),
    CHECK (turn_id IS NOT NULL OR comment = '')
);
COMMENT ON TABLE judgements IS
    'What a reviewer thinks of an answer, the last time they said so. When the turn goes, its reference, the comment and the sources go too and the figures stay: verdict, reviewer, date and what the answer was made with.';
COMMENT ON COLUMN judgements.item IS 'turn_facts.id: the same for all judgements of one answer, also after the turn has gone.';
COMMENT ON COLUMN judgements.comment IS 'Personal data is masked before it is stored.';
COMMENT ON COLUMN judgements.seconds IS 'How long the page was open before this was said, at most an hour.';
CREATE INDEX judgements_turn ON judgements (turn_id);
CREATE INDEX judgements_reviewer ON judgements (reviewer_id, judged_at);

CREATE TABLE sentence_judgements (
    judgement_id bigint NOT NULL REFERENCES judgements ON DELETE CASCADE,
    sentence     int NOT NULL CHECK (sentence >= 1),
    verdict      text NOT NULL CHECK (verdict IN ('right', 'partly', 'wrong', 'not_supported', 'wrong_source')),
    PRIMARY KEY (judgement_id, sentence)
);
COMMENT ON TABLE sentence_judgements IS 'What a reviewer thinks of sentences of an answer, counted from 1. The text of a sentence stands in the turn only.';

CREATE TABLE judgement_sources (
    judgement_id bigint NOT NULL REFERENCES judgements ON DELETE CASCADE,
    position     int NOT NULL CHECK (position >= 1),
    version_id   bigint NOT NULL,
    page         int NOT NULL,
    start_at     int NOT NULL CHECK (start_at >= 0),
    end_at       int NOT NULL,
    PRIMARY KEY (judgement_id, position),
    FOREIGN KEY (version_id, page) REFERENCES pages (version_id, number) ON DELETE CASCADE,
    CHECK (end_at > start_at)
);
COMMENT ON TABLE judgement_sources IS
    'Where the right answer stands, as the reviewer picked it: code points [start_at, end_at) of a page of a document version. The words themselves stand in pages only. They go when the turn goes.';
CREATE INDEX judgement_sources_page ON judgement_sources (version_id, page);

-- +goose StatementBegin
CREATE FUNCTION forget_judged_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM judgement_sources WHERE judgement_id = NEW.id;
    NEW.comment := '';
    RETURN NEW;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION forget_judged_turn IS 'Leaves of a judgement only the figures when the turn goes.';
CREATE TRIGGER judgements_forget BEFORE UPDATE OF turn_id ON judgements
    FOR EACH ROW WHEN (OLD.turn_id IS NOT NULL AND NEW.turn_id IS NULL) EXECUTE FUNCTION forget_judged_turn();

-- +goose StatementBegin
CREATE FUNCTION count_judgements() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        UPDATE turn_facts SET judged = judged - 1 WHERE id = OLD.item;
    ELSE
        UPDATE turn_facts SET judged = judged + 1 WHERE id = NEW.item;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION count_judgements IS 'Keeps turn_facts.judged.';
CREATE TRIGGER judgements_count AFTER INSERT OR DELETE ON judgements
    FOR EACH ROW EXECUTE FUNCTION count_judgements();

-- --------------------------------------------------------------------- samples

CREATE TABLE review_samples (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name    text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    seed    bigint NOT NULL,
    filter  jsonb NOT NULL CHECK (jsonb_typeof(filter) = 'object'),
    size    int NOT NULL CHECK (size BETWEEN 1 AND 1000),
    made_by bigint NOT NULL REFERENCES staff_users,
    made_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX review_samples_name ON review_samples (lower(name));
COMMENT ON TABLE review_samples IS
    'Answers drawn at random once, so that several reviewers judge the same ones: those with the lowest hashes of their turn with seed among what filter lets through.';

CREATE TABLE review_sample_members (
    sample_id bigint NOT NULL REFERENCES review_samples ON DELETE CASCADE,
    position  int NOT NULL CHECK (position >= 1),
    item      bigint NOT NULL,
    turn_id   uuid REFERENCES turns ON DELETE SET NULL,
    PRIMARY KEY (sample_id, position),
    UNIQUE (sample_id, item)
);
COMMENT ON TABLE review_sample_members IS
    'The answers of a sample, in the order they are judged in. When a turn goes its reference goes; item (turn_facts.id) stays, which joins the judgements of it.';
CREATE INDEX review_sample_members_turn ON review_sample_members (turn_id);
CREATE INDEX review_sample_members_item ON review_sample_members (item);

-- +goose Down
DROP TABLE review_sample_members, review_samples, judgement_sources, sentence_judgements, judgements;
DROP FUNCTION count_judgements, forget_judged_turn;
DROP TRIGGER feedback_note ON feedback;
DROP TRIGGER turns_note_ended ON turns;
DROP TRIGGER turns_note_end ON turns;
DROP FUNCTION note_feedback, note_ended_turn;
DROP FUNCTION note_turn(turns);
DROP TABLE turn_facts;
DROP FUNCTION answer_support, list_in;
