package messages

import (
	"cmp"
	"encoding/base64"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"reconciler/kernel/internal/documents"
	"reconciler/kernel/internal/kustomization"
	"reconciler/kernel/internal/mount"
	"reconciler/kernel/internal/nodes"
	"reconciler/kernel/internal/tree"
)

// Shorter values would take words out of the message that have nothing to do with them.
const shortestSecret = 4

const redacted = "[redacted]"

// redact takes every value of an object that the render read out of a text. Secrets go wherever
// they stand, and others where they are words of their own.
func redact(v *tree.View, text string) string {
	docs := v.Documents()
	for _, value := range longestFirst(secrets(v, docs)) {
		text = strings.ReplaceAll(text, value, redacted)
	}
	for _, value := range longestFirst(values(docs)) {
		text = replaceWords(text, value)
	}
	return text
}

func longestFirst(values []string) []string {
	values = slices.DeleteFunc(values, func(value string) bool { return len(value) < shortestSecret })
	slices.SortFunc(values, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(values)
}

func replaceWords(text, value string) string {
	if !strings.Contains(text, value) {
		return text
	}
	return regexp.MustCompile(`(^|\W)`+regexp.QuoteMeta(value)+`(\W|$)`).ReplaceAllString(text, "${1}"+redacted+"${2}")
}

// values are those of all objects, without what says which object one is.
func values(docs []documents.Document) (all []string) {
	for _, d := range docs {
		if d.Root == nil || kustomization.Is(d.File) && d.Inside == nil {
			continue
		}
		for key, value := range nodes.Pairs(d.Root) {
			switch key.Value {
			case "apiVersion", "kind", "metadata":
				continue
			}
			if nodes.Real(value).Kind == yaml.ScalarNode {
				all = append(all, nodes.Real(value).Value)
			}
			nodes.Find(value, func(_, value *yaml.Node) *yaml.Node {
				if value.Kind == yaml.ScalarNode {
					all = append(all, value.Value)
				}
				return nil
			})
		}
		for _, field := range []string{"annotations", "labels"} {
			for _, value := range nodes.Pairs(nodes.Get(nodes.Get(d.Root, "metadata"), field)) {
				all = append(all, nodes.Real(value).Value)
			}
		}
	}
	return all
}

// secrets are the values of Secrets, of what makes or patches them, and of the files that go into them.
func secrets(v *tree.View, docs []documents.Document) (values []string) {
	add := func(text string) {
		for line := range strings.Lines(text) {
			values = append(values, strings.TrimSpace(line))
			if _, value, ok := strings.Cut(line, "="); ok {
				values = append(values, strings.Trim(strings.TrimSpace(value), `'"`))
			}
		}
		if raw, err := base64.StdEncoding.DecodeString(text); err == nil {
			values = append(values, string(raw))
		}
	}
	for _, d := range docs {
		if d.Root == nil {
			if strings.Contains(string(d.Text), "Secret") { // broken: all that could be a value
				for _, m := range afterKey.FindAllSubmatch(d.Text, -1) {
					add(string(m[1]))
				}
			}
			continue
		}
		secretNodes(d.Root, func(n *yaml.Node) {
			if n.Kind == yaml.ScalarNode {
				add(n.Value)
			}
		})
		for g := range nodes.Items(nodes.Get(d.Root, "secretGenerator")) {
			for _, list := range []string{"files", "envs"} {
				for item := range nodes.Items(nodes.Get(g, list)) {
					_, file, _ := strings.Cut("="+nodes.Text(item), "=")
					if _, named, ok := strings.Cut(file, "="); ok {
						file = named
					}
					if e := v.File(mount.Place((kustomization.Named{Text: file}).From(d.File))); e != nil {
						add(string(e.Content))
					}
				}
			}
		}
	}
	return values
}

var afterKey = regexp.MustCompile(`(?m)[:=-][ \t]*["']?([^\s"':][^\n"']*)`)

// secretNodes visits what is secret below a node.
func secretNodes(n *yaml.Node, visit func(*yaml.Node)) {
	everything := func(n *yaml.Node) {
		if n = nodes.Real(n); n != nil {
			visit(n)
			nodes.Find(n, func(_, value *yaml.Node) *yaml.Node { visit(value); return nil })
		}
	}
	switch {
	case nodes.Text(n, "kind") == "Secret":
		everything(nodes.Get(n, "data"))
		everything(nodes.Get(n, "stringData"))
	case strings.HasPrefix(nodes.Text(n, "path"), "/data"), strings.HasPrefix(nodes.Text(n, "path"), "/stringData"):
		everything(nodes.Get(n, "value")) // of a JSON patch, for whatever object
	case nodes.Text(n, "kind") == "SecretGenerator":
		everything(nodes.Get(n, "literals"))
	}
	for key, value := range nodes.Pairs(n) {
		if strings.EqualFold(key.Value, "secretGenerator") {
			for g := range nodes.Items(value) {
				everything(nodes.Get(g, "literals"))
			}
		}
	}
	for _, c := range n.Content {
		secretNodes(c, visit)
	}
}
