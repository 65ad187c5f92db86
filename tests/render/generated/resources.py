"""Kubernetes objects as text, written in many ways."""

from __future__ import annotations

import re
from typing import NamedTuple

from hypothesis import strategies as st

from tests.render.generated.scalars import one_in, strings, values

NAMES = ["web", "db", "cache"]
APPS = ["Deployment", "StatefulSet"]

# `#~` is a place where a comment, a blank line or nothing at all will stand.
POD = """\
metadata: #~
  labels: {app: <name>, tier: "1"} #~
  annotations:
    note: <text>
spec:
  serviceAccountName: <name>
  #~
  initContainers:
  - {name: init, image: busybox}
  containers: #~
  - name: app #~
    image: registry.example:5000/team/app:1.0@sha256:<digest>
    #~
    args: [--verbose, "--port=80", #~
      -x]
    env:
    - name: A #~
      value: "1"
    #~
    - {name: B, valueFrom: {configMapKeyRef: {name: settings, key: a}}}
    envFrom:
    - secretRef: {name: tokens}
    ports:
    - containerPort: 80 #~
      protocol: TCP
    - {containerPort: 80, protocol: UDP}
    resources: {limits: {cpu: 1, memory: 1Gi}, requests: {}}
    volumeMounts:
    - {name: config, mountPath: /etc/app}
  - image: nginx:1.25 #~
    name: side
  volumes: #~
  - name: config
    configMap: {name: settings}
  - name: empty
    emptyDir: {}
  #~
"""
TEMPLATES = {
    "Deployment": """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: <name> #~
  labels: {app: <name>}
#~
spec:
  replicas: 2 #~
  selector: {matchLabels: {app: <name>}}
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 25%}}
  template:
<pod4>""",
    "StatefulSet": """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: <name>} #~
spec:
  serviceName: <name>
  selector:
    matchLabels:
      #~
      app: <name>
  template: #~
<pod4>  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
""",
    "CronJob": """\
apiVersion: batch/v1
kind: CronJob
metadata:
  name: <name>
spec:
  schedule: "*/5 * * * *" #~
  jobTemplate:
    spec:
      template:
<pod8>""",
    "Service": """\
apiVersion: v1 #~
kind: Service
metadata:
  name: <name>
spec:
  #~
  selector:
    app: <name>
  ports: #~
  - name: http #~
    port: 80
    targetPort: http
  - {name: dns, port: 53, protocol: UDP}
""",
    "ConfigMap": """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: <name>
  annotations: {}
data: #~
  one: <string>
  two: <string>
  #~
  three: <string>
""",
    "Secret": """\
apiVersion: v1
kind: Secret
metadata:
  name: <name>
type: Opaque
stringData: #~
  password: <string>
data:
  key: aGVsbG8=
""",
    "Ingress": """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: <name>
  annotations:
    nginx.ingress.kubernetes.io/auth-secret: tokens
    odd: <text>
spec:
  ingressClassName: nginx
  rules:
  - host: <name>.example.org #~
    http:
      paths: #~
      - {path: /, pathType: Prefix, backend: {service: {name: <name>, port: {number: 80}}}}
  tls:
  - hosts: [<name>.example.org]
    secretName: tokens
""",
    "Role": """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: <name>}
rules:
- apiGroups: [""]
  resources: [configmaps] #~
  resourceNames: [settings]
  verbs: [get, list]
""",
    "RoleBinding": """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: <name>
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: <name>}
subjects:
#~
- kind: ServiceAccount
  name: <name>
- {kind: ServiceAccount, name: default}
""",
    "ClusterRole": """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: <name>}
rules:
- {apiGroups: ["*"], resources: ["*"], verbs: ["*"]}
""",
    "ServiceAccount": """\
apiVersion: v1
kind: ServiceAccount
metadata: {name: <name>}
imagePullSecrets: [{name: tokens}]
""",
    "HorizontalPodAutoscaler": """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: <name>}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: <name>}
  minReplicas: 1
  maxReplicas: 0x10
  metrics:
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}
""",
    "NetworkPolicy": """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: <name>
spec:
  podSelector: {matchLabels: {app: <name>}}
  ingress:
  - from:
    - podSelector:
        matchLabels: {tier: front} #~
  egress: #~
  - {}
""",
    "PodDisruptionBudget": """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: <name>}
spec:
  minAvailable: 1 #~
  selector: {matchLabels: {app: <name>}}
""",
    "Namespace": """\
apiVersion: v1
kind: Namespace
metadata:
  name: <name>
  labels: {}
""",
    "CustomResourceDefinition": """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.example.org
spec:
  group: example.org
  names: {kind: Widget, plural: widgets} #~
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
""",
    "Widget": """\
apiVersion: example.org/v1
kind: Widget
metadata:
  name: <name>
  annotations: {number: 1, nothing: null, date: 2020-01-02}
spec:
  image: nginx
  parts: [{name: a, size: 1}, {name: b, size: 2}]
  #~
  odd:
    first: <value>
    #~
    second: <value>
    third: <value> #~
    list:
    - <value>
    - last
  secretRef: {name: tokens}
  config: '{"a": {"b": [1, 2]}, "url": "http://x"}'
""",
}
KINDS = sorted(TEMPLATES)
COMMENTS = [
    "",
    "",
    "# note",
    '# it\'s: "odd" {',
    "#",
    "#tab\there",
    "# é 😀",
    "#x\n\n# y",
    "# " + "long " * 30,
]


