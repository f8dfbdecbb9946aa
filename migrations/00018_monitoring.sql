-- +goose Up
-- --------------------------------------------------- figures that outlive conversations
CREATE TABLE figure_events (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       timestamptz NOT NULL,
    lang     text NOT NULL,
    status   text NOT NULL,
    model    text NOT NULL,
    prompt   text NOT NULL,
    corpus   text NOT NULL,
    figure   text NOT NULL CHECK (figure IN ('turns', 'masked', 'feedback', 'verifier', 'verifier_answers', 'judge', 'judge_answers')),
    detail   text NOT NULL DEFAULT '',
    version  text NOT NULL DEFAULT '',
    n        int  NOT NULL,
    first_ms real,
    total_ms real
);
COMMENT ON TABLE figure_events IS
    'What is to be added to the daily figures: written in the transaction of what happened, taken out in the one that adds it, so it is counted once whatever fails. It holds nothing of what was asked or answered, and not which turn it was.';
COMMENT ON COLUMN figure_events.at IS 'When the turn ended, also for feedback and rechecks, so that shares are of the same day.';
COMMENT ON COLUMN figure_events.n IS 'How many to add; negative where a visitor changed their mind.';

CREATE TABLE daily_figures (
    day     date NOT NULL,
    lang    text NOT NULL,
    status  text NOT NULL,
    model   text NOT NULL,
    prompt  text NOT NULL,
    corpus  text NOT NULL,
    figure  text NOT NULL,
    detail  text NOT NULL,
    version text NOT NULL,
    n       bigint NOT NULL,
    PRIMARY KEY (day, figure, detail, version, status, model, prompt, corpus, lang)
);
COMMENT ON TABLE daily_figures IS
    'Numbers by day that stay when conversations are deleted: turns, what was masked in them (detail: the kind), feedback (useful, not_useful), sentences checked again by verifier or judge (detail: the outcome) and answers checked again (detail: the worst outcome of their sentences).';
COMMENT ON COLUMN daily_figures.corpus IS 'The state of the corpus the answers were made from: a number of corpus_changes.';
COMMENT ON COLUMN daily_figures.version IS 'Of the verifier or judge; empty for other figures.';

CREATE TABLE daily_latencies (
    day    date NOT NULL,
    step   text NOT NULL CHECK (step IN ('first', 'total')),
    model  text NOT NULL,
    lang   text NOT NULL,
    bucket smallint NOT NULL CHECK (bucket >= 0),
    n      bigint NOT NULL,
    PRIMARY KEY (day, step, model, lang, bucket)
);
COMMENT ON TABLE daily_latencies IS
    'Histograms by day of the time to the first sentence and of whole turns. bucket is how many of the bounds that the program counts by are at or under the time; the bounds never change.';

-- +goose StatementBegin
CREATE FUNCTION count_turn() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    a jsonb := coalesce(NEW.answer, '{}');
BEGIN
    INSERT INTO figure_events (at, lang, status, model, prompt, corpus, figure, n, first_ms, total_ms)
    VALUES (NEW.finished_at, NEW.lang, NEW.status, coalesce(a->>'model', ''), coalesce(a->>'prompt', ''), coalesce(a->>'corpus', ''), 'turns', 1,
        nullif((a->'timing_ms'->>'first_sentence')::real, 0), nullif((a->'timing_ms'->>'total')::real, 0));
    IF jsonb_typeof(a->'masked') = 'array' THEN
        INSERT INTO figure_events (at, lang, status, model, prompt, corpus, figure, detail, n)
        SELECT NEW.finished_at, NEW.lang, NEW.status, coalesce(a->>'model', ''), coalesce(a->>'prompt', ''), coalesce(a->>'corpus', ''), 'masked', kind, 1
        FROM jsonb_array_elements_text(a->'masked') AS kind;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION count_turn IS 'Every turn that ends is counted, whoever ends it, in the same transaction.';
CREATE TRIGGER turns_count_ended AFTER UPDATE OF finished_at ON turns
    FOR EACH ROW WHEN (OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL) EXECUTE FUNCTION count_turn();
CREATE TRIGGER turns_count_new AFTER INSERT ON turns
    FOR EACH ROW WHEN (NEW.finished_at IS NOT NULL) EXECUTE FUNCTION count_turn();

-- +goose StatementBegin
CREATE FUNCTION count_feedback() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO figure_events (at, lang, status, model, prompt, corpus, figure, detail, n)
    SELECT coalesce(t.finished_at, now()), t.lang, coalesce(t.status, ''), coalesce(t.answer->>'model', ''), coalesce(t.answer->>'prompt', ''), coalesce(t.answer->>'corpus', ''),
        'feedback', CASE WHEN f.useful THEN 'useful' ELSE 'not_useful' END, f.n
    FROM turns t, (VALUES (NEW.useful, 1), (CASE WHEN TG_OP = 'UPDATE' THEN OLD.useful END, -1)) AS f (useful, n)
    WHERE t.id = NEW.turn_id AND f.useful IS NOT NULL;
    RETURN NULL;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION count_feedback IS 'Each answer counts with what its visitor said last: who changes their mind is taken off and added.';
