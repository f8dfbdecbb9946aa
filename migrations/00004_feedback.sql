-- +goose Up
CREATE TABLE feedback (
    turn_id    uuid PRIMARY KEY REFERENCES turns ON DELETE CASCADE,
    useful     boolean NOT NULL,
    sentence   int CHECK (sentence >= 1),
    source     int CHECK (source >= 1),
    comment    text NOT NULL DEFAULT '' CHECK (char_length(comment) <= 1000),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE feedback IS
    'What a visitor thinks of an answer, the last time they said so. It goes with its turn: when the conversation is deleted or old.';
COMMENT ON COLUMN feedback.sentence IS 'The sentence that is wrong, counted from 1.';
COMMENT ON COLUMN feedback.source IS 'The citation that is wrong, by its number in the answer.';
COMMENT ON COLUMN feedback.comment IS 'Personal data is masked before it is stored.';

-- +goose Down
DROP TABLE feedback;
