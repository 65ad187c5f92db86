package main

import (
	"crypto/rand"
	"fmt"
	"path"
	"path/filepath"
	"strings"
)

// The tree is mounted where no path can lead by its own text: a path that climbs out of the
// tree, or of a pinned commit, is seen to.
var mount = "/.tree-" + rand.Text()

const maxLinks = 40

const outsideHint = "name something inside the repository, or render with a --root that holds both"

// relative is the path inside the tree, or a refusal: "" is the tree itself, and what is in
// a pinned commit begins with ../ and where that is mounted.
func relative(name string) (string, *failure) {
	if strings.Contains(name, "\x00") {
		return "", fail("outside", "", "no name holds the character NUL", "take it out")
	}
	name = strings.ReplaceAll(filepath.Clean(name), twoDots, "..")
	if name == mount {
		return "", nil
	}
	if inside, ok := strings.CutPrefix(name, mount+"/"); ok {
		return inside, nil
	}
	if strings.HasPrefix(name, mount+".") {
		return ".." + name, nil
	}
	return "", fail("outside", "", "this leads out of the tree that is rendered", outsideHint)
}

// absolute is the inverse of relative.
func absolute(at string) string { return path.Join(mount, at) }

// resolve follows links and returns the real path with what is there.
func (v *view) resolve(name string) (string, *entry, error) {
	at, e, refusal, err := v.follow(name)
	if refusal != nil {
		refusal.asked = filepath.Clean(name)
		return "", nil, v.refuse(refusal)
	}
	return at, e, err
}

func (v *view) follow(name string) (string, *entry, *failure, error) {
	at, refusal := relative(name)
	for range maxLinks {
		if refusal != nil {
			return "", nil, refusal, nil
		}
		e, ok := v.seen[at]
		if !ok {
			var err error
			if e, err = v.tree.look(v.ctx, v.source(at)); err != nil {
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
			return "", nil, fail("refused", at, e.Why, e.Hint), nil
		default:
			return at, e, nil, nil
		}
	}
	return "", nil, fail("links", at, "this symbolic link leads back to itself", "make it point to a file or a folder"), nil
}

// topOf is what a link must not lead out of: the tree, or the commit that is pinned.
func (v *view) topOf(at string) string {
	if p, _ := v.pinOf(at); p != nil {
		return ".." + mounted(p.number)
	}
	return ""
}

// beyond is where a path leads that goes through this link.
func (e *entry) beyond(top, at string) (string, *failure) {
	if !path.IsAbs(e.Target) {
		rest := strings.TrimPrefix(at, path.Join(top, e.At))
		next := path.Join(absolute(top), path.Dir(e.At), e.Target, rest)
		if next == absolute(top) || strings.HasPrefix(next, absolute(top)+"/") {
			return relative(next)
		}
	}
	return "", fail("outside", path.Join(top, e.At), fmt.Sprintf("the symbolic link %s points to %s, outside of the tree", e.At, e.Target),
		"make it a relative link to something inside the repository")
}
