-- +goose Up

CREATE TABLE catalogue_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE catalogue_changes IS
    'A row for every statement that changed the catalogue, the last thousand or so. Their number and sum name the state of the catalogue: whoever keeps a copy in memory looks whether they changed. Writers do not wait for each other.';

-- +goose StatementBegin
CREATE FUNCTION note_catalogue_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last bigint;
BEGIN
    IF EXISTS (SELECT FROM changed) THEN
        INSERT INTO catalogue_changes DEFAULT VALUES RETURNING id INTO last;
        DELETE FROM catalogue_changes WHERE id IN (
            SELECT id FROM catalogue_changes WHERE id < last - 1000 FOR UPDATE SKIP LOCKED);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION note_catalogue_change IS 'Writes to catalogue_changes when a statement changed rows.';
CREATE TRIGGER publications_new AFTER INSERT ON publications
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_catalogue_change();
CREATE TRIGGER publications_changed AFTER UPDATE ON publications
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_catalogue_change();
CREATE TRIGGER publications_gone AFTER DELETE ON publications
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_catalogue_change();
CREATE TRIGGER publication_relations_new AFTER INSERT ON publication_relations
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_catalogue_change();
CREATE TRIGGER publication_relations_gone AFTER DELETE ON publication_relations
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_catalogue_change();

CREATE TABLE readings (
    version_id bigint PRIMARY KEY REFERENCES versions ON DELETE CASCADE,
    rules      int NOT NULL CHECK (rules >= 1),
    read_at    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE readings IS
    'Which versions were read for mentions of publications and for how the Council stood, and with which rules. Other rules read again.';

CREATE TABLE findings (
    version_id     bigint NOT NULL REFERENCES readings ON DELETE CASCADE,
    ordinal        int    NOT NULL CHECK (ordinal >= 0),
    kind           text   NOT NULL CHECK (kind IN ('mention', 'division')),
    page           int    NOT NULL,
    start_at       int    NOT NULL CHECK (start_at >= 0),
    end_at         int    NOT NULL,
    sentence_start int    NOT NULL CHECK (sentence_start >= 0),
    sentence_end   int    NOT NULL,
    tabular        boolean NOT NULL DEFAULT false,
    section        text   NOT NULL DEFAULT '',
    mention        jsonb  NOT NULL DEFAULT '{}',
    division       text   NOT NULL DEFAULT '' CHECK (division IN ('', 'unanimous', 'divided', 'minority')),
    relation       text   NOT NULL DEFAULT '' CHECK (relation IN ('', 'supersedes', 'revises', 'confirms', 'reply')),
    subject        jsonb,
    PRIMARY KEY (version_id, ordinal),
    FOREIGN KEY (version_id, page) REFERENCES pages ON DELETE CASCADE,
    CHECK (start_at < end_at AND sentence_start < sentence_end)
);
COMMENT ON TABLE findings IS
    'What was read in a version: mentions of publications, and sentences about how the Council stood. A mention keeps the words it was recognised by (number, date, title), which are looked up in the catalogue when they are used, because the publication may be added later.';

-- +goose Down
DROP TABLE findings, readings;
DROP TRIGGER publication_relations_gone ON publication_relations;
DROP TRIGGER publication_relations_new ON publication_relations;
DROP TRIGGER publications_gone ON publications;
DROP TRIGGER publications_changed ON publications;
DROP TRIGGER publications_new ON publications;
DROP FUNCTION note_catalogue_change;
DROP TABLE catalogue_changes;
