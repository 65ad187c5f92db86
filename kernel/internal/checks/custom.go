package checks

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	crdvalidation "k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
)

// customType holds an object against the CRD that declares its kind.
func (c *checker) customType(o *object) {
	t := c.book.custom(o.gvk.GroupKind())
	if t == nil {
		c.add(c.unknownKind(o))
		return
	}
	if t.from != "" {
		defer c.nameSource(len(c.findings), t.from)
	}
	v := t.versions[o.gvk.Version]
	if v == nil || !v.served {
		c.add(Finding{Rule: "types/version-not-served", Severity: Error, Path: "apiVersion",
			What: fmt.Sprintf("the CRD of %s does not serve %s", o.gvk.Kind, o.gvk.Version),
			Hint: "use " + strings.Join(t.served(), " or ")})
		return
	}
	if v.deprecated != "" {
		c.add(Finding{Rule: "types/deprecated", Severity: Warning, Path: "apiVersion", What: v.deprecated})
	}
	o.custom = v
	meta, _ := o.value["metadata"].(map[string]any)
	text, err := json.Marshal(meta)
	if err != nil {
		return
	}
	findings, ok := decode(text, meta, reflect.ValueOf(&metav1.ObjectMeta{}), Newest)
	for _, f := range findings {
		if f.Path = strings.TrimSuffix("metadata."+f.Path, "."); strings.Contains(f.Path, ".[") {
			f.Path = strings.Replace(f.Path, ".[", "[", 1)
		}
		c.add(f)
	}
	if !ok || v.schema == nil {
		return
	}
	c.againstSchema(o, v)
}

// nameSource says in findings whose definition they are by: the cluster may have another release.
// What another release may well allow is a warning, unless a name is next to one that is there.
func (c *checker) nameSource(first int, module string) {
	for i := range c.findings[first:] {
		f := &c.findings[first+i]
		if f.Rule == "types/invalid" || f.Rule == "types/unknown-field" && f.Hint == "" {
			f.Severity = Warning
		}
		f.Hint = strings.TrimPrefix(f.Hint+"; ", "; ") + fmt.Sprintf(
			"checked with the definition of %s, which is built in: if your cluster has another release, put its own into crds/ with reconciler crds fetch", module)
	}
}

// againstSchema does what an API server does with a custom resource that is created.
func (c *checker) againstSchema(o *object, v *customVersion) {
	value := runtime.DeepCopyJSON(o.value)
	track := structural.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
	for _, path := range pruning.PruneWithOptions(value, v.schema, true, track) {
		parent, name := lastStep(path)
		c.add(unknownField(path, name, propertiesAt(v.schema, parent)))
	}
	_, unknown := objectmeta.CoerceWithOptions(nil, value, v.schema, false,
		objectmeta.CoerceOptions{ReturnUnknownFieldPaths: true})
	for _, path := range unknown {
		_, name := lastStep(path)
		c.add(unknownField(path, name, nil))
	}
	defaulting.PruneNonNullableNullsWithoutDefaults(value, v.schema)
	defaulting.Default(value, v.schema)
	o.value = value

	invalid := crdvalidation.ValidateCustomResource(nil, value, v.validator)
	invalid = append(invalid, objectmeta.Validate(nil, value, v.schema, false)...)
	invalid = append(invalid, listtype.ValidateListSetsAndMaps(nil, v.schema, value)...)
	blocked := slices.ContainsFunc(invalid, func(e *field.Error) bool {
		switch e.Type {
		case field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong,
			field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid:
			return true
		}
		return false
	})
	if rules := v.rules(); rules != nil && !blocked {
		found, _ := rules.Validate(c.ctx, nil, v.schema, value, nil, celconfig.RuntimeCELCostBudget)
		invalid = append(invalid, found...)
	}
	for _, e := range invalid {
		rule := "types/invalid"
		switch e.Type {
		case field.ErrorTypeRequired:
			rule = "types/missing-field"
		case field.ErrorTypeTypeInvalid:
			rule = "types/wrong-type"
		}
		c.add(Finding{Rule: rule, Severity: Error, Path: fieldPath(e), What: worded(e)})
	}
}

// lastStep parts a path before its last key.
func lastStep(path string) (parent, name string) {
	if strings.HasSuffix(path, "]") {
		i := strings.LastIndexByte(path, '[')
		return path[:i], path[i+1 : len(path)-1]
	}
	i := strings.LastIndexByte(path, '.')
	return path[:max(i, 0)], path[i+1:]
}

// propertiesAt are the fields that a schema has at a path.
func propertiesAt(s *structural.Structural, path string) (names []string) {
	for path != "" && s != nil {
		var key string
		key, path = step(path)
		switch property, ok := s.Properties[key]; {
		case ok:
			s = &property
		case s.Items != nil:
			s = s.Items
		case s.AdditionalProperties != nil:
			s = s.AdditionalProperties.Structural
		default:
			return nil
		}
	}
	if s == nil {
		return nil
	}
	for name := range s.Properties {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
