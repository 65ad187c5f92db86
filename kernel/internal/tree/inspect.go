package tree

import (
	"path"
	"slices"
	"strings"

	"reconciler/kernel/internal/kustomization"
	"reconciler/kernel/internal/mount"
	"reconciler/kernel/internal/pins"
)

// inspect looks into a kustomization before upstream does: to ask for everything that it
// names in one message, and to find out whether it wants the process-wide schema changed.
func (v *View) inspect(at string, e *Entry) error {
	k := e.Kustomization()
	v.kusts = append(v.kusts, at)
	v.names[at] = slices.Clone(k.Names)
	if k.Schema {
		v.schema = true
		if !v.Exclusive {
			return ErrNeedsSchema
		}
	}
	if err := v.followPins(at, v.names[at]); err != nil {
		return err
	}
	v.prefetch(at)
	if err := v.checkPins(at); err != nil {
		return err
	}
	return v.bounded(at)
}

// prefetch asks for everything that a kustomization names.
func (v *View) prefetch(kust string) {
	var wanted []string
	for _, n := range v.names[kust] {
		p, refusal := mount.Relative(n.From(kust))
		switch {
		case refusal != nil || n.IsRemote() && n.Pinned == "":
		case path.Ext(p) == "" || n.Pinned != "":
			wanted = append(wanted, candidates(p)...)
		default:
			wanted = append(wanted, p)
		}
	}
	for i, p := range wanted {
		wanted[i] = v.pins.Source(p)
	}
	v.tree.want(wanted)
}

// candidates are what a build looks at first of a folder.
func candidates(folder string) []string {
	paths := []string{folder}
	for _, name := range kustomization.Names {
		paths = append(paths, path.Join(folder, name))
	}
	return paths
}

// Prefetch asks for what a build of a folder looks at first.
func (v *View) Prefetch(folder string) {
	if inside, refusal := mount.Relative(folder); refusal == nil {
		v.tree.want(candidates(inside))
	}
}

// pinnedIn are the pins that a kustomization names.
func (v *View) pinnedIn(kust string) pins.Folders {
	folders := pins.Folders{}
	for _, n := range v.names[kust] {
		if n.Pinned != "" {
			folders[[2]string{strings.ToLower(n.Field), n.Text}] = n.Pinned
		}
	}
	return folders
}
