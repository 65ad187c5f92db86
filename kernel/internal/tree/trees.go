// Package tree is the file system that a build reads: a tree of the parent's, with the commits
// that are pinned beside it, as one render sees them.
package tree

import (
	"context"
	"sync"

	"reconciler/kernel/internal/wire"
)

// Content kept for the trees in use; past this everything is dropped and asked for again.
const maxCached = 64 << 20

// Trees asks the parent for what paths hold. A tree never changes under its number,
// so each path is asked for once, however many renders look at it.
type Trees struct {
	out    *wire.Writer
	mu     sync.Mutex
	byID   map[uint64]*Tree
	calls  map[uint64]pending
	serial uint64
	cached int
}

// Tree is what is known of one tree.
type Tree struct {
	id     uint64
	owner  *Trees
	known  map[string]*slot
	cached int
}

// slot is one path's answer, there once ready is closed.
type slot struct {
	ready chan struct{}
	entry *Entry
}

type pending struct {
	tree  *Tree
	slots []*slot
}

// NewTrees knows none yet; it asks through out.
func NewTrees(out *wire.Writer) *Trees {
	return &Trees{out: out, byID: map[uint64]*Tree{}, calls: map[uint64]pending{}}
}

// Get is the tree of this number, known or new.
func (t *Trees) Get(id uint64) *Tree {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cached > maxCached {
		for _, old := range t.byID {
			old.known, old.cached = map[string]*slot{}, 0
		}
		t.cached = 0
	}
	found, ok := t.byID[id]
	if !ok {
		found = &Tree{id: id, owner: t, known: map[string]*slot{}}
		t.byID[id] = found
	}
	return found
}

// Forget drops a tree that nobody will render from again.
func (t *Trees) Forget(id uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if old, ok := t.byID[id]; ok {
		t.cached -= old.cached
		delete(t.byID, id)
	}
}

// Deliver takes an answer of the parent.
func (t *Trees) Deliver(call uint64, entries []wire.Entry, body []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	asked, ok := t.calls[call]
	delete(t.calls, call)
	if !ok {
		return
	}
	for i := range entries {
		e := &Entry{Entry: entries[i]}
		e.Content, body = body[:e.Size:e.Size], body[e.Size:]
		asked.tree.cached += e.Size + 64
		t.cached += e.Size + 64
		asked.slots[i].entry = e
		close(asked.slots[i].ready)
	}
}

// want makes sure that all these paths were asked for, in one message.
func (t *Tree) want(paths []string) []*slot {
	slots := make([]*slot, len(paths))
	var ask []string
	var asked []*slot
	t.owner.mu.Lock()
	for i, p := range paths {
		s, ok := t.known[p]
		if !ok {
			s = &slot{ready: make(chan struct{})}
			t.known[p] = s
			ask, asked = append(ask, p), append(asked, s)
		}
		slots[i] = s
	}
	var call uint64
	if len(ask) > 0 {
		t.owner.serial++
		call = t.owner.serial
		t.owner.calls[call] = pending{t, asked}
	}
	t.owner.mu.Unlock()
	if len(ask) > 0 {
		// A parent that is gone ends this process through its input.
		_ = t.owner.out.Send(wire.Response{Op: "get", Call: call, Tree: t.id, Paths: ask}, nil)
	}
	return slots
}

func (t *Tree) look(ctx context.Context, path string) (*Entry, error) {
	s := t.want([]string{path})[0]
	select {
	case <-s.ready:
		return s.entry, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
