-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION notify_corpus_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('corpus_changes', '');
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER corpus_changes_notify AFTER INSERT ON corpus_changes
    FOR EACH STATEMENT EXECUTE FUNCTION notify_corpus_change();
COMMENT ON FUNCTION notify_corpus_change IS
    'Wakes the servers that follow corpus_changes, whoever wrote to it. They also look by themselves, so a lost notice only costs a moment.';
COMMENT ON COLUMN chunk_terms.dl IS 'The number of words of title, headings and text.';
COMMENT ON COLUMN chunk_terms.tv IS
    'A version byte, the numbers of words of title and headings, then the terms.id of every word in order, all as varints. Stems, parts of compounds and n-grams are derived from the words when the index is built.';
COMMENT ON TABLE terms IS 'The vocabulary: every word as written (lower case, without diacritics) gets a small number.';

-- +goose Down
DROP TRIGGER corpus_changes_notify ON corpus_changes;
DROP FUNCTION notify_corpus_change;
