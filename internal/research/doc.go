// Package research follows a subject through the Council's publications: a search
// of the catalogue with facets, the history of a subject with the sentences that
// state each position, who said them and whether the Council was divided, which
// publication mentions which, and publications side by side.
//
// It adds no words of its own to what the documents say: every position, division
// and link is a verbatim sentence with its citation, or a line of the catalogue that
// is marked as such. Where neither says anything, nothing is told.
//
// Mentions of publications and signs of division are read once from every version of
// a document, when research first meets it, and kept with the number of the rules
// that read them. A version never changes, and only those of live versions count, so
// they hold after a document was replaced or withdrawn.
//
// It may import answer, retrieval, dutch and corpus. Storage comes through Store,
// which internal/postgres implements.
package research
