"""What a real API server keeps of an app tells whether the release is applied, and well."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.cluster.blocking_client import BlockingApiClient, connect
from reconciler.cluster.kubeconfig import read_kubeconfig
from reconciler.errors import ApiError
from reconciler.health import kubernetes
from reconciler.health.evidence import Evidence, HealthQuestion
from reconciler.health.rendered_release import RenderedRelease
from reconciler.health.spans import total
from reconciler.kubernetes.structure import Structure
from reconciler.model.environment import Destination, Environment
from reconciler.model.reconciling import ConflictSettings, ReconcileSettings
from reconciler.render.kernel_process import Kernel
from tests.entries import entry_at_home
from tests.testbed.plugin import Cluster

# ruff: noqa: E501
HOUR = timedelta(hours=1)
WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app.kubernetes.io/version: "1"}}
spec:
  replicas: 1
  progressDeadlineSeconds: 600
  minReadySeconds: 0
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 0}}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}, creationTimestamp: null}
    spec:
      hostNetwork: false
      automountServiceAccountToken: false
      nodeSelector: {}
      securityContext: {}
      containers:
      - name: web
        image: web:v1
        args: [--verbose]
        ports: [{name: http, containerPort: 8080}, {containerPort: 8080, protocol: UDP}]
        env: [{name: EMPTY, value: ""}, {name: LEVEL, value: debug}, {name: API_TOKEN, value: hunter2}]
        resources: {requests: {cpu: 0.05, memory: 1024Ki}, limits: {cpu: 1, memory: 1Gi}}
        readinessProbe: {httpGet: {path: /, port: http}, initialDelaySeconds: 0}
        volumeMounts: [{name: tmp, mountPath: /tmp, readOnly: false}]
      volumes: [{name: tmp, emptyDir: {}}, {name: settings, configMap: {name: settings}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {level: debug}
---
apiVersion: v1
kind: Secret
metadata: {name: token}
stringData: {token: hunter2}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}, {name: udp, port: 80, protocol: UDP}]}
"""
MORE = """
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
spec:
  podSelector: {}
  ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 80}]}, {}]
  egress: []
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: web}
rules: [{apiGroups: [""], resources: [pods], verbs: [get, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: web}
subjects: [{kind: ServiceAccount, name: default}, {kind: User, name: x}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 0, selector: {matchLabels: {app: web}}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "0 3 * * *"
  suspend: false
  jobTemplate:
    spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: a, tty: false}]}}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], storageClassName: "", resources: {requests: {storage: 1024Mi}}}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: all}
spec: {hard: {requests.cpu: 1000m, pods: 10}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: 0
  serviceName: db
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: db, resources: {}}]}}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 2048Mi}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: db}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: db}
  maxReplicas: 3
  metrics: [{type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 1024Mi}}}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec: {rules: [{host: web.example.org, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}]}}]}
---
apiVersion: v1
kind: LimitRange
metadata: {name: none}
spec: {limits: [{type: PersistentVolumeClaim, max: {storage: 1024Gi}, min: {storage: 0.5Gi}}]}
"""


@dataclass
class Shop:
    """An app of which Git says one thing, and somebody applied this or another one."""

    cluster: Cluster
    client: BlockingApiClient
    kernel: Kernel
    structure: Structure
    rules: tuple[ConflictSettings, ...] = ()

    def look(self, manifests: str, *, before: timedelta = HOUR) -> Evidence:
        objects = json.loads(self.kernel.objects(manifests.encode()))
        place = Destination(cluster="prod", namespace=self.cluster.namespace)
        reconcile = ReconcileSettings(conflicts=self.rules)
        prod = Environment(name="prod", places={}, destination=place, reconcile=reconcile)
        now = datetime.now(UTC)
        asked = HealthQuestion(
            *(entry_at_home("prod", "shop"), now - before, now, lambda _: None),
            lambda: RenderedRelease(objects, self.structure, self.kernel),
        )
        return kubernetes.look(asked, prod, self.client)


@pytest.fixture
def shop(cluster: Cluster, client: BlockingApiClient, kernel: Kernel, structure: Structure) -> Shop:
    return Shop(cluster, client, kernel, structure)


def by_hand(cluster: Cluster, manifests: str) -> None:
    cluster.apply(manifests)


def by_a_pipeline(cluster: Cluster, manifests: str) -> None:
    manager = ("--server-side", "--field-manager=pipeline")
    cluster.kubectl("apply", "-n", cluster.namespace, *manager, "-f", "-", stdin=manifests)


Apply = Callable[[Cluster, str], None]
ways = pytest.mark.parametrize("apply", [by_hand, by_a_pipeline])


@ways
def test_what_somebody_applied_is_there_as_git_says_it(shop: Shop, apply: Apply) -> None:
    apply(shop.cluster, WEB + MORE)
    found = shop.look(WEB + MORE)
    assert found.said.startswith("the release is applied"), found


