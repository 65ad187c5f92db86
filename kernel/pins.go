package main

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// A pin is a folder of a commit that a kustomization names by its URL. The commit is mounted
// beside the tree, and upstream is given the folder's path in place of the URL. Nobody can
// name a mount, so nothing but a pin leads into a commit, and nothing leads out of it.
type pin struct {
	*remote
	url    string
	commit string
	inside *pin // the one in whose commit the URL stands
	number int
}

// mounted is the absolute path of a pin's commit.
func mounted(number int) string { return fmt.Sprintf("%s.%d", mount, number) }

// twoDots stands for two dots inside of a name: upstream refuses them in paths, but not in URLs.
var twoDots = path.Base(mount) + "-"

func (p *pin) folder() string {
	return path.Join(mounted(p.number), strings.ReplaceAll(p.path, "..", twoDots))
}

// pinOf is the pin that holds this path, if it is not one of the tree.
func (v *view) pinOf(at string) (p *pin, inside string) {
	rest, ok := strings.CutPrefix(at, ".."+mount+".")
	if !ok {
		return nil, at
	}
	number, inside, _ := strings.Cut(rest, "/")
	i, err := strconv.Atoi(number)
	if err != nil || i >= len(v.pins) {
		return nil, at
	}
	return v.pins[i], inside
}

// source is what the tree calls a path: one in a commit begins with // and the commit's name.
func (v *view) source(at string) string {
	p, inside := v.pinOf(at)
	if p == nil {
		return at
	}
	return strings.TrimSuffix("//"+p.commit+"/"+inside, "/")
}

// followPins finds the commits that a kustomization's URLs mean, and notes in its names where
// their folders are.
func (v *view) followPins(at string, names []named) error {
	var pins []*named
	var references []string
	for i := range names {
		n := &names[i]
		if !v.isPin(at, *n) {
			continue
		}
		if f := v.unfit(at, *n); f != nil {
			return v.refuse(f)
		}
		pins = append(pins, n)
		references = append(references, v.reference(at, *n))
	}
	v.tree.want(references)
	for _, n := range pins {
		p, err := v.pin(at, *n)
		if err != nil {
			return err
		}
		n.pinned = p.folder()
	}
	return nil
}

// isPin tells a URL from a file of the tree that is called like one: upstream tries that first.
func (v *view) isPin(at string, n named) bool {
	if n.remote == nil {
		return false
	}
	if strings.EqualFold(n.field, "components") || isHTTP(n.text) {
		return true
	}
	if _, outside := relative(n.from(at)); outside != nil {
		return true
	}
	_, e, err := v.resolve(n.from(at))
	return err == nil && e.Kind != "file"
}

func isHTTP(text string) bool {
	text = strings.ToLower(text)
	return strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://")
}

// unfit refuses what need not be asked for.
func (v *view) unfit(at string, n named) *failure {
	refused := func(what, hint string) *failure {
		f := fail("refused", at, what, hint)
		f.at(n.node)
		return f
	}
	if hasPassword(n.text) {
		return refused("this URL has a password in it: "+withoutPassword(n.text),
			"take it out and change it; Git's credential helpers keep passwords")
	}
	for p, _ := v.pinOf(at); p != nil; p = p.inside {
		if strings.HasPrefix(p.url, n.text) { // what upstream takes for a cycle
			return refused(fmt.Sprintf("%s leads back to %s, which is being rendered", n.text, p.url),
				"take one of the references out, so that no folder includes itself")
		}
	}
	return nil
}

// reference is what the tree is asked for: the file that names a URL, and the URL.
func (v *view) reference(at string, n named) string {
	return v.source(at) + "//" + n.remote.String()
}

// pin mounts the commit that a URL means, unless that is done.
func (v *view) pin(at string, n named) (*pin, error) {
	reference := v.reference(at, n)
	e, err := v.tree.look(v.ctx, reference)
	if err != nil {
		return nil, err
	}
	v.seen[reference] = e
	if e.Kind != "link" {
		f := fail("refused", at, n.text+": "+e.Why, e.Hint)
		if n.remote.isFile() {
			f = singleFile(at, n)
		}
		f.at(n.node)
		return nil, v.refuse(f)
	}
	holder, _ := v.pinOf(at)
	for _, p := range v.pins {
		if p.url == n.text && p.inside == holder {
			return p, nil
		}
	}
	p := &pin{remote: n.remote, url: n.text, commit: e.Target, inside: holder, number: len(v.pins)}
	v.pins = append(v.pins, p)
	return p, nil
}

const ofCommits = "copy it into the repository, or name a folder of a commit: REPOSITORY//FOLDER?ref=COMMIT"

func singleFile(at string, n named) *failure {
	return fail("refused", at, n.text+" is the URL of a single file, and nothing is downloaded while rendering", ofCommits)
}

// checkPins makes sure that each URL of a kustomization leads to a folder.
func (v *view) checkPins(at string) error {
	for _, n := range v.names[at] {
		if n.pinned == "" {
			continue
		}
		_, e, err := v.resolve(n.pinned)
		if err != nil {
			return err
		}
		if e.Kind == "folder" {
			continue
		}
		p, _ := v.pinOf(placeOf(n.pinned))
		f := fail("refused", at, fmt.Sprintf("%s: there is no folder %s in commit %.12s", n.text, p.path, p.commit),
			"correct the path, or pin a commit that has it: git log -- "+p.path)
		switch {
		case e.Kind == "missing" && p.isFile():
			f = singleFile(at, n)
		case e.Kind == "file":
			f = fail("refused", at, fmt.Sprintf("%s: %s is a file, and from a repository only folders are taken", n.text, p.path),
				"name its folder, and let a kustomization in there name the file")
		}
		f.at(n.node)
		return v.refuse(f)
	}
	return nil
}

// bounded refuses what a kustomization in a commit may not read: a clone keeps the restriction
// to a kustomization's own folder, even where the render has none.
func (v *view) bounded(at string) error {
	if holder, _ := v.pinOf(at); holder == nil || !v.unbounded {
		return nil
	}
	for _, n := range v.names[at] {
		place, outside := relative(n.from(at))
		if outside != nil || n.isRemote() {
			continue
		}
		real, e, err := v.resolve(absolute(place))
		if err != nil {
			return err
		}
		if e.Kind == "file" && !strings.HasPrefix(real, path.Dir(at)+"/") {
			f := fail("refused", at, n.text+" is outside of "+v.shown(absolute(path.Dir(at)))+
				", and a kustomization of a pinned commit reads files from its own folder only",
				"move the file, or make its folder a base")
			f.at(n.node)
			return v.refuse(f)
		}
	}
	return nil
}
