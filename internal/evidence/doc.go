// Package evidence shows the pages that citations point at as they were printed:
// their pictures, and the places of a passage on them. It draws in the child
// processes of ingest/extract, from the originals in the corpus and nothing else,
// keeps what was drawn within bounds, and lets no more work wait than it can do
// in time. It is an adapter for internal/server, whose interface PagePictures it
// implements; it may import that package, ingest/extract and internal/corpus.
package evidence
