// Package retrieval finds the passages that answer a question. It keeps an exact
// BM25 index of the corpus in memory, built from the forward index that ingest
// writes and following its changes, joins it with nearest neighbours by vector,
// and ranks the best few hundred by a sum of named signals. It also trains the
// corpus's own semantic vectors. It may import internal/dutch and internal/corpus;
// storage and vectors reach it through small interfaces.
package retrieval
