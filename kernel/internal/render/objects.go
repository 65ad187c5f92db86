package render

import (
	"bytes"
	"encoding/json"

	sigsyaml "sigs.k8s.io/yaml"
)

// ObjectsJSON turns a manifest that Render gave into a JSON list.
func ObjectsJSON(manifest []byte) ([]byte, error) {
	list := []json.RawMessage{}
	for len(bytes.TrimSpace(manifest)) > 0 {
		document, rest, more := bytes.Cut(manifest, []byte("\n---\n"))
		if more { // the end of the line is a part of what it ends
			document = manifest[:len(document)+1]
		}
		manifest = rest
		object, err := sigsyaml.YAMLToJSON(document)
		if err != nil {
			return nil, err
		}
		list = append(list, object)
	}
	return json.Marshal(list)
}
