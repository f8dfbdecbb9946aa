-- +goose Up
ALTER TABLE versions
    ADD COLUMN reader     int     NOT NULL DEFAULT 0 CHECK (reader >= 0),
    ADD COLUMN incomplete boolean NOT NULL DEFAULT false;
CREATE INDEX versions_reader ON versions (reader, id) WHERE status = 'current';
COMMENT ON COLUMN versions.reader IS
    'The version of the reader that read it; 0 before readers had one. What is current and was read by an older one is read again, from its original, by whoever works: the outcome is a version of its own, so that citations keep resolving.';
COMMENT ON COLUMN versions.incomplete IS
    'The file was cut off or damaged, so that the original may have had more pages.';

-- +goose Down
DROP INDEX versions_reader;
ALTER TABLE versions DROP COLUMN reader, DROP COLUMN incomplete;
