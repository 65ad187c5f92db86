package checks

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	admissionregistrationv1alpha1 "k8s.io/api/admissionregistration/v1alpha1"
	admissionregistrationv1beta1 "k8s.io/api/admissionregistration/v1beta1"
	apiserverinternalv1alpha1 "k8s.io/api/apiserverinternal/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	appsv1beta1 "k8s.io/api/apps/v1beta1"
	appsv1beta2 "k8s.io/api/apps/v1beta2"
	authenticationv1 "k8s.io/api/authentication/v1"
	authenticationv1alpha1 "k8s.io/api/authentication/v1alpha1"
	authenticationv1beta1 "k8s.io/api/authentication/v1beta1"
	authorizationv1 "k8s.io/api/authorization/v1"
	authorizationv1beta1 "k8s.io/api/authorization/v1beta1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	batchv1beta1 "k8s.io/api/batch/v1beta1"
	certificatesv1 "k8s.io/api/certificates/v1"
	certificatesv1alpha1 "k8s.io/api/certificates/v1alpha1"
	certificatesv1beta1 "k8s.io/api/certificates/v1beta1"
	coordinationv1 "k8s.io/api/coordination/v1"
	coordinationv1alpha2 "k8s.io/api/coordination/v1alpha2"
	coordinationv1beta1 "k8s.io/api/coordination/v1beta1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	discoveryv1beta1 "k8s.io/api/discovery/v1beta1"
	eventsv1 "k8s.io/api/events/v1"
	eventsv1beta1 "k8s.io/api/events/v1beta1"
	extensionsv1beta1 "k8s.io/api/extensions/v1beta1"
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	flowcontrolv1beta1 "k8s.io/api/flowcontrol/v1beta1"
	flowcontrolv1beta2 "k8s.io/api/flowcontrol/v1beta2"
	flowcontrolv1beta3 "k8s.io/api/flowcontrol/v1beta3"
	networkingv1 "k8s.io/api/networking/v1"
	networkingv1beta1 "k8s.io/api/networking/v1beta1"
	nodev1 "k8s.io/api/node/v1"
	nodev1alpha1 "k8s.io/api/node/v1alpha1"
	nodev1beta1 "k8s.io/api/node/v1beta1"
	policyv1 "k8s.io/api/policy/v1"
	policyv1beta1 "k8s.io/api/policy/v1beta1"
	rbacv1 "k8s.io/api/rbac/v1"
	rbacv1alpha1 "k8s.io/api/rbac/v1alpha1"
	rbacv1beta1 "k8s.io/api/rbac/v1beta1"
	resourcev1 "k8s.io/api/resource/v1"
	resourcev1alpha3 "k8s.io/api/resource/v1alpha3"
	resourcev1beta1 "k8s.io/api/resource/v1beta1"
	resourcev1beta2 "k8s.io/api/resource/v1beta2"
	schedulingv1 "k8s.io/api/scheduling/v1"
	schedulingv1alpha2 "k8s.io/api/scheduling/v1alpha2"
	schedulingv1beta1 "k8s.io/api/scheduling/v1beta1"
	storagev1 "k8s.io/api/storage/v1"
	storagev1alpha1 "k8s.io/api/storage/v1alpha1"
	storagev1beta1 "k8s.io/api/storage/v1beta1"
	storagemigrationv1beta1 "k8s.io/api/storagemigration/v1beta1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	apiregistrationv1 "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

// Newest is the Kubernetes release, 1.x, whose types are compiled in.
const Newest = 36

