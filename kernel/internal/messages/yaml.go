package messages

import (
	"fmt"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"

	"reconciler/kernel/internal/documents"
	"reconciler/kernel/internal/kustomization"
	"reconciler/kernel/internal/nodes"
	"reconciler/kernel/internal/wire"
)

var aboutYAML = []explanation{
	about(`mapping key "?(.+?)"? already defined at line \d+|key "(.+?)" already set in map`, func(t *trouble, m []string) *wire.Failure {
		for _, d := range t.docs() {
			if key, first := repeatedIn(d.Root, m[1]+m[2]); key != nil && (!kustomization.Is(d.File) || d.Inside != nil) {
				line, _ := d.Place(first)
				return t.in(d, key, fmt.Sprintf("the key %q stands twice, first in line %d", key.Value, line), "remove one of the two")
			}
		}
		return nil
	}),
	about(`unsupported type: map\[interface|an unexpected key|unsupported value: [-+]?(NaN|Inf)|invalid map key|mapping key .* already defined`, func(t *trouble, m []string) *wire.Failure {
		for _, d := range t.docs() {
			if n := strangeNode(d.Root, kustomization.Is(d.File) && d.Inside == nil); n != nil {
				if n.ShortTag() == "!!float" && strings.ContainsAny(strings.ToLower(n.Value), "an") {
					return t.in(d, n, "Kubernetes knows no numbers that are not finite", "put it in quotes, or write another number")
				}
				return t.in(d, n, "this key is not text, and Kubernetes knows no others", "put it in quotes")
			}
		}
		return nil
	}),
	about(`MalformedYAMLError: .* in File: ([^\n"']+)`, func(t *trouble, m []string) *wire.Failure {
		return t.flawed(path.Join(path.Dir(t.kust), m[1]))
	}),
	about(`yaml: |unable to parse SM or JSON patch|unable to parse open API definition|invalid document separator`, func(t *trouble, _ []string) *wire.Failure {
		if f := t.flawed(t.kust); f != nil {
			return f
		}
		for _, d := range t.docs() {
			if f := flawOf(d); f != nil {
				return f
			}
		}
		return nil
	}),
	about(`invalid document separator: (.*)`, func(t *trouble, m []string) *wire.Failure {
		for file, e := range t.view.Files() {
			for number, line := range strings.Split(string(e.Content), "\n") {
				if strings.HasPrefix(line, "---") && strings.TrimSpace(strings.TrimLeft(line, "-")) != "" && !t.view.IsData(file) &&
					!strings.HasPrefix(strings.TrimSpace(line[3:]), "#") {
					f := wire.Fail("build", file, "nothing but a comment may follow --- in its line", "move it to the next line")
					f.Line, f.Column = number+1, 1
					return f
				}
			}
		}
		return nil
	}),
}

// flawed is what keeps a file, or a text inside of it, from being YAML.
func (t *trouble) flawed(file string) *wire.Failure {
	for _, d := range t.view.DocumentsOf(file) {
		if f := flawOf(d); f != nil {
			return f
		}
	}
	return nil
}

func flawOf(d documents.Document) *wire.Failure {
	if d.Root != nil && d.Inside == nil || d.Inside != nil && !looksLikeYAML(d) {
		return nil
	}
	found := flawIn(d.Text)
	if found == nil {
		return nil
	}
	f := wire.Fail("build", d.File, found.what, found.hint)
	if found.line > 0 {
		f.Line, f.Column = d.Position(found.line, found.column)
	}
	return f
}

// looksLikeYAML tells a patch from a script that stands in a ConfigMap.
func looksLikeYAML(d documents.Document) bool {
	return kustomization.Is(d.File) || d.Inside != nil && strings.Contains(string(d.Text), "apiVersion:")
}

func repeatedIn(n *yaml.Node, name string) (key, first *yaml.Node) {
	if n == nil {
		return nil, nil
	}
	for key, first := range nodes.Repeated(n) {
		if key.Value == name {
			return key, first
		}
	}
	for _, c := range n.Content {
		if key, first := repeatedIn(c, name); key != nil {
			return key, first
		}
	}
	return nil, nil
}

// strangeNode is a key that is no text, where it has to be, or a number that JSON cannot write.
func strangeNode(n *yaml.Node, anyKey bool) *yaml.Node {
	return nodes.Find(n, func(key, value *yaml.Node) *yaml.Node {
		if key != nil && !anyKey && key.ShortTag() != "!!str" && key.ShortTag() != "!!merge" {
			return key
		}
		if value.ShortTag() == "!!float" && strings.ContainsAny(strings.ToLower(value.Value), "an") {
			return value
		}
		return nil
	})
}
