package main

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// explainCrash looks for what upstream is known to panic on; its panic itself says nothing to a user.
func explainCrash(v *view, req *request) *failure {
	t := newTrouble("", v, req)
	for p := range items(get(t.root, "patchesJson6902")) {
		if get(p, "target") == nil {
			return t.here(real(p), "a JSON patch has no target that names an object", "add target with kind and name")
		}
	}
	for _, d := range t.docs() {
		for _, field := range []string{"annotations", "labels"} {
			if n := get(get(d.root, "metadata"), field); n != nil && real(n).Kind == yaml.SequenceNode {
				return t.in(d, n, fmt.Sprintf("metadata.%s must be a mapping, and is a list", field), forms["a mapping"])
			}
		}
	}
	return t.here(nil, "Kustomize itself fails on something in this folder", "look for a field that is empty or of another type than it should be")
}
