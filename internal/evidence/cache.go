package evidence

import (
	"container/list"
	"sync"
)

// cache keeps the values used last, up to a total size. It is safe for
// concurrent use.
type cache[K comparable, V any] struct {
	most int
	size func(V) int

	mu    sync.Mutex
	held  int
	order *list.List // of *entry[K, V], the last used in front
	byKey map[K]*list.Element
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

// newCache keeps values of most in total, each counted by size.
func newCache[K comparable, V any](most int, size func(V) int) *cache[K, V] {
	return &cache[K, V]{most: most, size: size, order: list.New(), byKey: map[K]*list.Element{}}
}

func (c *cache[K, V]) get(key K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		var zero V
		return zero, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*entry[K, V]).value, true
}

// put keeps a value, unless it would take more than half of the room by itself.
func (c *cache[K, V]) put(key K, value V) {
	n := c.size(value)
	if 2*n > c.most {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[key]; ok {
		c.drop(e)
	}
	c.byKey[key] = c.order.PushFront(&entry[K, V]{key, value})
	c.held += n
	for c.held > c.most {
		c.drop(c.order.Back())
	}
}

func (c *cache[K, V]) drop(e *list.Element) {
	old := c.order.Remove(e).(*entry[K, V])
	delete(c.byKey, old.key)
	c.held -= c.size(old.value)
}
