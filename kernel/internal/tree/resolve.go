package tree

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"reconciler/kernel/internal/mount"
	"reconciler/kernel/internal/wire"
)

const maxLinks = 40

// resolve follows links and returns the real path with what is there.
func (v *View) resolve(name string) (string, *Entry, error) {
	at, e, refusal, err := v.follow(name)
	if refusal != nil {
		return "", nil, v.refuseAt(refusal, filepath.Clean(name))
	}
	return at, e, err
}

func (v *View) follow(name string) (string, *Entry, *wire.Failure, error) {
	at, refusal := mount.Relative(name)
	for range maxLinks {
		if refusal != nil {
			return "", nil, refusal, nil
		}
		e, ok := v.seen[at]
		if !ok {
			var err error
			if e, err = v.tree.look(v.ctx, v.pins.Source(at)); err != nil {
				return "", nil, nil, err
			}
		}
		if e.Kind != "link" {
			v.seen[at] = e
		}
		switch e.Kind {
		case "link":
			top := v.topOf(at)
			v.seen[path.Join(top, e.At)] = e
			at, refusal = e.beyond(top, at)
		case "refused":
			return "", nil, wire.Fail("refused", at, e.Why, e.Hint), nil
		default:
			return at, e, nil, nil
		}
	}
	return "", nil, wire.Fail("links", at, "this symbolic link leads back to itself", "make it point to a file or a folder"), nil
}

// topOf is what a link must not lead out of: the tree, or the commit that is pinned.
func (v *View) topOf(at string) string {
	if p, _ := v.pins.Of(at); p != nil {
		return p.Top()
	}
	return ""
}

// beyond is where a path leads that goes through this link.
func (e *Entry) beyond(top, at string) (string, *wire.Failure) {
	if !path.IsAbs(e.Target) {
		rest := strings.TrimPrefix(at, path.Join(top, e.At))
		next := path.Join(mount.Absolute(top), path.Dir(e.At), e.Target, rest)
		if next == mount.Absolute(top) || strings.HasPrefix(next, mount.Absolute(top)+"/") {
			return mount.Relative(next)
		}
	}
	return "", wire.Fail("outside", path.Join(top, e.At), fmt.Sprintf("the symbolic link %s points to %s, outside of the tree", e.At, e.Target),
		"make it a relative link to something inside the repository")
}

// Kind is what is at an absolute path, as an Entry says it.
func (v *View) Kind(name string) (string, error) {
	_, e, err := v.resolve(name)
	if err != nil {
		return "", err
	}
	return e.Kind, nil
}

// Link is the symbolic link that a path leads through, if it does.
func (v *View) Link(name string) *Entry {
	at, outside := mount.Relative(name)
	if outside != nil {
		return nil
	}
	if e, err := v.tree.look(v.ctx, v.pins.Source(at)); err == nil && e.Kind == "link" {
		return e
	}
	return nil
}