// builtin knows every kind that an API server brings along, of all versions.
var builtin = sync.OnceValue(func() *runtime.Scheme {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		admissionregistrationv1.AddToScheme, admissionregistrationv1alpha1.AddToScheme,
		admissionregistrationv1beta1.AddToScheme, apiserverinternalv1alpha1.AddToScheme,
		appsv1.AddToScheme, appsv1beta1.AddToScheme, appsv1beta2.AddToScheme,
		authenticationv1.AddToScheme, authenticationv1alpha1.AddToScheme,
		authenticationv1beta1.AddToScheme, authorizationv1.AddToScheme,
		authorizationv1beta1.AddToScheme, autoscalingv1.AddToScheme, autoscalingv2.AddToScheme,
		batchv1.AddToScheme, batchv1beta1.AddToScheme, certificatesv1.AddToScheme,
		certificatesv1alpha1.AddToScheme, certificatesv1beta1.AddToScheme,
		coordinationv1.AddToScheme, coordinationv1alpha2.AddToScheme,
		coordinationv1beta1.AddToScheme, corev1.AddToScheme, discoveryv1.AddToScheme,
		discoveryv1beta1.AddToScheme, eventsv1.AddToScheme, eventsv1beta1.AddToScheme,
		extensionsv1beta1.AddToScheme, flowcontrolv1.AddToScheme, flowcontrolv1beta1.AddToScheme,
		flowcontrolv1beta2.AddToScheme, flowcontrolv1beta3.AddToScheme, networkingv1.AddToScheme,
		networkingv1beta1.AddToScheme, nodev1.AddToScheme, nodev1alpha1.AddToScheme,
		nodev1beta1.AddToScheme, policyv1.AddToScheme, policyv1beta1.AddToScheme,
		rbacv1.AddToScheme, rbacv1alpha1.AddToScheme, rbacv1beta1.AddToScheme,
		resourcev1.AddToScheme, resourcev1alpha3.AddToScheme, resourcev1beta1.AddToScheme,
		resourcev1beta2.AddToScheme, schedulingv1.AddToScheme, schedulingv1alpha2.AddToScheme,
		schedulingv1beta1.AddToScheme, storagev1.AddToScheme, storagev1alpha1.AddToScheme,
		storagev1beta1.AddToScheme, storagemigrationv1beta1.AddToScheme,
		apiextensionsv1.AddToScheme, apiregistrationv1.AddToScheme,
	} {
		if err := add(s); err != nil {
			panic(err)
		}
	}
	return s
})

var objectMeta = reflect.TypeFor[metav1.ObjectMetaAccessor]()

// kindType is the Go type of a kind that a user can write; lists and options are none.
func kindType(gvk schema.GroupVersionKind) (reflect.Type, bool) {
	t, ok := builtin().AllKnownTypes()[gvk]
	return t, ok && reflect.PointerTo(t).Implements(objectMeta)
}

// versions are all that a built-in kind has, in the order of their age.
func versions(kind schema.GroupKind, minor int) (found []string) {
	for _, gv := range builtin().PrioritizedVersionsForGroup(kind.Group) {
		gvk := gv.WithKind(kind.Kind)
		if t, ok := kindType(gvk); ok && absence(gvk, t, minor) == nil {
			found = append(found, gvk.GroupVersion().String())
		}
	}
	return found
}

// absence says why a release of Kubernetes does not serve a built-in kind, if it does not.
func absence(gvk schema.GroupVersionKind, t reflect.Type, minor int) *Finding {
	made := reflect.New(t).Interface()
	name := gvk.GroupVersion().String() + " " + gvk.Kind
	if since, ok := made.(interface{ APILifecycleIntroduced() (int, int) }); ok {
		if _, m := since.APILifecycleIntroduced(); m > minor {
			return &Finding{Rule: "types/version-not-served", Severity: Error, Path: "apiVersion",
				What: fmt.Sprintf("%s was added in Kubernetes 1.%d, and this is checked for 1.%d", name, m, minor)}
		}
	}
	if until, ok := made.(interface{ APILifecycleRemoved() (int, int) }); ok {
		if _, m := until.APILifecycleRemoved(); m <= minor {
			return &Finding{Rule: "types/version-not-served", Severity: Error, Path: "apiVersion",
				What: fmt.Sprintf("%s was removed in Kubernetes 1.%d, and this is checked for 1.%d", name, m, minor)}
		}
	}
	return nil
}

// doubts are what speaks against a version that is served after all.
func doubts(gvk schema.GroupVersionKind, t reflect.Type, minor int) (found []Finding) {
	made := reflect.New(t).Interface()
	name := gvk.GroupVersion().String() + " " + gvk.Kind
	if end, ok := made.(interface{ APILifecycleDeprecated() (int, int) }); ok {
		if _, m := end.APILifecycleDeprecated(); m <= minor {
			f := Finding{Rule: "types/deprecated", Severity: Warning, Path: "apiVersion",
				What: fmt.Sprintf("%s has been deprecated since Kubernetes 1.%d", name, m)}
			if until, ok := made.(interface{ APILifecycleRemoved() (int, int) }); ok {
				_, m := until.APILifecycleRemoved()
				f.What += fmt.Sprintf(", and removed in 1.%d", m)
			}
			if next, ok := made.(interface {
				APILifecycleReplacement() schema.GroupVersionKind
			}); ok {
				r := next.APILifecycleReplacement()
				f.Hint = "use " + r.GroupVersion().String() + " " + r.Kind
			}
			found = append(found, f)
		}
	}
	if offByDefault(gvk.Version, made) {
		found = append(found, Finding{Rule: "types/not-enabled", Severity: Warning, Path: "apiVersion",
			What: name + " is off unless the cluster's administrator turns it on",
			Hint: "use a stable version, or make sure that --runtime-config of the API server names it"})
	}
	return found
}

