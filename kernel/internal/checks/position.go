package checks

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// placed gives a finding about a file of rules its place in it.
func placed(f Finding, d document) Finding {
	f.Object, f.File = -1, d.file
	within, column := f.Line, f.Column // in an expression, if it is about one
	f.Line, f.Column = d.from+1, 1
	var root yaml.Node
	if yaml.Unmarshal(d.text, &root) != nil || len(root.Content) == 0 {
		return f
	}
	n := nodeAt(root.Content[0], f.Path)
	f.Line, f.Column = d.from+n.Line, n.Column
	if within > 0 && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		f.Line += within
	} else if within == 1 && n.Kind == yaml.ScalarNode && !strings.Contains(n.Value, "\n") {
		f.Column += column
	}
	return f
}

// nodeAt is the node at a path, or the last one on the way there.
func nodeAt(n *yaml.Node, path string) *yaml.Node {
	for path != "" {
		key, rest := step(path)
		next := valueOf(n, key)
		if next == nil { // a key with dots in it
			for longer, after := key, rest; next == nil && strings.HasPrefix(after, "."); {
				var more string
				more, after = step(after)
				longer += "." + more
				next, rest = valueOf(n, longer), after
			}
		}
		if next == nil {
			return n
		}
		n, path = next, rest
	}
	return n
}

func valueOf(n *yaml.Node, key string) *yaml.Node {
	switch n.Kind {
	case yaml.AliasNode:
		return valueOf(n.Alias, key)
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		for i, c := range n.Content {
			if item("", i) == "["+key+"]" {
				return c
			}
		}
	}
	return nil
}
