package checks

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	celgo "github.com/google/cel-go/cel"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/util/version"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

const admissionGroup = admissionv1.GroupName

// policy is a ValidatingAdmissionPolicy that is ready to run.
type policy struct {
	from        document
	name        string
	spec        admissionv1.ValidatingAdmissionPolicySpec
	faults      []Finding
	usable      bool
	asks        string // the expression that asks the authorizer, which only a cluster has
	matcher     matchconditions.Matcher
	validations plugincel.ConditionEvaluator
	messages    plugincel.ConditionEvaluator
	variables   []plugincel.NamedExpressionAccessor
}

// in is this policy as it stands in a file.
func (p *policy) in(d document) *policy {
	here := *p
	here.from = d
	return &here
}

type binding struct {
	from   document
	name   string
	spec   admissionv1.ValidatingAdmissionPolicyBindingSpec
	faults []Finding
	usable bool
}

func (b *binding) in(d document) *binding {
	b.from = d
	return b
}

// expression is any CEL expression of a policy.
type expression struct {
	name, path, text string
	types            []*celgo.Type
}

func (e *expression) GetName() string            { return e.name }
func (e *expression) GetExpression() string      { return e.text }
func (e *expression) ReturnTypes() []*celgo.Type { return e.types }

var (
	truth      = []*celgo.Type{celgo.BoolType}
	words      = []*celgo.Type{celgo.StringType}
	someOrNone = []*celgo.Type{celgo.StringType, celgo.NullType}
	anything   = []*celgo.Type{celgo.AnyType, celgo.DynType}
)

func readPolicy(o *object, minor int) *policy {
	var full admissionv1.ValidatingAdmissionPolicy
	p := &policy{name: o.meta.Name}
	found, ok := decode(o.json, o.value, reflect.ValueOf(&full), Newest)
	if p.faults = found; !ok {
		return p
	}
	p.spec = full.Spec
	if len(p.spec.Validations) == 0 && len(p.spec.AuditAnnotations) == 0 {
		p.fault("spec.validations", "the policy has no validations", "")
	}
	if m := p.spec.MatchConstraints; m == nil || len(m.ResourceRules) == 0 {
		p.fault("spec.matchConstraints.resourceRules", "the policy does not say which objects it is for", "")
		return p
	}
	p.usable = p.compile(minor)
	return p
}

func (p *policy) fault(path, what, hint string) {
	p.faults = append(p.faults, Finding{Rule: "policies/invalid", Severity: Error, Path: path, What: what, Hint: hint})
}

// compile makes the expressions ready; those that do not compile are faults of the policy.
func (p *policy) compile(minor int) bool {
	base := environment.MustBaseEnvSet(version.MajorMinor(1, uint(max(minor-1, 1))))
	composed, err := plugincel.NewCompositedCompiler(base)
	if err != nil {
		p.fault("", err.Error(), "")
		return false
	}
	params := p.spec.ParamKind != nil
	full := plugincel.OptionalVariableDeclarations{HasParams: params, HasAuthorizer: true}
	plain := plugincel.OptionalVariableDeclarations{HasParams: params}
	good := true
	check := func(e *expression) {
		if composed.CompileCELExpression(e, plain, environment.NewExpressions).Error == nil {
			return
		}
		if r := composed.CompileCELExpression(e, full, environment.NewExpressions); r.Error != nil {
			good = false
			p.faults = append(p.faults, uncompiledExpression(e, r.Error)...)
			return
		}
		p.asks = e.path
	}
	for i, v := range p.spec.Variables {
		e := &expression{v.Name, fmt.Sprintf("spec.variables[%d].expression", i), v.Expression, anything}
		check(e)
		composed.CompileAndStoreVariable(e, full, environment.NewExpressions)
		p.variables = append(p.variables, e)
	}
	var conditions, validations, messages []plugincel.ExpressionAccessor
	for i := range p.spec.MatchConditions {
		m := &p.spec.MatchConditions[i]
		check(&expression{m.Name, fmt.Sprintf("spec.matchConditions[%d].expression", i), m.Expression, truth})
		conditions = append(conditions, (*matchconditions.MatchCondition)(m))
	}
	for i, v := range p.spec.Validations {
		e := &expression{"", fmt.Sprintf("spec.validations[%d].expression", i), v.Expression, truth}
		check(e)
		validations = append(validations, e)
		if v.MessageExpression == "" {
			messages = append(messages, nil)
			continue
		}
		m := &expression{"", fmt.Sprintf("spec.validations[%d].messageExpression", i), v.MessageExpression, words}
		check(m)
		messages = append(messages, m)
	}
	for i, a := range p.spec.AuditAnnotations {
		check(&expression{a.Key, fmt.Sprintf("spec.auditAnnotations[%d].valueExpression", i), a.ValueExpression, someOrNone})
	}
	if !good {
		return false
	}
	if p.asks != "" {
		p.faults = append(p.faults, Finding{Rule: "policies/needs-authorizer", Severity: Warning, Path: p.asks,
			What: fmt.Sprintf("the policy %s asks the authorizer, which only a cluster has, and is not evaluated here", p.name)})
		return false
	}
	if len(conditions) > 0 {
		p.matcher = matchconditions.NewMatcher(composed.CompileCondition(conditions, plain, environment.NewExpressions),
			p.spec.FailurePolicy, "policy", "validate", p.name)
	}
	p.validations = composed.CompileCondition(validations, plain, environment.NewExpressions)
	p.messages = composed.CompileCondition(messages, plain, environment.NewExpressions)
	return true
}

