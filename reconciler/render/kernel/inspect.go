package main

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/types"
)

var kustomizationNames = konfig.RecognizedKustomizationFileNames()

var errNeedsSchema = errors.New("needs the schema for itself")

// kustomization is what the kernel wants to know of such a file beside what upstream does with it.
type kustomization struct {
	names    []string // files and folders that it names
	schema   bool
	warnings []place
}

// once guards what is worked out of a file's content the first time that somebody needs it.
type derived struct {
	kust  sync.Once
	bomb  sync.Once
	known *kustomization
	risk  *failure
}

func isKustomization(file string) bool {
	return slices.Contains(kustomizationNames, path.Base(file))
}

func (e *entry) kustomization() *kustomization {
	e.kust.Do(func() { e.known = inspect(e.content) })
	return e.known
}

func inspect(content []byte) *kustomization {
	found := &kustomization{}
	var k types.Kustomization
	if k.Unmarshal(content) != nil {
		return found // upstream says what is wrong with it
	}
	found.schema = len(k.OpenAPI) > 0 || len(k.Crds) > 0
	for _, list := range [][]string{k.Resources, k.Bases, k.Components, k.Crds, k.Configurations, k.Generators, k.Transformers, k.Validators} {
		found.names = append(found.names, list...)
	}
	for _, p := range k.PatchesStrategicMerge {
		found.names = append(found.names, string(p))
	}
	for _, p := range slices.Concat(k.Patches, k.PatchesJson6902) {
		found.names = append(found.names, p.Path)
	}
	for _, r := range k.Replacements {
		found.names = append(found.names, r.Path)
	}
	found.names = append(found.names, k.OpenAPI["path"])
	sources := func(kv types.KvPairSources) {
		for _, f := range slices.Concat(kv.FileSources, kv.EnvSources, []string{kv.EnvSource}) {
			_, file, named := strings.Cut(f, "=")
			if !named {
				file = f
			}
			found.names = append(found.names, file)
		}
	}
	for _, g := range k.ConfigMapGenerator {
		sources(g.KvPairSources)
	}
	for _, g := range k.SecretGenerator {
		sources(g.KvPairSources)
	}
	found.names = slices.DeleteFunc(found.names, func(n string) bool {
		return n == "" || path.IsAbs(n) || strings.ContainsAny(n, "\n:")
	})
	found.warnings = append(deprecations(content, &k), duplicateKeys(content)...)
	return found
}

// deprecations are upstream's own warnings, each at the field that it speaks of.
func deprecations(content []byte, k *types.Kustomization) (all []place) {
	for _, message := range *k.CheckDeprecatedFields() {
		w := place{What: strings.TrimPrefix(message, "# Warning: ")}
		if _, after, ok := strings.Cut(message, "'"); ok {
			field, _, _ := strings.Cut(after, "'")
			w.Line, w.Column = findKey(content, field)
		}
		all = append(all, w)
	}
	return all
}

// duplicateKeys warns of what upstream lets pass: of two equal keys only the last one counts.
func duplicateKeys(content []byte) (all []place) {
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		if n.Kind == yaml.MappingNode {
			seen := map[string]int{}
			for i := 0; i+1 < len(n.Content); i += 2 {
				key := n.Content[i]
				if first, again := seen[key.Value]; again {
					all = append(all, place{Line: key.Line, Column: key.Column,
						What: fmt.Sprintf("%q stands here and in line %d; only the last one counts", key.Value, first)})
				}
				seen[key.Value] = key.Line
			}
		}
		for _, c := range n.Content {
			walk(c)
		}
	}
	if doc := parseNodes(content); len(doc) > 0 {
		walk(doc[0])
	}
	return all
}

// parseNodes reads as many documents as are well-formed.
func parseNodes(content []byte) (docs []*yaml.Node) {
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	for {
		node := &yaml.Node{}
		if decoder.Decode(node) != nil {
			return docs
		}
		docs = append(docs, node)
	}
}

// find returns the position of the first node for which match holds.
func find(content []byte, match func(key, value *yaml.Node) *yaml.Node) (line, column int) {
	var walk func(n *yaml.Node) *yaml.Node
	walk = func(n *yaml.Node) *yaml.Node {
		for i, c := range n.Content {
			if n.Kind == yaml.MappingNode && i%2 == 0 {
				if hit := match(c, n.Content[i+1]); hit != nil {
					return hit
				}
			} else if n.Kind == yaml.SequenceNode {
				if hit := match(nil, c); hit != nil {
					return hit
				}
			}
			if hit := walk(c); hit != nil {
				return hit
			}
		}
		return nil
	}
	for _, doc := range parseNodes(content) {
		if hit := walk(doc); hit != nil {
			return hit.Line, hit.Column
		}
	}
	return 0, 0
}

func findKey(content []byte, name string) (line, column int) {
	return find(content, func(key, _ *yaml.Node) *yaml.Node {
		if key != nil && strings.EqualFold(key.Value, name) {
			return key
		}
		return nil
	})
}

// findValue finds a scalar: as it is, or as the file of "key=file".
func findValue(content []byte, text string) (line, column int) {
	return find(content, func(_, value *yaml.Node) *yaml.Node {
		if value.Kind == yaml.ScalarNode && (value.Value == text || strings.HasSuffix(value.Value, "="+text)) {
			return value
		}
		return nil
	})
}
