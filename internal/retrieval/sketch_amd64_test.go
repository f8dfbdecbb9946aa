package retrieval

// distancesBy are all ways of measuring distances that this processor has.
var distancesBy = func() map[string]func([]sketchGroup, *halfTables, []uint8) {
	ways := map[string]func([]sketchGroup, *halfTables, []uint8){"choice": distances}
	add := func(name string, way func(*sketchGroup, int, *halfTables, *uint8)) {
		ways[name] = func(groups []sketchGroup, t *halfTables, out []uint8) {
			if len(groups) > 0 {
				way(&groups[0], len(groups), t, &out[0])
			}
		}
	}
	if hasAVX2 {
		add("AVX2", distancesAVX2)
	}
	if hasAVX512 {
		add("AVX-512", distancesAVX512)
	}
	return ways
}()
