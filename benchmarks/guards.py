"""Policies as a platform team has them, for the same tool to read as an API server does."""

from __future__ import annotations

RULES = {
    "images-have-versions": "variables.pod.containers.all(c, c.image.matches(':v[0-9.]+$'))",
    "containers-are-limited": "variables.pod.containers.all(c, has(c.resources.limits))",
    "one-replica": "object.spec.replicas == 1",
    "probes": "variables.pod.containers.all(c, has(c.livenessProbe))",
    "no-host-network": "!has(variables.pod.hostNetwork)",
}

POLICY = """apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: {name}
spec:
  matchConstraints:
    resourceRules:
    - apiGroups: [apps]
      apiVersions: [v1]
      operations: [CREATE, UPDATE]
      resources: [deployments]
  variables:
  - name: pod
    expression: object.spec.template.spec
  validations:
  - expression: "{rule}"
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: {name}
spec:
  policyName: {name}
  validationActions: [Deny]
"""


def policies() -> dict[str, str]:
    return {
        f"policies/{name}.yaml": POLICY.format(name=name, rule=rule) for name, rule in RULES.items()
    }
