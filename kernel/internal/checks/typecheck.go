package checks

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	celgo "github.com/google/cel-go/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/version"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/library"
)

// maxTypes is how many kinds an API server checks an expression for.
const maxTypes = 10

// typeFaults are expressions that name fields which the kinds of a policy do not have.
func (p *policy) typeFaults(b *Book) (found []Finding) {
	if !p.usable && p.asks == "" {
		return nil
	}
	var params *apiservercel.DeclType
	if kind := p.spec.ParamKind; kind != nil {
		params = b.declared(schema.FromAPIVersionAndKind(kind.APIVersion, kind.Kind))
	}
	said := map[string]bool{}
	for _, gvk := range p.kinds(b) {
		object := b.declared(gvk)
		if object == nil {
			continue
		}
		check, err := p.typeChecker(object, params, b.minor)
		if err != nil {
			continue
		}
		for i, v := range p.spec.Validations {
			for field, text := range map[string]string{"expression": v.Expression, "messageExpression": v.MessageExpression} {
				path := fmt.Sprintf("spec.validations[%d].%s", i, field)
				for _, f := range check(path, text) {
					if key := path + f.What; !said[key] {
						said[key] = true
						f.What = fmt.Sprintf("for %s: %s", gvk.Kind, f.What)
						found = append(found, f)
					}
				}
			}
		}
	}
	slices.SortFunc(found, func(a, b Finding) int { return strings.Compare(a.Path+a.What, b.Path+b.What) })
	return found
}

// kinds are those that a policy names, without wildcards.
func (p *policy) kinds(b *Book) (found []schema.GroupVersionKind) {
	for _, rule := range p.spec.MatchConstraints.ResourceRules {
		for _, group := range rule.APIGroups {
			for _, v := range rule.APIVersions {
				for _, resource := range rule.Resources {
					gvr := schema.GroupVersionResource{Group: group, Version: v, Resource: resource}
					if gvk, ok := b.kindFor(gvr); ok && !slices.Contains(found, gvk) && len(found) < maxTypes {
						found = append(found, gvk)
					}
				}
			}
		}
	}
	return found
}

func (b *Book) kindFor(gvr schema.GroupVersionResource) (schema.GroupVersionKind, bool) {
	for kind := range builtin().KnownTypes(gvr.GroupVersion()) {
		gvk := gvr.GroupVersion().WithKind(kind)
		if _, ok := kindType(gvk); !ok {
			continue
		}
		if plural, _ := meta.UnsafeGuessKindToResource(gvk); plural == gvr {
			return gvk, true
		}
	}
	if t := b.resource(gvr.GroupResource()); t != nil {
		return t.kind.WithVersion(gvr.Version), true
	}
	return schema.GroupVersionKind{}, false
}

// declared is a kind's type as CEL sees it, or nil.
func (b *Book) declared(gvk schema.GroupVersionKind) *apiservercel.DeclType {
	if t, ok := kindType(gvk); ok {
		return declType(t, nil)
	}
	if t := b.custom(gvk.GroupKind()); t != nil {
		if v := t.versions[gvk.Version]; v != nil && v.schema != nil {
			return model.SchemaDeclType(v.schema, true)
		}
	}
	return nil
}

