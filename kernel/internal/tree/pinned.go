package tree

import (
	"fmt"
	"path"
	"strings"

	"reconciler/kernel/internal/kustomization"
	"reconciler/kernel/internal/mount"
	"reconciler/kernel/internal/pins"
	"reconciler/kernel/internal/wire"
)

// followPins finds the commits that a kustomization's URLs mean, and notes in its names where
// their folders are.
func (v *View) followPins(at string, names []kustomization.Named) error {
	var pinned []*kustomization.Named
	var references []string
	for i := range names {
		n := &names[i]
		if !v.isPin(at, *n) {
			continue
		}
		if f := v.unfit(at, *n); f != nil {
			return v.refuse(f)
		}
		pinned = append(pinned, n)
		references = append(references, v.reference(at, *n))
	}
	v.tree.want(references)
	for _, n := range pinned {
		p, err := v.pin(at, *n)
		if err != nil {
			return err
		}
		n.Pinned = p.Folder()
	}
	return nil
}

// isPin tells a URL from a file of the tree that is called like one: upstream tries that first.
func (v *View) isPin(at string, n kustomization.Named) bool {
	if n.Remote == nil {
		return false
	}
	if strings.EqualFold(n.Field, "components") || isHTTP(n.Text) {
		return true
	}
	if _, outside := mount.Relative(n.From(at)); outside != nil {
		return true
	}
	_, e, err := v.resolve(n.From(at))
	return err == nil && e.Kind != "file"
}

func isHTTP(text string) bool {
	text = strings.ToLower(text)
	return strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://")
}

// unfit refuses what need not be asked for.
func (v *View) unfit(at string, n kustomization.Named) *wire.Failure {
	refused := func(what, hint string) *wire.Failure {
		f := wire.Fail("refused", at, what, hint)
		f.At(n.Node)
		return f
	}
	if pins.HasPassword(n.Text) {
		return refused("this URL has a password in it: "+pins.WithoutPassword(n.Text),
			"take it out and change it; Git's credential helpers keep passwords")
	}
	for p, _ := v.pins.Of(at); p != nil; p = p.Inside {
		if strings.HasPrefix(p.URL, n.Text) { // what upstream takes for a cycle
			return refused(fmt.Sprintf("%s leads back to %s, which is being rendered", n.Text, p.URL),
				"take one of the references out, so that no folder includes itself")
		}
	}
	return nil
}

// reference is what the tree is asked for: the file that names a URL, and the URL.
func (v *View) reference(at string, n kustomization.Named) string {
	return v.pins.Source(at) + "//" + n.Remote.String()
}

// pin mounts the commit that a URL means, unless that is done.
func (v *View) pin(at string, n kustomization.Named) (*pins.Pin, error) {
	reference := v.reference(at, n)
	e, err := v.tree.look(v.ctx, reference)
	if err != nil {
		return nil, err
	}
	v.seen[reference] = e
	if e.Kind != "link" {
		f := wire.Fail("refused", at, n.Text+": "+e.Why, e.Hint)
		if n.Remote.IsFile() {
			f = singleFile(at, n)
		}
		f.At(n.Node)
		return nil, v.refuse(f)
	}
	holder, _ := v.pins.Of(at)
	return v.pins.Add(n.Remote, n.Text, e.Target, holder), nil
}

// OfCommits is what to do about what only a download would bring.
const OfCommits = "copy it into the repository, or name a folder of a commit: REPOSITORY//FOLDER?ref=COMMIT"

func singleFile(at string, n kustomization.Named) *wire.Failure {
	return wire.Fail("refused", at, n.Text+" is the URL of a single file, and nothing is downloaded while rendering", OfCommits)
}

// checkPins makes sure that each URL of a kustomization leads to a folder.
func (v *View) checkPins(at string) error {
	for _, n := range v.names[at] {
		if n.Pinned == "" {
			continue
		}
		_, e, err := v.resolve(n.Pinned)
		if err != nil {
			return err
		}
		if e.Kind == "folder" {
			continue
		}
		p, _ := v.pins.Of(mount.Place(n.Pinned))
		f := wire.Fail("refused", at, fmt.Sprintf("%s: there is no folder %s in commit %.12s", n.Text, p.Path, p.Commit),
			"correct the path, or pin a commit that has it: git log -- "+p.Path)
		switch {
		case e.Kind == "missing" && p.IsFile():
			f = singleFile(at, n)
		case e.Kind == "file":
			f = wire.Fail("refused", at, fmt.Sprintf("%s: %s is a file, and from a repository only folders are taken", n.Text, p.Path),
				"name its folder, and let a kustomization in there name the file")
		}
		f.At(n.Node)
		return v.refuse(f)
	}
	return nil
}

// bounded refuses what a kustomization in a commit may not read: a clone keeps the restriction
// to a kustomization's own folder, even where the render has none.
func (v *View) bounded(at string) error {
	if holder, _ := v.pins.Of(at); holder == nil || !v.Unbounded {
		return nil
	}
	for _, n := range v.names[at] {
		place, outside := mount.Relative(n.From(at))
		if outside != nil || n.IsRemote() {
			continue
		}
		real, e, err := v.resolve(mount.Absolute(place))
		if err != nil {
			return err
		}
		if e.Kind == "file" && !strings.HasPrefix(real, path.Dir(at)+"/") {
			f := wire.Fail("refused", at, n.Text+" is outside of "+v.Shown(mount.Absolute(path.Dir(at)))+
				", and a kustomization of a pinned commit reads files from its own folder only",
				"move the file, or make its folder a base")
			f.At(n.Node)
			return v.refuse(f)
		}
	}
	return nil
}
