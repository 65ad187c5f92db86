package checks

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"sync"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	schemacel "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	crdvalidation "k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

var crdKind = schema.GroupKind{Group: apiextensionsv1.GroupName, Kind: "CustomResourceDefinition"}

// customType is a kind that a CRD declares.
type customType struct {
	kind       schema.GroupKind
	plural     string
	namespaced bool
	versions   map[string]*customVersion
	from       string // the module of a kind that is known by heart
	faults     []Finding
}

type customVersion struct {
	of         *customType
	served     bool
	deprecated string
	schema     *structural.Structural // nil: anything goes
	validator  crdvalidation.SchemaValidator
	rules      func() *schemacel.Validator
}

func (t *customType) served() (names []string) {
	for _, name := range slices.Sorted(maps.Keys(t.versions)) {
		if t.versions[name].served {
			names = append(names, name)
		}
	}
	return names
}

// readCRD takes a CRD apart. One with faults is used as far as it goes.
func readCRD(text []byte, value map[string]any) *customType {
	t := &customType{versions: map[string]*customVersion{}}
	var crd apiextensionsv1.CustomResourceDefinition
	found, ok := decode(text, value, reflect.ValueOf(&crd), Newest)
	t.faults = found
	if !ok {
		return t
	}
	apiextensionsv1.SetDefaults_CustomResourceDefinition(&crd)
	apiextensionsv1.SetDefaults_CustomResourceDefinitionSpec(&crd.Spec)
	t.kind = schema.GroupKind{Group: crd.Spec.Group, Kind: crd.Spec.Names.Kind}
	t.plural = crd.Spec.Names.Plural
	t.from = crd.Annotations[fromAnnotation]
	t.namespaced = crd.Spec.Scope == apiextensionsv1.NamespaceScoped
	if want := t.plural + "." + t.kind.Group; crd.Name != want {
		t.fault("metadata.name", fmt.Sprintf("the name must be spec.names.plural and spec.group with a dot between: %s", want))
	}
	if t.kind.Kind == "" {
		t.fault("spec.names.kind", "the kind has no name")
	}
	stored := 0
	for i, v := range crd.Spec.Versions {
		if v.Storage {
			stored++
		}
		t.versions[v.Name] = t.version(fmt.Sprintf("spec.versions[%d]", i), v)
	}
	if stored != 1 {
		t.fault("spec.versions", fmt.Sprintf("%d versions have storage: true, and one must", stored))
	}
	return t
}

func (t *customType) fault(path, what string) {
	t.faults = append(t.faults, Finding{Rule: "crds/invalid", Severity: Error, Path: path, What: what})
}

func (t *customType) version(path string, v apiextensionsv1.CustomResourceDefinitionVersion) *customVersion {
	made := &customVersion{of: t, served: v.Served}
	if v.Deprecated {
		made.deprecated = fmt.Sprintf("%s/%s %s is deprecated", t.kind.Group, v.Name, t.kind.Kind)
		if v.DeprecationWarning != nil {
			made.deprecated = *v.DeprecationWarning
		}
	}
	if v.Schema == nil || v.Schema.OpenAPIV3Schema == nil {
		t.fault(path+".schema", "the version has no openAPIV3Schema")
		return made
	}
	path += ".schema.openAPIV3Schema"
	var props apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(v.Schema.OpenAPIV3Schema, &props, nil); err != nil {
		t.fault(path, err.Error())
		return made
	}
	s, err := structural.NewStructural(&props)
	if err != nil {
		t.fault(path, err.Error())
		return made
	}
	invalid := structural.ValidateStructural(field.NewPath(path), s)
	if len(invalid) > 0 {
		for _, e := range invalid {
			t.fault(e.Field, worded(e))
		}
		return made
	}
	validator, _, err := crdvalidation.NewSchemaValidator(&props)
	if err != nil {
		t.fault(path, err.Error())
		return made
	}
	made.schema, made.validator = s, validator
	made.rules = sync.OnceValue(func() *schemacel.Validator {
		return schemacel.NewValidator(s, true, celconfig.PerCallLimit)
	})
	return made
}

// deepFaults are those that take longer to find: defaults that do not fit, rules that do not compile.
func (t *customType) deepFaults(ctx context.Context, text []byte) (found []Finding) {
	var crd apiextensionsv1.CustomResourceDefinition
	if _, ok := decode(text, nil, reflect.ValueOf(&crd), Newest); !ok {
		return nil
	}
	for i, v := range crd.Spec.Versions {
		made := t.versions[v.Name]
		if made == nil || made.schema == nil {
			continue
		}
		path := field.NewPath("spec", "versions").Index(i).Child("schema", "openAPIV3Schema")
		invalid, err := defaulting.ValidateDefaults(ctx, path, made.schema, true, true)
		if err != nil {
			invalid = append(invalid, field.Invalid(path, nil, err.Error()))
		}
		for _, e := range append(invalid, uncompiled(path, made.schema, model.SchemaDeclType(made.schema, true))...) {
			found = append(found, Finding{Rule: "crds/invalid", Severity: Error, Path: fieldPath(e), What: worded(e)})
		}
	}
	return found
}

var celError = regexp.MustCompile(`ERROR: <input>:\d+:\d+: (.*)`)

// celMessage is what an error of CEL says, without the picture of where.
func celMessage(detail string) string {
	if m := celError.FindStringSubmatch(detail); m != nil {
		return m[1]
	}
	return detail
}

// uncompiled are the rules of a schema and of what is below it that do not compile.
func uncompiled(path *field.Path, s *structural.Structural, t *apiservercel.DeclType) (all field.ErrorList) {
	if s == nil || t == nil {
		return nil
	}
	base := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion())
	results, err := schemacel.Compile(s, t, celconfig.PerCallLimit, base, schemacel.NewExpressionsEnvLoader())
	if err != nil {
		return field.ErrorList{field.Invalid(path, nil, err.Error())}
	}
	for i, r := range results {
		at := path.Child("x-kubernetes-validations").Index(i)
		if r.Error != nil {
			all = append(all, field.Invalid(at.Child("rule"), nil, celMessage(r.Error.Detail)))
		}
		if r.MessageExpressionError != nil {
			all = append(all, field.Invalid(at.Child("messageExpression"), nil, celMessage(r.MessageExpressionError.Detail)))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		property := s.Properties[name]
		escaped, _ := apiservercel.Escape(name)
		if f, ok := t.Fields[escaped]; ok {
			all = append(all, uncompiled(path.Child("properties").Key(name), &property, f.Type)...)
		}
	}
	if s.AdditionalProperties != nil {
		all = append(all, uncompiled(path.Child("additionalProperties"), s.AdditionalProperties.Structural, t.ElemType)...)
	}
	return append(all, uncompiled(path.Child("items"), s.Items, t.ElemType)...)
}
