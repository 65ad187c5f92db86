package tree

import (
	"sync"

	"reconciler/kernel/internal/documents"
	"reconciler/kernel/internal/kustomization"
	"reconciler/kernel/internal/wire"
)

// Entry is what one path of a tree holds, and what was worked out of a file's content, each the
// first time that somebody needed it.
type Entry struct {
	wire.Entry
	Content []byte

	inspected sync.Once
	known     *kustomization.Kustomization
	expanded  sync.Once
	bomb      *wire.Failure
}

// Kustomization is what this file says, taken for one.
func (e *Entry) Kustomization() *kustomization.Kustomization {
	e.inspected.Do(func() { e.known = kustomization.Inspect(e.Content) })
	return e.known
}

// aliasBomb refuses a file whose aliases expand to too much.
func (e *Entry) aliasBomb(file string) *wire.Failure {
	e.expanded.Do(func() { e.bomb = documents.AliasBomb(e.Content) })
	if e.bomb == nil {
		return nil
	}
	here := *e.bomb
	here.File = file
	return &here
}
