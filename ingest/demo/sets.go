package demo

import (
	"embed"
	"io/fs"
)

//go:embed questions*.jsonl
var questions embed.FS

// Questions are the question sets over the demo corpus, as JSON Lines, all in the root of
// the file system.
func Questions() fs.FS { return questions }
