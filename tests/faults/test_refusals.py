"""What a cluster refuses is told, holds up nothing else, and is applied once it may be."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tests.cli.test_run import Running
from tests.cli.test_run_settings import eventually
from tests.faults.conftest import Begin, Fleet, configs
from tests.faults.proxy import FaultProxy
from tests.faults.test_answers import ready

ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: role}\n"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: over}\nspec: {ports: [{port: 80}]}\n"
HOOKED = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME, labels: {hooked: LABEL}}\n"
LARGE = """apiVersion: v1
kind: ReplicationController
metadata: {name: large}
spec:
  replicas: 0
  selector: {app: large}
  template:
    metadata: {labels: {app: large}}
    spec: {containers: [{name: one, image: "example.org/one:1", env: [{name: A, value: VALUE}]}]}
"""

OBSTACLES = """
apiVersion: v1
kind: ResourceQuota
metadata: {name: quota, namespace: NAME}
spec: {hard: {services: "0"}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: stays, namespace: GOING, finalizers: [example.org/never]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: things, namespace: NAME}
rules: [{apiGroups: [NAME.example.org], resources: [things], verbs: ["*"]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: things, namespace: NAME}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: things}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:serviceaccounts:NAME"}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: edit, namespace: NAME}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:serviceaccounts:NAME"}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: edit, namespace: GOING}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:serviceaccounts:NAME"}
"""
# Called for what has the label; nobody answers at the port.
WEBHOOK = """
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: NAME-LABEL}
webhooks:
- name: LABEL.example.org
  clientConfig: {url: "https://127.0.0.1:PORT/"}
  rules: [{apiGroups: [""], apiVersions: [v1], operations: ["*"], resources: [configmaps]}]
  namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: NAME}}
  objectSelector: {matchLabels: {hooked: LABEL}}
  failurePolicy: Fail
  sideEffects: None
  timeoutSeconds: 1
  admissionReviewVersions: [v1]
"""
DEFINITION = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.NAME.example.org}
spec:
  group: NAME.example.org
  names: {kind: Thing, plural: things}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""


@pytest.fixture
def silent_port() -> Iterator[int]:
    """It takes connections, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


@pytest.fixture
def obstacles(fleet: Fleet, silent_port: int) -> Iterator[str]:
    """All that stands in the way of some apps; the name of a namespace that is going."""
    kubectl, name, text = fleet.cluster.kubectl, fleet.name, OBSTACLES
    going = f"{name}-going"
    kubectl("create", "namespace", going)
    hooks = (("closed", 1), ("silent", silent_port))
    for label, port in hooks:
        text += WEBHOOK.replace("LABEL", label).replace("PORT", str(port))
    kubectl("apply", "-f", "-", stdin=text.replace("NAME", name).replace("GOING", going))
    eventually(lambda: "used" in fleet.cluster.get("resourcequota/quota")["status"], True)
    kubectl("delete", "namespace", going, "--wait=false")
    yield going
    for label, _ in hooks:
        kubectl("delete", "validatingwebhookconfiguration", f"{name}-{label}")
    kubectl("patch", "-n", going, "configmap/stays", "--type=json",
            "-p", '[{"op": "remove", "path": "/metadata/finalizers"}]')  # fmt: skip
    fleet.cluster.kubectl_says("delete", "crd", f"things.{name}.example.org")


def refusals(running: Running, app: str) -> list[dict[str, Any]]:
    told = [json.loads(line) for line in running.log.read_text().splitlines()]
    return [t for t in told if t["message"] == "refused" and t["app"].endswith(f"/{app}")]


def is_refused(running: Running, app: str) -> bool:
    return bool(refusals(running, app))


@pytest.mark.usefixtures("definitions")
def test_what_is_refused_is_told_and_holds_up_nothing_else(
    fleet: Fleet, proxy: FaultProxy, begin: Begin, obstacles: str
) -> None:
    group = f"{fleet.name}.example.org"
    going = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: in, namespace: {obstacles}}}\n"
    thing = f"apiVersion: {group}/v1\nkind: Thing\nmetadata: {{name: thing}}\n"
    broken = {
        "forbidden": (ROLE, "cannot patch resource"),
        "quota": (SERVICE, "exceeded quota"),
        "closed": (HOOKED.replace("NAME", "closed").replace("LABEL", "closed"), "failed calling"),
        "silent": (HOOKED.replace("NAME", "silent").replace("LABEL", "silent"), "failed calling"),
        "going": (going, "being terminated"),
        # What etcd keeps of it is more than what is sent.
        "large": (LARGE.replace("VALUE", "x" * 1_572_000), "request is too large"),
        "late": (thing, f"the cluster knows no Thing of {group}/v1"),
    }
    settings = f"reconcile:\n  account: {fleet.name}/{{app}}\n"
    fine = {app: configs("1", f"{app}-fine") for app in (*broken, "fine")}
    both = {app: f"{manifests}---\n{broken[app][0]}" if app in broken else manifests
            for app, manifests in fine.items()}  # fmt: skip
    fleet.say(settings, **both)
    running = begin(proxy, "--interval", "1", "--lease", "3")
    applied = {app: {f"{app}-fine": "1"} for app in fine}
    eventually(lambda: {app: fleet.values(app) for app in fine}, applied)
    for app, (_, words) in broken.items():
        eventually(partial(is_refused, running, app), True)
        first = refusals(running, app)[0]
        assert words in f"{first['error']} {first.get('why')}", first

    # Nobody tells it that the definition is there now.
    fleet.cluster.kubectl("apply", "-f", "-", stdin=DEFINITION.replace("NAME", fleet.name))
    things = ("get", f"things.{group}", "-o", "name", "-n", fleet.name)
    eventually(lambda: fleet.cluster.kubectl_says(*things).strip(), f"thing.{group}/thing")
    fleet.say(settings, **{**fine, "late": both["late"]})
    eventually(lambda: ready(fleet), " ".join(["True"] * len(fine)))
