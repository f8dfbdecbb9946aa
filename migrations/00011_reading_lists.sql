-- +goose Up
CREATE TABLE reading_lists (
    id         uuid PRIMARY KEY,
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE reading_lists IS
    'Passages that a visitor keeps. The id is random and known to the visitor only, as that of a conversation; lists that nobody used for the retention period are deleted with the conversations.';
CREATE INDEX reading_lists_updated ON reading_lists (updated_at);

CREATE TABLE reading_list_items (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    list_id    uuid NOT NULL REFERENCES reading_lists ON DELETE CASCADE,
    position   integer NOT NULL,
    version_id bigint NOT NULL,
    page       integer NOT NULL,
    start_at   integer NOT NULL CHECK (start_at >= 0),
    end_at     integer NOT NULL,
    note       text NOT NULL DEFAULT '',
    added_at   timestamptz NOT NULL DEFAULT now(),
    CHECK (end_at > start_at),
    UNIQUE (list_id, version_id, page, start_at, end_at),
    FOREIGN KEY (version_id, page) REFERENCES pages (version_id, number) ON DELETE CASCADE
);
COMMENT ON TABLE reading_list_items IS
    'The passages of a reading list with notes of its owner: code points [start_at, end_at) of a page of a document version, as the address of a citation names them. Positions order them and may have gaps.';

-- +goose Down
DROP TABLE reading_list_items;
DROP TABLE reading_lists;
