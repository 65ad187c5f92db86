package schema

import (
	"encoding/json"
	"slices"

	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/kustomize/kyaml/openapi"
)

// structure is the part of upstream's schema that says which values are the same thing: which
// fields tell the items of a list apart, and which values are quantities.
type structure struct {
	Kinds map[string]string           `json:"kinds"` // by apiVersion/kind: a name in Types
	Types map[string]map[string]shape `json:"types"` // by name and field
}

// shape is what a field holds: values of a type, alone, in a list or in a mapping.
type shape struct {
	Type     string   `json:"type,omitempty"`
	Keys     []string `json:"keys,omitempty"` // a list whose items these fields tell apart
	Set      bool     `json:"set,omitempty"`  // a list whose order and repetition mean nothing
	Mapping  bool     `json:"mapping,omitempty"`
	Quantity bool     `json:"quantity,omitempty"`
}

const (
	quantityType = "io.k8s.apimachinery.pkg.api.resource.Quantity"
	reference    = "#/definitions/"
)

// StructureJSON reads the schema that is compiled in, while no build has another.
func StructureJSON() ([]byte, error) {
	mu.RLock()
	if parsed {
		defer mu.RUnlock()
		return describe(openapi.Schema().Definitions)
	}
	mu.RUnlock()
	mu.Lock()
	defer mu.Unlock()
	defer func() { parsed = true }()
	return describe(openapi.Schema().Definitions)
}

func describe(definitions spec.Definitions) ([]byte, error) {
	found := structure{Kinds: map[string]string{}, Types: map[string]map[string]shape{}}
	for name, definition := range definitions {
		fields := map[string]shape{}
		for field, property := range definition.Properties {
			if s := shapeOf(&property); s.Type != "" || s.Keys != nil || s.Set || s.Quantity {
				fields[field] = s
			}
		}
		found.Types[name] = fields
		for _, kind := range kindsOf(&definition) {
			found.Kinds[kind] = name
		}
	}
	return json.Marshal(found)
}

func shapeOf(property *spec.Schema) (s shape) {
	content := property
	switch {
	case property.Items != nil && property.Items.Schema != nil:
		content = property.Items.Schema
		s.Keys = listKeys(property)
		s.Set = property.Extensions["x-kubernetes-list-type"] == "set" ||
			s.Keys == nil && property.Extensions["x-kubernetes-patch-strategy"] == "merge"
	case property.AdditionalProperties != nil && property.AdditionalProperties.Schema != nil:
		content = property.AdditionalProperties.Schema
		s.Mapping = true
	}
	if name, ok := cutReference(content); ok {
		s.Quantity = name == quantityType
		if !s.Quantity {
			s.Type = name
		}
	}
	return s
}

// listKeys prefers the keys of server-side apply: they are all of them, where the older merge
// key of patches is one and may stand twice.
func listKeys(property *spec.Schema) (keys []string) {
	if all, ok := property.Extensions["x-kubernetes-list-map-keys"].([]any); ok {
		for _, key := range all {
			if text, ok := key.(string); ok {
				keys = append(keys, text)
			}
		}
		return keys
	}
	if key, ok := property.Extensions["x-kubernetes-patch-merge-key"].(string); ok {
		return []string{key}
	}
	return nil
}

func cutReference(s *spec.Schema) (string, bool) {
	text := s.Ref.String()
	if len(text) <= len(reference) || text[:len(reference)] != reference {
		return "", false
	}
	return text[len(reference):], true
}

func kindsOf(definition *spec.Schema) (all []string) {
	kinds, _ := definition.Extensions["x-kubernetes-group-version-kind"].([]any)
	for _, entry := range kinds {
		id, _ := entry.(map[string]any)
		group, _ := id["group"].(string)
		version, _ := id["version"].(string)
		kind, _ := id["kind"].(string)
		if group != "" {
			version = group + "/" + version
		}
		all = append(all, version+"/"+kind)
	}
	slices.Sort(all)
	return all
}
