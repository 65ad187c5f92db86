"""Which fields are whose, as the real server tells it."""

from __future__ import annotations

import json

import pytest

from reconciler.cluster.blocking_client import BlockingApiClient
from reconciler.cluster.conflicts import Applied
from reconciler.cluster.field_paths import without
from reconciler.cluster.ownership import digest, holders, own_digest, owners_of
from tests.testbed.plugin import Cluster

OURS = "reconciler/prod.web"


def deployment(namespace: str) -> dict[str, object]:
    container = {
        "name": "web",
        "image": "web:1",
        "args": ["--a", "--b"],
        "env": [{"name": "KEPT", "value": "1"}],
        "ports": [{"containerPort": 80}],
        "resources": {"limits": {"memory": "1Gi"}},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "namespace": namespace,
            "labels": {"app.kubernetes.io/name": "web"},
            "annotations": {"ours": "1"},
        },
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [container]},
            },
        },
    }


PATCHES = {
    "a status": (False, "status", '{"status": {"observedGeneration": 7}}'),
    "another annotation": (False, "", '{"metadata": {"annotations": {"theirs": "1"}}}'),
    "the same replicas": (False, "", '{"spec": {"replicas": 1}}'),
    "the same quantity, respelled": (
        False,
        "",
        '{"spec": {"template": {"spec": {"containers": [{"name": "web", '
        '"resources": {"limits": {"memory": "1024Mi"}}}]}}}}',
    ),
    "a variable more": (
        False,
        "",
        '{"spec": {"template": {"spec": {"containers": '
        '[{"name": "web", "env": [{"name": "MORE", "value": "1"}]}]}}}}',
    ),
    "what we do not say": (False, "", '{"spec": {"minReadySeconds": 5}}'),
    "replicas": (True, "", '{"spec": {"replicas": 2}}'),
    "an image": (
        True,
        "",
        '{"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "web:2"}]}}}}',
    ),
    "our annotation": (True, "", '{"metadata": {"annotations": {"ours": "2"}}}'),
    "our annotation, removed": (True, "", '{"metadata": {"annotations": {"ours": null}}}'),
    "an argument": (
        True,
        "",
        '{"spec": {"template": {"spec": {"containers": [{"name": "web", "args": ["--a"]}]}}}}',
    ),
    "a variable of ours, removed": (
        True,
        "",
        '{"spec": {"template": {"spec": {"containers": '
        '[{"name": "web", "env": [{"name": "KEPT", "$patch": "delete"}]}]}}}}',
    ),
    "our fields forgotten": (True, "", '{"metadata": {"managedFields": [{}]}}'),
}


@pytest.mark.parametrize("what", PATCHES)
def test_the_digest_moves_with_our_fields_and_with_nothing_else(
    client: BlockingApiClient, cluster: Cluster, what: str
) -> None:
    moves, subresource, patch = PATCHES[what]
    body = deployment(cluster.namespace)
    done = client.apply(body, OURS)
    assert isinstance(done, Applied)
    before = own_digest(done.object["metadata"], OURS)
    cluster.kubectl(
        *("-n", cluster.namespace, "patch", "deploy/web", "-p", patch),
        *([f"--subresource={subresource}"] if subresource else []),
    )
    live = client.get(f"/apis/apps/v1/namespaces/{cluster.namespace}/deployments/web")
    assert live
    assert (own_digest(live["metadata"], OURS) != before) == moves
    again = client.apply(body, OURS, force=True)
    assert isinstance(again, Applied)
    assert own_digest(again.object["metadata"], OURS) == before


def test_each_conflict_leads_to_who_holds_the_field(
    client: BlockingApiClient, cluster: Cluster
) -> None:
    body = deployment(cluster.namespace)
    client.apply(body, OURS)
    patch = json.dumps(
        {
            "metadata": {"labels": {"app.kubernetes.io/name": "other"}},
            "spec": {
                "replicas": 5,
                "template": {"spec": {"containers": [{"name": "web", "image": "web:9"}]}},
            },
        }
    )
    cluster.kubectl(
        *("-n", cluster.namespace, "patch", "deploy/web", "-p", patch), "--field-manager=somebody"
    )
    found = client.apply(body, OURS)
    assert not isinstance(found, Applied)
    live = client.get(f"/apis/apps/v1/namespaces/{cluster.namespace}/deployments/web")
    assert live
    fields = sorted(conflict.field for conflict in found.fields)
    assert fields == [
        ".metadata.labels.app.kubernetes.io/name",
        ".spec.replicas",
        '.spec.template.spec.containers[name="web"].image',
    ]
    for field in fields:
        (holder, *_) = holders(live["metadata"], field)
        assert (holder.manager, holder.operation) == ("somebody", "Update")
        assert holder.time.startswith("20")
    left = without(body, fields)
    kept = left["spec"]["template"]["spec"]["containers"][0]
    assert "image" not in kept
    assert kept["args"] == ["--a", "--b"]
    assert left["metadata"]["labels"] == {}
    assert isinstance(client.apply(left, OURS), Applied)


def test_the_paths_are_those_that_the_server_writes(
    client: BlockingApiClient, cluster: Cluster
) -> None:
    done = client.apply(deployment(cluster.namespace), OURS)
    assert isinstance(done, Applied)
    (ours,) = [o for o in owners_of(done.object["metadata"]) if o.manager == OURS]
    paths = set(ours.paths)
    container = '.spec.template.spec.containers[name="web"]'
    assert paths >= {
        f"{container}.image",
        f'{container}.ports[containerPort=80,protocol="TCP"].containerPort',
        ".metadata.annotations.ours",
        ".spec.replicas",
    }


def test_the_digest_is_of_the_value_and_not_of_its_spelling() -> None:
    assert digest({"a": 1, "b": {"c": "ü"}}) == digest({"b": {"c": "ü"}, "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})
    assert len(digest({})) == 16
