package main

import (
	"path"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// named is a file, a folder or an address that a kustomization names.
type named struct {
	text  string // without the key of key=file
	field string // the field of the kustomization that it stands in
	node  *yaml.Node

	remote *remote // the folder in a repository that it means, if it does
	pinned string  // where that folder is mounted in this view
}

var looksRemote = regexp.MustCompile(`(?i)^(git::|gh:|github\.com[/:]|[\w.-]+@[\w.-]+[:/])|://`)

func (n named) isRemote() bool { return looksRemote.MatchString(n.text) }

// isData holds for what is taken as it is, and not read as YAML.
func (n named) isData() bool {
	return strings.EqualFold(n.field, "configMapGenerator") || strings.EqualFold(n.field, "secretGenerator")
}

// from is the absolute path that a kustomization means by this name.
func (n named) from(kust string) string {
	if n.pinned != "" {
		return n.pinned
	}
	if path.IsAbs(n.text) {
		return path.Clean(n.text)
	}
	return path.Join(mount, path.Dir(kust), n.text)
}

// namesIn finds all that a kustomization names, in the order of the file.
func namesIn(root *yaml.Node) (all []named) {
	add := func(field string, n *yaml.Node) {
		if n = real(n); n != nil && n.Kind == yaml.ScalarNode && n.Value != "" && !strings.Contains(n.Value, "\n") {
			all = append(all, named{text: n.Value, field: field, node: n})
		}
	}
	source := func(field string, n *yaml.Node) {
		before := len(all)
		add(field, n)
		if len(all) > before {
			if _, file, ok := strings.Cut(n.Value, "="); ok {
				all[before].text = file
			}
		}
	}
	for key, value := range pairs(root) {
		field := key.Value
		switch strings.ToLower(field) {
		case "resources", "bases", "components", "generators", "transformers", "validators":
			before := len(all)
			for item := range items(value) {
				add(field, item)
			}
			for i := range all[before:] {
				all[before+i].remote = parseRemote(all[before+i].text)
			}
		case "crds", "configurations", "patchesstrategicmerge":
			for item := range items(value) {
				add(field, item)
			}
		case "patches", "patchesjson6902", "replacements":
			for item := range items(value) {
				add(field, get(item, "path"))
			}
		case "openapi":
			add(field, get(value, "path"))
		case "configmapgenerator", "secretgenerator":
			for generator := range items(value) {
				for _, list := range []string{"files", "envs"} {
					for item := range items(get(generator, list)) {
						source(field, item)
					}
				}
				add(field, get(generator, "env"))
			}
		}
	}
	return all
}

// namedBy finds the kustomization that names an absolute path.
func (v *view) namedBy(target string) (kust string, by named) {
	for _, kust := range v.kusts {
		for _, n := range v.names[kust] {
			if n.from(kust) == target {
				return kust, n
			}
		}
	}
	return "", named{}
}

// isData holds for a file that only generators name: nobody reads it as YAML.
func (v *view) isData(file string) bool {
	data := false
	for _, kust := range v.kusts {
		for _, n := range v.names[kust] {
			if n.from(kust) == absolute(file) {
				if !n.isData() {
					return false
				}
				data = true
			}
		}
	}
	return data
}
