package main

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

var aboutPatches = []explanation{
	about(`(no|multiple) matches for Id (.+?);? failed to find unique target`, func(t *trouble, m []string) *failure {
		kind, name, object := kindAndName(strings.TrimSuffix(m[2], ";"))
		what, hint := "the patch is for "+object+", and there is no such object", "check its kind, name and namespace against the resources"
		if m[1] == "multiple" {
			what, hint = "the patch is for "+object+", and there are several", "give the patch a target that means one of them"
		}
		for _, d := range objects(t.patchDocuments(), kind, name) {
			return t.in(d, get(get(d.root, "metadata"), "name"), what, hint)
		}
		return t.here(findPatches(t.root), what, hint)
	}),
	about(`unable to parse SM or JSON patch`, func(t *trouble, _ []string) *failure {
		const what = "this patch is neither an object with kind and metadata.name nor a list of JSON patch operations"
		const hint = "write the object's apiVersion, kind and metadata.name, and then what changes"
		for _, d := range t.patchDocuments() {
			if d.root == nil || d.root.Kind == yaml.ScalarNode || d.root.Kind == yaml.MappingNode &&
				(text(d.root, "kind") == "" || text(d.root, "metadata", "name") == "") {
				return t.in(d, nil, what, hint)
			}
		}
		return t.here(t.entry(func(e *yaml.Node) bool {
			return text(e, "patch") != "" && !strings.ContainsAny(text(e, "patch"), ":[{")
		}), what, hint)
	}),
	about(`patch and path can't be set at the same time|must specify (?:one of patch and path)|must specify a file path or jsonOp, not both|empty file path and empty jsonOp`, func(t *trouble, _ []string) *failure {
		return t.here(t.entry(func(e *yaml.Node) bool {
			return (get(e, "path") == nil) == (get(e, "patch") == nil)
		}), "a patch has either a path or a patch in place", "write one of the two fields path and patch")
	}),
	about(`must specify (?:a target for JSON patch|the target name)|must specify a target for patch`, func(t *trouble, _ []string) *failure {
		return t.here(t.entry(func(e *yaml.Node) bool { return text(e, "target", "name") == "" }),
			"a JSON patch has no target that names an object", "add target with kind and name")
	}),
	about("Multiple Strategic-Merge Patches in one `patches` entry", func(t *trouble, _ []string) *failure {
		n, _ := t.mentioned()
		return t.here(or(n.node, findPatches(t.root)), "a patch with a target must be one document", "make it an entry for each document, or remove the target")
	}),
	about(`unknown patch strategy '(.*)'`, func(t *trouble, m []string) *failure {
		for _, d := range t.patchDocuments() {
			if n := findKey(d.root, "$patch"); n != nil {
				return t.in(d, n, "unknown patch strategy "+m[1], "write replace, merge or delete")
			}
		}
		return nil
	}),
}

// patchDocuments are those that patches of the kustomization in trouble are made of.
func (t *trouble) patchDocuments() (all []document) {
	for _, d := range t.docs() {
		if d.inside != nil && d.file == t.kust {
			all = append(all, d)
		}
	}
	for _, n := range t.names() {
		if strings.HasPrefix(strings.ToLower(n.field), "patches") {
			all = append(all, t.view.documentsOf(placeOf(n.from(t.kust)))...)
		}
	}
	for _, d := range t.docs() { // in the configuration of a transformer
		if d.inside != nil && d.file != t.kust {
			all = append(all, d)
		}
	}
	return all
}

// entry is the first patch in the kustomization for which match holds.
func (t *trouble) entry(match func(*yaml.Node) bool) *yaml.Node {
	for _, field := range []string{"patches", "patchesJson6902"} {
		for e := range items(get(t.root, field)) {
			if match(real(e)) {
				return real(e)
			}
		}
	}
	return findPatches(t.root)
}

func findPatches(root *yaml.Node) *yaml.Node {
	return firstKey(root, "patches", "patchesStrategicMerge", "patchesJson6902")
}

// clashing is where a merge patch holds something of another kind than its object.
func (t *trouble) clashing() *failure {
	for _, patch := range t.patchDocuments() {
		if patch.root == nil || patch.root.Kind != yaml.MappingNode {
			continue
		}
		for _, d := range t.docs() {
			if d.root == nil || d.root == patch.root || text(d.root, "kind") != text(patch.root, "kind") || d.file == patch.file {
				continue
			}
			if n, object, at := clash(patch.root, d.root, ""); n != nil {
				return t.in(patch, n, fmt.Sprintf("%s is %s in this patch, and %s in %s %s", at, kindOf(n), kindOf(object), text(d.root, "kind"), text(d.root, "metadata", "name")),
					"make it the same in both")
			}
		}
	}
	return nil
}

// clash finds the first two nodes in the same place that cannot be merged.
func clash(patch, object *yaml.Node, path string) (inPatch, inObject *yaml.Node, at string) {
	patch, object = real(patch), real(object)
	if patch.ShortTag() == "!!null" || object.ShortTag() == "!!null" {
		return nil, nil, ""
	}
	if patch.Kind != object.Kind {
		return patch, object, path
	}
	for key, value := range pairs(patch) {
		if other := get(object, key.Value); other != nil {
			if n, o, at := clash(value, other, strings.TrimPrefix(path+"."+key.Value, ".")); n != nil {
				return n, o, at
			}
		}
	}
	for item := range items(patch) {
		for other := range items(object) {
			if name := text(item, "name"); name != "" && name == text(other, "name") {
				if n, o, at := clash(item, other, path); n != nil {
					return n, o, at
				}
			}
		}
	}
	return nil, nil, ""
}
