package messages

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"reconciler/kernel/internal/mount"
	"reconciler/kernel/internal/nodes"
	"reconciler/kernel/internal/wire"
)

var aboutGenerators = []explanation{
	about("configmap (.*) illegally repeats the key `(.*)`", func(t *trouble, m []string) *wire.Failure {
		what, hint := fmt.Sprintf("the generator %s has the key %q twice", m[1], m[2]), "remove one of the two, in its literals, files or envs"
		var last *yaml.Node
		for g := range t.generators() {
			for _, list := range []string{"files", "literals"} {
				for item := range nodes.Items(nodes.Get(g, list)) {
					if key, _, _ := strings.Cut(nodes.Text(item), "="); nodes.Text(g, "name") == m[1] && key == m[2] {
						last = nodes.Real(item)
					}
				}
			}
			if last == nil && nodes.Text(g, "name") == m[1] {
				last = g
			}
		}
		return t.here(last, what, hint)
	}),
	about(`(invalid literal) source|(missing) key name for file path|(missing) file path for key name|key name or file path (contains) '='`, func(t *trouble, m []string) *wire.Failure {
		list, what := "files", "an entry of files is neither a path nor key=path"
		if m[1] != "" {
			list, what = "literals", "an entry of literals is not key=value"
		}
		for g := range t.generators() {
			for item := range nodes.Items(nodes.Get(g, list)) {
				key, value, pair := strings.Cut(nodes.Text(item), "=")
				wrongFile := pair && (key == "" || value == "" || strings.Contains(value, "="))
				if list == "literals" && (!pair || key == "") || list == "files" && wrongFile {
					return t.here(nodes.Real(item), what, "write key="+map[string]string{"literals": "value", "files": "path, or the path alone"}[list])
				}
			}
		}
		for _, kind := range []string{"SecretGenerator", "ConfigMapGenerator"} {
			if f := t.config(kind, what, "correct "+list+" in this configuration"); f.Line > 0 {
				return f
			}
		}
		return nil
	}),
	about(`env source files: .*(?s:.*)has invalid utf8 bytes`, func(t *trouble, _ []string) *wire.Failure {
		for _, n := range t.names() {
			e := t.view.File(mount.Place(n.From(t.kust)))
			if n.IsData() && e != nil && !utf8.Valid(e.Content) {
				return t.here(n.Node, n.Text+" is not text in UTF-8", "save it as UTF-8, or name it under files and not under envs")
			}
		}
		return nil
	}),
	about(`a configmap must have a name`, func(t *trouble, _ []string) *wire.Failure {
		for g := range t.generators() {
			if nodes.Text(g, "name") == "" {
				return t.here(g, "a generator has no name", "give it one")
			}
		}
		return nil
	}),
	about(`merging from generator .*(?s:.*)Kind:"(\w*)".*, Name:"(.*?)".* (exists|does not exist); (?:can not|cannot)`, func(t *trouble, m []string) *wire.Failure {
		var at *yaml.Node
		for g := range t.generators() {
			if nodes.Text(g, "name") == m[2] {
				at = nodes.Real(nodes.Get(g, "name"))
			}
		}
		if m[3] == "exists" {
			return t.here(at, fmt.Sprintf("%s %s is there already", m[1], m[2]), "write behavior: merge or behavior: replace, or choose another name")
		}
		return t.here(at, fmt.Sprintf("there is no %s %s to merge with or to replace", m[1], m[2]), "correct the name, or leave behavior out")
	}),
}

// generators are those of the kustomization in trouble, wherever they are written.
func (t *trouble) generators() func(func(*yaml.Node) bool) {
	return func(yield func(*yaml.Node) bool) {
		for _, field := range []string{"configMapGenerator", "secretGenerator"} {
			for g := range nodes.Items(nodes.Get(t.root, field)) {
				if !yield(nodes.Real(g)) {
					return
				}
			}
		}
	}
}
