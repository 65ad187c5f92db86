package messages

import (
	"fmt"

	"go.yaml.in/yaml/v3"

	"reconciler/kernel/internal/nodes"
	"reconciler/kernel/internal/wire"
)

var aboutPlugins = []explanation{
	about(`must specify --enable-helm`, func(t *trouble, _ []string) *wire.Failure {
		const what = "Helm charts are not supported: their output depends on programs and registries outside of the tree"
		const hint = "commit the output of helm template, and patch that"
		for _, field := range []string{"helmCharts", "helmChartInflationGenerator", "helmGlobals"} {
			if n := nodes.FindKey(t.root, field); n != nil {
				return t.here(n, what, hint)
			}
		}
		return t.config("HelmChartInflationGenerator", what, hint)
	}),
	about(`external plugins disabled; unable to load external plugin '([^'\n]*)'`, func(t *trouble, m []string) *wire.Failure {
		return t.config(m[1], fmt.Sprintf("%s is an exec, container or Go plugin, and rendering runs no programs", m[1]),
			"use Kustomize's built-in generators and transformers, a component, or commit the generated files")
	}),
}

// config is a failure of a plugin's configuration: the object of that kind.
func (t *trouble) config(kind, what, hint string) *wire.Failure {
	for _, d := range t.docs() {
		if nodes.Text(d.Root, "kind") == kind {
			return t.in(d, nodes.Get(d.Root, "kind"), what, hint)
		}
	}
	return t.here(firstKey(t.root, "generators", "transformers", "validators"), what, hint)
}

func firstKey(root *yaml.Node, names ...string) *yaml.Node {
	for _, name := range names {
		if n := nodes.FindKey(root, name); n != nil {
			return n
		}
	}
	return nil
}
