package checks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	celtypes "github.com/google/cel-go/common/types"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/predicates/rules"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/authentication/user"
)

// request is an object on its way into the cluster.
type request struct {
	*admission.VersionedAttributes
	object    *object
	namespace *corev1.Namespace // nil for what is in none
}

// policies holds every object against every policy that is bound to it.
func (c *checker) policies() error {
	for _, o := range c.objects {
		r := c.request(o)
		if r == nil {
			continue
		}
		c.current = o.number
		for _, p := range c.book.policies {
			if p.usable {
				c.enforce(p, r)
			}
			if err := c.ctx.Err(); err != nil {
				return err
			}
		}
	}
	return nil
}

// request makes the request that would create an object, unless the cluster would not take it
// as far as that.
func (c *checker) request(o *object) *request {
	if o.value == nil || o.gvk.Kind == "" {
		return nil
	}
	var made runtime.Object = &unstructured.Unstructured{Object: o.value}
	resource, _ := meta.UnsafeGuessKindToResource(o.gvk)
	if _, known := kindType(o.gvk); known {
		if o.typed == nil {
			return nil
		}
		made = o.full
	} else if t := c.book.custom(o.gvk.GroupKind()); t != nil {
		resource = o.gvk.GroupVersion().WithResource(t.plural)
	}
	namespace := ""
	if inNamespace, known := c.scope(o); inNamespace || !known && o.meta.Namespace != "" {
		namespace = c.namespaceOf(o)
	}
	r := &request{object: o}
	if namespace != "" {
		r.namespace = c.book.namespace(namespace)
	}
	attributes := namespace
	if o.gvk.GroupKind() == (schema.GroupKind{Kind: "Namespace"}) {
		attributes = o.meta.Name // as an API server has it
	}
	r.VersionedAttributes = &admission.VersionedAttributes{
		Attributes: admission.NewAttributesRecord(made, nil, o.gvk, attributes, o.meta.Name, resource, "",
			admission.Create, &metav1.CreateOptions{}, false, &user.DefaultInfo{Groups: []string{user.AllAuthenticated}}),
		VersionedObject: made,
		VersionedKind:   o.gvk,
	}
	return r
}

// namespaceOf is where an object of a namespaced kind goes.
func (c *checker) namespaceOf(o *object) string {
	return cmp.Or(o.meta.Namespace, c.rules.Namespace, metav1.NamespaceDefault)
}

// enforce reports what a policy has against a request, for the strictest of its bindings.
func (c *checker) enforce(p *policy, r *request) {
	matches, elsewhere := matchesAll(p.spec.MatchConstraints, r)
	if elsewhere != "" {
		c.add(Finding{Rule: "policies/other-version", Severity: Warning, Path: "apiVersion",
			What: fmt.Sprintf("the policy %s is for %s, and a cluster would convert this object for it; here it is not evaluated", p.name, elsewhere),
			Hint: "write the object in that version, or let the policy name this one too"})
	}
	if !matches {
		return
	}
	worst := map[string]string{}
	var order []string
	for _, b := range c.book.bindings {
		if b.spec.PolicyName != p.name || !b.usable {
			continue
		}
		if m := b.spec.MatchResources; m != nil {
			if ok, _ := matchesAll(m, r); !ok {
				continue
			}
		}
		level := severity(b.spec.ValidationActions)
		for _, message := range c.verdicts(p, b, r) {
			if _, ok := worst[message]; !ok {
				order = append(order, message)
				worst[message] = level
			}
			worst[message] = stricter(worst[message], level)
		}
	}
	for _, message := range order {
		c.add(Finding{Rule: "policy/" + p.name, Severity: worst[message], What: message,
			Hint: "the policy is in " + p.from.file})
	}
}

// severity is what a binding's actions come to.
func severity(actions []admissionv1.ValidationAction) string {
	switch {
	case slices.Contains(actions, admissionv1.Deny):
		return Error
	case slices.Contains(actions, admissionv1.Warn):
		return Warning
	}
	return Note
}

func stricter(a, b string) string {
	for _, level := range []string{Error, Warning} {
		if a == level || b == level {
			return level
		}
	}
	return Note
}

// verdicts runs a policy on a request, once for each parameter that a binding gives it.
func (c *checker) verdicts(p *policy, b *binding, r *request) (messages []string) {
	params, err := c.params(p, b, r)
	if err != nil {
		return p.onError("failed to configure binding: " + err.Error())
	}
	for _, param := range params {
		messages = append(messages, p.run(c.ctx, r, param)...)
	}
	return messages
}

// onError is what is said when a policy cannot come to a judgement.
func (p *policy) onError(message string) []string {
	if f := p.spec.FailurePolicy; f != nil && *f == admissionv1.Ignore {
		return nil
	}
	return []string{message}
}

