-- +goose Up

-- ---------------------------------------------------------------- catalogue

CREATE TABLE publications (
    id          text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,99}$'),
    number      text NOT NULL DEFAULT '',
    edition     text NOT NULL DEFAULT '' CHECK (edition IN ('', 'draft', 'minister')),
    title       text NOT NULL CHECK (title <> ''),
    type        text NOT NULL DEFAULT '',
    date        text NOT NULL DEFAULT '' CHECK (date ~ '^(\d{4}(-\d{2}(-\d{2})?)?)?$'),
    year        int  GENERATED ALWAYS AS (CASE WHEN date = '' THEN 0 ELSE left(date, 4)::int END) STORED,
    language    text NOT NULL DEFAULT '' CHECK (language IN ('', 'nl', 'en')),
    commission  text NOT NULL DEFAULT '',
    themes      text[] NOT NULL DEFAULT '{}',
    summary     text NOT NULL DEFAULT '',
    original    text NOT NULL DEFAULT '',
    seen        text NOT NULL DEFAULT '',
    document_id text REFERENCES documents ON DELETE SET NULL,
    updated_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX publications_number ON publications (number) WHERE number <> '';
CREATE INDEX publications_document ON publications (document_id) WHERE document_id IS NOT NULL;
CREATE INDEX publications_date ON publications (date, id);
CREATE INDEX publications_facets ON publications (year, type, commission);
CREATE INDEX publications_themes ON publications USING gin (themes);
COMMENT ON TABLE publications IS
    'The catalogue: what is known of a publication, whether its document is in the corpus (document_id) or not. What it says goes before what a document says of itself.';
COMMENT ON COLUMN publications.number IS 'The normalised publication number: 14/04, 1953/05.';

CREATE TABLE publication_relations (
    publication_id text NOT NULL REFERENCES publications ON DELETE CASCADE,
    ordinal        int  NOT NULL CHECK (ordinal >= 0),
    kind           text NOT NULL CHECK (kind IN ('supersedes', 'revises', 'confirms', 'reply')),
    target         text NOT NULL CHECK (target <> ''),
    PRIMARY KEY (publication_id, ordinal)
);
CREATE INDEX publication_relations_target ON publication_relations (target);
COMMENT ON TABLE publication_relations IS
    'What the catalogue says of two publications: one supersedes, confirms or replies to the other, which may be absent.';
COMMENT ON COLUMN publication_relations.target IS
    'A normalised number, the id of a publication, an address or a title. It is looked up when read, because the other publication may come later.';

CREATE INDEX versions_publication ON versions (publication) WHERE status = 'current' AND publication <> '';

-- ---------------------------------------------------------------- fetching

CREATE TABLE fetches (
    address       text PRIMARY KEY,
    digest        bytea NOT NULL CHECK (length(digest) = 32),
    file_name     text  NOT NULL,
    etag          text  NOT NULL DEFAULT '',
    last_modified text  NOT NULL DEFAULT '',
    fetched_at    timestamptz NOT NULL DEFAULT now(),
    checked_at    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE fetches IS
    'What an address gave the last time, and what the website wants to hear to tell whether that still holds (conditional requests).';

CREATE TABLE unopened (
    source  text PRIMARY KEY,
    code    text NOT NULL,
    message text NOT NULL,
    at      timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE unopened IS
    'Files and addresses that were offered but could not be opened, so that there is no document of them. A source that is opened after all leaves.';

-- ---------------------------------------------------------------- progress

CREATE TABLE batches (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    total       int NOT NULL CHECK (total >= 0),
    done        int NOT NULL DEFAULT 0,
    failed      int NOT NULL DEFAULT 0,
    started_at  timestamptz NOT NULL DEFAULT now(),
    seen_at     timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
);
COMMENT ON TABLE batches IS
    'How far each ingest is. One that is not finished and was not seen for a while broke off; what it submitted is worked on all the same.';

-- +goose Down
DROP INDEX versions_publication;
DROP TABLE batches, unopened, fetches, publication_relations, publications;
