"""Flux: the Kustomization has applied the release, and is ready."""

from __future__ import annotations

from urllib.parse import quote

from reconciler.cluster.status.state import condition
from reconciler.health.evidence import Evidence, HealthQuestion, unseen
from reconciler.health.ready_objects import ReadyObject, evidence_of, read, time_of
from reconciler.kubernetes.access import items, text
from reconciler.model.health_sources import FluxHealth

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.cluster.blocking_client import BlockingApiClient

KIND = "/apis/kustomize.toolkit.fluxcd.io/v1"
ON_ITS_WAY = {"Progressing", "DependencyNotReady", "ArtifactFailed"}


def look(source: FluxHealth, asked: HealthQuestion, client: BlockingApiClient) -> Evidence:
    name = asked.named(source.kustomization)
    called = f"the Kustomization {source.namespace}/{name}"
    path = f"{KIND}/namespaces/{quote(source.namespace)}/kustomizations/{quote(name)}"
    found = read(client, path, called)
    if found is None:
        return unseen(
            f"there is no {called.removeprefix('the ')}",
            f"correct health in environments/{asked.entry.environment}/environment.yaml",
        )
    folder = text(found, "spec", "path").strip("./")
    if folder and not f"{asked.entry.folder}/".startswith(f"{folder}/"):
        return unseen(f"{called} deploys {folder}, and not {asked.entry.folder}")
    ready = condition(found, "Ready")
    # main@sha1:0123…: of what it tried last, if that failed, and else of what it applied
    revision = text(found, "status", "lastAttemptedRevision") or text(
        found, "status", "lastAppliedRevision"
    )
    since = [
        text(c, "lastTransitionTime")
        for _, c in items(found, "status", "conditions")
        if text(c, "type") == "Ready"
    ]
    return evidence_of(
        ReadyObject(
            called,
            revision.rpartition(":")[2],
            ready,
            bool(ready and ready.is_false and ready.reason not in ON_ITS_WAY),
            time_of(next(iter(since), "")),
            f"flux reconcile kustomization {name} --namespace {source.namespace} --with-source",
        ),
        asked,
    )
