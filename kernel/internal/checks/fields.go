package checks

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
)

//go:generate go run -C tables generate.go

//go:embed tables/fields.json
var fieldTables []byte

// fields is what Go's types do not say: see tables/generate.go.
var fields = sync.OnceValue(func() (found struct {
	Required map[string][]string
	Since    map[string]map[string]int
	Until    map[string]map[string]int
}) {
	if err := json.Unmarshal(fieldTables, &found); err != nil {
		panic(err)
	}
	return found
})

// owners are the names of a struct type and of those embedded in it.
func owners(t reflect.Type) (names []string) {
	names = append(names, t.PkgPath()+"."+t.Name())
	for f := range t.Fields() {
		if name, options, _ := strings.Cut(f.Tag.Get("json"), ","); f.Anonymous && name == "" || strings.Contains(options, "inline") {
			names = append(names, owners(f.Type)...)
		}
	}
	return names
}

// until is the last release in which a type had a field that it has no more, or -1.
func until(t reflect.Type, field string) int {
	for _, owner := range owners(t) {
		if minor, ok := fields().Until[owner][field]; ok {
			return minor
		}
	}
	return -1
}

// fieldFaults are fields that must be there and are not, and fields that came later than the
// cluster's release.
func fieldFaults(value any, t reflect.Type, minor int) []Finding {
	w := &fieldWalker{minor: minor}
	w.visit("", value, t)
	return w.found
}

type fieldWalker struct {
	minor int
	found []Finding
}

func (w *fieldWalker) visit(path string, value any, t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(unmarshaler) {
		return
	}
	switch v := value.(type) {
	case map[string]any:
		if t.Kind() == reflect.Struct {
			w.object(path, v, t)
		} else if t.Kind() == reflect.Map {
			for _, key := range slices.Sorted(maps.Keys(v)) {
				w.visit(child(path, key), v[key], t.Elem())
			}
		}
	case []any:
		if t.Kind() == reflect.Slice {
			for i, below := range v {
				w.visit(item(path, i), below, t.Elem())
			}
		}
	}
}

func (w *fieldWalker) object(path string, object map[string]any, t reflect.Type) {
	types := fieldsOf(t)
	for _, owner := range owners(t) {
		for _, name := range fields().Required[owner] {
			if object[name] == nil {
				w.found = append(w.found, Finding{Rule: "types/missing-field", Severity: Error,
					Path: child(path, name), What: fmt.Sprintf("the field %s must be there", name)})
			}
		}
		for name, since := range fields().Since[owner] {
			if object[name] != nil && since > w.minor {
				w.found = append(w.found, Finding{Rule: "types/field-not-served", Severity: Error, Path: child(path, name),
					What: fmt.Sprintf("the field %s was added in Kubernetes 1.%d, and this is checked for 1.%d", name, since, w.minor)})
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if field, ok := types[key]; ok {
			w.visit(child(path, key), object[key], field)
		}
	}
}
