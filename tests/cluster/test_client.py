"""Everything that is done with objects, on a real API server, with somebody else beside us."""

from __future__ import annotations

import threading
from typing import Any

import kubernetes
import pytest

from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.api_errors import accepting
from reconciler.cluster.blocking_client import BlockingApiClient
from reconciler.cluster.conflicts import Applied, Conflicts
from reconciler.cluster.watch import WatchEventKind
from reconciler.errors import ApiError, ClusterError
from tests.testbed.plugin import Cluster

OURS = "reconciler/test"


def settings(cluster: Cluster, name: str = "settings", **data: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": cluster.namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def path(cluster: Cluster, name: str = "", kind: str = "configmaps") -> str:
    return f"/api/v1/namespaces/{cluster.namespace}/{kind}" + (f"/{name}" if name else "")


@pytest.fixture
def somebody(cluster: Cluster) -> Any:
    """The official client."""
    return kubernetes.client.CoreV1Api(
        kubernetes.config.new_client_from_config(str(cluster.kubeconfig))
    )


def test_what_is_applied_is_there(cluster: Cluster, client: BlockingApiClient) -> None:
    first = client.apply(settings(cluster, a="1", b="2"), OURS)
    assert isinstance(first, Applied)
    assert (first.is_created, first.object["data"]) == (True, {"a": "1", "b": "2"})
    second = client.apply(settings(cluster, a="1"), OURS)
    assert isinstance(second, Applied)
    assert (second.is_created, second.object["data"]) == (False, {"a": "1"})
    assert second.object["metadata"]["managedFields"][0]["manager"] == OURS


def test_a_dry_run_changes_nothing(cluster: Cluster, client: BlockingApiClient) -> None:
    shown = client.apply(settings(cluster, a="1"), OURS, dry_run=True)
    assert isinstance(shown, Applied)
    assert client.get(path(cluster, "settings")) is None


def test_fields_of_others_come_back_as_conflicts_and_are_taken_by_force(
    cluster: Cluster, client: BlockingApiClient, somebody: Any
) -> None:
    client.apply(settings(cluster, a="1", b="2", c="3"), OURS)
    theirs = {"data": {"a": "theirs", "c": "theirs"}}
    somebody.patch_namespaced_config_map(
        "settings", cluster.namespace, theirs, field_manager="somebody"
    )
    found = client.apply(settings(cluster, a="1", b="2", c="3"), OURS)
    assert isinstance(found, Conflicts)
    assert [(c.field, c.manager) for c in found.fields] == [
        (".data.a", "somebody"),
        (".data.c", "somebody"),
    ]
    assert found.fields[0].message.startswith('conflict with "somebody"')
    now = client.get(path(cluster, "settings"))
    assert now
    assert now["data"]["a"] == "theirs"

    taken = client.apply(settings(cluster, a="1", b="2", c="3"), OURS, force=True)
    assert isinstance(taken, Applied)
    assert taken.object["data"]["a"] == "1"


def test_a_manager_is_named_whatever_it_is_called(
    cluster: Cluster, client: BlockingApiClient, somebody: Any
) -> None:
    client.apply(settings(cluster, a="1"), OURS)
    name = 'who "knows" \\'
    somebody.patch_namespaced_config_map(
        "settings", cluster.namespace, {"data": {"a": "2"}}, field_manager=name
    )
    found = client.apply(settings(cluster, a="1"), OURS)
    assert isinstance(found, Conflicts)
    assert [c.manager for c in found.fields] == [name]


def test_an_object_that_is_another_by_now_is_no_conflict_of_fields(
    cluster: Cluster, client: BlockingApiClient
) -> None:
    client.apply(settings(cluster, a="1"), OURS)
    old = settings(cluster, a="2")
    old["metadata"]["resourceVersion"] = "1"
    with pytest.raises(ApiError) as caught:
        client.apply(old, OURS)
    assert (caught.value.status, caught.value.reason) == (409, "Conflict")


def test_pages_of_a_list_are_put_together(cluster: Cluster, client: BlockingApiClient) -> None:
    for number in range(7):
        client.create(path(cluster), settings(cluster, f"c{number}", a=str(number)))
    found = client.list(path(cluster), fields="metadata.name!=kube-root-ca.crt", page=2)
    assert [item["metadata"]["name"] for item in found.items] == [f"c{n}" for n in range(7)]
    assert {(item["apiVersion"], item["kind"]) for item in found.items} == {("v1", "ConfigMap")}
    assert found.version


def test_selectors_select(cluster: Cluster, client: BlockingApiClient) -> None:
    labelled = settings(cluster, "one")
    labelled["metadata"]["labels"] = {"app": "shop"}
    client.create(path(cluster), labelled)
    client.create(path(cluster), settings(cluster, "two"))
    by_label = client.list(path(cluster), labels="app=shop").items
    by_field = client.list(path(cluster), fields="metadata.name=two").items
    assert [i["metadata"]["name"] for i in (*by_label, *by_field)] == ["one", "two"]


def test_the_value_of_a_secret_stays_where_it_is_if_only_metadata_is_asked_for(
    cluster: Cluster, client: BlockingApiClient
) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "api", "namespace": cluster.namespace},
        "stringData": {"password": "hunter2"},
    }
    applied = client.apply(secret, OURS, metadata_only=True)
    assert isinstance(applied, Applied)
    secrets = path(cluster, kind="secrets")
    event = next(client.watch(secrets, fields="metadata.name=api", metadata_only=True))
    shown = [
        applied.object,
        client.get(f"{secrets}/api", metadata_only=True),
        client.list(secrets, fields="metadata.name=api", metadata_only=True).items[0],
        event.object,
    ]
    for one in shown:
        assert one
        assert (one["kind"], one["metadata"]["name"]) == ("PartialObjectMetadata", "api")
        assert "data" not in one
        assert one["metadata"]["managedFields"]


