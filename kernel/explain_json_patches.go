package main

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

var operations = []string{"add", "remove", "replace", "move", "copy", "test"}

const anyOperation = `(add|remove|replace|move|copy|test)`

var aboutJSONPatches = []explanation{
	about(`Unexpected kind: |operation,? missing \w+ field|operation failed to decode`, func(t *trouble, _ []string) *failure {
		for d, item := range t.operations() {
			if what, hint, at := incomplete(item); what != "" {
				return t.in(d, or(at, item), what, hint)
			}
		}
		return nil
	}),
	about(`error in `+anyOperation+` for (?:path|from): '([^'\n]*)': (.*)`, func(t *trouble, m []string) *failure {
		return t.inapplicable(m[1], m[2], m[3])
	}),
	about(anyOperation+` operation does not apply: [a-z ]*missing [a-z ]*(?:path|key): "?([^":\n]*)"?: (.*)`, func(t *trouble, m []string) *failure {
		return t.inapplicable(m[1], m[2], m[3])
	}),
	about(`testing value (\S*) (failed)`, func(t *trouble, m []string) *failure {
		return t.inapplicable("test", m[1], m[2])
	}),
	about(`(replace) operation value must be`, func(t *trouble, m []string) *failure {
		return t.inapplicable(m[1], "", "a value must be")
	}),
	about(`missing (?:metadata\.name|kind) in object|missing Resource metadata|unable to change (?:kind|name)`, func(t *trouble, _ []string) *failure {
		for d, item := range t.operations() {
			switch text(item, "path") {
			case "", "/metadata", "/metadata/name", "/kind":
				return t.in(d, item, "this operation takes the kind or the metadata.name from an object", "every object must have both")
			}
		}
		return nil
	}),
}

// operations are those of all JSON patches of the kustomization in trouble.
func (t *trouble) operations() iter.Seq2[document, *yaml.Node] {
	return func(yield func(document, *yaml.Node) bool) {
		for _, d := range t.patchDocuments() {
			for item := range items(d.root) {
				if !yield(d, real(item)) {
					return
				}
			}
		}
	}
}

// incomplete says what an operation lacks before anything can be done with it.
func incomplete(item *yaml.Node) (what, hint string, at *yaml.Node) {
	op := text(item, "op")
	all := "write one of " + strings.Join(operations, ", ")
	switch {
	case op == "":
		return "an operation of a JSON patch has no op", all, nil
	case !slices.Contains(operations, op):
		if hint = suggestion(op, operations); !strings.HasPrefix(hint, "did you mean") {
			hint = all
		}
		return fmt.Sprintf("a JSON patch has no operation %q", op), hint, get(item, "op")
	case get(item, "path") == nil || real(get(item, "path")).ShortTag() != "!!str":
		return "an operation of a JSON patch has no path", "write path: /metadata/labels/app, for example", nil
	case get(item, "from") == nil && (op == "move" || op == "copy"):
		return fmt.Sprintf("the operation %s of a JSON patch has no from", op), "write from: with the path of what it takes", nil
	}
	return "", "", nil
}

// inapplicable is a failure of an operation that the object has no place for.
func (t *trouble) inapplicable(op, where, cause string) *failure {
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
			named := text(item, field)
			if n := get(item, field); n != nil && text(item, "op") == op && (named == where || strings.HasSuffix(named, "/"+where)) {
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
