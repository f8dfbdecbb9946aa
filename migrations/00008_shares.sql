-- +goose Up
CREATE TABLE conversation_shares (
    conversation_id uuid PRIMARY KEY REFERENCES conversations ON DELETE CASCADE,
    token           text NOT NULL UNIQUE CHECK (token ~ '^[a-z2-7]{26,64}$'),
    shared_at       timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE conversation_shares IS
    'Conversations that the visitor asked to share, each at an address of its own. A row goes when sharing is stopped, and with its conversation.';
COMMENT ON COLUMN conversation_shares.token IS 'The secret part of the address: at least 128 random bits in base32.';
COMMENT ON COLUMN conversation_shares.shared_at IS 'Turns that were asked later are not shared.';

-- +goose Down
DROP TABLE conversation_shares;
