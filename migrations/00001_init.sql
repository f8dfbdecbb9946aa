-- +goose Up
CREATE EXTENSION IF NOT EXISTS vector;

-- ---------------------------------------------------------------- documents

CREATE TABLE originals (
    digest     bytea PRIMARY KEY CHECK (length(digest) = 32),
    media_type text  NOT NULL,
    content    bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
-- Already compressed formats: do not spend CPU on compressing them again.
ALTER TABLE originals ALTER COLUMN content SET STORAGE EXTERNAL;
COMMENT ON TABLE originals IS
    'The bytes of every document version, once per SHA-256: any worker on any machine can read them, and a page can be drawn long after the file is gone.';

CREATE TABLE documents (
    id           text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,99}$'),
    source       text NOT NULL UNIQUE CHECK (source <> ''),
    withdrawn_at timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE documents IS
    'A publication as readers know it. source is the absolute path, address or demo:NAME it is ingested from; the same source with other bytes becomes a new version.';

CREATE TABLE versions (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_id     text   NOT NULL REFERENCES documents ON DELETE CASCADE,
    number          int    NOT NULL CHECK (number >= 1),
    digest          bytea  NOT NULL REFERENCES originals,
    file_name       text   NOT NULL DEFAULT '',
    status          text   NOT NULL CHECK (status IN ('pending', 'current', 'superseded', 'failed')),
    title           text   NOT NULL DEFAULT '',
    publication     text   NOT NULL DEFAULT '',
    type            text   NOT NULL DEFAULT '',
    language        text   NOT NULL DEFAULT 'nl',
    date            text   NOT NULL DEFAULT '' CHECK (date ~ '^(\d{4}(-\d{2}(-\d{2})?)?)?$'),
    year            int    GENERATED ALWAYS AS (CASE WHEN date = '' THEN 0 ELSE left(date, 4)::int END) STORED,
    failure_code    text,
    failure_message text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    published_at    timestamptz,
    UNIQUE (document_id, number),
    CHECK (language IN ('nl', 'en') OR (language = '' AND status IN ('pending', 'failed'))),
    CHECK ((status = 'failed') = (failure_code IS NOT NULL)),
    CHECK ((failure_code IS NULL) = (failure_message IS NULL)),
    CHECK ((status IN ('current', 'superseded')) = (published_at IS NOT NULL))
);
CREATE UNIQUE INDEX versions_one_current ON versions (document_id) WHERE status = 'current';
CREATE UNIQUE INDEX versions_one_pending ON versions (document_id) WHERE status = 'pending';
CREATE INDEX versions_digest ON versions (digest);
CREATE INDEX versions_filter ON versions (year, type) WHERE status = 'current';
COMMENT ON TABLE versions IS
    'One reading of one state of a document. At most one version of a document is current (answers come from it) and at most one is pending (a job works on it); superseded ones stay for the citations made from them.';
COMMENT ON COLUMN versions.file_name IS 'The name the bytes came under; a reader takes their kind from it where they do not tell.';
COMMENT ON COLUMN versions.publication IS 'The normalised publication number: 14/04, 1953/05.';

CREATE TABLE pages (
    version_id bigint NOT NULL REFERENCES versions ON DELETE CASCADE,
    number     int    NOT NULL CHECK (number >= 1),
    label      text   NOT NULL,
    text       text   NOT NULL,
    reader     text   NOT NULL CHECK (reader IN ('pdfium', 'light', 'ocr', 'markdown', 'text', 'html', 'docx')),
    confidence real   NOT NULL DEFAULT 0 CHECK (confidence BETWEEN 0 AND 100),
    blocks     jsonb  NOT NULL DEFAULT '[]',
    PRIMARY KEY (version_id, number)
);
COMMENT ON TABLE pages IS
    'The text of each page as it was read. Every offset in the system counts Unicode code points into pages.text.';
COMMENT ON COLUMN pages.blocks IS 'Headings, paragraphs, footnotes, running headers … as [{kind, level, start, end}] in reading order.';

CREATE TABLE chunks (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version_id bigint NOT NULL,
    ordinal    int    NOT NULL CHECK (ordinal >= 0),
    page       int    NOT NULL,
    start_at   int    NOT NULL CHECK (start_at >= 0),
    end_at     int    NOT NULL,
    heading    text[] NOT NULL DEFAULT '{}',
    kind       text   NOT NULL DEFAULT 'paragraph',
    UNIQUE (version_id, ordinal),
    FOREIGN KEY (version_id, page) REFERENCES pages ON DELETE CASCADE,
    CHECK (start_at < end_at)
);
COMMENT ON TABLE chunks IS
    'The unit of retrieval: a span of one page. It has no text of its own, so it cannot differ from the page: substring(pages.text, start_at + 1, end_at - start_at).';

-- ---------------------------------------------------------------- retrieval

CREATE TABLE terms (
    id   int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    term text NOT NULL UNIQUE
);
COMMENT ON TABLE terms IS 'The vocabulary: every analysed term gets a small number.';

CREATE TABLE chunk_terms (
    chunk_id bigint PRIMARY KEY REFERENCES chunks ON DELETE CASCADE,
    dl       real   NOT NULL CHECK (dl >= 0),
    tv       bytea  NOT NULL
);
ALTER TABLE chunk_terms ALTER COLUMN tv SET STORAGE MAIN;
COMMENT ON TABLE chunk_terms IS
    'The forward index, written in the transaction of its chunk: dl is the weighted length, tv the delta-varint coded term numbers with their counts. Each server builds its inverted index in memory from this.';

CREATE TABLE corpus_changes (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version_id bigint NOT NULL REFERENCES versions ON DELETE CASCADE,
    live       boolean NOT NULL,
    at         timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE corpus_changes IS
    'What became live or stopped being live, in commit order (writers hold an advisory lock from insert to commit). Servers follow it to keep their in-memory index true; its highest id names the state of the corpus.';

CREATE TABLE embedders (
    id         int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL,
    dimension  int  NOT NULL CHECK (dimension BETWEEN 1 AND 4000),
    digest     text NOT NULL,
    state      text NOT NULL CHECK (state IN ('future', 'present', 'past')),
    model      bytea,
    trained_on bigint NOT NULL DEFAULT 0 CHECK (trained_on >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz,
    CHECK ((state = 'past') = (retired_at IS NOT NULL))
);
CREATE UNIQUE INDEX embedders_one_present ON embedders (state) WHERE state = 'present';
COMMENT ON TABLE embedders IS
    'What made the vectors. digest names the exact weights and prefixes: vectors of another digest are never compared. model holds the weights of an embedder trained on this corpus, trained_on the number of chunks it saw.';

CREATE TABLE embeddings (
    embedder_id int     NOT NULL REFERENCES embedders ON DELETE CASCADE,
    chunk_id    bigint  NOT NULL REFERENCES chunks ON DELETE CASCADE,
    embedding   halfvec NOT NULL,
    PRIMARY KEY (embedder_id, chunk_id)
);
-- Out-of-line storage makes exact scans more than three times slower.
ALTER TABLE embeddings ALTER COLUMN embedding SET STORAGE PLAIN;
CREATE INDEX embeddings_chunk ON embeddings (chunk_id);
COMMENT ON TABLE embeddings IS
    'One vector per chunk and embedder. The HNSW index is partial, per embedder, made when the embedder becomes present, because its dimension belongs to the embedder.';

-- ------------------------------------------------------------ conversations

CREATE TABLE conversations (
    id         uuid PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX conversations_updated ON conversations (updated_at);
COMMENT ON TABLE conversations IS 'A series of turns. Holds nothing that identifies the visitor.';

CREATE TABLE turns (
    id              uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    question        text NOT NULL CHECK (char_length(question) BETWEEN 1 AND 2000),
    lang            text NOT NULL CHECK (lang IN ('nl', 'en')),
    filters         jsonb NOT NULL DEFAULT '{}',
    status          text CHECK (status IN ('answered', 'partial', 'no_answer', 'out_of_scope', 'refused', 'error')),
    answer          jsonb,
    stop_requested  boolean NOT NULL DEFAULT false,
    lease_until     timestamptz NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    finished_at     timestamptz,
    CHECK ((status IS NULL) = (finished_at IS NULL)),
    CHECK (status IS NULL OR status = 'error' OR answer IS NOT NULL)
);
CREATE INDEX turns_conversation ON turns (conversation_id, created_at);
CREATE INDEX turns_unfinished ON turns (lease_until) WHERE finished_at IS NULL;
COMMENT ON TABLE turns IS
    'One question and its answer. The server that works on it renews lease_until; a turn whose lease ran out is ended with an error by any server, so every accepted turn ends.';

CREATE TABLE turn_events (
    turn_id uuid NOT NULL REFERENCES turns ON DELETE CASCADE,
    seq     int  NOT NULL CHECK (seq >= 1),
    type    text NOT NULL CHECK (type IN ('accepted', 'progress', 'citation', 'sentence', 'done', 'error')),
    payload jsonb NOT NULL,
    PRIMARY KEY (turn_id, seq)
);
CREATE UNIQUE INDEX turn_events_one_end ON turn_events (turn_id) WHERE type IN ('done', 'error');
COMMENT ON TABLE turn_events IS
    'Every message a turn sent, numbered from 1, so that a client can resume on any server. The unique index makes a second done or error impossible.';

-- +goose Down
DROP TABLE turn_events, turns, conversations, embeddings, embedders, corpus_changes, chunk_terms, terms, chunks, pages, versions, documents, originals;
