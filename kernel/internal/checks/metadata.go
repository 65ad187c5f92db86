package checks

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/api/validation/path"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// metadata holds names, labels and annotations against what upstream allows.
func (c *checker) metadata(o *object) {
	meta, ok := o.value["metadata"].(map[string]any)
	if !ok {
		c.add(Finding{Rule: "objects/metadata", Severity: Error, Path: "metadata", What: "the object has no metadata",
			Hint: "give it a metadata.name"})
		return
	}
	var full metav1.ObjectMeta
	text, err := json.Marshal(meta)
	if err != nil || strictly(text, &full) != nil {
		return // said already, as a type error
	}
	o.meta = full
	inNamespace, known := c.scope(o)
	if !known {
		return
	}
	if inNamespace && full.Namespace == "" {
		full.Namespace = metav1.NamespaceDefault
	}
	c.invalid("objects/metadata", validation.ValidateObjectMeta(&full, inNamespace, nameRule(o.gvk.GroupKind()), field.NewPath("metadata")))
	if o.typed != nil {
		spec := reflect.ValueOf(o.typed).Elem()
		for i := range spec.NumField() {
			if f := spec.Type().Field(i); f.Name == "Spec" || f.Name == "Template" {
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				c.within(spec.Field(i), field.NewPath(name))
			}
		}
	}
}

// within finds labels, selectors and names below a field, wherever a kind has them.
func (c *checker) within(v reflect.Value, at *field.Path) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			c.within(v.Elem(), at)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range v.Len() {
			c.within(v.Index(i), at.Index(i))
		}
	case reflect.Struct:
		c.named(v, at)
		for i := range v.NumField() {
			f := v.Type().Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.IsExported() && name != "-" {
				below := at
				if name != "" {
					below = at.Child(name)
				}
				c.within(v.Field(i), below)
			}
		}
	}
}

func (c *checker) named(v reflect.Value, at *field.Path) {
	switch value := v.Interface().(type) {
	case metav1.LabelSelector:
		c.invalid("objects/selector", metav1validation.ValidateLabelSelector(&value, metav1validation.LabelSelectorValidationOptions{}, at))
	case metav1.ObjectMeta:
		c.invalid("objects/metadata", metav1validation.ValidateLabels(value.Labels, at.Child("labels")))
		c.invalid("objects/metadata", validation.ValidateAnnotations(value.Annotations, at.Child("annotations")))
	case corev1.ContainerPort:
		c.name(value.Name, at.Child("name"), utilvalidation.IsValidPortName)
		c.portNumber(value.ContainerPort, at.Child("containerPort"))
	case corev1.ServicePort:
		c.name(value.Name, at.Child("name"), utilvalidation.IsDNS1123Label)
		c.portNumber(value.Port, at.Child("port"))
	case corev1.Container:
		c.name(value.Name, at.Child("name"), utilvalidation.IsDNS1123Label)
	case corev1.EnvVar:
		c.name(value.Name, at.Child("name"), utilvalidation.IsRelaxedEnvVarName)
	}
}

func (c *checker) name(name string, at *field.Path, rule func(string) []string) {
	if name != "" {
		c.invalid("objects/name", reasons(at, name, rule(name)))
	}
}

func (c *checker) portNumber(number int32, at *field.Path) {
	c.invalid("objects/port", reasons(at, number, utilvalidation.IsValidPortNum(int(number))))
}

func reasons(at *field.Path, value any, messages []string) (all field.ErrorList) {
	for _, m := range messages {
		all = append(all, field.Invalid(at, value, m))
	}
	return all
}

// invalid reports what upstream's validation found.
func (c *checker) invalid(rule string, all field.ErrorList) {
	for _, e := range all {
		c.add(Finding{Rule: rule, Severity: Error, Path: fieldPath(e), What: worded(e)})
	}
}

// worded is an error of upstream's without its path, and without a value that says nothing.
func worded(e *field.Error) string {
	switch e.Type {
	case field.ErrorTypeRequired, field.ErrorTypeForbidden, field.ErrorTypeTooLong, field.ErrorTypeTooMany:
		return strings.ToLower(strings.TrimSuffix(e.ErrorBody(), ": "))
	case field.ErrorTypeInvalid, field.ErrorTypeTypeInvalid:
		switch e.BadValue.(type) {
		case string, int, int32, int64, bool, float64:
		default:
			return e.Detail
		}
	}
	return strings.ToLower(e.ErrorBody()[:1]) + e.ErrorBody()[1:]
}

// nameRule is what the name of a kind must look like.
func nameRule(kind schema.GroupKind) validation.ValidateNameFunc {
	switch kind {
	case schema.GroupKind{Kind: "Service"}:
		return validation.NameIsDNS1035Label
	case schema.GroupKind{Kind: "Namespace"}:
		return validation.NameIsDNSLabel
	case schema.GroupKind{Group: "networking.k8s.io", Kind: "IPAddress"}:
		return func(name string, _ bool) []string {
			if _, err := netip.ParseAddr(name); err != nil {
				return []string{"must be an IP address"}
			}
			return nil
		}
	}
	switch kind.Group {
	case "rbac.authorization.k8s.io", "apiregistration.k8s.io", "internal.apiserver.k8s.io":
		return path.ValidatePathSegmentName
	case "certificates.k8s.io":
		if kind.Kind == "ClusterTrustBundle" {
			return path.ValidatePathSegmentName
		}
	}
	return validation.NameIsDNSSubdomain
}

// scope says whether an object belongs into a namespace, as far as its kind is known.
func (c *checker) scope(o *object) (inNamespace, known bool) {
	if _, ok := kindType(o.gvk); ok {
		return namespaced(o.gvk.GroupKind()), true
	}
	if t := c.book.custom(o.gvk.GroupKind()); t != nil {
		return t.namespaced, true
	}
	return false, false
}

func strictly(text []byte, into any) error {
	found, ok := decode(text, nil, reflect.ValueOf(into), Newest)
	if !ok {
		return errors.New(fmt.Sprint(found))
	}
	return nil
}
