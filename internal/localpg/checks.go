//go:build linux

package localpg

import (
	"context"
	"fmt"
)

// Checks looks at what a private server on dataDir needs, without making or
// starting anything.
func Checks(ctx context.Context, dataDir string) []Check {
	place, err := newPlace(dataDir)
	if err != nil {
		return []Check{{Name: "data directory", Detail: err.Error(), Mend: "give one with --data-dir"}}
	}
	check := Check{Name: "private PostgreSQL"}
	bin, err := place.binaries(ctx, "")
	if err != nil {
		check.Detail = err.Error()
		check.Mend = "run .ci/setup, or give the address of a server in DATABASE_URL"
		return []Check{check}
	}
	check.OK = bin.vector
	check.Detail = fmt.Sprintf("PostgreSQL %s in %s", bin.major, bin.dir)
	if !bin.vector {
		check.Detail += ", without pgvector"
		check.Mend = "run .ci/setup: it installs pgvector for this PostgreSQL"
	}
	return []Check{check}
}
