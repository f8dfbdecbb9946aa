// Package dutch knows the Dutch language as far as finding and checking text
// needs it (and English as far as the corpus and its visitors use it):
// sentences, tokens, stems, parts of compounds, numbers and dates, and which of
// the two languages a text is in. All offsets are Unicode code points. It does
// no I/O beyond its embedded word lists and imports nothing of the project.
package dutch
