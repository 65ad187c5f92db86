package tree

import (
	"bytes"
	"fmt"
	"iter"
	"maps"
	"slices"

	"reconciler/kernel/internal/documents"
	"reconciler/kernel/internal/kustomization"
	"reconciler/kernel/internal/mount"
)

// What was read is also what an error can come from: here messages look for its place.

// File is what was read under a path of the tree, or nil.
func (v *View) File(at string) *Entry { return v.files[at] }

// Files are all that was read, in a fixed order.
func (v *View) Files() iter.Seq2[string, *Entry] {
	return func(yield func(string, *Entry) bool) {
		for _, at := range slices.Sorted(maps.Keys(v.files)) {
			if !yield(at, v.files[at]) {
				return
			}
		}
	}
}

// Kustomizations are the files that were read as such, as often as they were, in upstream's order.
func (v *View) Kustomizations() []string { return v.kusts }

// Names are all that a kustomization names; ok is false for one that was not read.
func (v *View) Names(kust string) (names []kustomization.Named, ok bool) {
	names, ok = v.names[kust]
	return names, ok
}

// NamedBy finds the kustomization that names an absolute path.
func (v *View) NamedBy(target string) (kust string, by kustomization.Named) {
	for _, kust := range v.kusts {
		for _, n := range v.names[kust] {
			if n.From(kust) == target {
				return kust, n
			}
		}
	}
	return "", kustomization.Named{}
}

// IsData holds for a file that only generators name: nobody reads it as YAML.
func (v *View) IsData(file string) bool {
	data := false
	for _, kust := range v.kusts {
		for _, n := range v.names[kust] {
			if n.From(kust) == mount.Absolute(file) {
				if !n.IsData() {
					return false
				}
				data = true
			}
		}
	}
	return data
}

// Documents are all that a render read as YAML, in a fixed order.
func (v *View) Documents() (all []documents.Document) {
	for file := range v.Files() {
		if !v.IsData(file) {
			all = append(all, v.DocumentsOf(file)...)
		}
	}
	return all
}

// DocumentsOf are those of one file that was read.
func (v *View) DocumentsOf(file string) (all []documents.Document) {
	e := v.files[file]
	if e == nil {
		return nil
	}
	lines := bytes.SplitAfter(e.Content, []byte("\n"))
	for d := range documents.Split(e.Content) {
		if documents.Blank(d.Text) {
			continue
		}
		d = documents.Parsed(d)
		d.File = file
		all = append(all, d)
		all = append(all, documents.Inner(d, lines)...)
	}
	return all
}

// Shown is how a message calls an absolute path.
func (v *View) Shown(name string) string {
	at := mount.Place(name)
	if p, inside := v.pins.Of(at); p != nil {
		return fmt.Sprintf("%.12s:%s", p.Commit, inside)
	}
	if at == "" {
		return "the root folder"
	}
	return at
}
