-- +goose Up

-- ------------------------------------------------- versions that wait for a look

ALTER TABLE versions
    DROP CONSTRAINT versions_status_check,
    ADD CONSTRAINT versions_status_check CHECK (status IN ('pending', 'held', 'current', 'superseded', 'failed')),
    ADD COLUMN hold boolean NOT NULL DEFAULT false;
CREATE UNIQUE INDEX versions_one_held ON versions (document_id) WHERE status = 'held';
COMMENT ON COLUMN versions.hold IS
    'Reading it ends in status held instead of current: it is whole, with pages, chunks and terms, but no answer comes from it until somebody of the staff publishes it.';
ALTER TABLE documents ADD COLUMN withdrawn_reason text NOT NULL DEFAULT '';
COMMENT ON COLUMN documents.withdrawn_reason IS 'Why it was withdrawn, for the staff.';

-- --------------------------------------------------- what the staff tells everyone

CREATE TABLE editorial_state (
    one    boolean PRIMARY KEY DEFAULT true CHECK (one),
    number bigint NOT NULL DEFAULT 0
);
INSERT INTO editorial_state DEFAULT VALUES;
COMMENT ON TABLE editorial_state IS
    'One row, counted up by every change of settings, pinned answers and scope terms: servers that keep those in memory look whether it changed.';

-- +goose StatementBegin
CREATE FUNCTION note_editorial_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE editorial_state SET number = number + 1;
    RETURN NULL;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION note_editorial_change IS 'Counts editorial_state up.';

CREATE TABLE site_settings (
    name       text PRIMARY KEY CHECK (name ~ '^[a-z_]+$'),
    value      jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE site_settings IS
    'What the staff sets while the service runs: public (off-switch and banner), hold (all ingests), register (what people say for the Algoritmeregister).';
CREATE TRIGGER site_settings_changed AFTER INSERT OR UPDATE OR DELETE ON site_settings
    FOR EACH STATEMENT EXECUTE FUNCTION note_editorial_change();

CREATE TABLE pinned_answers (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lang       text NOT NULL CHECK (lang IN ('nl', 'en')),
    current    int CHECK (current >= 1),
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pinned_answers IS 'Answers that people wrote for a question. current is the version that is shown; null: it was taken away.';

CREATE TABLE pinned_versions (
    pin_id    bigint NOT NULL REFERENCES pinned_answers ON DELETE CASCADE,
    number    int    NOT NULL CHECK (number >= 1),
    questions text[] NOT NULL CHECK (cardinality(questions) >= 1),
    sentences jsonb  NOT NULL CHECK (jsonb_typeof(sentences) = 'array'),
    note      text   NOT NULL DEFAULT '',
    by_name   text   NOT NULL,
    at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (pin_id, number)
);
COMMENT ON TABLE pinned_versions IS
    'Every state of a pinned answer. sentences are [{text, citations: [{document, version, page, start, end}]}]: a quote is never stored, it is the text of the page between the offsets.';

CREATE TABLE pinned_questions (
    lang   text   NOT NULL,
    key    text   NOT NULL CHECK (key <> ''),
    pin_id bigint NOT NULL REFERENCES pinned_answers ON DELETE CASCADE,
    PRIMARY KEY (lang, key)
);
CREATE INDEX pinned_questions_pin ON pinned_questions (pin_id);
COMMENT ON TABLE pinned_questions IS
    'The normalised questions of the pinned answers that are shown: no two answers can be pinned to the same question.';
CREATE TRIGGER pinned_answers_changed AFTER INSERT OR UPDATE OR DELETE ON pinned_answers
    FOR EACH STATEMENT EXECUTE FUNCTION note_editorial_change();
CREATE TRIGGER pinned_versions_changed AFTER INSERT OR UPDATE OR DELETE ON pinned_versions
    FOR EACH STATEMENT EXECUTE FUNCTION note_editorial_change();

CREATE TABLE scope_terms (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    phrase     text NOT NULL CHECK (phrase <> '' AND char_length(phrase) <= 100),
    key        text NOT NULL UNIQUE CHECK (key <> ''),
    message_nl text NOT NULL CHECK (message_nl <> ''),
    message_en text NOT NULL CHECK (message_en <> ''),
    by_name    text NOT NULL,
    at         timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE scope_terms IS 'Words and phrases that make a question out of scope, with what is then said. key is the phrase as it is compared.';
CREATE TRIGGER scope_terms_changed AFTER INSERT OR UPDATE OR DELETE ON scope_terms
    FOR EACH STATEMENT EXECUTE FUNCTION note_editorial_change();

-- ------------------------------------------------------- how an answer came about

CREATE TABLE configurations (
    id            text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{16}$'),
    program       text NOT NULL,
    settings      jsonb NOT NULL,
    prompts       jsonb NOT NULL,
    first_used_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE configurations IS
    'With what answers were made: the version of the program, its settings (never a secret) and the texts of its prompts by name. id is a digest of these, and stands in every answer.';

ALTER TABLE turns ADD COLUMN passages jsonb;
COMMENT ON COLUMN turns.passages IS
    'The passages that the turn read, best first, as [{document, version, page, start, end}]: with the answer and its configuration they tell how it came about. They go with the turn.';

-- +goose Down
ALTER TABLE turns DROP COLUMN passages;
DROP TABLE configurations, scope_terms, pinned_questions, pinned_versions, pinned_answers, site_settings, editorial_state;
DROP FUNCTION note_editorial_change;
ALTER TABLE documents DROP COLUMN withdrawn_reason;
DROP INDEX versions_one_held;
DELETE FROM versions WHERE status = 'held';
ALTER TABLE versions
    DROP COLUMN hold,
    DROP CONSTRAINT versions_status_check,
    ADD CONSTRAINT versions_status_check CHECK (status IN ('pending', 'current', 'superseded', 'failed'));
