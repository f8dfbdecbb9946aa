// Package llm talks to language models: embeddings and chat of any
// OpenAI-compatible server, and chat of Anthropic, through langchaingo, which
// nothing else may import. Between langchaingo and the network stands a transport
// of our own, because a failed call must be told from an empty answer: it carries
// status and Retry-After out, orders embeddings by their index and turns a stream
// that breaks off into an error. Judge asks a chat model whether quotes support a
// sentence. It may import answer, corpus, evaluate and retrieval for the interfaces it
// implements.
package llm
