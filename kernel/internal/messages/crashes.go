package messages

import (
	"fmt"

	"go.yaml.in/yaml/v3"

	"reconciler/kernel/internal/nodes"
	"reconciler/kernel/internal/process"
	"reconciler/kernel/internal/tree"
	"reconciler/kernel/internal/wire"
)

// Crashed looks for what upstream is known to panic on; its panic itself says nothing to a user.
func Crashed(v *tree.View, crash *process.Crash, folder string) *wire.Failure {
	f := suspect(newTrouble("", v, folder))
	f.Detail = crash.Error() + "\n" + crash.Stack
	return f
}

// suspect is the first thing of that kind in what was read.
func suspect(t *trouble) *wire.Failure {
	for p := range nodes.Items(nodes.Get(t.root, "patchesJson6902")) {
		if nodes.Get(p, "target") == nil {
			return t.here(nodes.Real(p), "a JSON patch has no target that names an object", "add target with kind and name")
		}
	}
	for _, d := range t.docs() {
		for _, field := range []string{"annotations", "labels"} {
			if n := nodes.Get(nodes.Get(d.Root, "metadata"), field); n != nil && nodes.Real(n).Kind == yaml.SequenceNode {
				return t.in(d, n, fmt.Sprintf("metadata.%s must be a mapping, and is a list", field), forms["a mapping"])
			}
		}
	}
	return t.here(nil, "Kustomize itself fails on something in this folder", "look for a field that is empty or of another type than it should be")
}
