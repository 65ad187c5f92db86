// Package nodes walks YAML as nodes, each of which knows where in its file it stands.
package nodes

import (
	"bytes"
	"iter"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Parse reads as many documents as are well-formed.
func Parse(content []byte) (docs []*yaml.Node) {
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	for {
		node := &yaml.Node{}
		if decoder.Decode(node) != nil {
			return docs
		}
		docs = append(docs, node)
	}
}

// Real is the node that an alias stands for.
func Real(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// Pairs are the keys and values of a mapping, or of what an alias of one stands for.
func Pairs(n *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(key, value *yaml.Node) bool) {
		if n = Real(n); n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], n.Content[i+1]) {
				return
			}
		}
	}
}

// Items are those of a list, or of what an alias of one stands for.
func Items(n *yaml.Node) iter.Seq[*yaml.Node] {
	return func(yield func(*yaml.Node) bool) {
		if n = Real(n); n == nil || n.Kind != yaml.SequenceNode {
			return
		}
		for _, c := range n.Content {
			if !yield(c) {
				return
			}
		}
	}
}

// Get is a field's value, found as Kustomize finds it: in any case.
func Get(n *yaml.Node, field string) (found *yaml.Node) {
	for key, value := range Pairs(n) {
		if strings.EqualFold(key.Value, field) {
			found = value
		}
	}
	return found
}

// Text is a scalar's text at the end of a path of fields, or "".
func Text(n *yaml.Node, fields ...string) string {
	for _, field := range fields {
		n = Get(n, field)
	}
	if n = Real(n); n == nil || n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
		return ""
	}
	return n.Value
}

// Find returns the first node, in the order of the file, for which match holds.
func Find(n *yaml.Node, match func(key, value *yaml.Node) *yaml.Node) *yaml.Node {
	if n == nil {
		return nil
	}
	for i, c := range n.Content {
		var hit *yaml.Node
		switch {
		case n.Kind == yaml.MappingNode && i%2 == 0:
			hit = match(c, n.Content[i+1])
		case n.Kind == yaml.SequenceNode:
			hit = match(nil, c)
		}
		if hit == nil {
			hit = Find(c, match)
		}
		if hit != nil {
			return hit
		}
	}
	return nil
}

// FindKey is the first key of this name, in any case.
func FindKey(n *yaml.Node, name string) *yaml.Node {
	return Find(n, func(key, _ *yaml.Node) *yaml.Node {
		if key != nil && strings.EqualFold(key.Value, name) {
			return key
		}
		return nil
	})
}

// FindScalar is the first single value with this text.
func FindScalar(n *yaml.Node, value string) *yaml.Node {
	return Find(n, func(_, v *yaml.Node) *yaml.Node {
		if v.Kind == yaml.ScalarNode && v.Value == value {
			return v
		}
		return nil
	})
}

// Repeated yields each key that a mapping has had before, with the one before it.
func Repeated(n *yaml.Node) func(func(key, first *yaml.Node) bool) {
	return func(yield func(key, first *yaml.Node) bool) {
		seen := map[string]*yaml.Node{}
		for key := range Pairs(n) {
			if first, again := seen[key.Value]; again && !yield(key, first) {
				return
			}
			seen[key.Value] = key
		}
	}
}
