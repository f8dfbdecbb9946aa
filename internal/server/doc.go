// Package server is the web edge: the websocket, the API, the pages, health and
// metrics, and in front of them the limits, headers, request ids and log lines
// that hold for all. Errors become status codes and words in one place here.
//
// It never logs or keeps an address of a visitor, nor what they ask.
//
// It may import chat, corpus and the packages below them; the pages get their
// stores through the interfaces they declare.
package server
