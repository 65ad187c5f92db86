package messages

import (
	"fmt"
	"iter"
	"path"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/types"

	"reconciler/kernel/internal/documents"
	"reconciler/kernel/internal/kustomization"
	"reconciler/kernel/internal/mount"
	"reconciler/kernel/internal/nodes"
	"reconciler/kernel/internal/wire"
)

var aboutReplacements = []explanation{
	about(`(nothing selected by|multiple matches for selector) (\S+)`, func(t *trouble, m []string) *wire.Failure {
		id, field, ok := cutLast(m[2], ":")
		if !ok {
			id, field = m[2], ""
		}
		kind, name, _ := kindAndName(id)
		what, hint := "no object is the source of a replacement: ", "correct its source"
		if strings.HasPrefix(m[1], "multiple") {
			what, hint = "several objects are the source of a replacement: ", "add a name or a namespace to its source"
		}
		return t.replacement(func(r *yaml.Node) *yaml.Node {
			source := nodes.Get(r, "source")
			if named := nodes.Text(source, "name"); named != name && (named != "" || name != "[noName]") {
				return nil
			}
			if stated := nodes.Text(source, "fieldPath"); stated != field && stated != "" || nodes.Text(source, "kind") != kind {
				return nil
			}
			return nodes.Real(source)
		}, what+selector(id), hint)
	}),
	about("fieldPath `(.*?)` is missing for replacement source", func(t *trouble, m []string) *wire.Failure {
		return t.replacement(func(r *yaml.Node) *yaml.Node {
			return nodes.FindScalar(nodes.Get(r, "source"), m[1])
		}, "the source of a replacement has no field "+m[1], "correct fieldPath in its source")
	}),
	about(`unable to find (or create )?field "(.*?)" in replacement target`, func(t *trouble, m []string) *wire.Failure {
		what, hint := "the target of a replacement has no field "+m[2], "correct fieldPaths in its targets, or write options: {create: true}"
		if m[1] != "" {
			what, hint = "the target of a replacement cannot have a field "+m[2], "correct fieldPaths: what is above this field is a single value"
		}
		return t.replacement(func(r *yaml.Node) *yaml.Node { return nodes.FindScalar(nodes.Get(r, "targets"), m[2]) }, what, hint)
	}),
	about(`options\.index (-?\d+) is out of bounds`, func(t *trouble, m []string) *wire.Failure {
		return t.replacement(func(r *yaml.Node) *yaml.Node { return nodes.Get(nodes.Get(nodes.Get(r, "source"), "options"), "index") },
			"the source of a replacement has no part "+m[1], "the delimiter splits it into parts, which are counted from 0")
	}),
	about(`delimiter option can only be used with scalar nodes`, func(t *trouble, _ []string) *wire.Failure {
		return t.replacement(func(r *yaml.Node) *yaml.Node { return nodes.FindKey(r, "delimiter") },
			"a replacement splits a field that is not a single value", "remove delimiter, or correct the path of the field")
	}),
	about(`target must specify resources to select`, func(t *trouble, _ []string) *wire.Failure {
		return t.replacement(func(r *yaml.Node) *yaml.Node {
			for target := range nodes.Items(nodes.Get(r, "targets")) {
				if nodes.Get(target, "select") == nil {
					return nodes.Real(target)
				}
			}
			return nil
		}, "a target of a replacement does not say which objects it means", "write select: with kind and name")
	}),
	about(`replacements must specify a source and at least one target|cannot specify both path and inline replacement|value and resource selectors are mutually exclusive`, func(t *trouble, _ []string) *wire.Failure {
		for r, d := range t.replacements() {
			if what := incompleteReplacement(r); what != "" {
				return t.in(d, r, what, "a replacement is either a path, or one source with targets")
			}
		}
		return nil
	}),
	about(`trouble configuring builtin ReplacementTransformer(?s:.*)(?:cannot unmarshal|unsupported replacement type)`, func(t *trouble, _ []string) *wire.Failure {
		for r, d := range t.replacements() {
			for found := range fits(r, reflect.TypeFor[types.Replacement](), "the replacement") {
				if !found.unknown {
					return t.in(d, found.node, fmt.Sprintf("%s must be %s, and is %s", found.path, found.wanted, found.found), forms[found.wanted])
				}
			}
		}
		return t.replacement(func(r *yaml.Node) *yaml.Node { return nodes.Get(r, "path") },
			"this file holds no replacement", "write source and targets in it, or a list of such")
	}),
}

func incompleteReplacement(r *yaml.Node) string {
	source, value, path := nodes.Get(r, "source") != nil, nodes.Get(r, "sourceValue") != nil, nodes.Get(r, "path") != nil
	targets := nodes.Get(r, "targets") != nil && len(nodes.Real(nodes.Get(r, "targets")).Content) > 0
	switch {
	case path && (source || value || targets):
		return "a replacement has a path, and more beside it"
	case path:
		return ""
	case source && value:
		return "a replacement has two sources"
	case !source && !value:
		return "a replacement has no source"
	case !targets:
		return "a replacement has no targets"
	}
	return ""
}

// replacement is a failure of the first one in which match finds something.
func (t *trouble) replacement(match func(*yaml.Node) *yaml.Node, what, hint string) *wire.Failure {
	for r, d := range t.replacements() {
		if n := match(r); n != nil {
			return t.in(d, n, what, hint)
		}
	}
	return t.here(nodes.FindKey(t.root, "replacements"), what, hint)
}

// replacements are those in the kustomization in trouble, and in the files that it names.
func (t *trouble) replacements() iter.Seq2[*yaml.Node, documents.Document] {
	return func(yield func(*yaml.Node, documents.Document) bool) {
		for r := range nodes.Items(nodes.Get(t.root, "replacements")) {
			if !yield(nodes.Real(r), documents.Document{File: t.kust}) {
				return
			}
			named := kustomization.Named{Text: nodes.Text(r, "path")}
			if named.Text == "" {
				continue
			}
			for _, d := range t.view.DocumentsOf(mount.Place(named.From(t.kust))) {
				all := []*yaml.Node{d.Root}
				if d.Root != nil && d.Root.Kind == yaml.SequenceNode {
					all = d.Root.Content
				}
				for _, r := range all {
					if r != nil && d.Inside == nil && !yield(nodes.Real(r), d) {
						return
					}
				}
			}
		}
	}
}

// selector writes an identity with the parts that it leaves open.
func selector(id string) string {
	_, _, shown := kindAndName(id)
	return path.Clean(strings.TrimSuffix(strings.ReplaceAll(shown, "without a name", ""), " "))
}
