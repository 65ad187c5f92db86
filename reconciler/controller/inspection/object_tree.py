"""An app's objects, and below each what it made, down to the pods."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.inventory.record import InventoryItem, ItemState
from reconciler.cluster.status.rules import WITHOUT_STATUS
from reconciler.cluster.status.state import ObjectState, ObjectStatus
from reconciler.cluster.status.status_rules import StatusRules
from reconciler.controller.inspection.live_objects import (
    LiveObjects,
    Unseen,
    listed_in,
    live_objects,
)
from reconciler.controller.sync.app_status import OWNERS
from reconciler.kubernetes.access import items, number, text
from reconciler.kubernetes.identity import Identity
from reconciler.text.json_object import JsonObject

# What controllers make for others. A kind that a cluster does not know has no objects.
MADE = (
    *(("v1", kind) for kind in ("Pod", "PersistentVolumeClaim", "Secret", "Service")),
    *(("apps/v1", kind) for kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")),
    *(("batch/v1", "Job"), ("discovery.k8s.io/v1", "EndpointSlice")),
    *(("autoscaling/v2", "HorizontalPodAutoscaler"), ("cert-manager.io/v1", "CertificateRequest")),
)
SELDOM = (("apps/v1", "ControllerRevision"),)
CERTIFICATE_OF = "cert-manager.io/certificate-name"
MISSING, UNKNOWN = "missing", "unknown"


@dataclass(frozen=True, slots=True)
class TreeNode:
    identity: Identity
    version: str  # apiVersion
    state: str  # of ObjectState, or missing, or unknown where it may not be seen
    reason: str = ""
    made_at: str = ""  # as the server writes times
    uid: str = ""
    children: tuple[TreeNode, ...] = ()
    object: JsonObject | None = None

    def __iter__(self) -> Iterator[TreeNode]:
        """Itself, and all that is below."""
        yield self
        for child in self.children:
            yield from child


@dataclass(frozen=True, slots=True)
class ObjectTree:
    roots: tuple[TreeNode, ...]
    unseen: tuple[Unseen, ...] = ()

    def __iter__(self) -> Iterator[TreeNode]:
        for root in self.roots:
            yield from root


async def tree_of(
    client: ApiClient,
    known: Iterable[InventoryItem],
    app: str,
    rules: StatusRules,
    *,
    whole: bool,
) -> ObjectTree:
    """`whole`: with what is of the past. Of Secrets only names are asked for."""
    known = list(known)
    live = await live_objects(client, known, app, WITHOUT_STATUS.__contains__)
    namespaces = sorted({i.identity.namespace for i in known if i.identity.namespace})
    kinds = (*MADE, *SELDOM) if whole else MADE
    found = await asyncio.gather(
        *(listed_in(client, (*kind, name)) for kind, name in product(kinds, namespaces))
    )
    unseen = {*live.unseen, *(one for one in found if isinstance(one, Unseen))}
    made = dict(o for one in found if not isinstance(one, Unseen) for o in one.items())
    there = {**made, **live.objects}
    statuses = dict(zip(there, await rules.of([*there.values()]), strict=True))
    return ObjectTree(object_tree(known, live, made, statuses, whole=whole), tuple(sorted(unseen)))


def object_tree(
    known: Iterable[InventoryItem],
    live: LiveObjects,
    made: Mapping[Identity, JsonObject],
    statuses: Mapping[Identity, ObjectStatus],
    *,
    whole: bool,
) -> tuple[TreeNode, ...]:
    """The objects of the inventory are the roots, whoever owns them."""
    below: dict[str, list[tuple[Identity, JsonObject]]] = {}
    for identity, o in made.items():
        if identity not in live.objects and (whole or not _is_past(o)):
            for uid in _owners(o):
                below.setdefault(uid, []).append((identity, o))

    def node(identity: Identity, o: JsonObject) -> TreeNode:
        uid = text(o, "metadata", "uid")
        children = [*below.get(uid, ()), *_without_owner(identity, o, made)]
        nodes = tuple(node(*child) for child in sorted(children, key=lambda c: c[0]))
        status = _with_worst_pod(identity, statuses[identity], nodes)
        created, version = text(o, "metadata", "creationTimestamp"), text(o, "apiVersion")
        return TreeNode(
            identity, version, status.state.value, status.reason, created, uid, nodes, o
        )

    return tuple(
        node(item.identity, live.objects[item.identity])
        if item.identity in live.objects
        else _not_seen(item, live)
        for item in sorted(known, key=lambda i: i.identity)
        if item.identity in live.objects or item.state is not ItemState.intended
    )


def _not_seen(item: InventoryItem, live: LiveObjects) -> TreeNode:
    state, reason = (UNKNOWN, "no right to see it") if live.hides(item) else (MISSING, "")
    return TreeNode(item.identity, item.version, state, reason)


def _owners(o: JsonObject) -> Iterator[str]:
    for _, owner in items(o, "metadata", "ownerReferences"):
        yield text(owner, "uid")


def _without_owner(
    identity: Identity, o: JsonObject, made: Mapping[Identity, JsonObject]
) -> Iterator[tuple[Identity, JsonObject]]:
    """Claims outlive their StatefulSet, and Secrets their Certificate, so they name no owner."""
    templates = [text(t, "metadata", "name") for _, t in items(o, "spec", "volumeClaimTemplates")]
    claims = [re.compile(rf"{re.escape(t)}-{re.escape(identity.name)}-\d+") for t in templates]
    for other, one in made.items():
        if other.namespace != identity.namespace or any(_owners(one)):
            continue
        is_claim = other.kind == "PersistentVolumeClaim"
        named = text(one, "metadata", "annotations", CERTIFICATE_OF)
        is_secret = (identity.kind, named) == ("Certificate", identity.name)
        if (is_claim and any(c.fullmatch(other.name) for c in claims)) or (
            is_secret and other.kind == "Secret"
        ):
            yield other, one


def _is_past(o: JsonObject) -> bool:
    """A ReplicaSet of an older release, which has no pods any more."""
    if text(o, "kind") != "ReplicaSet":
        return False
    return not (number(o, "spec", "replicas") or number(o, "status", "replicas"))


def _with_worst_pod(
    identity: Identity, status: ObjectStatus, below: Iterable[TreeNode]
) -> ObjectStatus:
    """Its owner only counts; the pod says why."""
    if status.state is not ObjectState.progressing or identity.kind not in OWNERS:
        return status
    for child in below:
        for one in child:
            if one.identity.kind == "Pod" and one.state == ObjectState.degraded:
                reason = f"{status.reason}: {one.identity.name}, {one.reason}"
                return ObjectStatus(ObjectState.degraded, reason)
    return status
