package messages

import (
	"go.yaml.in/yaml/v3"

	"reconciler/kernel/internal/nodes"
	"reconciler/kernel/internal/wire"
)

var aboutVars = []explanation{
	about(`var '(\S+)' already encountered`, func(t *trouble, m []string) *wire.Failure {
		const hint = "give one of the two another name"
		if merged := lastSubmatch(`recursed merging from path '([^'\n]*)'`, t.text); merged != "" {
			if kust, n := t.view.NamedBy(merged); kust != "" {
				return t.at(kust, n, n.Text+" brings the variable "+m[1]+", which is there already", hint)
			}
		}
		return t.here(t.variable(m[1]), "the variable "+m[1]+" is there already", hint)
	}),
	about(`var '\{(\S+) .*' cannot be mapped to a field`, func(t *trouble, m []string) *wire.Failure {
		return t.here(t.variable(m[1]), "no object or field is what the variable "+m[1]+" stands for", "correct its objref and fieldref")
	}),
	about(`field specified in var '\{(\S+) .*' not found`, func(t *trouble, m []string) *wire.Failure {
		return t.here(t.variable(m[1]), "the variable "+m[1]+" stands for a field that its object does not have", "correct its fieldref")
	}),
	about(`found \d+ resId matches for var \{?(\S+)`, func(t *trouble, m []string) *wire.Failure {
		return t.here(t.variable(m[1]), "several objects are what the variable "+m[1]+" stands for", "add a namespace to its objref")
	}),
}

// variable is where the last variable of this name is named, in the kustomization in trouble.
func (t *trouble) variable(name string) (found *yaml.Node) {
	for v := range nodes.Items(nodes.Get(t.root, "vars")) {
		if nodes.Text(v, "name") == name {
			found = nodes.Real(nodes.Get(v, "name"))
		}
	}
	return found
}