@ways
def test_a_release_is_well_when_its_pods_are(shop: Shop, apply: Apply) -> None:
    apply(shop.cluster, WEB)
    shop.cluster.wait("condition=Available", "deployment/web")
    found = shop.look(WEB)
    assert (found.healthy, found.said) == (True, "the release is applied, and well: 4 objects")
    assert found.spans is not None
    assert total(found.spans) < timedelta(minutes=2)  # and not the hour since it came to Git


@ways
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("web:v1", "web:v2", '[name="web"].image is web:v1 in the cluster, and web:v2 in Git'),
        ('version: "1"', 'version: "2"', "metadata.labels.app.kubernetes.io/version is 1 in"),
        ("{level: debug}", "{level: info}", "ConfigMap {namespace}/settings: data.level is debug"),
        ("name: settings}\ndata", "name: settings-2}\ndata", "settings-2 is not there"),
        # what is secret is not told, and in a Secret not looked at
        ("TOKEN, value: hunter2", "TOKEN, value: hunter3", "value is otherwise in the cluster"),
        # what only goes away
        ("{name: LEVEL, value: debug}, ", "", "is in the cluster, and not in Git"),
        ("[--verbose]", "[--verbose, --fast]", "args is otherwise in the cluster"),
    ],
)
def test_another_release_is_told_by_its_first_field(
    old: str, new: str, said: str, shop: Shop, apply: Apply
) -> None:
    apply(shop.cluster, WEB)
    found = shop.look(WEB.replace(old, new))
    assert (found.healthy, found.blind) == (None, False)
    assert said.replace("{namespace}", shop.cluster.namespace) in found.said
    assert "hunter" not in found.said
    assert found.hint == "apply it: reconciler render prod/shop | kubectl apply -f -"


def test_what_a_secret_holds_is_not_looked_at(shop: Shop) -> None:
    by_hand(shop.cluster, WEB)
    shop.cluster.wait("condition=Available", "deployment/web")
    assert shop.look(WEB.replace("{token: hunter2}", "{token: hunter3}")).healthy


def test_what_an_autoscaler_sets_is_left_to_it(shop: Shop) -> None:
    by_hand(shop.cluster, WEB)
    scaled = '{"spec": {"replicas": 2}}'
    patch = ("patch", "deployment/web", "--subresource=scale", "-p", scaled, "--type=merge")
    shop.cluster.kubectl("-n", shop.cluster.namespace, *patch, "--field-manager=keeper")
    assert "spec.replicas is 2 in the cluster, and 1 in Git" in shop.look(WEB).said
    shop.rules = (ConflictSettings(manager="keeper", field="spec.replicas", do="leave"),)
    assert shop.look(WEB).said.startswith("the release is applied")


def test_a_release_that_does_not_come_up_is_ill(shop: Shop) -> None:
    stuck = WEB.replace("nodeSelector: {}", "nodeSelector: {disk: none}")
    by_hand(shop.cluster, stuck.replace("Seconds: 600", "Seconds: 2"))
    found = shop.look(stuck.replace("Seconds: 600", "Seconds: 2"))
    web = f"Deployment {shop.cluster.namespace}/web"
    assert (found.healthy, f"but {web} is progressing" in found.said) == (None, True)
    shop.cluster.wait("condition=Progressing=false", "deployment/web")
    found = shop.look(stuck.replace("Seconds: 600", "Seconds: 2"))
    assert (found.healthy, f"but {web} is degraded" in found.said) == (False, True)
    assert found.hint == f"kubectl describe deployment web --namespace {shop.cluster.namespace}"


def test_a_kind_that_the_cluster_has_not_is_named(shop: Shop) -> None:
    widget = "apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: w}\n"
    found = shop.look(widget)
    assert (found.healthy, found.blind) == (None, False)
    assert "the cluster knows no Widget of example.org/v1" in found.said


def test_without_an_object_nobody_can_tell(shop: Shop) -> None:
    assert shop.look("").blind
    hook = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j, annotations: {argocd.argoproj.io/hook: PreSync}}\n"
    assert shop.look(hook).blind


def test_whoever_may_not_read_secrets_can_still_tell(shop: Shop, tmp_path: Path) -> None:
    """As the role `view` allows it."""
    by_hand(shop.cluster, WEB)
    shop.cluster.wait("condition=Available", "deployment/web")
    with viewer(shop.cluster, tmp_path) as client:
        shop.client = client
        found = shop.look(WEB)
        assert found.healthy
        assert found.said == "the release is applied, and well: 3 objects; 1 Secret may not be read"
        with pytest.raises(ApiError) as e:
            shop.look(WEB + MORE)
    assert e.value.what.startswith("you may not read R")
    assert e.value.hint == "ask for get on its kind"


def viewer(cluster: Cluster, folder: Path) -> BlockingApiClient:
    role = ("--clusterrole=view", "--user=viewer")
    cluster.kubectl("create", "rolebinding", "viewer", "-n", cluster.namespace, *role)
    given = json.loads(cluster.kubeconfig.read_text())
    given["users"][0]["user"] |= {"as": "viewer"}
    (folder / "config").write_text(json.dumps(given))
    return connect(read_kubeconfig([str(folder / "config")]).context(), {})
