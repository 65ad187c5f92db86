package main

import (
	"bytes"
	"fmt"
	"path"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Upstream replaces each alias by a copy of what it stands for, without a bound.
const maxExpanded = 200_000

// aliasBomb refuses a file whose aliases would expand to more than anybody writes by hand.
func (e *entry) aliasBomb(file string) *failure {
	e.bomb.Do(func() {
		if slices.Contains([]string{".yaml", ".yml", ".json", ""}, path.Ext(file)) {
			e.risk = expansion(e.content)
		}
		if e.risk != nil {
			e.risk.File = file
		}
	})
	return e.risk
}

func expansion(content []byte) *failure {
	if !bytes.ContainsRune(content, '&') || !bytes.ContainsRune(content, '*') {
		return nil
	}
	sizes := map[*yaml.Node]int{}
	var size func(n *yaml.Node) int
	size = func(n *yaml.Node) int {
		if known, ok := sizes[n]; ok {
			return known
		}
		sizes[n] = maxExpanded + 1 // what contains itself is without end
		total := 1
		if n.Kind == yaml.AliasNode {
			total = size(n.Alias)
		}
		if n.Kind == yaml.ScalarNode {
			if f := expansion([]byte(n.Value)); f != nil { // a patch written in place
				total = maxExpanded + 1
			}
		}
		for _, c := range n.Content {
			total = min(total+size(c), maxExpanded+1)
		}
		sizes[n] = total
		return total
	}
	for _, doc := range parseNodes(content) {
		if size(doc) > maxExpanded {
			line, column := firstAlias(doc)
			return &failure{Kind: "aliases", Line: line, Column: column,
				What: fmt.Sprintf("its YAML aliases expand to more than %d values", maxExpanded),
				Hint: "write the values out, or use a component or a patch instead of aliases"}
		}
	}
	return nil
}

func firstAlias(n *yaml.Node) (line, column int) {
	if n.Kind == yaml.AliasNode {
		return n.Line, n.Column
	}
	for _, c := range n.Content {
		if line, column = firstAlias(c); line > 0 {
			return line, column
		}
	}
	return 0, 0
}
