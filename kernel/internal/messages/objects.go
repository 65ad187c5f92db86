package messages

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"reconciler/kernel/internal/documents"
	"reconciler/kernel/internal/kustomization"
	"reconciler/kernel/internal/mount"
	"reconciler/kernel/internal/nodes"
	"reconciler/kernel/internal/wire"
)

// identity is how upstream writes which object it means: Kind.version.group/name.namespace.
var identity = regexp.MustCompile(`^([^./]*)\.([^./]*)\.([^/]*)/(.*)\.([^./]*)$`)

func kindAndName(id string) (kind, name, shown string) {
	m := identity.FindStringSubmatch(id)
	if m == nil {
		return "", "", id
	}
	shown = m[1] + " " + m[4]
	if !strings.HasPrefix(m[5], "[") {
		shown += " in " + m[5]
	}
	return m[1], m[4], strings.ReplaceAll(shown, "[noName]", "without a name")
}

var aboutObjects = []explanation{
	about(`already registered id: ([^'"\n]+)`, func(t *trouble, m []string) *wire.Failure {
		kind, name, object := kindAndName(m[1])
		what, hint := object+" is there already", "remove one of the two, or give one of them another name or namespace"
		if merged := lastSubmatch(`recursed merging from path '([^'\n]*)'`, t.text); merged != "" {
			if kust, n := t.view.NamedBy(merged); kust != "" {
				return t.at(kust, n, n.Text+" brings "+object+", which is there already", hint)
			}
		}
		n, ok := t.mentioned()
		if !ok {
			return t.here(nil, what, hint)
		}
		same := documents.Objects(t.view.DocumentsOf(mount.Place(n.From(t.kust))), kind, name)
		if len(same) == 0 {
			return t.here(n.Node, what, hint)
		}
		last := same[len(same)-1]
		return t.in(last, nodes.Get(nodes.Get(last.Root, "metadata"), "name"), what, hint)
	}),
	about(`missing (metadata\.name|kind) in object|missing Resource metadata`, func(t *trouble, m []string) *wire.Failure {
		n, ok := t.mentioned()
		if !ok {
			return nil
		}
		for _, d := range t.view.DocumentsOf(mount.Place(n.From(t.kust))) {
			if at, what := strangeItem(d); at != nil {
				return t.in(d, at, what, "correct it, or take it out")
			}
			if d.Inside == nil && d.Root != nil && !strings.HasSuffix(nodes.Text(d.Root, "kind"), "List") &&
				(nodes.Text(d.Root, "kind") == "" || nodes.Text(d.Root, "metadata", "name") == "") {
				if kustomization.Is(d.File) {
					return t.here(n.Node, n.Text+" is a kustomization, and not a Kubernetes object", "name its folder")
				}
				return t.in(d, nil, "this is not a Kubernetes object: it has no "+missingOf(d.Root), "add it, or take the file out of "+n.Field)
			}
		}
		return t.here(n.Node, n.Text+" holds something without kind or metadata.name", "add it, or take the file out of "+n.Field)
	}),
	about(`namespace transformation produces ID conflict: (?s:.*?)"kind":"(\w+)"(?s:.*?)"name":"([^"]+)"(?:,"namespace":"([^"]+)")?\}`, func(t *trouble, m []string) *wire.Failure {
		return t.here(nodes.FindKey(t.root, "namespace"), fmt.Sprintf("in this namespace there would be several %s %s", m[1], m[2]),
			"give them different names, or leave one of them out")
	}),
	about(`resource with name (.*) does not match a config with the following GVK`, func(t *trouble, m []string) *wire.Failure {
		return t.here(nodes.FindScalar(nodes.Get(t.root, "replicas"), m[1]), "there is nothing called "+m[1]+" that has replicas",
			"name a Deployment, ReplicaSet, ReplicationController or StatefulSet")
	}),
}

// strangeItem is what a list of objects holds and is none.
func strangeItem(d documents.Document) (n *yaml.Node, what string) {
	list := nodes.Get(d.Root, "items")
	if d.Inside != nil || list == nil || !strings.HasSuffix(nodes.Text(d.Root, "kind"), "List") {
		return nil, ""
	}
	if nodes.Real(list).Kind == yaml.MappingNode {
		return list, "items must be a list"
	}
	for item := range nodes.Items(list) {
		if nodes.Real(item).Kind != yaml.MappingNode || nodes.Text(item, "kind") == "" || nodes.Text(item, "metadata", "name") == "" {
			return item, "this item is not a Kubernetes object: it has no " + missingOf(nodes.Real(item))
		}
	}
	return nil, ""
}

func missingOf(root *yaml.Node) string {
	if nodes.Text(root, "kind") == "" {
		return "kind"
	}
	return "metadata.name"
}

func or(n, otherwise *yaml.Node) *yaml.Node {
	if n != nil {
		return n
	}
	return otherwise
}

func lastSubmatch(pattern, text string) string {
	all := regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1][1]
}
