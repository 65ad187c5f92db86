package main

import (
	"bytes"
	"iter"
	"strings"

	"go.yaml.in/yaml/v3"
)

// parseNodes reads as many documents as are well-formed.
func parseNodes(content []byte) (docs []*yaml.Node) {
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	for {
		node := &yaml.Node{}
		if decoder.Decode(node) != nil {
			return docs
		}
		docs = append(docs, node)
	}
}

// real is the node that an alias stands for.
func real(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func pairs(n *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(key, value *yaml.Node) bool) {
		if n = real(n); n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], n.Content[i+1]) {
				return
			}
		}
	}
}

func items(n *yaml.Node) iter.Seq[*yaml.Node] {
	return func(yield func(*yaml.Node) bool) {
		if n = real(n); n == nil || n.Kind != yaml.SequenceNode {
			return
		}
		for _, c := range n.Content {
			if !yield(c) {
				return
			}
		}
	}
}

// get is a field's value, found as Kustomize finds it: in any case.
func get(n *yaml.Node, field string) (found *yaml.Node) {
	for key, value := range pairs(n) {
		if strings.EqualFold(key.Value, field) {
			found = value
		}
	}
	return found
}

// text is a scalar's text at the end of a path of fields, or "".
func text(n *yaml.Node, fields ...string) string {
	for _, field := range fields {
		n = get(n, field)
	}
	if n = real(n); n == nil || n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
		return ""
	}
	return n.Value
}

// find returns the first node, in the order of the file, for which match holds.
func find(n *yaml.Node, match func(key, value *yaml.Node) *yaml.Node) *yaml.Node {
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
			hit = find(c, match)
		}
		if hit != nil {
			return hit
		}
	}
	return nil
}

func findKey(n *yaml.Node, name string) *yaml.Node {
	return find(n, func(key, _ *yaml.Node) *yaml.Node {
		if key != nil && strings.EqualFold(key.Value, name) {
			return key
		}
		return nil
	})
}

func findScalar(n *yaml.Node, value string) *yaml.Node {
	return find(n, func(_, v *yaml.Node) *yaml.Node {
		if v.Kind == yaml.ScalarNode && v.Value == value {
			return v
		}
		return nil
	})
}