def test_a_watch_tells_what_happens_and_ends(cluster: Cluster, client: BlockingApiClient) -> None:
    version = client.list(path(cluster)).version

    def live() -> None:
        client.create(path(cluster), settings(cluster, "a", x="1"))
        client.merge_patch(path(cluster, "a"), {"data": {"x": "2"}})
        client.json_patch(path(cluster, "a"), [{"op": "remove", "path": "/data/x"}])
        client.delete(path(cluster, "a"))

    living = threading.Thread(target=live)
    living.start()
    told = []
    for event in client.watch(path(cluster), version=version):
        if event.kind is not WatchEventKind.bookmark:
            told.append(event)
        if event.kind is WatchEventKind.deleted:
            break
    living.join()
    assert [(str(e.kind), e.object.get("data")) for e in told] == [
        ("ADDED", {"x": "1"}),
        ("MODIFIED", {"x": "2"}),
        ("MODIFIED", None),
        ("DELETED", None),
    ]
    rest = client.watch(path(cluster), version=told[1].version)
    assert [next(rest).kind, next(rest).kind] == ["MODIFIED", "DELETED"]
    after = list(client.watch(path(cluster), version=told[3].version, seconds=1))
    assert {event.kind for event in after} <= {WatchEventKind.bookmark}


def test_without_a_version_a_watch_begins_with_what_is_there(
    cluster: Cluster, client: BlockingApiClient
) -> None:
    client.create(path(cluster), settings(cluster, "a", x="y" * 900_000))  # one long line
    watch = client.watch(path(cluster), fields="metadata.name=a")
    first = next(watch)
    watch.close()  # type: ignore[attr-defined]
    assert (first.kind, len(first.object["data"]["x"])) == (WatchEventKind.added, 900_000)


def test_only_the_object_that_is_meant_is_deleted(
    cluster: Cluster, client: BlockingApiClient
) -> None:
    made = client.create(path(cluster), settings(cluster, "a"))
    with pytest.raises(ApiError) as caught:
        client.delete(path(cluster, "a"), uid="7c2f1f0e-0000-0000-0000-000000000000")
    assert (caught.value.status, caught.value.reason) == (409, "Conflict")
    assert client.delete(path(cluster, "a"), uid=made["metadata"]["uid"])
    assert not client.delete(path(cluster, "a"))


def test_what_hangs_on_an_object_may_stay(cluster: Cluster, client: BlockingApiClient) -> None:
    made = client.create(path(cluster), settings(cluster, "owner"))
    owned = settings(cluster, "owned")
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner"}
    owned["metadata"]["ownerReferences"] = [{**owner, "uid": made["metadata"]["uid"]}]
    client.create(path(cluster), owned)
    client.delete(path(cluster, "owner"), propagation="Orphan")
    cluster.wait("delete", "configmap/owner")
    cluster.wait("jsonpath={.metadata.name}=owned", "configmap/owned")
    assert "ownerReferences" not in cluster.get("configmap/owned")["metadata"]


def test_every_refusal_says_what_was_asked_and_what_was_answered(
    cluster: Cluster, client: BlockingApiClient
) -> None:
    client.create(path(cluster), settings(cluster, "a"))
    with pytest.raises(ApiError) as caught:
        client.create(path(cluster), settings(cluster, "a"))
    error = caught.value
    assert (error.status, error.reason, error.transient) == (409, "AlreadyExists", False)
    assert error.what == f"the API server refuses POST {path(cluster)} with 409"
    assert 'configmaps "a" already exists' in error.why
    with accepting(409):
        client.create(path(cluster), settings(cluster, "a"))
    with pytest.raises(ApiError) as caught, accepting(404):
        client.create(path(cluster), settings(cluster, "A"))
    assert (caught.value.status, caught.value.reason) == (422, "Invalid")


