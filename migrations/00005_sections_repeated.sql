-- +goose Up
ALTER TABLE chunks
    ADD COLUMN section  text CHECK (section IN
        ('', 'summary', 'preface', 'chapter', 'conclusion', 'minority', 'annex', 'literature', 'contents', 'colophon')),
    ADD COLUMN repeated boolean NOT NULL DEFAULT false;
CREATE INDEX chunks_section ON chunks (section, version_id) WHERE section NOT IN ('', 'chapter');
CREATE INDEX chunks_without_section ON chunks (id) WHERE section IS NULL;
COMMENT ON COLUMN chunks.section IS
    'The kind of section that the headings above it make of it; empty when no heading says what it is. NULL on chunks from before this column, until a migration has filled them in.';
COMMENT ON COLUMN chunks.repeated IS
    'Boilerplate: all its paragraphs stand in several live documents, of which a newer one keeps them. It is not retrieved, its citations resolve. It depends on the documents that are live and not on the order in which they came.';

CREATE TABLE paragraphs (
    chunk_id    bigint NOT NULL REFERENCES chunks ON DELETE CASCADE,
    fingerprint bigint NOT NULL,
    PRIMARY KEY (chunk_id, fingerprint)
);
CREATE INDEX paragraphs_fingerprint ON paragraphs (fingerprint, chunk_id);
COMMENT ON TABLE paragraphs IS
    'Which paragraphs are in which chunks, by a hash of their words: chunks.repeated is worked out from it whenever a document becomes live or stops being live. Chunks from before this table have none until their document is read again, and count for nothing.';

-- +goose Down
DROP TABLE paragraphs;
DROP INDEX chunks_without_section, chunks_section;
ALTER TABLE chunks DROP COLUMN section, DROP COLUMN repeated;
