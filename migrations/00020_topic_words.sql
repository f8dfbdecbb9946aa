-- +goose Up
-- What is shown of topics is counted by reading indexes in their order: of each question
-- and word stands when its conversation had it before, so that conversations are told
-- apart without comparing them. Topics are made of the turns: they are grouped anew at once.
DELETE FROM topics;
DELETE FROM monitor_jobs WHERE job = 'topics';

ALTER TABLE topic_questions
    DROP COLUMN conversation_id, -- with topic_questions_asked
    DROP COLUMN words,           -- with topic_questions_words
    DROP COLUMN weights,
    ADD COLUMN former timestamptz NOT NULL;
DROP INDEX topic_questions_close;
CREATE INDEX topic_questions_asked ON topic_questions (topic_id, asked_at) INCLUDE (former, answered, closeness, turn_id);
COMMENT ON COLUMN topic_questions.former IS
    'When the same conversation asked about the topic before, -infinity for never. Of the questions from a moment on, those with a former one before that moment are one of each conversation. This holds because turns are deleted with their whole conversation only.';

CREATE TABLE topic_words (
    topic_id bigint NOT NULL REFERENCES topics ON DELETE CASCADE,
    turn_id  uuid NOT NULL REFERENCES turns ON DELETE CASCADE,
    stem     text COLLATE "C" NOT NULL,
    word     text COLLATE "C" NOT NULL,
    weight   real NOT NULL,
    asked_at timestamptz NOT NULL,
    former   timestamptz NOT NULL,
    PRIMARY KEY (turn_id, topic_id, stem)
);
CREATE INDEX topic_words_told ON topic_words (topic_id, stem, asked_at) INCLUDE (word, weight, former);
COMMENT ON TABLE topic_words IS
    'The words of a topic''s questions that tell it from others; only of the questions nearest to the middle. They leave with their turn.';
COMMENT ON COLUMN topic_words.stem IS 'What the forms of the word have in common; each stands once in a question.';
COMMENT ON COLUMN topic_words.weight IS 'How much it tells.';
COMMENT ON COLUMN topic_words.former IS 'When the same conversation had a form of the word in a question of the topic before, as topic_questions.former.';

-- +goose Down
DELETE FROM topics;
DELETE FROM monitor_jobs WHERE job = 'topics';
DROP TABLE topic_words;
ALTER TABLE topic_questions
    DROP COLUMN former, -- with topic_questions_asked
    ADD COLUMN conversation_id uuid NOT NULL,
    ADD COLUMN words text[] NOT NULL DEFAULT '{}',
    ADD COLUMN weights real[] NOT NULL DEFAULT '{}',
    ADD CHECK (cardinality(words) = cardinality(weights));
CREATE INDEX topic_questions_close ON topic_questions (topic_id, closeness DESC, turn_id);
-- Counting needs neither words nor weights, and words stand at few questions.
CREATE INDEX topic_questions_asked ON topic_questions (topic_id, asked_at) INCLUDE (conversation_id, answered);
CREATE INDEX topic_questions_words ON topic_questions (topic_id, asked_at) WHERE cardinality(words) > 0;
COMMENT ON COLUMN topic_questions.words IS 'The words of the question that tell its topic from others, with how much they tell; only for the questions nearest to the middle.';
