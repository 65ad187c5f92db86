package messages

import (
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"reconciler/kernel/internal/documents"
	"reconciler/kernel/internal/mount"
	"reconciler/kernel/internal/nodes"
	"reconciler/kernel/internal/wire"
)

// aboutConfigs explains what is wrong in files that configure Kustomize itself.
var aboutConfigs = []explanation{
	about(`unable to parse open API definition from '([^'\n]*)'`, func(t *trouble, m []string) *wire.Failure {
		what, hint := m[1]+" holds no OpenAPI definitions", "crds takes a mapping of names to schemas; a CustomResourceDefinition goes under resources"
		return t.here(nodes.FindScalar(nodes.Get(t.root, "crds"), m[1]), what, hint)
	}),
	about(`into Go value of type builtinconfig\.`, func(t *trouble, _ []string) *wire.Failure {
		for d := range t.configs() {
			if d.Root.Kind != yaml.MappingNode {
				return t.in(d, nil, "this is not a configuration of transformers", "write lists of paths, such as nameReference or commonLabels")
			}
		}
		return nil
	}),
	about(`cannot unmarshal (\w+)(?: \S+)? into Go struct field \w+\.(\S+) of type`, func(t *trouble, m []string) *wire.Failure {
		_, last, _ := cutLast(m[2], ".")
		for d := range t.configs() {
			if n := nodes.FindKey(d.Root, last); n != nil {
				return t.in(d, n, last+" cannot be "+jsonKinds[m[1]]+" here", "compare its fields with Kustomize's documentation")
			}
		}
		return nil
	}),
	about(`conflicting fieldspecs`, func(t *trouble, _ []string) *wire.Failure {
		return t.here(firstKey(t.root, "configurations", "labels"), "a path is configured twice, once with create and once without",
			"leave it out where Kustomize has it built in, or give both the same create")
	}),
	about(`unable to load builtin (.+?)\.`, func(t *trouble, m []string) *wire.Failure {
		return t.config(m[1], "Kustomize has no built-in "+m[1], "correct kind: its own are called PatchTransformer, NamespaceTransformer, LabelTransformer, …")
	}),
	about(`plugin (\w+)\.\S+ not a (generator|transformer)`, func(t *trouble, m []string) *wire.Failure {
		other := map[string]string{"generator": "transformers", "transformer": "generators"}[m[2]]
		return t.config(m[1], fmt.Sprintf("%s is not a %s", m[1], m[2]), "move it to "+other)
	}),
	about(`plugin (\w+)\.\S+ fails configuration: ([^\n]*)`, func(t *trouble, m []string) *wire.Failure {
		return t.config(m[1], fmt.Sprintf("%s cannot be configured so: %s", m[1], redact(t.view, shorten(m[2]))), "compare its fields with Kustomize's documentation")
	}),
	about(`validator shouldn't modify the resource map`, func(t *trouble, _ []string) *wire.Failure {
		return t.here(nodes.FindKey(t.root, "validators"), "a validator changes the objects that it checks", "move it to transformers, or remove it")
	}),
	about("error parsing regexp: (.*?): `", func(t *trouble, m []string) *wire.Failure {
		n := t.inSelectors(func(key, value *yaml.Node) bool {
			_, err := regexp.Compile("^(?:" + value.Value + ")$")
			return err != nil && !strings.HasSuffix(key.Value, "Selector")
		})
		return t.here(n, "this is not a regular expression: "+m[1], `the fields of a target are regular expressions; write \ before [, ( and the like`)
	}),
	about(`unable to parse requirement|couldn't parse the selector string|invalid selector`, func(t *trouble, _ []string) *wire.Failure {
		n := t.inSelectors(func(key, _ *yaml.Node) bool { return strings.HasSuffix(key.Value, "Selector") })
		return t.here(n, "this is not a selector of labels or annotations", "write name=value, name!=value, name in (one, two), or name alone; several with commas")
	}),
}

var jsonKinds = map[string]string{"object": "a mapping", "array": "a list", "string": "a string", "number": "a number", "bool": "a boolean"}

// configs are the documents that configure how Kustomize works on this kustomization.
func (t *trouble) configs() iter.Seq[documents.Document] {
	return func(yield func(documents.Document) bool) {
		for _, n := range t.names() {
			switch n.Field {
			case "configurations", "generators", "transformers", "validators":
				for _, d := range t.view.DocumentsOf(mount.Place(n.From(t.kust))) {
					if d.Inside == nil && d.Root != nil && !yield(d) {
						return
					}
				}
			}
		}
	}
}

func cutLast(text, separator string) (before, after string, found bool) {
	if at := strings.LastIndex(text, separator); at >= 0 {
		return text[:at], text[at+len(separator):], true
	}
	return "", text, false
}

// inSelectors finds a field of what says which objects are meant.
func (t *trouble) inSelectors(match func(key, value *yaml.Node) bool) (found *yaml.Node) {
	nodes.Find(t.root, func(key, selector *yaml.Node) *yaml.Node {
		if key == nil || !slices.Contains([]string{"target", "select", "reject", "source"}, key.Value) {
			return nil
		}
		for field, value := range nodes.Pairs(selector) {
			if found == nil && match(field, nodes.Real(value)) {
				found = value
			}
		}
		return found
	})
	return found
}