class Object(NamedTuple):
    """What a patch or a replacement needs to know of an object."""

    kind: str
    name: str

    @property
    def api(self) -> str:
        return TEMPLATES[self.kind].split()[1]


@st.composite
def manifests(draw: st.DrawFn, found: Object) -> str:
    """One object's text."""
    template = TEMPLATES[found.kind]
    for field, column in (("<pod4>", 4), ("<pod8>", 8)):
        template = template.replace(field, _indented(POD, column))
    drawn = {
        "string": strings(),
        "value": values(),
        "text": st.sampled_from(["x", "'12'", '"a\\tb"', "'- x'", "y", "0x1F", "''"]),
        "name": st.just(found.name),
        "digest": st.just("0" * 64),
    }
    text = re.sub(r"<(\w+)>", lambda field: draw(drawn[field[1]]), template)
    return _commented(draw, text)


@st.composite
def files(draw: st.DrawFn, objects: list[Object]) -> bytes:
    """Several objects in one file."""
    documents = [draw(manifests(found)) for found in objects]
    if one_in(draw, 8):
        kind = draw(st.sampled_from(["List", "List", "ThingList"]))
        items = "".join("- " + _indented(d, 2)[2:] for d in documents)
        text = f"apiVersion: v1\nkind: {kind}\nitems:\n{items}"
    else:
        separator = draw(
            st.sampled_from(["---\n", "--- # next\n", "---  \n", "---\n---\n", "\n---\n\n"])
        )
        text = separator.join(documents)
    text = draw(st.sampled_from(["", "", "---\n", "# head\n\n", "\n\n", "\ufeff"])) + text
    text += draw(st.sampled_from(["", "", "\n\n", "# end\n", "---\n", "...\n", "   \n"]))
    if one_in(draw, 8):
        text = text.rstrip("\n")
    if one_in(draw, 8):
        text = text.replace("\n", "\r\n")
    return text.encode()


def _indented(text: str, by: int) -> str:
    return "".join(
        " " * by + line if line.strip() else line for line in text.splitlines(keepends=True)
    )


def _commented(draw: st.DrawFn, text: str) -> str:
    before, *rest = text.split("#~")
    for after in rest:
        comment = draw(st.sampled_from(COMMENTS))
        column = before.rpartition("\n")[2]
        if "\n" in comment and column.strip():
            comment = comment.partition("\n")[0]
        before += comment.replace("\n", "\n" + " " * len(column)) + after
    return before
