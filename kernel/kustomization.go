package main

import (
	"bytes"
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

// kustomization is what the kernel wants to know of such a file beside what upstream does with it.
type kustomization struct {
	root     *yaml.Node // its first document, which is the one that counts
	names    []named
	schema   bool
	warnings []place
}

// derived is worked out of a file's content the first time that somebody needs it.
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
	invalid := k.Unmarshal(content) != nil
	docs := parseNodes(content)
	if len(docs) == 0 || len(docs[0].Content) == 0 {
		return found
	}
	found.root = docs[0].Content[0]
	found.names = namesIn(found.root)
	if invalid {
		return found // upstream says what is wrong with it
	}
	found.schema = len(k.OpenAPI) > 0 || len(k.Crds) > 0
	found.warnings = slices.Concat(deprecations(found.root, &k), duplicateKeys(found.root), ignored(content), forced(found.names))
	return found
}

// deprecations are upstream's own warnings, each at the field that it speaks of.
func deprecations(root *yaml.Node, k *types.Kustomization) (all []place) {
	for _, message := range *k.CheckDeprecatedFields() {
		w := place{What: strings.TrimPrefix(message, "# Warning: ")}
		if _, after, ok := strings.Cut(message, "'"); ok {
			field, _, _ := strings.Cut(after, "'")
			w.at(findKey(root, field))
		}
		all = append(all, w)
	}
	return all
}

// duplicateKeys warns of what upstream lets pass: of two equal keys only the last one counts.
func duplicateKeys(n *yaml.Node) (all []place) {
	for key, first := range repeated(n) {
		all = append(all, place{Line: key.Line, Column: key.Column,
			What: fmt.Sprintf("%q stands here and in line %d; only the last one counts", key.Value, first.Line)})
	}
	for _, c := range n.Content {
		all = append(all, duplicateKeys(c)...)
	}
	return all
}

// repeated yields each key that a mapping has had before, with the one before it.
func repeated(n *yaml.Node) func(func(key, first *yaml.Node) bool) {
	return func(yield func(key, first *yaml.Node) bool) {
		seen := map[string]*yaml.Node{}
		for key := range pairs(n) {
			if first, again := seen[key.Value]; again && !yield(key, first) {
				return
			}
			seen[key.Value] = key
		}
	}
}

// ignored warns of further documents: upstream reads the first and drops the others.
func ignored(content []byte) []place {
	for doc := range split(content) {
		if doc.from > 0 && len(bytes.TrimSpace(doc.text)) > 0 && !blank(doc.text) {
			for before := range split(content) {
				if before.from < doc.from && !blank(before.text) {
					return []place{{Line: doc.from, Column: 1, What: "Kustomize reads only the first document of this file, and drops what follows"}}
				}
			}
		}
	}
	return nil
}

// forced passes on upstream's warning of a prefix that it drops.
func forced(names []named) (all []place) {
	for _, n := range names {
		if n.remote != nil && strings.HasPrefix(strings.ToLower(n.text), "git::") {
			w := place{What: "Kustomize drops the prefix git::, and will stop doing so; remove it"}
			w.at(n.node)
			all = append(all, w)
		}
	}
	return all
}
