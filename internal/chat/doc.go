// Package chat runs turns: a question is accepted, answered in a bounded pool,
// and every message of its turn is numbered and stored before anyone sees it, so
// that a client can come back on any server and go on where it was. A turn ends
// with exactly one done or error, whatever happens to the process that works on it.
//
// It also holds the words of the protocol: the messages clients send, the events
// they receive, and the errors they can meet, in Dutch and English. PROTOCOL.md
// describes it for those who write clients.
//
// It may import corpus, dutch and answer. Storage comes through Store, which
// internal/postgres implements.
package chat
