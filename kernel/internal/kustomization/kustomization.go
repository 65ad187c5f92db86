// Package kustomization reads what the kernel has to know of a kustomization before upstream
// does: what it names, and what is to be warned of.
package kustomization

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/types"

	"reconciler/kernel/internal/documents"
	"reconciler/kernel/internal/nodes"
	"reconciler/kernel/internal/wire"
)

// Names are those that Kustomize looks for in a folder, in this order.
var Names = konfig.RecognizedKustomizationFileNames()

// Kustomization is what the kernel wants to know of such a file beside what upstream does with it.
type Kustomization struct {
	Root     *yaml.Node // its first document, which is the one that counts
	Names    []Named
	Schema   bool // it changes upstream's process-wide schema
	Warnings []wire.Place
}

// Is holds for the names that Kustomize looks for in a folder.
func Is(file string) bool {
	return slices.Contains(Names, path.Base(file))
}

// Inspect reads a kustomization.
func Inspect(content []byte) *Kustomization {
	found := &Kustomization{}
	var k types.Kustomization
	invalid := k.Unmarshal(content) != nil
	docs := nodes.Parse(content)
	if len(docs) == 0 || len(docs[0].Content) == 0 {
		return found
	}
	found.Root = docs[0].Content[0]
	found.Names = NamesIn(found.Root)
	if invalid {
		return found // upstream says what is wrong with it
	}
	found.Schema = len(k.OpenAPI) > 0 || len(k.Crds) > 0
	found.Warnings = slices.Concat(deprecations(found.Root, &k), duplicateKeys(found.Root), ignored(content), forced(found.Names))
	return found
}

// deprecations are upstream's own warnings, each at the field that it speaks of.
func deprecations(root *yaml.Node, k *types.Kustomization) (all []wire.Place) {
	for _, message := range *k.CheckDeprecatedFields() {
		w := wire.Place{What: strings.TrimPrefix(message, "# Warning: ")}
		if _, after, ok := strings.Cut(message, "'"); ok {
			field, _, _ := strings.Cut(after, "'")
			w.At(nodes.FindKey(root, field))
		}
		all = append(all, w)
	}
	return all
}

// duplicateKeys warns of what upstream lets pass: of two equal keys only the last one counts.
func duplicateKeys(n *yaml.Node) (all []wire.Place) {
	for key, first := range nodes.Repeated(n) {
		all = append(all, wire.Place{Line: key.Line, Column: key.Column,
			What: fmt.Sprintf("%q stands here and in line %d; only the last one counts", key.Value, first.Line)})
	}
	for _, c := range n.Content {
		all = append(all, duplicateKeys(c)...)
	}
	return all
}

// ignored warns of further documents: upstream reads the first and drops the others.
func ignored(content []byte) []wire.Place {
	for doc := range documents.Split(content) {
		if doc.From > 0 && len(bytes.TrimSpace(doc.Text)) > 0 && !documents.Blank(doc.Text) {
			for before := range documents.Split(content) {
				if before.From < doc.From && !documents.Blank(before.Text) {
					return []wire.Place{{Line: doc.From, Column: 1, What: "Kustomize reads only the first document of this file, and drops what follows"}}
				}
			}
		}
	}
	return nil
}

// forced passes on upstream's warning of a prefix that it drops.
func forced(names []Named) (all []wire.Place) {
	for _, n := range names {
		if n.Remote != nil && strings.HasPrefix(strings.ToLower(n.Text), "git::") {
			w := wire.Place{What: "Kustomize drops the prefix git::, and will stop doing so; remove it"}
			w.At(n.Node)
			all = append(all, w)
		}
	}
	return all
}
