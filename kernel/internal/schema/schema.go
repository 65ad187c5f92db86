// Package schema says who may look into upstream's OpenAPI schema when, and what it holds.
//
// Upstream keeps it in a global, parses it when first asked for it, and looks into it without a
// lock: a build that changes it has a process of its own, and others share it only once it is
// parsed. Where many ask, the process does that first; else the first build does, which may not
// need it, and others wait for that one.
package schema

import (
	"sync"

	"sigs.k8s.io/kustomize/kyaml/openapi"
)

var (
	mu     sync.RWMutex
	parsed bool
)

// Parse is for a process that has not begun to serve, and will be asked for much.
func Parse() {
	openapi.Schema()
	parsed = true
}

// Shared does work that may look into the schema, beside other such work.
func Shared[T any](work func() (T, error)) (T, error) {
	mu.RLock()
	if parsed {
		defer mu.RUnlock()
		return work()
	}
	mu.RUnlock()
	mu.Lock()
	defer unlockParsed()
	return work()
}

// unlockParsed lets the others go on once the schema is there; who did this work does not wait.
func unlockParsed() {
	go func() {
		defer mu.Unlock()
		Parse()
	}()
}

// Reading does what looks into the schema after a build.
func Reading(look func() error) error {
	mu.RLock()
	defer mu.RUnlock()
	return look()
}