def test_what_is_said_about_a_secret_quotes_nothing_of_it(
    cluster: Cluster, client: BlockingApiClient
) -> None:
    metadata = {"name": "api", "namespace": cluster.namespace}
    secret = {"metadata": metadata, "data": {"hunter2!": "aHVudGVyMg=="}}
    with pytest.raises(ApiError) as caught:
        client.create(path(cluster, kind="secrets"), secret)
    assert caught.value.status == 422
    assert "Invalid" in caught.value.why
    assert "because: Invalid, data[hunter2!]" in caught.value.lines()[1]
    with pytest.raises(ApiError) as caught:
        client.create(path(cluster, kind="secrets"), {"metadata": metadata, "data": {"a": "hunt!"}})
    assert "hunt" not in "".join(caught.value.lines())


@pytest.mark.parametrize("version", ["v1", "example.com/v1"])
def test_a_kind_that_the_cluster_does_not_know_is_named(
    cluster: Cluster, client: BlockingApiClient, version: str
) -> None:
    unknown = {**settings(cluster), "apiVersion": version, "kind": "Widget"}
    with pytest.raises(ApiError, match=f"the cluster knows no Widget of {version}") as caught:
        client.apply(unknown, OURS)
    assert caught.value.status == 404


def test_objects_of_all_groups_and_of_the_whole_cluster_are_applied(
    cluster: Cluster, client: BlockingApiClient
) -> None:
    for version, kind, namespace in (
        ("apps/v1", "Deployment", cluster.namespace),
        ("networking.k8s.io/v1", "NetworkPolicy", cluster.namespace),
        ("networking.k8s.io/v1", "IngressClass", ""),
        ("v1", "Namespace", ""),
    ):
        metadata = {"name": f"{cluster.namespace}-new"}
        if namespace:
            metadata["namespace"] = namespace
        object_ = {"apiVersion": version, "kind": kind, "metadata": metadata}
        if kind == "Deployment":
            labels = {"app": "a"}
            containers = [{"name": "c", "image": "c"}]
            pod = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
            object_["spec"] = {"selector": {"matchLabels": labels}, "template": pod}
        if kind == "NetworkPolicy":
            object_["spec"] = {"podSelector": {}}
        if kind == "IngressClass":
            object_["spec"] = {"controller": "example.com/none"}
        found = client.apply(object_, OURS, dry_run=True)
        assert isinstance(found, Applied), (kind, found)
    homeless = settings(cluster)
    del homeless["metadata"]["namespace"]
    with pytest.raises(ClusterError, match="the ConfigMap settings names no namespace"):
        client.apply(homeless, OURS)


def test_a_definition_is_found_as_soon_as_it_is_installed(
    cluster: Cluster, client: BlockingApiClient
) -> None:
    group = f"{cluster.namespace}.example.com"
    widget = {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"name": "w"}}
    with pytest.raises(ApiError):
        client.apply(widget, OURS)
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "scope": "Cluster",
            "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": schema},
                }
            ],
        },
    }
    client.apply(definition, OURS)
    try:
        cluster.wait("condition=Established", f"crd/widgets.{group}")
        assert isinstance(client.apply(widget, OURS), Applied)
    finally:
        cluster.kubectl("delete", "crd", f"widgets.{group}", "--wait=false")


def test_threads_share_a_client(cluster: Cluster, client: BlockingApiClient) -> None:
    def work(number: int) -> None:
        for step in range(5):
            client.apply(settings(cluster, f"t{number}", step=str(step)), OURS)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = client.list(path(cluster), fields="metadata.name!=kube-root-ca.crt").items
    assert [item["data"]["step"] for item in found] == ["4"] * 8


def test_what_both_faces_can_do_is_the_same() -> None:
    """But for how long a watch may be open, what opens and closes them, and clients of a client.

    What wants to ask for many things at once is run by the one that blocks.
    """
    verbs = {name for name in vars(ApiClient) if not name.startswith("_")}
    assert verbs - {"acting_as", "fenced"} == {
        n for n in vars(BlockingApiClient) if not n.startswith("_")
    } - {"close", "run"}


def test_the_official_client_sees_what_we_wrote(
    cluster: Cluster, client: BlockingApiClient, somebody: Any
) -> None:
    client.apply(settings(cluster, a="ü\n1"), OURS)
    assert somebody.read_namespaced_config_map("settings", cluster.namespace).data == {"a": "ü\n1"}
    somebody.create_namespaced_config_map(cluster.namespace, settings(cluster, "theirs", b="2"))
    found = client.get(path(cluster, "theirs"))
    assert found
    assert found["data"] == {"b": "2"}
