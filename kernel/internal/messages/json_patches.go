package messages

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"reconciler/kernel/internal/documents"
	"reconciler/kernel/internal/nodes"
	"reconciler/kernel/internal/wire"
)

var operations = []string{"add", "remove", "replace", "move", "copy", "test"}

const anyOperation = `(add|remove|replace|move|copy|test)`

var aboutJSONPatches = []explanation{
	about(`Unexpected kind: |operation,? missing \w+ field|operation failed to decode`, func(t *trouble, _ []string) *wire.Failure {
		for d, item := range t.operations() {
			if what, hint, at := incomplete(item); what != "" {
				return t.in(d, or(at, item), what, hint)
			}
		}
		return nil
	}),
	about(`error in `+anyOperation+` for (?:path|from): '([^'\n]*)': (.*)`, func(t *trouble, m []string) *wire.Failure {
		return t.inapplicable(m[1], m[2], m[3])
	}),
	about(anyOperation+` operation does not apply: [a-z ]*missing [a-z ]*(?:path|key): "?([^":\n]*)"?: (.*)`, func(t *trouble, m []string) *wire.Failure {
		return t.inapplicable(m[1], m[2], m[3])
	}),
	about(`testing value (\S*) (failed)`, func(t *trouble, m []string) *wire.Failure {
		return t.inapplicable("test", m[1], m[2])
	}),
	about(`(replace) operation value must be`, func(t *trouble, m []string) *wire.Failure {
		return t.inapplicable(m[1], "", "a value must be")
	}),
	about(`missing (?:metadata\.name|kind) in object|missing Resource metadata|unable to change (?:kind|name)`, func(t *trouble, _ []string) *wire.Failure {
		for d, item := range t.operations() {
			switch nodes.Text(item, "path") {
			case "", "/metadata", "/metadata/name", "/kind":
				return t.in(d, item, "this operation takes the kind or the metadata.name from an object", "every object must have both")
			}
		}
		return nil
	}),
}

// operations are those of all JSON patches of the kustomization in trouble.
func (t *trouble) operations() iter.Seq2[documents.Document, *yaml.Node] {
	return func(yield func(documents.Document, *yaml.Node) bool) {
		for _, d := range t.patchDocuments() {
			for item := range nodes.Items(d.Root) {
				if !yield(d, nodes.Real(item)) {
					return
				}
			}
		}
	}
}

// incomplete says what an operation lacks before anything can be done with it.
func incomplete(item *yaml.Node) (what, hint string, at *yaml.Node) {
	op := nodes.Text(item, "op")
	all := "write one of " + strings.Join(operations, ", ")
	switch {
	case op == "":
		return "an operation of a JSON patch has no op", all, nil
	case !slices.Contains(operations, op):
		if hint = suggestion(op, operations); !strings.HasPrefix(hint, "did you mean") {
			hint = all
		}
		return fmt.Sprintf("a JSON patch has no operation %q", op), hint, nodes.Get(item, "op")
	case nodes.Get(item, "path") == nil || nodes.Real(nodes.Get(item, "path")).ShortTag() != "!!str":
		return "an operation of a JSON patch has no path", "write path: /metadata/labels/app, for example", nil
	case nodes.Get(item, "from") == nil && (op == "move" || op == "copy"):
		return fmt.Sprintf("the operation %s of a JSON patch has no from", op), "write from: with the path of what it takes", nil
	}
	return "", "", nil
}

// inapplicable is a failure of an operation that the object has no place for.
func (t *trouble) inapplicable(op, where, cause string) *wire.Failure {
	reason, hint := "there is nothing at this path", "check the path against the object; add creates only the last part of a path"
	switch {
	case op == "test" && strings.Contains(cause, "failed"):
		reason, hint = "the object has another value there", "compare it with the object, or leave the test out"
	case strings.Contains(cause, "invalid index"):
		reason, hint = "the list has no such index", "a list is counted from 0, and - stands for its end"
	case strings.Contains(cause, "not a proper array index"):
		reason, hint = "a list is counted with numbers", "write an index from 0, or - for the end of the list"
	case strings.Contains(cause, "value must be"):
		reason, hint = "an object cannot become a single value", "write the path of the field that changes"
	}
	for d, item := range t.operations() {
		for _, field := range []string{"path", "from"} {
			named := nodes.Text(item, field)
			if n := nodes.Get(item, field); n != nil && nodes.Text(item, "op") == op && (named == where || strings.HasSuffix(named, "/"+where)) {
				return t.in(d, n, fmt.Sprintf("the JSON patch cannot %s %s: %s", op, shownPath(named), reason), hint)
			}
		}
	}
	return t.here(findPatches(t.root), fmt.Sprintf("the JSON patch cannot %s %s: %s", op, shownPath(where), reason), hint)
}

func shownPath(path string) string {
	if path == "" {
		return "the whole object"
	}
	return path
}
