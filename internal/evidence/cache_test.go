package evidence

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestCache holds the cache against a list that does the same slowly.
func TestCache(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const most = 20
		c := newCache[int](most, func(v int) int { return v })
		type pair struct{ key, value int }
		var model []pair // the last used at the end
		find := func(key int) int { return slices.IndexFunc(model, func(p pair) bool { return p.key == key }) }
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			key := rapid.IntRange(0, 9).Draw(t, "key")
			if rapid.Bool().Draw(t, "put") {
				value := rapid.IntRange(1, 14).Draw(t, "value")
				c.put(key, value)
				if 2*value > most {
					continue
				}
				if i := find(key); i >= 0 {
					model = slices.Delete(model, i, i+1)
				}
				model = append(model, pair{key, value})
				for sum(model, func(p pair) int { return p.value }) > most {
					model = model[1:]
				}
				continue
			}
			got, ok := c.get(key)
			i := find(key)
			if ok != (i >= 0) || ok && got != model[i].value {
				t.Fatalf("get %d: %d, %v; the model has %v", key, got, ok, model)
			}
			if ok {
				p := model[i]
				model = append(slices.Delete(model, i, i+1), p)
			}
		}
		if want := sum(model, func(p pair) int { return p.value }); c.held != want || len(c.byKey) != len(model) || c.order.Len() != len(model) {
			t.Fatalf("holds %d in %d, the model %d in %d", c.held, len(c.byKey), want, len(model))
		}
	})
}

func sum[T any](all []T, size func(T) int) int {
	n := 0
	for _, v := range all {
		n += size(v)
	}
	return n
}