// offByDefault holds for alpha versions, and for beta versions since Kubernetes 1.24.
func offByDefault(version string, made any) bool {
	if strings.Contains(version, "alpha") {
		return true
	}
	since, ok := made.(interface{ APILifecycleIntroduced() (int, int) })
	if !ok || !strings.Contains(version, "beta") {
		return false
	}
	_, m := since.APILifecycleIntroduced()
	return m >= 24
}

// clusterScoped are the built-in kinds that are in no namespace, by group.
var clusterScoped = map[string][]string{
	"":                             {"ComponentStatus", "Namespace", "Node", "PersistentVolume"},
	"admissionregistration.k8s.io": {"*"},
	"apiextensions.k8s.io":         {"*"},
	"apiregistration.k8s.io":       {"*"},
	"authentication.k8s.io":        {"SelfSubjectReview", "TokenReview"},
	"authorization.k8s.io":         {"SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"},
	"certificates.k8s.io":          {"CertificateSigningRequest", "ClusterTrustBundle"},
	"flowcontrol.apiserver.k8s.io": {"*"},
	"internal.apiserver.k8s.io":    {"*"},
	"networking.k8s.io":            {"IPAddress", "IngressClass", "ServiceCIDR"},
	"node.k8s.io":                  {"*"},
	"rbac.authorization.k8s.io":    {"ClusterRole", "ClusterRoleBinding"},
	"resource.k8s.io":              {"DeviceClass", "DeviceTaintRule", "ResourcePoolStatusRequest", "ResourceSlice"},
	"scheduling.k8s.io":            {"PriorityClass"},
	"storage.k8s.io":               {"CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"},
	"storagemigration.k8s.io":      {"*"},
}

func namespaced(kind schema.GroupKind) bool {
	kinds := clusterScoped[kind.Group]
	return !slices.Contains(kinds, kind.Kind) && !slices.Contains(kinds, "*")
}

// unknownKind is what to say about a kind that neither Kubernetes nor a CRD has. Of a group that
// nothing here has, nothing is known to be wrong: it could not be checked.
func (c *checker) unknownKind(o *object) Finding {
	gv, kind := o.gvk.GroupVersion(), o.gvk.Kind
	f := Finding{Rule: "types/unknown-kind", Severity: Error, Path: "kind",
		What: fmt.Sprintf("no schema for %s (%s): it is neither built in with Kubernetes 1.%d nor defined in crds/",
			kind, gv, c.book.minor)}
	if other := versions(o.gvk.GroupKind(), c.book.minor); len(other) > 0 {
		f.Path, f.Hint = "apiVersion", "use "+strings.Join(other, " or ")
		return f
	}
	var kinds []string
	theirs := strings.Contains(gv.Group, ".") && !strings.HasSuffix(gv.Group, ".k8s.io")
	for known := range builtin().AllKnownTypes() {
		t, ok := kindType(known)
		if !ok || absence(known, t, c.book.minor) != nil {
			continue
		}
		if known.Kind == kind && f.Hint == "" && !theirs {
			f.Path, f.Hint = "apiVersion", fmt.Sprintf("%s is in %s", kind, known.GroupVersion())
		}
		if known.GroupVersion() == gv {
			kinds = append(kinds, known.Kind)
		}
	}
	slices.Sort(kinds)
	if f.Hint == "" {
		f.Hint = didYouMean(kind, kinds)
	}
	if f.Hint == "" {
		if len(kinds) == 0 && c.book.search(gv.Group, func(t *customType) bool { return t.kind.Group == gv.Group }) == nil {
			f.Severity = Warning
		}
		name := plural(kind) + "." + gv.Group
		f.Hint = fmt.Sprintf("kubectl get crd %s -o yaml > crds/%s.yaml, or reconciler crds fetch for all", name, name)
	}
	return f
}

// plural is what a kind is called in URLs, by the rule that most definitions keep.
func plural(kind string) string {
	name := strings.ToLower(kind)
	stem, ends := strings.CutSuffix(name, "y")
	switch {
	case ends && stem != strings.TrimRight(stem, "bcdfghjklmnpqrstvwxz"):
		return stem + "ies"
	case strings.HasSuffix(name, "s"), strings.HasSuffix(name, "x"), strings.HasSuffix(name, "ch"):
		return name + "es"
	}
	return name + "s"
}
