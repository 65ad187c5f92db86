package main

import (
	"cmp"
	"encoding/base64"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Shorter values would take words out of the message that have nothing to do with them.
const shortestSecret = 4

const redacted = "[redacted]"

// redact takes every value of an object that the render read out of a text. Secrets go wherever
// they stand, and others where they are words of their own.
func (v *view) redact(text string) string {
	docs := v.documents()
	for _, value := range longestFirst(v.secrets(docs)) {
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
func values(docs []document) (all []string) {
	for _, d := range docs {
		if d.root == nil || isKustomization(d.file) && d.inside == nil {
			continue
		}
		for key, value := range pairs(d.root) {
			switch key.Value {
			case "apiVersion", "kind", "metadata":
				continue
			}
			if real(value).Kind == yaml.ScalarNode {
				all = append(all, real(value).Value)
			}
			find(value, func(_, value *yaml.Node) *yaml.Node {
				if value.Kind == yaml.ScalarNode {
					all = append(all, value.Value)
				}
				return nil
			})
		}
		for _, field := range []string{"annotations", "labels"} {
			for _, value := range pairs(get(get(d.root, "metadata"), field)) {
				all = append(all, real(value).Value)
			}
		}
	}
	return all
}

// secrets are the values of Secrets, of what makes or patches them, and of the files that go into them.
func (v *view) secrets(docs []document) (values []string) {
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
		if d.root == nil {
			if strings.Contains(string(d.text), "Secret") { // broken: all that could be a value
				for _, m := range afterKey.FindAllSubmatch(d.text, -1) {
					add(string(m[1]))
				}
			}
			continue
		}
		secretNodes(d.root, func(n *yaml.Node) {
			if n.Kind == yaml.ScalarNode {
				add(n.Value)
			}
		})
		for g := range items(get(d.root, "secretGenerator")) {
			for _, list := range []string{"files", "envs"} {
				for item := range items(get(g, list)) {
					_, file, _ := strings.Cut("="+text(item), "=")
					if _, named, ok := strings.Cut(file, "="); ok {
						file = named
					}
					if e := v.files[placeOf((named{text: file}).from(d.file))]; e != nil {
						add(string(e.content))
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
		if n = real(n); n != nil {
			visit(n)
			find(n, func(_, value *yaml.Node) *yaml.Node { visit(value); return nil })
		}
	}
	switch {
	case text(n, "kind") == "Secret":
		everything(get(n, "data"))
		everything(get(n, "stringData"))
	case strings.HasPrefix(text(n, "path"), "/data"), strings.HasPrefix(text(n, "path"), "/stringData"):
		everything(get(n, "value")) // of a JSON patch, for whatever object
	case text(n, "kind") == "SecretGenerator":
		everything(get(n, "literals"))
	}
	for key, value := range pairs(n) {
		if strings.EqualFold(key.Value, "secretGenerator") {
			for g := range items(value) {
				everything(get(g, "literals"))
			}
		}
	}
	for _, c := range n.Content {
		secretNodes(c, visit)
	}
}
