package signalr

import "sync"

// Items are values that an application keeps for one connection. They are gone
// with it. Keys are compared with ==; as with contexts, those of an unexported
// type of one's own cannot collide. Items may be used concurrently. Without a
// value they hold no memory.
type Items struct {
	mu     sync.Mutex
	values map[any]any // nil: there are none
}

// Load returns the value of key, and whether there is one.
func (i *Items) Load(key any) (value any, ok bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	value, ok = i.values[key]
	return value, ok
}

// Store sets the value of key.
func (i *Items) Store(key, value any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.store(key, value)
}

// LoadOrStore returns the value of key, which it sets to value if there is none.
// Loaded says that there was one.
func (i *Items) LoadOrStore(key, value any) (actual any, loaded bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if actual, loaded = i.values[key]; loaded {
		return actual, true
	}
	i.store(key, value)
	return value, false
}

// Delete removes the value of key.
func (i *Items) Delete(key any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.values, key)
}

// store is Store. The caller holds mu.
func (i *Items) store(key, value any) {
	if i.values == nil {
		i.values = make(map[any]any)
	}
	i.values[key] = value
}
