package checks

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	kjson "sigs.k8s.io/json"
)

// types holds an object against the Go type of its kind, or against its CRD.
func (c *checker) types(o *object) {
	if o.gvk.Kind == "" || o.gvk.Version == "" {
		c.add(Finding{Rule: "types/no-kind", Severity: Error, What: "the object has no apiVersion or no kind"})
		return
	}
	t, known := kindType(o.gvk)
	if !known {
		c.customType(o)
		return
	}
	if f := absence(o.gvk, t, c.book.minor); f != nil {
		if others := versions(o.gvk.GroupKind(), c.book.minor); len(others) > 0 {
			f.Hint = "use " + strings.Join(others, " or ")
		}
		c.add(*f)
		return
	}
	for _, f := range doubts(o.gvk, t, c.book.minor) {
		c.add(f)
	}
	made := reflect.New(t)
	findings, ok := decode(o.json, o.value, made, c.book.minor)
	for _, f := range append(findings, fieldFaults(o.value, t, c.book.minor)...) {
		c.add(f)
	}
	if ok {
		o.typed = made.Interface().(runtime.Object)
		o.full = c.asStored(o, t)
	}
}

// asStored is an object as policies see it: with its defaults and its namespace.
func (c *checker) asStored(o *object, t reflect.Type) runtime.Object {
	value := defaulted(o.value, o.gvk.Kind, t)
	if meta, ok := value["metadata"].(map[string]any); ok && namespaced(o.gvk.GroupKind()) {
		fill(meta, "namespace", c.namespaceOf(o))
	}
	made := reflect.New(t).Interface().(runtime.Object)
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(value, made); err != nil {
		return o.typed
	}
	return made
}

// decode is the strict decoding of an API server. Where that stops at the first type error,
// this goes on and finds all of them; ok says that the target holds the object.
func decode(text []byte, value any, into reflect.Value, minor int) (found []Finding, ok bool) {
	strict, err := kjson.UnmarshalStrict(text, into.Interface())
	if err == nil && len(strict) == 0 {
		return nil, true
	}
	w := &walker{minor: minor}
	w.visit("", value, into.Type().Elem())
	if len(w.found) > 0 || err == nil && w.former {
		return w.found, err == nil
	}
	if err != nil {
		return []Finding{{Rule: "types/wrong-type", Severity: Error, What: err.Error()}}, false
	}
	for _, e := range strict {
		found = append(found, Finding{Rule: "types/unknown-field", Severity: Error, What: e.Error()})
	}
	return found, true
}

// walker goes through a JSON value beside the Go type that it is meant for, and says where the
// two part. It judges nothing itself: each leaf is decoded by upstream.
type walker struct {
	minor  int
	former bool // is there a field that this release has, and the compiled types have no more?
	found  []Finding
}

var (
	unmarshaler = reflect.TypeFor[json.Unmarshaler]()
	bytesType   = reflect.TypeFor[[]byte]()
)

func (w *walker) visit(path string, value any, t reflect.Type) {
	if value == nil {
		return
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(unmarshaler) || t == bytesType {
		w.leaf(path, value, t)
		return
	}
	switch t.Kind() {
	case reflect.Struct:
		object, ok := value.(map[string]any)
		if !ok {
			w.mistyped(path, value, t)
			return
		}
		fields := fieldsOf(t)
		for _, key := range slices.Sorted(maps.Keys(object)) {
			if field, ok := fields[key]; ok {
				w.visit(child(path, key), object[key], field)
				continue
			}
			if until(t, key) >= w.minor {
				w.former = true
				continue
			}
			w.found = append(w.found, unknownField(child(path, key), key, slices.Sorted(maps.Keys(fields))))
		}
	case reflect.Slice:
		list, ok := value.([]any)
		if !ok {
			w.mistyped(path, value, t)
			return
		}
		for i, v := range list {
			w.visit(item(path, i), v, t.Elem())
		}
	case reflect.Map:
		object, ok := value.(map[string]any)
		if !ok {
			w.mistyped(path, value, t)
			return
		}
		for _, key := range slices.Sorted(maps.Keys(object)) {
			w.visit(child(path, key), object[key], t.Elem())
		}
	case reflect.Interface:
	default:
		w.leaf(path, value, t)
	}
}

func (w *walker) leaf(path string, value any, t reflect.Type) {
	text, err := json.Marshal(value)
	if err != nil {
		return
	}
	if strict, err := kjson.UnmarshalStrict(text, reflect.New(t).Interface()); err != nil || len(strict) > 0 {
		w.mistyped(path, value, t)
	}
}

func (w *walker) mistyped(path string, value any, t reflect.Type) {
	f := Finding{Rule: "types/wrong-type", Severity: Error, Path: path,
		What: fmt.Sprintf("%s belongs here, and this is %s", wanted(t), given(value))}
	switch text, isText := value.(string); {
	case isText && (reflect.PointerTo(t).Implements(unmarshaler) || t == bytesType):
		f.What = fmt.Sprintf("%s belongs here, and this text is not", wanted(t))
	case !isText && t.Kind() == reflect.String:
		f.Hint = "put it into quotes"
	case isText && literal(text, t.Kind()):
		f.Hint = "leave the quotes out"
	}
	w.found = append(w.found, f)
}

// literal holds for text that would be right without its quotes.
func literal(text string, kind reflect.Kind) bool {
	if kind == reflect.Bool {
		return text == "true" || text == "false"
	}
	_, err := strconv.ParseFloat(text, 64)
	return err == nil && kind >= reflect.Int && kind <= reflect.Float64
}

func unknownField(path, name string, known []string) Finding {
	return Finding{Rule: "types/unknown-field", Severity: Error, Path: path,
		What: fmt.Sprintf("there is no field %s", name), Hint: didYouMean(name, known)}
}

// fieldsOf are the fields of a struct as JSON has them, with those of embedded structs.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" || !f.IsExported():
		case f.Anonymous && name == "" || strings.Contains(options, "inline"):
			maps.Copy(fields, fieldsOf(f.Type))
		default:
			if name == "" {
				name = f.Name
			}
			fields[name] = f.Type
		}
	}
	return fields
}

var quantity = reflect.TypeFor[resource.Quantity]()

// wanted names a type in words.
func wanted(t reflect.Type) string {
	switch t {
	case quantity:
		return "a quantity, such as 500m or 2Gi"
	case reflect.TypeFor[intstr.IntOrString]():
		return "a number or text"
	case reflect.TypeFor[metav1.Time](), reflect.TypeFor[metav1.MicroTime]():
		return "a time, such as 2006-01-02T15:04:05Z"
	case reflect.TypeFor[metav1.Duration]():
		return "a duration, such as 1m30s"
	case bytesType:
		return "text in base64"
	}
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int32:
		return "a whole number of 32 bits"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	}
	return t.String()
}

// given names what is there, and never its value: it may be secret.
func given(value any) string {
	switch v := value.(type) {
	case string:
		return "text"
	case bool:
		return "a boolean"
	case int64:
		return "a number"
	case float64:
		if v != float64(int64(v)) {
			return "a fraction"
		}
		return "a number"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return fmt.Sprintf("%T", value)
}
