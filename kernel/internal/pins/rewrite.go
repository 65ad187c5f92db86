package pins

import (
	"encoding/json"
	"strings"

	sigsyaml "sigs.k8s.io/yaml"

	"reconciler/kernel/internal/mount"
)

// Folders are where pinned folders are mounted, by the field of the kustomization that names them,
// in small letters, and their URL.
type Folders map[[2]string]string

// Rewritten is a kustomization's content with the pinned folders in place of their URLs. It is
// JSON, because upstream begins with turning it into that; an alias keeps its URL elsewhere.
func Rewritten(content []byte, name, at string, folders Folders) ([]byte, error) {
	if len(folders) == 0 {
		return content, nil
	}
	// Upstream joins a path to the kustomization's own folder, and the root is its own parent.
	up := strings.Repeat("../", max(strings.Count(name, "/"), strings.Count(mount.Root+"/"+at, "/")))
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
				list[i] = up + strings.TrimPrefix(folder, "/")
			}
		}
		fields[field], _ = json.Marshal(list)
	}
	return json.Marshal(fields)
}
