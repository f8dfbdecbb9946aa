// Package office is the staff area of the website, under /redactie: who signs in, and
// the pages to judge answers, keep question sets, run them, watch the figures and
// change what the public sees. Every address of it stands in one table with what one
// must be allowed to use it.
//
// It may import staff, evaluate, chat, answer, retrieval, dutch, corpus and web.
package office
