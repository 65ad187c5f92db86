package kustomization

import (
	"path"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"reconciler/kernel/internal/mount"
	"reconciler/kernel/internal/nodes"
	"reconciler/kernel/internal/pins"
)

// Named is a file, a folder or an address that a kustomization names.
type Named struct {
	Text  string // without the key of key=file
	Field string // the field of the kustomization that it stands in
	Node  *yaml.Node

	Remote *pins.Remote // the folder in a repository that it means, if it does
	Pinned string       // where that folder is mounted, once it is
}

var looksRemote = regexp.MustCompile(`(?i)^(git::|gh:|github\.com[/:]|[\w.-]+@[\w.-]+[:/])|://`)

// IsRemote holds for what upstream would fetch.
func (n Named) IsRemote() bool { return looksRemote.MatchString(n.Text) }

// IsData holds for what is taken as it is, and not read as YAML.
func (n Named) IsData() bool {
	return strings.EqualFold(n.Field, "configMapGenerator") || strings.EqualFold(n.Field, "secretGenerator")
}

// From is the absolute path that a kustomization means by this name.
func (n Named) From(kust string) string {
	if n.Pinned != "" {
		return n.Pinned
	}
	if path.IsAbs(n.Text) {
		return path.Clean(n.Text)
	}
	return path.Join(mount.Root, path.Dir(kust), n.Text)
}

// NamesIn finds all that a kustomization names, in the order of the file.
func NamesIn(root *yaml.Node) (all []Named) {
	add := func(field string, n *yaml.Node) {
		if n = nodes.Real(n); n != nil && n.Kind == yaml.ScalarNode && n.Value != "" && !strings.Contains(n.Value, "\n") {
			all = append(all, Named{Text: n.Value, Field: field, Node: n})
		}
	}
	source := func(field string, n *yaml.Node) {
		before := len(all)
		add(field, n)
		if len(all) > before {
			if _, file, ok := strings.Cut(n.Value, "="); ok {
				all[before].Text = file
			}
		}
	}
	for key, value := range nodes.Pairs(root) {
		field := key.Value
		switch strings.ToLower(field) {
		case "resources", "bases", "components", "generators", "transformers", "validators":
			before := len(all)
			for item := range nodes.Items(value) {
				add(field, item)
			}
			for i := range all[before:] {
				all[before+i].Remote = pins.ParseRemote(all[before+i].Text)
			}
		case "crds", "configurations", "patchesstrategicmerge":
			for item := range nodes.Items(value) {
				add(field, item)
			}
		case "patches", "patchesjson6902", "replacements":
			for item := range nodes.Items(value) {
				add(field, nodes.Get(item, "path"))
			}
		case "openapi":
			add(field, nodes.Get(value, "path"))
		case "configmapgenerator", "secretgenerator":
			for generator := range nodes.Items(value) {
				for _, list := range []string{"files", "envs"} {
					for item := range nodes.Items(nodes.Get(generator, list)) {
						source(field, item)
					}
				}
				add(field, nodes.Get(generator, "env"))
			}
		}
	}
	return all
}
