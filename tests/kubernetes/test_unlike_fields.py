"""What Git says is held against what a server keeps of it: a case each."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from reconciler.kubernetes.masking import Mask
from reconciler.kubernetes.structure import Structure
from reconciler.kubernetes.unlike_fields import unlike_fields

# ruff: noqa: E501
CASES = """
a server adds fields of its own:
  kind: Deployment
  git: {replicas: 2}
  cluster: {replicas: 2, revisionHistoryLimit: 10}
another value:
  kind: Deployment
  git: {replicas: 2}
  cluster: {replicas: 3}
  unlike: [.spec.replicas]
a field that is not there:
  kind: Deployment
  git: {replicas: 2, template: {spec: {serviceAccountName: web}}}
  cluster: {replicas: 2, template: {spec: {}}}
  unlike: [.spec.template.spec.serviceAccountName]
containers by their name, in any order and with others beside them:
  kind: Pod
  git: {containers: [{name: b, image: b:2}, {name: a, image: a:1}]}
  cluster: {containers: [{name: a, image: a:1}, {name: proxy, image: p}, {name: b, image: b:1}]}
  unlike: ['.spec.containers[name="b"].image']
a container that is not there:
  kind: Pod
  git: {containers: [{name: a, image: a:1}]}
  cluster: {containers: [{name: b, image: a:1}]}
  unlike: ['.spec.containers[name="a"]']
ports without the protocol that is the default:
  kind: Service
  git: {ports: [{port: 80, targetPort: http}]}
  cluster: {ports: [{port: 80, protocol: TCP, targetPort: http, nodePort: 30080}]}
another port:
  kind: Service
  git: {ports: [{port: 80, targetPort: 8080}]}
  cluster: {ports: [{port: 80, protocol: TCP, targetPort: 8081}]}
  unlike: ['.spec.ports[port=80,protocol="TCP"].targetPort']
arguments are told by their place:
  kind: Pod
  git: {containers: [{name: a, args: [one, two]}]}
  cluster: {containers: [{name: a, args: [one, three]}]}
  unlike: ['.spec.containers[name="a"].args[1]']
another number of arguments:
  kind: Pod
  git: {containers: [{name: a, args: [one]}]}
  cluster: {containers: [{name: a, args: [one, two]}]}
  unlike: ['.spec.containers[name="a"].args']
amounts in another spelling:
  kind: Pod
  git: {containers: [{name: a, resources: {requests: {cpu: 0.5, memory: 1024Mi}, limits: {cpu: 1}}}]}
  cluster: {containers: [{name: a, resources: {requests: {cpu: 500m, memory: 1Gi}, limits: {cpu: "1"}}}]}
other amounts:
  kind: Pod
  git: {containers: [{name: a, resources: {requests: {cpu: 0.5}}}]}
  cluster: {containers: [{name: a, resources: {requests: {cpu: 50m}}}]}
  unlike: ['.spec.containers[name="a"].resources.requests.cpu']
what looks like an amount and is none:
  kind: Pod
  git: {containers: [{name: a, env: [{name: A, value: 1000m}]}]}
  cluster: {containers: [{name: a, env: [{name: A, value: "1"}]}]}
  unlike: ['.spec.containers[name="a"].env[name="A"].value']
what is off or empty is not kept:
  kind: Pod
  git: {hostNetwork: false, nodeSelector: {}, tolerations: [], containers: [{name: a, env: [{name: A, value: ""}], tty: false}]}
  cluster: {containers: [{name: a, env: [{name: A}]}]}
what is off, and means something:
  kind: Pod
  git: {automountServiceAccountToken: false}
  cluster: {containers: []}
  unlike: [.spec.automountServiceAccountToken]
what is empty, and means something:
  kind: Pod
  git: {volumes: [{name: a, emptyDir: {}}]}
  cluster: {volumes: [{name: a, configMap: {name: b}}]}
  unlike: ['.spec.volumes[name="a"].emptyDir']
null says nothing:
  kind: Deployment
  git: {replicas: null, strategy: {type: Recreate, rollingUpdate: null}}
  cluster: {replicas: 1, strategy: {type: Recreate}}
of a kind that the schema does not know all counts:
  kind: Widget
  git: {enabled: false, name: "", parts: [{name: a, size: 1}]}
  cluster: {parts: [{name: a, size: 2, more: true}]}
  unlike: [.spec.enabled, .spec.name, '.spec.parts[0].size']
labels and annotations count, and no other metadata:
  kind: ConfigMap
  metadata:
    git: {labels: {app.kubernetes.io/version: "2", tier: web}, annotations: {a: "1"}, creationTimestamp: null, generateName: x}
    cluster: {labels: {app.kubernetes.io/version: "1", tier: web, more: x}}
  unlike: [.metadata.labels.app.kubernetes.io/version, .metadata.annotations.a]
"""
VERSIONS = {"Deployment": "apps/v1", "Widget": "example.org/v1"}


@pytest.mark.parametrize("case", [pytest.param(c, id=n) for n, c in yaml.safe_load(CASES).items()])
def test_what_git_says_counts_and_nothing_else(case: dict[str, Any], structure: Structure) -> None:
    kind, mask = case["kind"], Mask()
    git, cluster = (
        mask.object(
            {
                "apiVersion": VERSIONS.get(kind, "v1"),
                "kind": kind,
                "metadata": case.get("metadata", {}).get(side, {}),
                **({"spec": case[side]} if side in case else {}),
            }
        )
        for side in ("git", "cluster")
    )
    assert [field.path for field in unlike_fields(git, cluster, structure)] == case.get(
        "unlike", []
    )


def test_a_hidden_value_is_compared_and_stays_hidden(structure: Structure) -> None:
    mask = Mask()
    git, same, other = (
        mask.object({"apiVersion": "v1", "kind": "ConfigMap", "data": {"password": value}})
        for value in ("hunter2", "hunter2", "hunter3")
    )
    assert not [*unlike_fields(git, same, structure)]
    (found,) = unlike_fields(git, other, structure)
    assert (found.path, str(found.git), str(found.cluster)) == (
        *(".data.password", "(hidden)", "(hidden)"),
    )
