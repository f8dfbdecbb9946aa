-- +goose Up
ALTER TABLE versions
    ADD COLUMN isbn     text   NOT NULL DEFAULT '' CHECK (isbn ~ '^([0-9][0-9-]{8,15}[0-9X])?$'),
    ADD COLUMN warnings text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN versions.isbn IS 'As it is printed, its groups apart by hyphens; its check digit is right. Empty when the document names none, or more than one.';
COMMENT ON COLUMN versions.warnings IS 'What could not be read in full, in Dutch, for people: pages that are damaged, a file that was cut off, pages past the limit of OCR.';

-- +goose Down
ALTER TABLE versions DROP COLUMN isbn, DROP COLUMN warnings;
