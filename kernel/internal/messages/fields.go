package messages

import (
	"fmt"

	"go.yaml.in/yaml/v3"

	"reconciler/kernel/internal/nodes"
	"reconciler/kernel/internal/wire"
)

var aboutFields = []explanation{
	about(`unknown field "(.*?)"`, func(t *trouble, m []string) *wire.Failure {
		for found := range misfits(t.root) {
			if found.unknown && found.node.Value == m[1] {
				return t.here(found.node, fmt.Sprintf("unknown field %q", m[1]), suggestion(m[1], found.known))
			}
		}
		for _, d := range t.docs() { // a file that configures a transformer
			if n := nodes.FindKey(d.Root, m[1]); n != nil && d.File != t.kust {
				return t.in(d, n, fmt.Sprintf("unknown field %q", m[1]), "Kustomize has no such field; remove it")
			}
		}
		return t.here(nodes.FindKey(t.root, m[1]), fmt.Sprintf("unknown field %q", m[1]), "Kustomize has no such field; remove it")
	}),
	about(`cannot unmarshal (\w+)(?: \S+)? into Go (?:struct field|value)`, func(t *trouble, m []string) *wire.Failure {
		for found := range misfits(t.root) {
			if !found.unknown {
				hint := forms[found.wanted]
				if found.wanted == "a string" && found.node.Kind == yaml.ScalarNode {
					hint = "put it in quotes: without them YAML reads " + found.found
				}
				return t.here(found.node, fmt.Sprintf("%s must be %s, and is %s", found.path, found.wanted, found.found), hint)
			}
		}
		return nil
	}),
	about(`(kustomization\.yaml is empty)`, func(t *trouble, _ []string) *wire.Failure {
		return t.here(nil, "the kustomization is empty", "give it resources, or remove it and what names it")
	}),
	about(`((kind|apiVersion)(?: for Kustomization| for Component)? should be [^\n]*)`, func(t *trouble, m []string) *wire.Failure {
		return t.here(nodes.FindKey(t.root, m[2]), m[1], "correct it, or leave apiVersion and kind out")
	}),
	about(`specified OpenAPI version is not built in`, func(t *trouble, _ []string) *wire.Failure {
		return t.here(nodes.FindKey(t.root, "openapi"), "openapi names a version that Kustomize does not have built in",
			"leave openapi out, or give the path of a schema")
	}),
	about(`the field 'sortOptions\.(\w+)' [^\n]*`, func(t *trouble, m []string) *wire.Failure {
		return t.here(nodes.FindKey(nodes.Get(t.root, "sortOptions"), m[1]), m[0], "set sortOptions.order to legacy or fifo")
	}),
}

var forms = map[string]string{
	"a mapping": "write it as lines of key: value",
	"a list":    "write it as a list: a line that begins with “- ” for each entry",
	"a string":  "write one value",
	"a number":  "write a number, without quotes",
	"a boolean": "write true or false, without quotes",
}
