package messages

import (
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"

	yamlv2 "go.yaml.in/yaml/v2"
	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/types"

	"reconciler/kernel/internal/nodes"
)

// misfit is a part of a kustomization that does not fit Kustomize's types: an unknown
// field, or one of another type.
type misfit struct {
	node    *yaml.Node
	path    string
	unknown bool
	known   []string // of an unknown field: those that could stand there
	wanted  string   // of a wrong type
	found   string
}

// misfits finds them all, in the order of the file. Upstream names only a field, without its
// place, and that field may well stand in the same file where it is right.
func misfits(root *yaml.Node) iter.Seq[misfit] {
	return fits(root, reflect.TypeFor[types.Kustomization](), "the kustomization")
}

// fits compares a node with any of Kustomize's types.
func fits(root *yaml.Node, t reflect.Type, called string) iter.Seq[misfit] {
	return func(yield func(misfit) bool) {
		if root != nil {
			fit(root, t, called, yield)
		}
	}
}

func fit(n *yaml.Node, t reflect.Type, path string, yield func(misfit) bool) bool {
	if n = nodes.Real(n); n.ShortTag() == "!!null" {
		return true
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if wanted, found := typeName(t), kindOf(n); wanted != found && t.Kind() != reflect.Interface {
		return yield(misfit{node: n, path: path, wanted: wanted, found: found})
	}
	switch t.Kind() {
	case reflect.Struct:
		fields := fieldsOf(t)
		for key, value := range nodes.Pairs(n) {
			at := slices.IndexFunc(fields, func(f field) bool { return strings.EqualFold(f.name, key.Value) })
			if at < 0 {
				var known []string
				for _, f := range fields {
					known = append(known, f.name)
				}
				if !yield(misfit{node: key, path: below(path, key.Value), unknown: true, known: known}) {
					return false
				}
			} else if !fit(value, fields[at].kind, below(path, fields[at].name), yield) {
				return false
			}
		}
	case reflect.Map:
		for key, value := range nodes.Pairs(n) {
			if !fit(value, t.Elem(), below(path, key.Value), yield) {
				return false
			}
		}
	case reflect.Slice:
		for item := range nodes.Items(n) {
			if !fit(item, t.Elem(), path, yield) {
				return false
			}
		}
	}
	return true
}

func below(path, name string) string {
	if strings.HasPrefix(path, "the ") {
		return name
	}
	return path + "." + name
}

type field struct {
	name string
	kind reflect.Type
}

func fieldsOf(t reflect.Type) (all []field) {
	for _, f := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			all = append(all, field{name, f.Type})
		}
	}
	return all
}

func typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return "a mapping"
	case reflect.Slice:
		return "a list"
	case reflect.Bool:
		return "a boolean"
	case reflect.String:
		return "a string"
	}
	return "a number"
}

// kindOf reads a value as upstream does, by the rules of YAML 1.1.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	if n.Style == 0 { // not in quotes, and without a tag
		var value any
		if yamlv2.Unmarshal([]byte(n.Value), &value) == nil {
			switch value.(type) {
			case bool:
				return "a boolean"
			case int, int64, uint64, float64:
				return "a number"
			}
		}
	}
	return "a string"
}

// suggestion is the field that was probably meant, or all that there are.
func suggestion(name string, known []string) string {
	best, distance := "", min(3, len(name)/2+1)
	for _, k := range known {
		if d := edits(strings.ToLower(name), strings.ToLower(k)); d < distance {
			best, distance = k, d
		}
	}
	switch {
	case best != "":
		return fmt.Sprintf("did you mean %q?", best)
	case len(known) <= 10:
		return "the fields here are " + strings.Join(known, ", ")
	}
	return "Kustomize has no such field here; remove it"
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
