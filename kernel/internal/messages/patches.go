package messages

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"reconciler/kernel/internal/documents"
	"reconciler/kernel/internal/mount"
	"reconciler/kernel/internal/nodes"
	"reconciler/kernel/internal/wire"
)

var aboutPatches = []explanation{
	about(`(no|multiple) matches for Id (.+?);? failed to find unique target`, func(t *trouble, m []string) *wire.Failure {
		kind, name, object := kindAndName(strings.TrimSuffix(m[2], ";"))
		what, hint := "the patch is for "+object+", and there is no such object", "check its kind, name and namespace against the resources"
		if m[1] == "multiple" {
			what, hint = "the patch is for "+object+", and there are several", "give the patch a target that means one of them"
		}
		for _, d := range documents.Objects(t.patchDocuments(), kind, name) {
			return t.in(d, nodes.Get(nodes.Get(d.Root, "metadata"), "name"), what, hint)
		}
		return t.here(findPatches(t.root), what, hint)
	}),
	about(`unable to parse SM or JSON patch`, func(t *trouble, _ []string) *wire.Failure {
		const what = "this patch is neither an object with kind and metadata.name nor a list of JSON patch operations"
		const hint = "write the object's apiVersion, kind and metadata.name, and then what changes"
		for _, d := range t.patchDocuments() {
			if d.Root == nil || d.Root.Kind == yaml.ScalarNode || d.Root.Kind == yaml.MappingNode &&
				(nodes.Text(d.Root, "kind") == "" || nodes.Text(d.Root, "metadata", "name") == "") {
				return t.in(d, nil, what, hint)
			}
		}
		return t.here(t.entry(func(e *yaml.Node) bool {
			return nodes.Text(e, "patch") != "" && !strings.ContainsAny(nodes.Text(e, "patch"), ":[{")
		}), what, hint)
	}),
	about(`patch and path can't be set at the same time|must specify (?:one of patch and path)|must specify a file path or jsonOp, not both|empty file path and empty jsonOp`, func(t *trouble, _ []string) *wire.Failure {
		return t.here(t.entry(func(e *yaml.Node) bool {
			return (nodes.Get(e, "path") == nil) == (nodes.Get(e, "patch") == nil)
		}), "a patch has either a path or a patch in place", "write one of the two fields path and patch")
	}),
	about(`must specify (?:a target for JSON patch|the target name)|must specify a target for patch`, func(t *trouble, _ []string) *wire.Failure {
		return t.here(t.entry(func(e *yaml.Node) bool { return nodes.Text(e, "target", "name") == "" }),
			"a JSON patch has no target that names an object", "add target with kind and name")
	}),
	about("Multiple Strategic-Merge Patches in one `patches` entry", func(t *trouble, _ []string) *wire.Failure {
		n, _ := t.mentioned()
		return t.here(or(n.Node, findPatches(t.root)), "a patch with a target must be one document", "make it an entry for each document, or remove the target")
	}),
	about(`unknown patch strategy '(.*)'`, func(t *trouble, m []string) *wire.Failure {
		for _, d := range t.patchDocuments() {
			if n := nodes.FindKey(d.Root, "$patch"); n != nil {
				return t.in(d, n, "unknown patch strategy "+m[1], "write replace, merge or delete")
			}
		}
		return nil
	}),
}

// patchDocuments are those that patches of the kustomization in trouble are made of.
func (t *trouble) patchDocuments() (all []documents.Document) {
	for _, d := range t.docs() {
		if d.Inside != nil && d.File == t.kust {
			all = append(all, d)
		}
	}
	for _, n := range t.names() {
		if strings.HasPrefix(strings.ToLower(n.Field), "patches") {
			all = append(all, t.view.DocumentsOf(mount.Place(n.From(t.kust)))...)
		}
	}
	for _, d := range t.docs() { // in the configuration of a transformer
		if d.Inside != nil && d.File != t.kust {
			all = append(all, d)
		}
	}
	return all
}

// entry is the first patch in the kustomization for which match holds.
func (t *trouble) entry(match func(*yaml.Node) bool) *yaml.Node {
	for _, field := range []string{"patches", "patchesJson6902"} {
		for e := range nodes.Items(nodes.Get(t.root, field)) {
			if match(nodes.Real(e)) {
				return nodes.Real(e)
			}
		}
	}
	return findPatches(t.root)
}

func findPatches(root *yaml.Node) *yaml.Node {
	return firstKey(root, "patches", "patchesStrategicMerge", "patchesJson6902")
}

// clashing is where a merge patch holds something of another kind than its object.
func (t *trouble) clashing() *wire.Failure {
	for _, patch := range t.patchDocuments() {
		if patch.Root == nil || patch.Root.Kind != yaml.MappingNode {
			continue
		}
		for _, d := range t.docs() {
			if d.Root == nil || d.Root == patch.Root || nodes.Text(d.Root, "kind") != nodes.Text(patch.Root, "kind") || d.File == patch.File {
				continue
			}
			if n, object, at := clash(patch.Root, d.Root, ""); n != nil {
				return t.in(patch, n, fmt.Sprintf("%s is %s in this patch, and %s in %s %s", at, kindOf(n), kindOf(object), nodes.Text(d.Root, "kind"), nodes.Text(d.Root, "metadata", "name")),
					"make it the same in both")
			}
		}
	}
	return nil
}

// clash finds the first two nodes in the same place that cannot be merged.
func clash(patch, object *yaml.Node, path string) (inPatch, inObject *yaml.Node, at string) {
	patch, object = nodes.Real(patch), nodes.Real(object)
	if patch.ShortTag() == "!!null" || object.ShortTag() == "!!null" {
		return nil, nil, ""
	}
	if patch.Kind != object.Kind {
		return patch, object, path
	}
	for key, value := range nodes.Pairs(patch) {
		if other := nodes.Get(object, key.Value); other != nil {
			if n, o, at := clash(value, other, strings.TrimPrefix(path+"."+key.Value, ".")); n != nil {
				return n, o, at
			}
		}
	}
	for item := range nodes.Items(patch) {
		for other := range nodes.Items(object) {
			if name := nodes.Text(item, "name"); name != "" && name == nodes.Text(other, "name") {
				if n, o, at := clash(item, other, path); n != nil {
					return n, o, at
				}
			}
		}
	}
	return nil, nil, ""
}
