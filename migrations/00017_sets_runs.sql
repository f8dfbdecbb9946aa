-- +goose Up
CREATE TABLE question_sets (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    about      text NOT NULL DEFAULT '' CHECK (char_length(about) <= 2000),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX question_sets_name ON question_sets (lower(name));
COMMENT ON TABLE question_sets IS 'Named sets of questions with what a right answer to them says.';

CREATE TABLE question_set_versions (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    set_id     bigint NOT NULL REFERENCES question_sets ON DELETE CASCADE,
    number     int NOT NULL CHECK (number >= 1),
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at    timestamptz,
    UNIQUE (set_id, number)
);
COMMENT ON TABLE question_set_versions IS
    'The versions of a set, counted from 1. Only the last can be a draft; a change after it was used makes the next.';
COMMENT ON COLUMN question_set_versions.used_at IS 'When a run first used it; from then on its cases never change. Null: a draft.';

CREATE TABLE set_cases (
    version_id bigint NOT NULL REFERENCES question_set_versions ON DELETE CASCADE,
    position   int NOT NULL,
    key        text NOT NULL CHECK (char_length(key) BETWEEN 1 AND 100),
    line       json NOT NULL,
    PRIMARY KEY (version_id, key)
);
COMMENT ON TABLE set_cases IS
    'The cases of a version. They hold no personal data, and name no conversation: their origin is a date and the number of a judgement, a file, or that they were written here.';
COMMENT ON COLUMN set_cases.position IS 'Orders the cases; there may be gaps.';
COMMENT ON COLUMN set_cases.line IS 'The case as it is exported: a line of a question set, with the fields that the program does not know. Of type json, which keeps it as it is written.';
CREATE INDEX set_cases_position ON set_cases (version_id, position);

-- +goose StatementBegin
CREATE FUNCTION refuse_used_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM question_set_versions
               WHERE used_at IS NOT NULL AND id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.version_id END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.version_id END)) THEN
        RAISE EXCEPTION 'a version of a question set that a run used never changes (% of %)', TG_OP, TG_TABLE_NAME;
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION refuse_used_version IS 'Keeps what a run measured by as it was.';
CREATE TRIGGER set_cases_stay BEFORE INSERT OR UPDATE OR DELETE ON set_cases
    FOR EACH ROW EXECUTE FUNCTION refuse_used_version();

CREATE TABLE eval_runs (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version_id     bigint NOT NULL REFERENCES question_set_versions,
    note           text NOT NULL DEFAULT '' CHECK (char_length(note) <= 200),
    by_user        bigint REFERENCES staff_users,
    by_name        text NOT NULL,
    settings       jsonb NOT NULL,
    config         jsonb,
    state          text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'cancelled', 'failed')),
    error          text NOT NULL DEFAULT '',
    cases          int NOT NULL CHECK (cases >= 1),
    created_at     timestamptz NOT NULL DEFAULT now(),
    started_at     timestamptz,
    finished_at    timestamptz,
    runner         text,
    leased_until   timestamptz,
    summary        jsonb,
    corpus_changed boolean NOT NULL DEFAULT false,
    published_at   timestamptz,
    CHECK ((state = 'running') = (runner IS NOT NULL)),
    CHECK ((runner IS NULL) = (leased_until IS NULL)),
    CHECK ((state = 'done') = (summary IS NOT NULL)),
    CHECK (published_at IS NULL OR state = 'done')
);
COMMENT ON TABLE eval_runs IS 'A version of a question set, asked under a configuration.';
COMMENT ON COLUMN eval_runs.by_user IS 'Who started it; null: the command line of the program.';
COMMENT ON COLUMN eval_runs.settings IS 'What the run changes in how the service answers.';
COMMENT ON COLUMN eval_runs.config IS 'What answered: model, prompt, vectors, reranker, corpus; null until it began.';
COMMENT ON COLUMN eval_runs.leased_until IS 'When another process may take the run over, unless its runner has been heard of.';
COMMENT ON COLUMN eval_runs.summary IS 'The figures, without the cases.';
COMMENT ON COLUMN eval_runs.corpus_changed IS 'Documents changed while it ran.';
COMMENT ON COLUMN eval_runs.published_at IS 'When its figures were made public; null: they are not.';
CREATE INDEX eval_runs_version ON eval_runs (version_id, id);
CREATE INDEX eval_runs_open ON eval_runs (id) WHERE state IN ('waiting', 'running');
CREATE INDEX eval_runs_published ON eval_runs (published_at) WHERE published_at IS NOT NULL;

CREATE TABLE eval_run_cases (
    run_id bigint NOT NULL REFERENCES eval_runs ON DELETE CASCADE,
    key    text NOT NULL,
    result json NOT NULL,
    PRIMARY KEY (run_id, key)
);
COMMENT ON TABLE eval_run_cases IS 'What a run was answered to each case, and whether that passes.';

-- +goose Down
DROP TABLE eval_run_cases;
DROP TABLE eval_runs;
DROP TABLE set_cases;
DROP FUNCTION refuse_used_version;
DROP TABLE question_set_versions;
DROP TABLE question_sets;
