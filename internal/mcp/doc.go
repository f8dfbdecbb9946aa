// Package mcp lets assistants use the corpus by the Model Context Protocol: tools that
// search publications and passages, read documents, follow a subject through the
// years, and make citations that hold. Every text they give is verbatim and comes with
// its permanent address; what is wrong is told as an error of the tool that says what
// to do, so that the assistant can do it.
//
// It keeps nothing: every request stands by itself, so any server of an installation
// can answer it.
//
// It may import research, retrieval, corpus and the packages below them, and is the
// only one that imports the protocol's SDK.
package mcp
