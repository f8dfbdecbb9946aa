//go:build !amd64

package retrieval

var distancesBy = map[string]func([]sketchGroup, *halfTables, []uint8){"choice": distances}
