package main

import (
	"encoding/json"
	"strings"

	sigsyaml "sigs.k8s.io/yaml"
)

// withPins is a kustomization's content with the pinned folders in place of their URLs. It is
// JSON, because upstream begins with turning it into that; an alias keeps its URL elsewhere.
func withPins(content []byte, name, at string, names []named) ([]byte, error) {
	// Upstream joins a path to the kustomization's own folder, and the root is its own parent.
	up := strings.Repeat("../", max(strings.Count(name, "/"), strings.Count(mount+"/"+at, "/")))
	folders := map[[2]string]string{}
	for _, n := range names {
		if n.pinned != "" {
			folders[[2]string{strings.ToLower(n.field), n.text}] = up + strings.TrimPrefix(n.pinned, "/")
		}
	}
	if len(folders) == 0 {
		return content, nil
	}
	text, err := sigsyaml.YAMLToJSON(content)
	if err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, err
	}
	for field, value := range fields {
		var list []string
		if json.Unmarshal(value, &list) != nil {
			continue
		}
		for i, item := range list {
			if folder, ok := folders[[2]string{strings.ToLower(field), item}]; ok {
				list[i] = folder
			}
		}
		fields[field], _ = json.Marshal(list)
	}
	return json.Marshal(fields)
}
