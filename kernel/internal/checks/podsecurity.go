package checks

import (
	"fmt"
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/pod-security-admission/api"
	standards "k8s.io/pod-security-admission/policy"
)

var podSecurity = sync.OnceValue(func() standards.Evaluator {
	evaluator, err := standards.NewEvaluator(standards.DefaultChecks(), nil)
	if err != nil {
		panic(err)
	}
	return evaluator
})

// security holds pods against the standard that the labels of their namespace ask for. A cluster
// takes a Deployment whose pods it then refuses, and nothing runs.
func (c *checker) security(o *object) {
	template, path := podsOf(o.full)
	if template == nil {
		return
	}
	namespace := c.book.namespaces[c.namespaceOf(o)]
	if namespace == nil {
		return
	}
	privileged := api.LevelVersion{Level: api.LevelPrivileged, Version: api.LatestVersion()}
	asked, faults := api.PolicyToEvaluate(namespace.Labels, api.Policy{Enforce: privileged, Audit: privileged, Warn: privileged})
	if len(faults) > 0 {
		return // said of the Namespace
	}
	said := map[string]bool{}
	for _, level := range []struct {
		api.LevelVersion
		severity string
	}{{asked.Enforce, Error}, {asked.Warn, Warning}, {asked.Audit, Note}} {
		for _, r := range podSecurity().EvaluatePod(level.LevelVersion, &template.ObjectMeta, &template.Spec) {
			if !r.Allowed && !said[r.ForbiddenReason] {
				said[r.ForbiddenReason] = true
				c.add(Finding{Rule: "objects/pod-security", Severity: level.severity, Path: path,
					What: fmt.Sprintf("against the Pod Security Standard %s of the namespace %s: %s (%s)", level.Level, namespace.Name, r.ForbiddenReason, r.ForbiddenDetail)})
			}
		}
	}
}

// securityLabels says what is wrong with the labels of a Namespace that ask for a standard.
func (c *checker) securityLabels(o *object) {
	if ns, ok := o.typed.(*corev1.Namespace); ok {
		_, faults := api.PolicyToEvaluate(ns.Labels, api.Policy{})
		for _, e := range faults {
			c.add(Finding{Rule: "objects/pod-security", Severity: Error, Path: "metadata.labels", What: worded(e)})
		}
	}
}

// podsOf is the template of the pods that an object makes, and where their spec is.
func podsOf(o runtime.Object) (*corev1.PodTemplateSpec, string) {
	switch v := o.(type) {
	case *corev1.Pod:
		return &corev1.PodTemplateSpec{ObjectMeta: v.ObjectMeta, Spec: v.Spec}, "spec"
	case *corev1.ReplicationController:
		return v.Spec.Template, "spec.template.spec"
	case *appsv1.DaemonSet:
		return &v.Spec.Template, "spec.template.spec"
	case *appsv1.Deployment:
		return &v.Spec.Template, "spec.template.spec"
	case *appsv1.ReplicaSet:
		return &v.Spec.Template, "spec.template.spec"
	case *appsv1.StatefulSet:
		return &v.Spec.Template, "spec.template.spec"
	case *batchv1.CronJob:
		return &v.Spec.JobTemplate.Spec.Template, "spec.jobTemplate.spec.template.spec"
	case *batchv1.Job:
		return &v.Spec.Template, "spec.template.spec"
	}
	return nil, ""
}
