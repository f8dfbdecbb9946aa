// Package migrations embeds the goose SQL files of the schema. It imports
// nothing of the project.
package migrations

import "embed"

// FS holds the migration files, named for goose.
//
//go:embed *.sql
var FS embed.FS
