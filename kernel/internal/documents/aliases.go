package documents

import (
	"bytes"

	"go.yaml.in/yaml/v3"

	"reconciler/kernel/internal/nodes"
	"reconciler/kernel/internal/wire"
)

// Upstream replaces each alias by a copy of what it stands for, without a bound.
const (
	maxExpanded   = 200_000
	tooManyValues = "its YAML aliases expand to more than 200,000 values"
)

// AliasBomb refuses content whose aliases would expand to more than anybody writes by hand.
func AliasBomb(content []byte) *wire.Failure { return expansion(content, true) }

// expansion also looks into text that may be a patch written in place, one level deep.
func expansion(content []byte, patches bool) *wire.Failure {
	if !bytes.ContainsRune(content, '&') || !bytes.ContainsRune(content, '*') {
		return nil
	}
	m := measure{known: map[*yaml.Node]int{}, open: map[*yaml.Node]bool{}, patches: patches}
	for doc := range Split(content) {
		for _, root := range nodes.Parse(doc.Text) {
			if m.size(root) <= maxExpanded {
				continue
			}
			const hint = "write the values out, or use a component or a patch instead of aliases"
			f := wire.Fail("aliases", "", tooManyValues, hint)
			if m.endless {
				f.What = "a YAML alias stands inside of what it is short for, and so has no end"
			}
			f.Line, f.Column = m.worst.Line+doc.From, m.worst.Column
			return f
		}
	}
	return nil
}

// measure counts the values that nodes expand to; worst is where the limit was passed.
type measure struct {
	known   map[*yaml.Node]int
	open    map[*yaml.Node]bool
	worst   *yaml.Node
	endless bool
	patches bool
}

func (m *measure) size(n *yaml.Node) int {
	if known, ok := m.known[n]; ok {
		return known
	}
	m.open[n] = true
	total := 1
	switch n.Kind {
	case yaml.AliasNode:
		if m.open[n.Alias] {
			m.worst, m.endless = n, true
			return maxExpanded + 1
		}
		total = m.size(n.Alias)
	case yaml.ScalarNode:
		if m.patches && expansion([]byte(n.Value), false) != nil {
			total = maxExpanded + 1
		}
	}
	for _, c := range n.Content {
		total = min(total+m.size(c), maxExpanded+1)
	}
	if total > maxExpanded && m.worst == nil {
		m.worst = n
	}
	delete(m.open, n)
	m.known[n] = total
	return total
}
