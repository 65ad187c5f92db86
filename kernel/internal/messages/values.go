package messages

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"reconciler/kernel/internal/documents"
	"reconciler/kernel/internal/nodes"
	"reconciler/kernel/internal/wire"
)

const wrongKind = `wrong node kind: expected (\w+)Node but got (\w+)Node`

var aboutValues = []explanation{
	about(`considering field '([^'\n]+)' of object (\S+): (?:`+wrongKind+`|(.*expected sequence or mapping node|.*no 'name' field in node|.*found multiple possible referrals))`, func(t *trouble, m []string) *wire.Failure {
		field, object, wanted := strings.ReplaceAll(m[1], "/", "."), m[2], yaml.MappingNode
		kind, name, shown := kindAndName(object)
		what, hint := "", "correct it in the object"
		switch {
		case m[3] != "":
			wanted = kinds[m[3]]
			what = fmt.Sprintf("%s of %s is a %s, and a %s is expected", field, shown, nodeName(m[4]), nodeName(m[3]))
		case strings.HasSuffix(m[5], "referrals"):
			wanted = 0
			what, hint = fmt.Sprintf("%s of %s could mean several objects", field, shown), "give them different names before namePrefix and nameSuffix, or different namespaces"
		case strings.HasSuffix(m[5], "in node"):
			wanted = 0
			what = fmt.Sprintf("%s of %s has an entry without a name", field, shown)
		default:
			what = fmt.Sprintf("%s of %s is below a single value, which has no fields", field, shown)
		}
		for _, d := range t.called(kind, name) {
			if n := misplaced(d.Root, fieldPath(m[1]), wanted); n != nil {
				return t.in(d, n, what, hint)
			}
		}
		return t.here(nil, what, hint)
	}),
	about(`(?s)\(cluster\)role binding subjects: .*`+wrongKind, func(t *trouble, _ []string) *wire.Failure {
		for _, d := range t.docs() {
			if n := nodes.Get(d.Root, "subjects"); n != nil && strings.HasSuffix(nodes.Text(d.Root, "kind"), "RoleBinding") && n.Kind != yaml.SequenceNode {
				return t.in(d, n, "the subjects of a role binding must be a list", forms["a list"])
			}
		}
		return nil
	}),
	about(wrongKind, func(t *trouble, m []string) *wire.Failure {
		if f := t.clashing(); f != nil {
			return f
		}
		for _, d := range t.docs() {
			n := nodes.Find(d.Root, func(key, value *yaml.Node) *yaml.Node {
				if key != nil && key.Value == "image" && d.File != t.kust && nodes.Real(value).Kind != yaml.ScalarNode {
					return value
				}
				return nil
			})
			if n != nil && nodes.Get(t.root, "images") != nil {
				return t.in(d, n, fmt.Sprintf("image must be a single value, and is a %s", nodeName(m[2])), "correct it in the object")
			}
		}
		return t.here(findPatches(t.root), fmt.Sprintf("a %s stands where a %s is expected", nodeName(m[2]), nodeName(m[1])),
			"compare what is patched or merged with the object")
	}),
	about("cannot decode !!\\w+ `(?s:.*)` as a !!\\w+|!!binary value contains invalid base64 data", func(t *trouble, _ []string) *wire.Failure {
		for _, d := range t.docs() {
			n := nodes.Find(d.Root, func(key, value *yaml.Node) *yaml.Node {
				for _, n := range []*yaml.Node{key, value} {
					var decoded any
					if n != nil && n.Style&yaml.TaggedStyle != 0 && n.Decode(&decoded) != nil {
						return n
					}
				}
				return nil
			})
			if n != nil {
				return t.in(d, n, "the tag "+n.Tag+" does not fit this value", "remove the tag, or correct the value")
			}
		}
		return nil
	}),
	about(`map merge requires map or sequence of maps as the value`, func(t *trouble, _ []string) *wire.Failure {
		for _, d := range t.docs() {
			n := nodes.Find(d.Root, func(key, value *yaml.Node) *yaml.Node {
				if key != nil && key.ShortTag() == "!!merge" && nodes.Real(value).Kind == yaml.ScalarNode {
					return value
				}
				return nil
			})
			if n != nil {
				return t.in(d, n, "<< takes in the fields of a mapping, and this is none", "name an anchor of a mapping, or put << in quotes")
			}
		}
		return nil
	}),
}

var kinds = map[string]yaml.Kind{"Mapping": yaml.MappingNode, "Sequence": yaml.SequenceNode, "Scalar": yaml.ScalarNode}

func nodeName(upstream string) string {
	return map[string]string{"Mapping": "mapping", "Sequence": "list", "Scalar": "single value"}[upstream]
}

// called are the documents that an object came from, which may have another name by now.
func (t *trouble) called(kind, name string) (all []documents.Document) {
	for _, d := range t.docs() {
		if own := nodes.Text(d.Root, "metadata", "name"); own != "" && nodes.Text(d.Root, "kind") == kind && strings.Contains(name, own) {
			all = append(all, d)
		}
	}
	return all
}

func fieldPath(path string) []string {
	const escaped = "\x00"
	parts := strings.Split(strings.ReplaceAll(path, `\/`, escaped), "/")
	for i, part := range parts {
		parts[i] = strings.TrimSuffix(strings.ReplaceAll(part, escaped, "/"), "[]")
	}
	return parts
}

// misplaced is the first node on a path that is not of the kind that it must be of there;
// any kind will do at its end if none is wanted.
func misplaced(n *yaml.Node, path []string, wanted yaml.Kind) *yaml.Node {
	if n = nodes.Real(n); n == nil || n.ShortTag() == "!!null" {
		return nil
	}
	switch {
	case len(path) == 0 && n.Kind == wanted:
		return nil
	case len(path) == 0:
		return n
	case n.Kind == yaml.MappingNode:
		return misplaced(nodes.Get(n, path[0]), path[1:], wanted)
	}
	for c := range nodes.Items(n) {
		if found := misplaced(c, path, wanted); found != nil {
			return found
		}
	}
	if n.Kind == yaml.SequenceNode {
		return nil
	}
	return n
}
