-- +goose Up
CREATE TABLE staff_users (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email         text NOT NULL UNIQUE CHECK (email = lower(email) AND email LIKE '%_@_%' AND length(email) <= 254),
    name          text NOT NULL CHECK (name <> '' AND length(name) <= 200),
    role          text NOT NULL CHECK (role IN ('viewer', 'reviewer', 'editor', 'admin')),
    password_hash text,
    issuer        text,
    subject       text,
    created_at    timestamptz NOT NULL DEFAULT now(),
    disabled_at   timestamptz,
    signed_in_at  timestamptz,
    password_at   timestamptz,
    epoch         bigint NOT NULL DEFAULT 0,
    CHECK ((issuer IS NULL) = (subject IS NULL)),
    UNIQUE (issuer, subject)
);
COMMENT ON TABLE staff_users IS
    'Who works with the service. Accounts are disabled and never deleted: what they did stays theirs in the log of changes.';
COMMENT ON COLUMN staff_users.password_hash IS 'argon2id in PHC form with its parameters; null: signs in elsewhere only.';
COMMENT ON COLUMN staff_users.issuer IS 'The OpenID provider that the account signs in with, and what it calls the account there (subject).';
COMMENT ON COLUMN staff_users.epoch IS 'Goes up when all sessions must end: another role, another password, disabled. A session of an earlier epoch is none.';

CREATE TABLE staff_sessions (
    token_hash text PRIMARY KEY CHECK (token_hash <> ''),
    user_id    bigint NOT NULL REFERENCES staff_users ON DELETE CASCADE,
    data       bytea NOT NULL CHECK (octet_length(data) <= 65536),
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE staff_sessions IS
    'Browsers that are signed in. The token itself is in the browser only. An account that is disabled, gets another role or another password loses its rows.';
CREATE INDEX staff_sessions_user ON staff_sessions (user_id);
CREATE INDEX staff_sessions_expiry ON staff_sessions (expires_at);

CREATE TABLE staff_attempts (
    key          bytea PRIMARY KEY,
    failures     integer NOT NULL CHECK (failures > 0),
    failed_at    timestamptz NOT NULL,
    closed_until timestamptz NOT NULL
);
COMMENT ON TABLE staff_attempts IS
    'Failed attempts to sign in, by account and by address. The key is a keyed hash with a key that is replaced every day, so that neither can be told from a row; rows are deleted within a day, and there are never more than a fixed number.';
CREATE INDEX staff_attempts_failed ON staff_attempts (failed_at);

CREATE TABLE staff_attempt_key (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    key     bytea NOT NULL CHECK (octet_length(key) >= 32),
    made_at timestamptz NOT NULL
);
COMMENT ON TABLE staff_attempt_key IS 'The key of staff_attempts; one row.';

CREATE TABLE staff_audit (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    user_id   bigint REFERENCES staff_users,
    user_name text NOT NULL,
    action    text NOT NULL CHECK (action ~ '^[a-z_]+(\.[a-z_]+)*$'),
    object    text NOT NULL,
    detail    jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(detail) = 'object')
);
COMMENT ON TABLE staff_audit IS
    'Every change that people made, written in the transaction of the change. Rows are never changed or deleted, and hold no personal data of visitors.';
COMMENT ON COLUMN staff_audit.user_id IS 'Null: the command line of the program.';
CREATE INDEX staff_audit_user ON staff_audit (user_id, id);
CREATE INDEX staff_audit_action ON staff_audit (action text_pattern_ops, id);
CREATE INDEX staff_audit_object ON staff_audit (object, id);
CREATE INDEX staff_audit_at ON staff_audit (at);

-- +goose StatementBegin
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log of changes is only ever added to (% of %)', TG_OP, TG_TABLE_NAME;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION refuse_audit_change IS 'Keeps the log of changes as it was written.';
CREATE TRIGGER audit_never_changes BEFORE UPDATE OR DELETE ON staff_audit
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_is_never_emptied BEFORE TRUNCATE ON staff_audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

CREATE TABLE staff_proposals (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL CHECK (kind <> ''),
    object      text NOT NULL,
    title       text NOT NULL,
    change      jsonb NOT NULL,
    status      text NOT NULL CHECK (status IN ('open', 'applied', 'rejected', 'expired')),
    by_user     bigint NOT NULL REFERENCES staff_users,
    made_at     timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    decided_by  bigint REFERENCES staff_users,
    decided_at  timestamptz,
    reason      text NOT NULL DEFAULT '',
    CHECK ((status = 'open') = (decided_at IS NULL)),
    CHECK ((status IN ('open', 'expired')) = (decided_by IS NULL))
);
COMMENT ON TABLE staff_proposals IS
    'Changes that the public sees: who proposed them and who confirmed or rejected them. One that needed no second person is decided by whoever proposed it.';
CREATE INDEX staff_proposals_open ON staff_proposals (expires_at) WHERE status = 'open';
CREATE INDEX staff_proposals_decided ON staff_proposals (decided_at) WHERE status <> 'open';

-- +goose Down
DROP TABLE staff_proposals;
DROP TABLE staff_audit;
DROP FUNCTION refuse_audit_change;
DROP TABLE staff_attempt_key;
DROP TABLE staff_attempts;
DROP TABLE staff_sessions;
DROP TABLE staff_users;
