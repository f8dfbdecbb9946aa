// Package answer turns a question into a verified answer: a turn runs a list of
// steps (understand, retrieve, compose, verify, emit), each recording how long it
// took and what it decided, so that evaluation can look at any step alone.
//
// Two promises hold for every answer, whatever composed it: no sentence is emitted
// before Verify found its numbers, dates, names, polarity and content in the quote
// it cites, and every quote is exactly the stored page text between its offsets.
//
// It may import corpus, dutch and retrieval. It does no I/O of its own: passages
// come through the Retriever, events leave through the caller's emit function.
package answer
