// Package ingest makes cited chunks of documents: it finds files, folders,
// addresses and the demo corpus, hands their bytes to the store together with a
// job, and works those jobs: read, structure, chunk, index, publish. Whatever
// kills a process at whatever moment, a document is either in the corpus in its
// old version or in its new one, whole. It may import ingest/extract, dutch and
// corpus; store, queue, reader and index are interfaces that cmd fills in.
package ingest
