"""Each rule has a manifest that breaks it and a neighbour that does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from reconciler.checks.rules import RULES
from reconciler.checks.settings import SealingKey
from reconciler.model.environment import External
from reconciler.sealing.scope import CLUSTER_WIDE, NAMESPACE_WIDE, Scope
from reconciler.sealing.seal import seal
from reconciler.sealing.secret import Secret
from reconciler.yaml.write import as_yaml
from tests.checks.conftest import Check
from tests.sealing.material import certificate


def pod(
    spec: str = "", *, kind: str = "Deployment", name: str = "web", labels: str = "app: web",
    above: str = "",
) -> str:  # fmt: skip
    """A workload whose template has these labels and, besides, this in its spec."""
    return f"""apiVersion: apps/v1
kind: {kind}
metadata: {{name: {name}}}
spec:
  selector: {{matchLabels: {{{labels}}}}}
{above}
  template:
    metadata: {{labels: {{{labels}}}}}
    spec:
      {spec or "containers: [{name: web, image: web}]"}
---
"""


def container(fields: str) -> str:
    return "containers: [{name: web, image: web, " + fields + "}]"


def core(kind: str, name: str, fields: str = "", version: str = "v1") -> str:
    return f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}}}\n{fields}\n---\n"


SAYS = "ConfigMap default/says"


def says(name: str, value: str, where: str = "annotations") -> str:
    metadata = f"metadata: {{name: says, {where}: {{{name}: {value!r}}}}}"
    return f"apiVersion: v1\nkind: ConfigMap\n{metadata}\n---\n"


def service(name: str = "web", fields: str = "selector: {app: web}, ports: [{port: 80}]") -> str:
    return core("Service", name, f"spec: {{{fields}}}")


def scaler(fields: str, name: str = "web", target: str = "web") -> str:
    ref = f"scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {target}}}"
    return core("HorizontalPodAutoscaler", name, f"spec: {{{ref}, {fields}}}", "autoscaling/v2")


def budget(fields: str, labels: str = "app: web") -> str:
    spec = f"spec: {{selector: {{matchLabels: {{{labels}}}}}, {fields}}}"
    return core("PodDisruptionBudget", "web", spec, "policy/v1")


def ingress(fields: str) -> str:
    return core("Ingress", "web", f"spec: {{{fields}}}", "networking.k8s.io/v1")


def backend(port: str, name: str = "web") -> str:
    return ingress(f"defaultBackend: {{service: {{name: {name}, port: {{{port}}}}}}}")


def monitor(kind: str, fields: str, labels: str = "app: web") -> str:
    spec = f"spec: {{selector: {{matchLabels: {{{labels}}}}}, {fields}}}"
    return core(kind, "web", spec, "monitoring.coreos.com/v1")


def labelled(name: str, fields: str) -> str:
    return (
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, labels: {{app: {name}}}}}\n"
        f"spec: {{{fields}}}\n---\n"
    )


@dataclass(frozen=True, slots=True)
class Case:
    """A manifest, and the objects and paths where it breaks a rule; none if it keeps it."""

    rule: str
    manifest: str | dict[str, str]
    found: tuple[tuple[str, str], ...] = ()
    externals: tuple[External, ...] = ()
    sealing: tuple[SealingKey, ...] = ()


WEB = "Deployment default/web"
POD = "spec.template.spec"
PORT = "ports: [{name: http, containerPort: 8080}]"
CPU = "resources: {requests: {cpu: 1}}"
USAGE = "metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}]"
OF_CONTAINER = "metrics: [{type: ContainerResource, containerResource: {name: cpu, container: %s, target: {type: Utilization, averageUtilization: 60}}}]"
STATEFUL = "  volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, storageClassName: fast}}]"
KEY = "env: [{name: A, valueFrom: {%s: {name: settings, key: a}}}]"
TLS = "tls: [{secretName: web-tls}], rules: []"
FILES = "volumes: [{name: files, %s}]\n      containers: [{name: web, image: web}]"
CONFIG = core("ConfigMap", "settings", "data: {a: b}")
RBAC = "rbac.authorization.k8s.io/v1"


def bind(role: str, subject: str = "web", kind: str = "Role") -> str:
    return core(
        "RoleBinding",
        "web",
        f"roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: {kind}, name: {role}}}\n"
        f"subjects: [{{kind: ServiceAccount, name: {subject}}}]",
        RBAC,
    )


def sealed(
    name: str = "db",
    namespace: str = "default",
    *,
    scope: Scope = Scope.strict,
    annotations: Mapping[str, str] | None = None,
    **spec: object,
) -> str:
    """A SealedSecret, sealed here, in which others may then have changed something."""
    secret = Secret("db", "default", {"password": bytearray(b"hunter2")})
    made = seal(secret, certificate(), scope).object()
    made["metadata"] |= {"name": name, "namespace": namespace}
    made["metadata"]["annotations"] |= annotations or {}
    made["spec"] |= spec
    return as_yaml(made)


OURS = SealingKey(certificate().fingerprint, 2048)
THEIRS = SealingKey("SHA256:of-another-cluster", 2048)
DB = "SealedSecret default/db"
WIDE = {CLUSTER_WIDE: "true"}

CASES = [
    # Objects
    Case(
        "objects/duplicate",
        {"a": core("ConfigMap", "settings"), "b": core("ConfigMap", "settings")},
        (("ConfigMap default/settings", "metadata.name"),) * 2,
    ),
    Case("objects/duplicate", {"a": core("ConfigMap", "one"), "b": core("ConfigMap", "two")}),
    Case(
        "objects/duplicate",
        {
            "a": core("ConfigMap", "settings"),
            "b": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: b}\n",
        },
    ),
    # Annotations
    Case(
        "annotations/unknown-value",
        says("argocd.argoproj.io/sync-options", "Prune=no,PruneLast=true"),
        ((SAYS, "metadata.annotations[argocd.argoproj.io/sync-options]"),),
    ),
    Case(
        "annotations/unknown-value",
        says("kustomize.toolkit.fluxcd.io/prune", "off", "labels"),
        ((SAYS, "metadata.labels[kustomize.toolkit.fluxcd.io/prune]"),),
    ),
    Case("annotations/unknown-value", says("argocd.argoproj.io/sync-options", "Prune=false")),
    Case("annotations/unknown-value", says("reconciler.dev/prune", "confirm")),
    Case("annotations/unknown-value", says("example.com/hook", "PreSink")),
    Case(
        "annotations/not-honoured",
        says("kapp.k14s.io/change-group", "web"),
        ((SAYS, "metadata.annotations[kapp.k14s.io/change-group]"),),
    ),
    Case(
        "annotations/not-honoured",
        says("diff.kluctl.io/ignore-field", "spec"),
        ((SAYS, "metadata.annotations[diff.kluctl.io/ignore-field]"),),
    ),
    Case(
        "annotations/not-honoured",
        says("argocd.argoproj.io/sync-option", "Prune=false"),
        ((SAYS, "metadata.annotations[argocd.argoproj.io/sync-option]"),),
    ),
    Case("annotations/not-honoured", says("argocd.argoproj.io/tracking-id", "web:apps/Deployment:a/b")),
    Case("annotations/not-honoured", says("example.com/change-group", "web")),
    Case("annotations/not-honoured", says("kustomize.toolkit.fluxcd.io/name", "apps")),
    # Services
    Case("services/selector", service(), (("Service default/web", "spec.selector"),)),
    Case("services/selector", pod() + service()),
    Case("services/selector", {"a": pod(), "b": service()}),
    Case("services/selector", service(fields="type: ExternalName, externalName: example.com")),
    Case("services/selector", service(fields="ports: [{port: 80}]")),
    Case("services/selector", core("Pod", "web", "spec: {containers: []}") + service("x", "ports: [{port: 80}]")),
    Case(
        "services/port-name",
        pod(container(PORT)) + service(fields="selector: {app: web}, ports: [{port: 80, targetPort: htp}]"),
        (("Service default/web", "spec.ports[0].targetPort"),),
    ),
    Case(
        "services/port-name",
        pod(container(PORT)) + service(fields="selector: {app: web}, ports: [{port: 80, targetPort: http}]"),
    ),
    Case(
        "services/port-name",
        pod(container(PORT)) + service(fields="selector: {app: web}, ports: [{port: 80, targetPort: 81}]"),
    ),
    Case(
        "services/port-name",
        pod(
            "initContainers: [{name: proxy, image: p, restartPolicy: Always, "
            "ports: [{name: admin, containerPort: 9}]}]\n      containers: [{name: web, image: web}]"
        )
        + service(fields="selector: {app: web}, ports: [{port: 80, targetPort: admin}]"),
    ),
    Case(
        "services/node-port",
        {
            "a": pod() + service(fields="type: NodePort, selector: {app: web}, ports: [{port: 80, nodePort: 30080}]"),
            "b": pod(name="b") + service("b", "type: NodePort, selector: {app: web}, ports: [{port: 80, nodePort: 30080}]"),
        },
        (
            ("Service default/web", "spec.ports[0].nodePort"),
            ("Service default/b", "spec.ports[0].nodePort"),
        ),
    ),
    Case(
        "services/node-port",
        pod()
        + service(
            fields="type: NodePort, selector: {app: web}, ports: "
            "[{name: t, port: 80, nodePort: 30080}, {name: u, protocol: UDP, port: 80, nodePort: 30080}]"
        ),
    ),
    # Workloads
    Case(
        "workloads/selector",
        pod().replace("metadata: {labels: {app: web}}", "metadata: {labels: {app: other}}"),
        ((WEB, "spec.selector"),),
    ),
    Case("workloads/selector", pod()),
    Case(
        "workloads/volume",
        pod(container("volumeMounts: [{name: data, mountPath: /data}]")),
        ((WEB, f"{POD}.containers[0].volumeMounts[0].name"),),
    ),
    Case(
        "workloads/volume",
        pod("volumes: [{name: data, emptyDir: {}}]\n      " + container("volumeMounts: [{name: data, mountPath: /data}]")),
    ),
    Case(
        "workloads/volume",
        pod(container("volumeMounts: [{name: data, mountPath: /data}]"), kind="StatefulSet", above=STATEFUL),
    ),
    Case(
        "workloads/probe-port",
        pod(container(f"{PORT}, livenessProbe: {{httpGet: {{path: /, port: health}}}}")),
        ((WEB, f"{POD}.containers[0].livenessProbe.httpGet.port"),),
    ),
    Case("workloads/probe-port", pod(container(f"{PORT}, livenessProbe: {{httpGet: {{path: /, port: http}}}}"))),
    Case("workloads/probe-port", pod(container("livenessProbe: {tcpSocket: {port: 80}}"))),
    Case(
        "workloads/port-conflict",
        pod(f"containers: [{{name: a, image: a, {PORT}}}, {{name: b, image: b, ports: [{{containerPort: 8080}}]}}]"),
        ((WEB, f"{POD}.containers[1].ports[0].containerPort"),),
    ),
    Case(
        "workloads/port-conflict",
        pod(f"containers: [{{name: a, image: a, {PORT}}}, {{name: b, image: b, ports: [{{name: http, containerPort: 81}}]}}]"),
        ((WEB, f"{POD}.containers[1].ports[0].name"),),
    ),
    Case(
        "workloads/port-conflict",
        pod(f"containers: [{{name: a, image: a, {PORT}}}, {{name: b, image: b, ports: [{{protocol: UDP, containerPort: 8080}}]}}]"),
    ),
    Case(
        "workloads/stateful-service",
        pod(kind="StatefulSet", above="  serviceName: web"),
        (("StatefulSet default/web", "spec.serviceName"),),
    ),
    Case(
        "workloads/stateful-service",
        pod(kind="StatefulSet", above="  serviceName: web") + service(),
        (("StatefulSet default/web", "spec.serviceName"),),
    ),
    Case(
        "workloads/stateful-service",
        pod(kind="StatefulSet", above="  serviceName: web")
        + service(fields="clusterIP: None, selector: {app: web}, ports: [{port: 80}]"),
    ),
    Case(
        "workloads/restart-policy",
        core("Job", "web", "spec: {template: {spec: {containers: [{name: a, image: a}]}}}", "batch/v1"),
        (("Job default/web", f"{POD}.restartPolicy"),),
    ),
    Case(
        "workloads/restart-policy",
        core("Job", "web", "spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}}", "batch/v1"),
    ),
    Case(
        "workloads/restart-policy",
        pod("restartPolicy: OnFailure\n      containers: [{name: web, image: web}]"),
        ((WEB, f"{POD}.restartPolicy"),),
    ),
    Case(
        "workloads/limits",
        pod(container("resources: {requests: {memory: 2Gi, cpu: 1}, limits: {memory: 2G, cpu: 1000m}}")),
        ((WEB, f"{POD}.containers[0].resources.requests.memory"),),
    ),
    Case("workloads/limits", pod(container("resources: {requests: {cpu: 500m}, limits: {cpu: 0.5}}"))),
    # References
    Case(
        "references/config-map",
        pod(container(KEY % "configMapKeyRef")),
        ((WEB, f"{POD}.containers[0].env[0].valueFrom.configMapKeyRef.name"),),
    ),
    Case("references/config-map", pod(container(KEY % "configMapKeyRef")) + CONFIG),
    Case("references/config-map", pod(container("envFrom: [{configMapRef: {name: x, optional: true}}]"))),
    Case("references/config-map", pod(FILES % "configMap: {name: kube-root-ca.crt}")),
    Case(
        "references/config-map",
        pod(FILES % "configMap: {name: from-the-cluster}"),
        externals=(External(kind="ConfigMap", name="from-*"),),
    ),
    Case(
        "references/config-map",
        pod(FILES % "projected: {sources: [{configMap: {name: gone}}]}"),
        ((WEB, f"{POD}.volumes[0].projected.sources[0].configMap.name"),),
    ),
    Case(
        "references/secret",
        pod(container("envFrom: [{secretRef: {name: gone}}]")),
        ((WEB, f"{POD}.containers[0].envFrom[0].secretRef.name"),),
    ),
    Case("references/secret", ingress(TLS), (("Ingress default/web", "spec.tls[0].secretName"),)),
    Case(
        "references/secret",
        ingress(TLS) + core("Certificate", "web", "spec: {secretName: web-tls}", "cert-manager.io/v1"),
    ),
    Case(
        "references/secret",
        ingress(TLS).replace("{name: web}", "{name: web, annotations: {cert-manager.io/issuer: ca}}", 1),
    ),
    Case(
        "references/secret",
        pod(FILES % "secret: {secretName: settings}")
        + core("SealedSecret", "settings", "spec: {encryptedData: {a: x}}", "bitnami.com/v1alpha1"),
    ),
    Case(
        "references/secret",
        pod(FILES % "secret: {secretName: settings}")
        + core("ExternalSecret", "any", "spec: {target: {name: settings}}", "external-secrets.io/v1"),
    ),
    Case(
        "references/key",
        pod(container(KEY % "configMapKeyRef")) + core("ConfigMap", "settings", "data: {b: c}"),
        ((WEB, f"{POD}.containers[0].env[0].valueFrom.configMapKeyRef.key"),),
    ),
    Case("references/key", pod(container(KEY % "configMapKeyRef")) + CONFIG),
    Case(
        "references/key",
        pod(container(KEY % "secretKeyRef"))
        + core("SealedSecret", "settings", "spec: {encryptedData: {b: x}}", "bitnami.com/v1alpha1"),
        ((WEB, f"{POD}.containers[0].env[0].valueFrom.secretKeyRef.key"),),
    ),
    Case(
        "references/key",
        pod(container(KEY % "secretKeyRef"))
        + core("ExternalSecret", "settings", "spec: {dataFrom: [{extract: {key: x}}]}", "external-secrets.io/v1"),
    ),
    Case(
        "references/key",
        pod(FILES % "configMap: {name: settings, items: [{key: b, path: b}]}") + CONFIG,
        ((WEB, f"{POD}.volumes[0].configMap.items[0].key"),),
    ),
    Case(
        "references/claim",
        pod(FILES % "persistentVolumeClaim: {claimName: data}"),
        ((WEB, f"{POD}.volumes[0].persistentVolumeClaim.claimName"),),
    ),
    Case(
        "references/claim",
        pod(FILES % "persistentVolumeClaim: {claimName: data}")
        + core("PersistentVolumeClaim", "data", "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}"),
    ),
    Case(
        "references/claim",
        pod(FILES % "persistentVolumeClaim: {claimName: data-db-2}")
        + pod(kind="StatefulSet", name="db", above=STATEFUL),
    ),
    Case(
        "references/service-account",
        pod("serviceAccountName: web\n      containers: [{name: web, image: web}]"),
        ((WEB, f"{POD}.serviceAccountName"),),
    ),
    Case(
        "references/service-account",
        pod("serviceAccountName: default\n      containers: [{name: web, image: web}]"),
    ),
    Case(
        "references/service-account",
        pod("serviceAccountName: web\n      containers: [{name: web, image: web}]")
        + core("ServiceAccount", "web"),
    ),
    Case(
        "references/service-account",
        core("ServiceAccount", "web") + core("Role", "web", "rules: []", RBAC) + bind("web", "wbe"),
        (("RoleBinding default/web", "subjects[0].name"),),
    ),
    Case(
        "references/storage-class",
        pod(kind="StatefulSet", above=STATEFUL),
        (("StatefulSet default/web", "spec.volumeClaimTemplates[0].spec.storageClassName"),),
    ),
    Case(
        "references/storage-class",
        pod(kind="StatefulSet", above=STATEFUL)
        + core("StorageClass", "fast", "provisioner: example.com/disk", "storage.k8s.io/v1"),
    ),
    Case(
        "references/storage-class",
        pod(kind="StatefulSet", above=STATEFUL),
        externals=(External(kind="StorageClass", name="fast"),),
    ),
    Case(
        "references/priority-class",
        pod("priorityClassName: high\n      containers: [{name: web, image: web}]"),
        ((WEB, f"{POD}.priorityClassName"),),
    ),
    Case(
        "references/priority-class",
        pod("priorityClassName: system-node-critical\n      containers: [{name: web, image: web}]"),
    ),
    Case(
        "references/ingress-class",
        ingress("ingressClassName: nginx, rules: []"),
        (("Ingress default/web", "spec.ingressClassName"),),
    ),
    Case(
        "references/ingress-class",
        ingress("ingressClassName: nginx, rules: []")
        + core("IngressClass", "nginx", "spec: {controller: example.com/nginx}", "networking.k8s.io/v1"),
    ),
    Case(
        "references/service",
        backend("number: 80"),
        (("Ingress default/web", "spec.defaultBackend.service.name"),),
    ),
    Case("references/service", pod() + service() + backend("number: 80")),
    Case(
        "references/service",
        core(
            "ValidatingWebhookConfiguration",
            "hook",
            "webhooks: [{name: a.example.com, clientConfig: {service: {name: hook, namespace: tools}}, "
            "sideEffects: None, admissionReviewVersions: [v1]}]",
            "admissionregistration.k8s.io/v1",
        ),
        (("ValidatingWebhookConfiguration hook", "webhooks[0].clientConfig.service.name"),),
    ),
    Case(
        "references/service-port",
        pod() + service() + backend("number: 81"),
        (("Ingress default/web", "spec.defaultBackend.service.port.number"),),
    ),
    Case(
        "references/service-port",
        pod() + service() + backend("name: http"),
        (("Ingress default/web", "spec.defaultBackend.service.port.name"),),
    ),
    Case(
        "references/service-port",
        pod() + service(fields="selector: {app: web}, ports: [{name: http, port: 80}]") + backend("name: http"),
    ),
    Case("references/role", bind("reader", "default"), (("RoleBinding default/web", "roleRef.name"),)),
    Case("references/role", bind("reader", "default") + core("Role", "reader", "rules: []", RBAC)),
    Case("references/role", bind("view", "default", "ClusterRole")),
    # Autoscaling
    Case(
        "autoscaling/target",
        scaler("maxReplicas: 3"),
        (("HorizontalPodAutoscaler default/web", "spec.scaleTargetRef"),),
    ),
    Case("autoscaling/target", pod() + scaler("maxReplicas: 3")),
    Case(
        "autoscaling/target",
        pod() + scaler("maxReplicas: 3") + scaler("maxReplicas: 4", "other"),
        (
            ("HorizontalPodAutoscaler default/web", "spec.scaleTargetRef"),
            ("HorizontalPodAutoscaler default/other", "spec.scaleTargetRef"),
        ),
    ),
    Case(
        "autoscaling/range",
        pod() + scaler("minReplicas: 4, maxReplicas: 3"),
        (("HorizontalPodAutoscaler default/web", "spec.maxReplicas"),),
    ),
    Case("autoscaling/range", pod() + scaler("minReplicas: 3, maxReplicas: 3")),
    Case(
        "autoscaling/replicas",
        pod(above="  replicas: 2") + scaler("maxReplicas: 3"),
        ((WEB, "spec.replicas"),),
    ),
    Case("autoscaling/replicas", pod() + scaler("maxReplicas: 3")),
    Case(
        "autoscaling/container",
        pod(container(CPU)) + scaler(f"maxReplicas: 3, {OF_CONTAINER % 'wbe'}"),
        (("HorizontalPodAutoscaler default/web", "spec.metrics[0].containerResource.container"),),
    ),
    Case("autoscaling/container", pod(container(CPU)) + scaler(f"maxReplicas: 3, {OF_CONTAINER % 'web'}")),
    Case(
        "autoscaling/requests",
        pod() + scaler(f"maxReplicas: 3, {USAGE}"),
        (("HorizontalPodAutoscaler default/web", "spec.metrics[0].resource"),),
    ),
    Case("autoscaling/requests", pod(container(CPU)) + scaler(f"maxReplicas: 3, {USAGE}")),
    Case(
        "autoscaling/requests",
        pod("containers: [{name: web, image: w, resources: {limits: {cpu: 1}}}, {name: side, image: s}]")
        + scaler(f"maxReplicas: 3, {OF_CONTAINER % 'web'}"),
    ),
    # Disruption
    Case(
        "disruption/selector",
        budget("maxUnavailable: 1"),
        (("PodDisruptionBudget default/web", "spec.selector"),),
    ),
    Case("disruption/selector", pod() + budget("maxUnavailable: 1")),
    Case(
        "disruption/never",
        pod(above="  replicas: 2") + budget("minAvailable: 2"),
        (("PodDisruptionBudget default/web", "spec.minAvailable"),),
    ),
    Case(
        "disruption/never",
        pod(above="  replicas: 2") + budget("minAvailable: 3"),
        (("PodDisruptionBudget default/web", "spec.minAvailable"),),
    ),
    Case(
        "disruption/never",
        pod() + budget("maxUnavailable: 0"),
        (("PodDisruptionBudget default/web", "spec.maxUnavailable"),),
    ),
    Case("disruption/never", pod(above="  replicas: 3") + budget("minAvailable: 60%")),
    Case(
        "disruption/never",
        pod(above="  replicas: 3") + budget("minAvailable: 70%"),
        (("PodDisruptionBudget default/web", "spec.minAvailable"),),
    ),
    Case("disruption/never", pod() + budget("minAvailable: 1") + scaler("maxReplicas: 9")),
    # Network, monitoring
    Case(
        "network/selector",
        core("NetworkPolicy", "web", "spec: {podSelector: {matchLabels: {app: web}}}", "networking.k8s.io/v1"),
        (("NetworkPolicy default/web", "spec.podSelector"),),
    ),
    Case("network/selector", core("NetworkPolicy", "all", "spec: {podSelector: {}}", "networking.k8s.io/v1")),
    Case(
        "network/selector",
        pod()
        + core(
            "NetworkPolicy",
            "web",
            "spec: {podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: x}}}, "
            "{namespaceSelector: {}, podSelector: {matchLabels: {app: y}}}]}]}",
            "networking.k8s.io/v1",
        ),
        (("NetworkPolicy default/web", "spec.ingress[0].from[0].podSelector"),),
    ),
    Case(
        "monitoring/selector",
        monitor("ServiceMonitor", "endpoints: [{port: metrics}]"),
        (("ServiceMonitor default/web", "spec.selector"),),
    ),
    Case(
        "monitoring/selector",
        labelled("web", "ports: [{name: metrics, port: 9}]") + monitor("ServiceMonitor", "endpoints: [{port: metrics}]"),
    ),
    Case(
        "monitoring/port",
        labelled("web", "ports: [{name: metrics, port: 9}]") + monitor("ServiceMonitor", "endpoints: [{port: metric}]"),
        (("ServiceMonitor default/web", "spec.endpoints[0].port"),),
    ),
    Case("monitoring/port", pod(container(PORT)) + monitor("PodMonitor", "podMetricsEndpoints: [{port: http}]")),
    Case(
        "monitoring/port",
        pod(container(PORT)) + monitor("PodMonitor", "podMetricsEndpoints: [{port: http2}]"),
        (("PodMonitor default/web", "spec.podMetricsEndpoints[0].port"),),
    ),
    # What never may change
    Case(
        "immutable/selector",
        pod(labels="app.kubernetes.io/version: v1"),
        ((WEB, "spec.selector.matchLabels[app.kubernetes.io/version]"),),
    ),
    Case("immutable/selector", pod()),
    Case(
        "immutable/configuration",
        core("ConfigMap", "settings", "immutable: true"),
        (("ConfigMap default/settings", "immutable"),),
    ),
    Case("immutable/configuration", core("ConfigMap", "settings-5k2hg4b9mt", "immutable: true")),
    # Sealed secrets
    Case("sealing/binding", sealed("api"), (("SealedSecret default/api", "metadata.name"),)),
    Case("sealing/binding", sealed(namespace="b"), (("SealedSecret b/db", "metadata.namespace"),)),
    Case(
        "sealing/binding",
        sealed(annotations={NAMESPACE_WIDE: "true"}),
        ((DB, "metadata.annotations"),),
    ),
    Case("sealing/binding", sealed()),
    Case("sealing/binding", sealed("api", scope=Scope.namespace_wide)),
    Case("sealing/binding", sealed("api", "b", scope=Scope.cluster_wide)),
    Case("sealing/binding", sealed("api", encryptedData={"password": "of which nothing is recorded"})),
    Case("sealing/certificate", sealed(), ((DB, "spec.encryptedData.password"),), sealing=(THEIRS,)),
    Case("sealing/certificate", sealed(), sealing=(THEIRS, OURS)),
    Case("sealing/certificate", sealed()),
    Case(
        "sealing/ciphertext",
        sealed(encryptedData={"tls.key": "hunter2", "a": 1, "b": "AgBy", "c": "QQ=="}, data="AgBy"),
        (
            (DB, "spec.data"),
            (DB, "spec.encryptedData.a"),
            (DB, "spec.encryptedData.b"),
            (DB, "spec.encryptedData.c"),
            (DB, "spec.encryptedData[tls.key]"),
        ),
    ),
    Case(
        "sealing/ciphertext",
        sealed(),
        ((DB, "spec.encryptedData.password"),),
        sealing=(SealingKey(OURS.fingerprint, 4096),),
    ),
    Case("sealing/ciphertext", sealed(), sealing=(OURS, SealingKey(THEIRS.fingerprint, 4096))),
    Case("sealing/ciphertext", sealed(encryptedData={})),
    Case(
        "sealing/scope",
        sealed(annotations=WIDE | {NAMESPACE_WIDE: "yes"}),
        ((DB, "metadata.annotations"),) * 2,
    ),
    Case(
        "sealing/scope",
        sealed(template={"metadata": {"annotations": WIDE}}),
        ((DB, "spec.template.metadata.annotations"),),
    ),
    Case("sealing/scope", sealed(annotations=WIDE, template={"metadata": {"annotations": WIDE}})),
    Case(
        "sealing/template",
        sealed(template={"data": {"a.ini": '{{ if hasPrefix "a" .password }}{{ fail "x" }}{{ end }}'}}),
        ((DB, "spec.template.data[a.ini]"),),
    ),
    Case(
        "sealing/template",
        sealed(template={"data": {"password": "{{ .password }}"}}),
        ((DB, "spec.template.data.password"),),
    ),
    Case(
        "sealing/template",
        sealed(template={"data": {"url": "https://if@{{ .password | urlquery }}", "password": None}}),
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[f"{i}-{c.rule}" for i, c in enumerate(CASES)])
def test_a_rule_finds_what_breaks_it_and_nothing_else(case: Case, run_check: Check) -> None:
    report = run_check(case.manifest, externals=case.externals, sealing=case.sealing)
    assert not report.failed
    found = [(str(f.object), f.path) for f in report.findings if f.rule == case.rule]
    assert sorted(found) == sorted(case.found)
    # What is no text where ciphertext belongs is of a wrong type, too.
    meant = ("spec.encryptedData.a",) if case.rule == "sealing/ciphertext" else ()
    wrong = [f for f in report.findings if f.rule.startswith(("objects/meta", "types/wrong"))]
    assert [f for f in wrong if f.path not in meant] == []


def test_every_rule_has_a_case_that_breaks_it_and_one_that_does_not() -> None:
    rules = {rule.id for rule in RULES}
    assert {case.rule for case in CASES if case.found} == rules
    assert {case.rule for case in CASES if not case.found} == rules
