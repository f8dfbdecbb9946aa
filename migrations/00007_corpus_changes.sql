-- +goose Up

-- A version that is deleted must be announced too, and outlived by its announcement.
ALTER TABLE corpus_changes DROP CONSTRAINT corpus_changes_version_id_fkey;
CREATE INDEX corpus_changes_version ON corpus_changes (version_id, id);

-- +goose StatementBegin
CREATE FUNCTION announce_version(version bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    now_live boolean;
    said     boolean;
BEGIN
    SELECT EXISTS (
        SELECT FROM versions v JOIN documents d ON d.id = v.document_id
        WHERE v.id = version AND v.status = 'current' AND d.withdrawn_at IS NULL) INTO now_live;
    SELECT live INTO said FROM corpus_changes WHERE version_id = version ORDER BY id DESC LIMIT 1;
    IF now_live IS DISTINCT FROM coalesce(said, false) THEN
        -- The lock of all who announce, from taking a number to committing it: then a
        -- lower number cannot appear after a higher one was read.
        PERFORM pg_advisory_xact_lock(109330312492403);
        INSERT INTO corpus_changes (version_id, live) VALUES (version, now_live);
    END IF;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION announce_version IS
    'Writes to corpus_changes whether a version is live, unless that was the last thing said about it.';

-- +goose StatementBegin
CREATE FUNCTION announce_changed_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM announce_version(NEW.id);
    ELSE
        PERFORM announce_version(OLD.id);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION announce_changed_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM announce_version(v.id) FROM versions v WHERE v.document_id = NEW.id AND v.status = 'current';
    RETURN NULL;
END $$;
-- +goose StatementEnd
-- Deferred to the commit, so that the lock is the last one a transaction takes.
CREATE CONSTRAINT TRIGGER versions_announce_new AFTER INSERT ON versions DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.status = 'current') EXECUTE FUNCTION announce_changed_version();
CREATE CONSTRAINT TRIGGER versions_announce_change AFTER UPDATE OF status ON versions DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN ((OLD.status = 'current') <> (NEW.status = 'current')) EXECUTE FUNCTION announce_changed_version();
CREATE CONSTRAINT TRIGGER versions_announce_end AFTER DELETE ON versions DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.status = 'current') EXECUTE FUNCTION announce_changed_version();
CREATE CONSTRAINT TRIGGER documents_announce AFTER UPDATE OF withdrawn_at ON documents DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN ((OLD.withdrawn_at IS NULL) <> (NEW.withdrawn_at IS NULL)) EXECUTE FUNCTION announce_changed_document();

-- +goose StatementBegin
CREATE FUNCTION drop_vectors() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM embeddings e USING chunks c, gone g
    WHERE NOT g.live AND c.version_id = g.version_id AND e.chunk_id = c.id AND NOT EXISTS (
        -- announced anew with other chunks: it is still live
        SELECT FROM versions v JOIN documents d ON d.id = v.document_id
        WHERE v.id = g.version_id AND v.status = 'current' AND d.withdrawn_at IS NULL);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER corpus_changes_vectors AFTER INSERT ON corpus_changes
    REFERENCING NEW TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION drop_vectors();
COMMENT ON FUNCTION drop_vectors IS
    'Deletes the vectors of a version when it stops being live, in the same transaction: a search of the graph then needs no look at versions and documents. A version that comes back is embedded again.';
DELETE FROM embeddings e USING chunks c JOIN versions v ON v.id = c.version_id JOIN documents d ON d.id = v.document_id
    WHERE e.chunk_id = c.id AND (v.status <> 'current' OR d.withdrawn_at IS NOT NULL);

ALTER TABLE embedders
    ADD COLUMN indexed    bigint NOT NULL DEFAULT 0 CHECK (indexed >= 0),
    ADD COLUMN last_chunk bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN embedders.indexed IS
    'The number of vectors when their graph was built, and in last_chunk the highest chunk: what came and went since tells when to build it anew.';

COMMENT ON TABLE corpus_changes IS
    'What became live or stopped being live, in commit order (writers hold an advisory lock from insert to commit); whoever writes to versions or documents, triggers see to it. Servers follow it to keep their in-memory index true; its highest id names the state of the corpus.';

-- +goose Down
ALTER TABLE embedders DROP COLUMN indexed, DROP COLUMN last_chunk;
DROP TRIGGER corpus_changes_vectors ON corpus_changes;
DROP TRIGGER documents_announce ON documents;
DROP TRIGGER versions_announce_end ON versions;
DROP TRIGGER versions_announce_change ON versions;
DROP TRIGGER versions_announce_new ON versions;
DROP FUNCTION drop_vectors, announce_changed_document, announce_changed_version, announce_version;
DROP INDEX corpus_changes_version;
DELETE FROM corpus_changes c WHERE NOT EXISTS (SELECT FROM versions v WHERE v.id = c.version_id);
ALTER TABLE corpus_changes ADD CONSTRAINT corpus_changes_version_id_fkey FOREIGN KEY (version_id) REFERENCES versions ON DELETE CASCADE;