CREATE TRIGGER feedback_count_new AFTER INSERT ON feedback FOR EACH ROW EXECUTE FUNCTION count_feedback();
CREATE TRIGGER feedback_count_changed AFTER UPDATE OF useful ON feedback
    FOR EACH ROW WHEN (OLD.useful IS DISTINCT FROM NEW.useful) EXECUTE FUNCTION count_feedback();

-- ------------------------------------------------------------------------------ rechecks
CREATE TABLE rechecks (
    turn_id     uuid NOT NULL REFERENCES turns ON DELETE CASCADE,
    checker     text NOT NULL CHECK (checker IN ('verifier', 'judge')),
    created_at  timestamptz NOT NULL DEFAULT now(),
    attempts    int NOT NULL DEFAULT 0,
    taken_until timestamptz NOT NULL DEFAULT now(),
    done_at     timestamptz,
    version     text NOT NULL DEFAULT '',
    outcome     text CHECK (outcome IN ('supported', 'unsupported', 'wrong_citation', 'unclear', 'failed')),
    sentences   jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (turn_id, checker),
    CHECK ((done_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX rechecks_waiting ON rechecks (checker, created_at) WHERE done_at IS NULL;
CREATE INDEX rechecks_wrong ON rechecks (done_at DESC) WHERE outcome IN ('unsupported', 'wrong_citation');
COMMENT ON TABLE rechecks IS
    'Answers of the sample that is checked again. Who works on one holds it until taken_until; after that another server may take it. It goes with its turn.';
COMMENT ON COLUMN rechecks.version IS 'What checked: the version of the program for the verifier, model and prompt for the judge.';
COMMENT ON COLUMN rechecks.outcome IS 'The worst outcome of the sentences; failed: the checker could not be reached.';
COMMENT ON COLUMN rechecks.sentences IS '[{"index", "outcome", "reasons"}], from 0, for the sentences that were checked.';

CREATE TABLE recheck_hours (
    checker text NOT NULL,
    hour    timestamptz NOT NULL,
    taken   int NOT NULL DEFAULT 0,
    PRIMARY KEY (checker, hour)
);
COMMENT ON TABLE recheck_hours IS 'How many rechecks all servers together began in an hour, which is limited. Hours of more than two days ago are deleted.';

CREATE INDEX turns_finished ON turns (finished_at) WHERE finished_at IS NOT NULL;

-- -------------------------------------------------------------------------------- topics
CREATE TABLE topics (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind    text NOT NULL CHECK (kind IN ('asked', 'unanswered')),
    made_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX topics_kind ON topics (kind);
COMMENT ON TABLE topics IS
    'Groups of questions that are alike: of all questions, or of those without an answer. A topic has no text of its own: its name is made of the words of its questions, and goes with them.';

CREATE TABLE topic_questions (
    topic_id        bigint NOT NULL REFERENCES topics ON DELETE CASCADE,
    turn_id         uuid NOT NULL REFERENCES turns ON DELETE CASCADE,
    conversation_id uuid NOT NULL,
    asked_at        timestamptz NOT NULL,
    answered        boolean NOT NULL,
    closeness       real NOT NULL,
    words           text[] NOT NULL DEFAULT '{}',
    weights         real[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (topic_id, turn_id),
    CHECK (cardinality(words) = cardinality(weights))
);
CREATE INDEX topic_questions_close ON topic_questions (topic_id, closeness DESC, turn_id);
-- Counting needs neither words nor weights, and words stand at few questions.
CREATE INDEX topic_questions_asked ON topic_questions (topic_id, asked_at) INCLUDE (conversation_id, answered);
CREATE INDEX topic_questions_words ON topic_questions (topic_id, asked_at) WHERE cardinality(words) > 0;
CREATE INDEX topic_questions_turn ON topic_questions (turn_id);
COMMENT ON TABLE topic_questions IS
    'The questions of a topic, with what is counted of their turns. They are grouped anew by a job; one that is deleted leaves at once.';
COMMENT ON COLUMN topic_questions.closeness IS 'Cosine of the question with the middle of its topic, 0 to 1.';
COMMENT ON COLUMN topic_questions.words IS 'The words of the question that tell its topic from others, with how much they tell; only for the questions nearest to the middle.';

CREATE TABLE monitor_jobs (
    job     text PRIMARY KEY,
    done_at timestamptz NOT NULL
);
COMMENT ON TABLE monitor_jobs IS 'When work of the monitoring that one server does for all was last done.';

-- +goose Down
DROP TABLE monitor_jobs, topic_questions, topics, recheck_hours, rechecks;
DROP INDEX turns_finished;
DROP TRIGGER feedback_count_changed ON feedback;
DROP TRIGGER feedback_count_new ON feedback;
DROP TRIGGER turns_count_new ON turns;
DROP TRIGGER turns_count_ended ON turns;
DROP FUNCTION count_feedback, count_turn;
DROP TABLE daily_latencies, daily_figures, figure_events;
