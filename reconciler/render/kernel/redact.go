package main

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Shorter values would take words out of the message that have nothing to do with them.
const shortestSecret = 4

// redact takes every secret value that the render read out of a text.
func (v *view) redact(text string) string {
	values := v.secrets()
	slices.SortFunc(values, func(a, b string) int { return len(b) - len(a) })
	for _, value := range slices.Compact(values) {
		if len(value) >= shortestSecret {
			text = strings.ReplaceAll(text, value, "[redacted]")
		}
	}
	return text
}

// secrets are the values of Secrets, of what makes or patches them, and of the files that go into them.
func (v *view) secrets() (values []string) {
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
	for _, d := range v.documents() {
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