// uncompiledExpression says what is wrong with an expression, and where in it.
func uncompiledExpression(e *expression, err *apiservercel.Error) (found []Finding) {
	var compilation *apiservercel.CompilationError
	if !errors.As(err, &compilation) {
		return []Finding{{Rule: "policies/does-not-compile", Severity: Error, Path: e.path, What: err.Detail}}
	}
	for _, issue := range compilation.Issues.Errors() {
		found = append(found, Finding{Rule: "policies/does-not-compile", Severity: Error, Path: e.path,
			What: strings.TrimSuffix(issue.Message, " (in container '')"), Line: issue.Location.Line(), Column: issue.Location.Column()})
	}
	return found
}

func readBinding(o *object) *binding {
	var full admissionv1.ValidatingAdmissionPolicyBinding
	b := &binding{name: o.meta.Name}
	found, ok := decode(o.json, o.value, reflect.ValueOf(&full), Newest)
	b.spec, b.faults, b.usable = full.Spec, found, ok
	if ok && len(b.spec.ValidationActions) == 0 {
		b.usable = false
		b.faults = append(b.faults, Finding{Rule: "policies/invalid", Severity: Error, Path: "spec",
			What: "the binding has no validationActions", Hint: "Deny, Warn or Audit"})
	}
	return b
}

// unbound are policies without a binding, and bindings without a policy.
func (b *Book) unbound() (found []Finding) {
	bound, known := map[string]bool{}, map[string]bool{}
	for _, p := range b.policies {
		known[p.name] = true
	}
	for _, x := range b.bindings {
		bound[x.spec.PolicyName] = true
		if x.usable && !known[x.spec.PolicyName] {
			found = append(found, placed(Finding{Rule: "policies/invalid", Severity: Error, Path: "spec.policyName",
				What: fmt.Sprintf("there is no policy %s", x.spec.PolicyName)}, x.from))
		}
	}
	for _, p := range b.policies {
		if !bound[p.name] {
			found = append(found, placed(Finding{Rule: "policies/not-bound", Severity: Note, Path: "metadata.name",
				What: fmt.Sprintf("no binding names the policy %s, so no object is checked by it", p.name),
				Hint: "add a ValidatingAdmissionPolicyBinding"}, p.from))
		}
	}
	return found
}

// rulesWithin says what is wrong with policies and CRDs that are themselves rendered objects.
func (c *checker) rulesWithin(o *object) {
	if o.typed == nil {
		return
	}
	var faults []Finding
	switch {
	case o.gvk.Group == admissionGroup && o.gvk.Kind == "ValidatingAdmissionPolicy":
		faults = readPolicy(o, c.book.minor).faults
	case o.gvk.GroupKind() == crdKind:
		t := readCRD(o.json, o.value)
		faults = append(t.faults, t.deepFaults(c.ctx, o.json)...)
	}
	for _, f := range faults {
		// Types are said already, and an authorizer is there where the policy goes.
		if !strings.HasPrefix(f.Rule, "types/") && f.Rule != "policies/needs-authorizer" {
			f.Line, f.Column = 0, 0
			c.add(f)
		}
	}
}