// declType is a Go type as CEL sees it. What JSON can write in more than one way is dynamic,
// and so is a type within itself.
func declType(t reflect.Type, above []reflect.Type) *apiservercel.DeclType {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[metav1.Time]() || t == reflect.TypeFor[metav1.MicroTime]():
		return apiservercel.TimestampType
	case t == bytesType:
		return apiservercel.BytesType
	case reflect.PointerTo(t).Implements(unmarshaler) || slices.Contains(above, t):
		return apiservercel.DynType
	}
	above = append(slices.Clip(above), t)
	switch t.Kind() {
	case reflect.Bool:
		return apiservercel.BoolType
	case reflect.String:
		return apiservercel.StringType
	case reflect.Int, reflect.Int32, reflect.Int64:
		return apiservercel.IntType
	case reflect.Float32, reflect.Float64:
		return apiservercel.DoubleType
	case reflect.Slice:
		return apiservercel.NewListType(declType(t.Elem(), above), -1)
	case reflect.Map:
		return apiservercel.NewMapType(apiservercel.StringType, declType(t.Elem(), above), -1)
	case reflect.Struct:
		fields := map[string]*apiservercel.DeclField{}
		for name, field := range fieldsOf(t) {
			if escaped, ok := apiservercel.Escape(name); ok {
				fields[escaped] = apiservercel.NewDeclField(escaped, declType(field, above), true, nil, nil)
			}
		}
		return apiservercel.NewObjectType(fmt.Sprintf("%s.%s%d", t.PkgPath(), t.Name(), len(above)), fields)
	}
	return apiservercel.DynType
}

// typeChecker compiles expressions as they would be for one kind, as an API server does to
// warn whoever writes a policy.
func (p *policy) typeChecker(object, params *apiservercel.DeclType, minor int) (func(path, text string) []Finding, error) {
	namespace, asked := plugincel.BuildNamespaceType(), plugincel.BuildRequestType()
	declared := []*apiservercel.DeclType{namespace, asked, object}
	options := []celgo.EnvOption{
		celgo.Variable(plugincel.NamespaceVarName, namespace.CelType()),
		celgo.Variable(plugincel.RequestVarName, asked.CelType()),
		celgo.Variable(plugincel.ObjectVarName, object.CelType()),
		celgo.Variable(plugincel.OldObjectVarName, object.CelType()),
		celgo.Variable(plugincel.AuthorizerVarName, library.AuthorizerType),
	}
	if p.spec.ParamKind != nil && params != nil {
		declared = append(declared, params)
		options = append(options, celgo.Variable(plugincel.ParamsVarName, params.CelType()))
	} else if p.spec.ParamKind != nil {
		options = append(options, celgo.Variable(plugincel.ParamsVarName, celgo.DynType))
	}
	base, err := environment.MustBaseEnvSet(version.MajorMinor(1, uint(max(minor-1, 1)))).Extend(environment.VersionedOptions{
		IntroducedVersion: version.MajorMinor(1, 0), EnvOptions: options, DeclTypes: declared,
	})
	if err != nil {
		return nil, err
	}
	composed, err := plugincel.NewCompositedCompilerForTypeChecking(base)
	if err != nil {
		return nil, err
	}
	composed.Compiler = typesOnly{composed}
	none := plugincel.OptionalVariableDeclarations{}
	composed.CompileAndStoreVariables(p.variables, none, environment.StoredExpressions)
	return func(path, text string) (found []Finding) {
		if text == "" {
			return nil
		}
		e := &expression{"", path, text, anything}
		r := composed.CompileCELExpression(e, none, environment.StoredExpressions)
		if r.Error == nil {
			return nil
		}
		for _, f := range uncompiledExpression(e, r.Error) {
			f.Rule, f.Severity = "policies/type-check", Warning
			found = append(found, f)
		}
		return found
	}, nil
}

// typesOnly compiles for the sake of types, and makes no program.
type typesOnly struct {
	composed *plugincel.CompositedCompiler
}

func (t typesOnly) CompileCELExpression(e plugincel.ExpressionAccessor, _ plugincel.OptionalVariableDeclarations, mode environment.Type) plugincel.CompilationResult {
	fail := func(err error) plugincel.CompilationResult {
		return plugincel.CompilationResult{Error: &apiservercel.Error{Detail: err.Error(), Cause: err}, ExpressionAccessor: e}
	}
	env, err := t.composed.Env(mode)
	if err != nil {
		return fail(err)
	}
	ast, issues := env.Compile(e.GetExpression())
	if issues != nil {
		return fail(apiservercel.NewCompilationError(issues))
	}
	return plugincel.CompilationResult{OutputType: ast.OutputType()}
}
