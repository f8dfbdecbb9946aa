// Package evaluate measures what the service promises: question sets against
// whatever answers questions, retrieval against judged queries, and the sentence
// verifier against sentences known to be true or altered. It holds the sets'
// formats, their rules for passing and the rates; what reviewers say of answers, and how
// far two of them agree; question sets with their origin, runs of them, and what tells
// two runs apart: differences word by word, bootstrap intervals and a gate.
// It also watches the running service: answers that are checked again, figures by day, and
// the topics of questions.
//
// It may import answer, retrieval, dutch and corpus. Files come in as readers and
// what is measured as small interfaces.
package evaluate