// run does what the admission plugin of an API server does.
func (p *policy) run(ctx context.Context, r *request, param runtime.Object) (messages []string) {
	if p.matcher != nil {
		result := p.matcher.Match(ctx, r.VersionedAttributes, param, nil)
		if result.Error != nil {
			return p.onError(result.Error.Error())
		}
		if !result.Matches {
			return nil
		}
	}
	bindings := plugincel.OptionalVariableBindings{VersionedParams: param}
	asked := plugincel.CreateAdmissionRequest(r.Attributes, metav1.GroupVersionResource(r.GetResource()), metav1.GroupVersionKind(r.VersionedKind))
	namespace := plugincel.CreateNamespaceObject(r.namespace)
	results, budget, err := p.validations.ForInput(ctx, r.VersionedAttributes, asked, bindings, namespace, celconfig.RuntimeCELCostBudget)
	if err != nil {
		return p.onError(err.Error())
	}
	said, _, _ := p.messages.ForInput(ctx, r.VersionedAttributes, asked, bindings, namespace, budget)
	for i, result := range results {
		if result.Error != nil {
			messages = append(messages, p.onError(result.Error.Error())...)
		} else if result.EvalResult != celtypes.True {
			messages = append(messages, p.message(i, said))
		}
	}
	return messages
}

// message is the text for a validation that failed: made, or written, or else the expression.
func (p *policy) message(number int, said []plugincel.EvaluationResult) string {
	validation := p.spec.Validations[number]
	if len(said) > number && said[number].Error == nil && said[number].EvalResult != nil {
		if text, ok := said[number].EvalResult.Value().(string); ok {
			text = strings.TrimSpace(text)
			if text != "" && len(text) <= celconfig.MaxEvaluatedMessageExpressionSizeBytes && !strings.Contains(text, "\n") {
				return text
			}
		}
	}
	if text := strings.TrimSpace(validation.Message); text != "" {
		return text
	}
	return "failed expression: " + strings.Join(strings.Fields(validation.Expression), " ")
}

// matchesAll holds for a request that match constraints cover. If they cover it in another
// version only, that version is named.
func matchesAll(m *admissionv1.MatchResources, r *request) (matches bool, elsewhere string) {
	if !matchesNamespace(m.NamespaceSelector, r) || !matchesLabels(m.ObjectSelector, r.object.meta.Labels) {
		return false, ""
	}
	if matchesRules(m.ExcludeResourceRules, r, r.Attributes) {
		return false, ""
	}
	if len(m.ResourceRules) == 0 || matchesRules(m.ResourceRules, r, r.Attributes) {
		return true, ""
	}
	if m.MatchPolicy != nil && *m.MatchPolicy == admissionv1.Exact {
		return false, ""
	}
	for _, gv := range builtin().PrioritizedVersionsForGroup(r.VersionedKind.Group) {
		if _, ok := kindType(gv.WithKind(r.VersionedKind.Kind)); !ok || gv.Version == r.VersionedKind.Version {
			continue
		}
		other := otherVersion{r.Attributes, gv.WithResource(r.GetResource().Resource)}
		if matchesRules(m.ResourceRules, r, other) {
			return false, gv.String()
		}
	}
	return false, ""
}

// otherVersion is a request as it would be for another version of its resource.
type otherVersion struct {
	admission.Attributes
	resource schema.GroupVersionResource
}

func (o otherVersion) GetResource() schema.GroupVersionResource { return o.resource }

func matchesRules(all []admissionv1.NamedRuleWithOperations, r *request, as admission.Attributes) bool {
	return slices.ContainsFunc(all, func(rule admissionv1.NamedRuleWithOperations) bool {
		matcher := rules.Matcher{Rule: rule.RuleWithOperations, Attr: as}
		return matcher.Matches() && (len(rule.ResourceNames) == 0 || slices.Contains(rule.ResourceNames, r.object.meta.Name))
	})
}

// matchesNamespace is as upstream has it: what is in no namespace is never left out, and a
// Namespace is judged by its own labels.
func matchesNamespace(selector *metav1.LabelSelector, r *request) bool {
	if r.VersionedKind.GroupKind() == (schema.GroupKind{Kind: "Namespace"}) {
		return matchesLabels(selector, r.object.meta.Labels)
	}
	return r.namespace == nil || matchesLabels(selector, r.namespace.Labels)
}

func matchesLabels(selector *metav1.LabelSelector, of map[string]string) bool {
	if selector == nil {
		return true
	}
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && parsed.Matches(labels.Set(of))
}

// params are the objects that a binding hands to its policy; one nil stands for none.
func (c *checker) params(p *policy, b *binding, r *request) ([]runtime.Object, error) {
	kind, ref := p.spec.ParamKind, b.spec.ParamRef
	if kind == nil || ref == nil {
		return []runtime.Object{nil}, nil
	}
	gvk := schema.FromAPIVersionAndKind(kind.APIVersion, kind.Kind)
	var found []runtime.Object
	for _, o := range c.book.params {
		if o.value == nil || o.gvk != gvk || ref.Name != "" && o.meta.Name != ref.Name {
			continue
		}
		if ref.Selector != nil && !matchesLabels(ref.Selector, o.meta.Labels) {
			continue
		}
		if inNamespace, known := c.scope(o); inNamespace || !known && o.meta.Namespace != "" {
			want := ref.Namespace
			if want == "" && r.namespace == nil {
				return nil, errors.New("cannot use namespaced paramRef in policy binding that matches cluster-scoped resources")
			} else if want == "" {
				want = r.namespace.Name
			}
			if c.namespaceOf(o) != want {
				continue
			}
		}
		found = append(found, &unstructured.Unstructured{Object: o.value})
	}
	if len(found) == 0 && ref.ParameterNotFoundAction != nil && *ref.ParameterNotFoundAction == admissionv1.DenyAction {
		return nil, errors.New("no params found for policy binding with `Deny` parameterNotFoundAction")
	}
	return found, nil
}
