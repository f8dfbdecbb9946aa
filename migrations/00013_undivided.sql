-- +goose Up
CREATE TABLE undivided (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version_id bigint NOT NULL
);
CREATE INDEX undivided_version ON undivided (version_id);
COMMENT ON TABLE undivided IS
    'Live versions of which a chunk holds boilerplate beside other text: they are divided anew, so that the boilerplate stands in chunks of its own, which are not retrieved. Without a foreign key, because a row is written under the lock of all who announce, where nothing may be waited for.';
COMMENT ON COLUMN chunks.repeated IS
    'Boilerplate: all its paragraphs stand in several live documents, of which a newer one keeps them. It is not retrieved, its citations resolve. It depends on the documents that are live and not on the order in which they came; a chunk of which it holds for a part is divided, see undivided.';

-- +goose Down
DROP TABLE undivided;
