package pins

import (
	"path"
	"strings"

	"reconciler/kernel/internal/mount"
)

// A Pin is a folder of a commit that a kustomization names by its URL. The commit is mounted
// beside the tree, and upstream is given the folder's path in place of the URL.
type Pin struct {
	*Remote
	URL    string
	Commit string
	Inside *Pin // the one in whose commit the URL stands
	number int
}

// Folder is the absolute path of a pin's folder.
func (p *Pin) Folder() string {
	return path.Join(mount.OfCommit(p.number), strings.ReplaceAll(p.Path, "..", mount.TwoDots))
}

// Top is where the commit begins, as a path of the tree.
func (p *Pin) Top() string { return ".." + mount.OfCommit(p.number) }

// List is the pins of one render, in the order in which it met them.
type List struct{ all []*Pin }

// Add mounts a commit, unless this URL in this place is mounted already.
func (l *List) Add(remote *Remote, url, commit string, inside *Pin) *Pin {
	for _, p := range l.all {
		if p.URL == url && p.Inside == inside {
			return p
		}
	}
	p := &Pin{Remote: remote, URL: url, Commit: commit, Inside: inside, number: len(l.all)}
	l.all = append(l.all, p)
	return p
}

// Of is the pin that holds this path, if it is not one of the tree.
func (l *List) Of(at string) (p *Pin, inside string) {
	number, inside, ok := mount.Commit(at)
	if !ok || number >= len(l.all) {
		return nil, at
	}
	return l.all[number], inside
}

// Source is what the tree calls a path: one in a commit begins with // and the commit's name.
func (l *List) Source(at string) string {
	p, inside := l.Of(at)
	if p == nil {
		return at
	}
	return strings.TrimSuffix("//"+p.Commit+"/"+inside, "/")
}
