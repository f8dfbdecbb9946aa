// Package corpus holds the nouns every other part speaks in: documents and
// their versions, pages, chunks, passages, citations, answers, filters and the
// codes of errors that reach a user. It is pure: values and rules on values, no
// I/O, no clock, no SQL. It may import the standard library only.
package corpus
