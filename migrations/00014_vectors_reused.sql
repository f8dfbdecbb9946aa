-- +goose Up

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION drop_vectors() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO embeddings (embedder_id, chunk_id, embedding)
    WITH replaced AS ( -- versions that gave way to one with the same title
        SELECT o.id AS old, n.id AS new
        FROM gone g
        JOIN versions o ON o.id = g.version_id AND o.status <> 'current'
        JOIN versions n ON n.document_id = o.document_id AND n.status = 'current' AND n.title = o.title
        WHERE NOT g.live
    ), was AS ( -- what their chunks said
        SELECT r.new AS version, c.id, c.heading, substring(p.text, c.start_at + 1, c.end_at - c.start_at) AS text
        FROM replaced r
        JOIN chunks c ON c.version_id = r.old
        JOIN pages p ON p.version_id = c.version_id AND p.number = c.page
    ), says AS ( -- and what those of the new version say
        SELECT r.new AS version, c.id, c.heading, substring(p.text, c.start_at + 1, c.end_at - c.start_at) AS text
        FROM replaced r
        JOIN chunks c ON c.version_id = r.new AND NOT c.repeated
        JOIN pages p ON p.version_id = c.version_id AND p.number = c.page
    )
    SELECT DISTINCT ON (e.embedder_id, says.id) e.embedder_id, says.id, e.embedding
    FROM says
    JOIN was USING (version, heading, text)
    JOIN embeddings e ON e.chunk_id = was.id
    ON CONFLICT DO NOTHING;
    DELETE FROM embeddings e USING chunks c, gone g
    WHERE NOT g.live AND c.version_id = g.version_id AND e.chunk_id = c.id AND NOT EXISTS (
        -- announced anew with other chunks: it is still live
        SELECT FROM versions v JOIN documents d ON d.id = v.document_id
        WHERE v.id = g.version_id AND v.status = 'current' AND d.withdrawn_at IS NULL);
    RETURN NULL;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION drop_vectors IS
    'Deletes the vectors of a version when it stops being live, in the same transaction: a search of the graph then needs no look at versions and documents. Chunks of the version that takes its place and that say the same under the same title and headings get theirs first; a version that comes back is embedded again.';

-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of version % is what citations were made from and never changes', TG_TABLE_NAME, OLD.version_id
        USING HINT = 'Put a new version of the document in its place.';
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION refuse_change IS
    'Keeps what citations point at and what servers hold in memory as it was read.';
CREATE TRIGGER chunks_never_move BEFORE UPDATE OF version_id, page, start_at, end_at ON chunks
    FOR EACH ROW WHEN ((OLD.version_id, OLD.page, OLD.start_at, OLD.end_at) IS DISTINCT FROM (NEW.version_id, NEW.page, NEW.start_at, NEW.end_at))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER pages_never_change BEFORE UPDATE OF version_id, number, text ON pages
    FOR EACH ROW WHEN ((OLD.version_id, OLD.number, OLD.text) IS DISTINCT FROM (NEW.version_id, NEW.number, NEW.text))
    EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE chunks IS
    'The unit of retrieval: a span of one page. It has no text of its own, so it cannot differ from the page: substring(pages.text, start_at + 1, end_at - start_at). A chunk never moves. Whoever adds chunks to a live version or removes some announces it in corpus_changes, as gone and live again, in the same transaction: servers then read its chunks anew.';

-- +goose Down
COMMENT ON TABLE chunks IS
    'The unit of retrieval: a span of one page. It has no text of its own, so it cannot differ from the page: substring(pages.text, start_at + 1, end_at - start_at).';
DROP TRIGGER pages_never_change ON pages;
DROP TRIGGER chunks_never_move ON chunks;
DROP FUNCTION refuse_change;
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION drop_vectors() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM embeddings e USING chunks c, gone g
    WHERE NOT g.live AND c.version_id = g.version_id AND e.chunk_id = c.id AND NOT EXISTS (
        -- announced anew with other chunks: it is still live
        SELECT FROM versions v JOIN documents d ON d.id = v.document_id
        WHERE v.id = g.version_id AND v.status = 'current' AND d.withdrawn_at IS NULL);
    RETURN NULL;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION drop_vectors IS
    'Deletes the vectors of a version when it stops being live, in the same transaction: a search of the graph then needs no look at versions and documents. A version that comes back is embedded again.';
