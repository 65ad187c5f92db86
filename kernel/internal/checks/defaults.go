package checks

import (
	_ "embed"
	"encoding/json"
	"reflect"
	"strings"
	"sync"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// defaultTable is what an API server puts where nothing is, by type and field: written by
// TestTheDefaultsAreTheServers, from what a real one answers.
//
//go:embed tables/defaults.json
var defaultTable []byte

var defaults = sync.OnceValue(func() (found map[string]map[string]any) {
	if err := json.Unmarshal(defaultTable, &found); err != nil {
		panic(err)
	}
	return found
})

// defaulted is an object with what an API server adds before it asks policies: they see the
// replicas that nobody wrote down. What a cluster hands out, such as addresses, is not there.
func defaulted(value map[string]any, kind string, t reflect.Type) map[string]any {
	full := runtime.DeepCopyJSON(value)
	d := defaulter{root: kind}
	d.visit(full, t, "")
	return full
}

type defaulter struct {
	root        string
	hostNetwork bool
}

func (d *defaulter) visit(value any, t reflect.Type, field string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(unmarshaler) || t == reflect.TypeFor[metav1.ObjectMeta]() {
		return
	}
	switch v := value.(type) {
	case map[string]any:
		if t.Kind() == reflect.Map {
			for _, below := range v {
				d.visit(below, t.Elem(), "")
			}
			return
		}
		if t.Kind() != reflect.Struct {
			return
		}
		name := t.PkgPath() + "." + t.Name()
		_, typed := v["type"]
		for key, put := range defaults()[name] {
			fill(v, key, put)
		}
		d.sometimes(strings.TrimPrefix(name, "k8s.io/api/"), v, field, typed)
		for key, below := range fieldsOf(t) {
			d.visit(v[key], below, key)
		}
	case []any:
		if t.Kind() == reflect.Slice {
			for _, below := range v {
				d.visit(below, t.Elem(), field)
			}
		}
	}
}

func fill(object map[string]any, key string, put any) {
	if object[key] == nil {
		object[key] = runtime.DeepCopyJSONValue(put)
	}
}

// sometimes adds what depends on other fields.
func (d *defaulter) sometimes(t string, v map[string]any, field string, typed bool) {
	switch t {
	case "apps/v1.DeploymentStrategy":
		fillIf(v["type"] == "RollingUpdate", v, "rollingUpdate", map[string]any{"maxSurge": "25%", "maxUnavailable": "25%"})
	case "apps/v1.DaemonSetUpdateStrategy":
		fillIf(v["type"] == "RollingUpdate", v, "rollingUpdate", map[string]any{"maxSurge": int64(0), "maxUnavailable": int64(1)})
	case "apps/v1.StatefulSetUpdateStrategy":
		fillIf(!typed, v, "rollingUpdate", map[string]any{"partition": int64(0)})
	case "autoscaling/v2.HPAScalingRules":
		everything := map[string]any{"type": "Percent", "value": int64(100), "periodSeconds": int64(15)}
		some := map[string]any{"type": "Pods", "value": int64(4), "periodSeconds": int64(15)}
		fillIf(field == "scaleUp", v, "policies", []any{some, everything})
		fillIf(field == "scaleDown", v, "policies", []any{everything})
		fillIf(field == "scaleUp", v, "stabilizationWindowSeconds", int64(0))
	case "batch/v1.JobSpec":
		if d.root == "Job" {
			jobDefaults(v)
		}
	case "core/v1.Container":
		image, _ := v["image"].(string)
		fill(v, "imagePullPolicy", pullPolicy(image))
		if d.root == "Pod" {
			requestLimits(v)
		}
	case "core/v1.ContainerPort":
		fillIf(d.root == "Pod" && d.hostNetwork, v, "hostPort", v["containerPort"])
	case "core/v1.ImageVolumeSource":
		image, _ := v["reference"].(string)
		fillIf(image != "", v, "pullPolicy", pullPolicy(image))
		fill(v, "pullPolicy", "IfNotPresent")
	case "core/v1.PersistentVolumeClaimSpec":
		if d.root == "PersistentVolumeClaim" {
			fillIf(v["dataSourceRef"] != nil, v, "dataSource", v["dataSourceRef"])
			fillIf(v["dataSource"] != nil, v, "dataSourceRef", v["dataSource"])
		}
	case "core/v1.PodSpec":
		d.hostNetwork = v["hostNetwork"] == true
		fillIf(v["serviceAccountName"] != nil, v, "serviceAccount", v["serviceAccountName"])
		fillIf(d.root == "Pod", v, "enableServiceLinks", true)
	case "core/v1.ServicePort":
		fill(v, "targetPort", v["port"])
	case "core/v1.ServiceSpec":
		balanced, inside := v["type"] == "LoadBalancer", v["type"] == "ClusterIP"
		fillIf(balanced, v, "allocateLoadBalancerNodePorts", true)
		fillIf(balanced || v["type"] == "NodePort", v, "externalTrafficPolicy", "Cluster")
		fillIf(balanced || inside || v["type"] == "NodePort", v, "internalTrafficPolicy", "Cluster")
		fillIf(v["sessionAffinity"] == "ClientIP", v, "sessionAffinityConfig",
			map[string]any{"clientIP": map[string]any{"timeoutSeconds": int64(10800)}})
	case "core/v1.Volume":
		fillIf(len(v) == 1, v, "emptyDir", map[string]any{})
	case "core/v1.LimitRangeItem":
		fillIf(v["type"] == "Container" && v["default"] != nil, v, "defaultRequest", v["default"])
	case "networking/v1.NetworkPolicySpec":
		types := []any{"Ingress"}
		if egress, _ := v["egress"].([]any); len(egress) > 0 {
			types = append(types, "Egress")
		}
		fill(v, "policyTypes", types)
	case "rbac/v1.Subject":
		fillIf(v["kind"] == "User" || v["kind"] == "Group", v, "apiGroup", rbacv1.GroupName)
	}
}

func fillIf(needed bool, object map[string]any, key string, put any) {
	if needed {
		fill(object, key, put)
	}
}

func jobDefaults(v map[string]any) {
	fillIf(v["parallelism"] == nil, v, "completions", int64(1))
	fill(v, "parallelism", int64(1))
	fill(v, "backoffLimit", int64(6))
	fill(v, "completionMode", "NonIndexed")
	fill(v, "manualSelector", false)
	fill(v, "suspend", false)
	fillIf(v["podFailurePolicy"] != nil, v, "podReplacementPolicy", "Failed")
	fill(v, "podReplacementPolicy", "TerminatingOrFailed")
}

// requestLimits requests what is only limited, as it is done for pods and not for templates.
func requestLimits(container map[string]any) {
	resources, _ := container["resources"].(map[string]any)
	limits, _ := resources["limits"].(map[string]any)
	if len(limits) == 0 {
		return
	}
	fill(resources, "requests", map[string]any{})
	requests, _ := resources["requests"].(map[string]any)
	for name, limit := range limits {
		fill(requests, name, limit)
	}
}

// pullPolicy goes by the tag: latest, or none and no digest either, is pulled each time.
func pullPolicy(image string) string {
	name, _, digest := strings.Cut(image, "@")
	last := name[strings.LastIndexByte(name, '/')+1:]
	_, tag, tagged := strings.Cut(last, ":")
	if !tagged && !digest || tag == "latest" {
		return "Always"
	}
	return "IfNotPresent"
}
