"""An app's objects taken over from another tool, before they are synced for the first time."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from reconciler.cluster.adoption import DEPLOYERS, Adopted, adopt_object
from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.api_errors import FORBIDDEN, NOT_FOUND, accepting
from reconciler.controller.desired import WantedObject, manager_of
from reconciler.controller.sync.sync_context import MAX_REQUESTS
from reconciler.errors import ApiError, CheckFailed
from reconciler.kubernetes.access import mapping
from reconciler.kubernetes.identity import Identity
from reconciler.model.entry import Entry
from reconciler.text.json_object import JsonObject

FLUX = ("kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io")
ARGO_CD = "argocd.argoproj.io/tracking-id"
# How Argo CD marks objects in its other way; the charts of Helm have this label, too.
INSTANCE = "app.kubernetes.io/instance"
IN_CLUSTER = "https://kubernetes.default.svc"


@dataclass(frozen=True, slots=True)
class ObjectAdopted:
    identity: Identity
    adopted: Adopted


async def adopt(
    client: ApiClient,
    entry: Entry,
    wanted: Collection[WantedObject],
    deployers: Collection[str] = DEPLOYERS,
    *,
    dry_run: bool = False,
) -> list[ObjectAdopted]:
    """Those that are there and that others applied. Refuses what somebody still deploys."""
    free = asyncio.Semaphore(MAX_REQUESTS)
    paths = {one.identity: await _path(client, one) for one in wanted}

    async def look(identity: Identity, path: str) -> None:
        async with free:
            if live := await client.get(path, metadata_only=True):
                await _refuse_what_is_deployed(client, identity, live)

    await asyncio.gather(*(look(identity, path) for identity, path in paths.items() if path))

    async def one_of(one: WantedObject) -> ObjectAdopted | None:
        path = paths[one.identity]
        if path is None:
            return None
        async with free:
            adopted = await adopt_object(
                client, path, one.body, manager_of(entry), deployers, dry_run=dry_run
            )
        if adopted is None or not (adopted.managers or adopted.left or adopted.beside):
            return None
        return ObjectAdopted(one.identity, adopted)

    done = await asyncio.gather(*map(one_of, wanted))
    return sorted(filter(None, done), key=lambda found: found.identity)


async def _path(client: ApiClient, one: WantedObject) -> str | None:
    """None of a kind that is not there: it has no objects."""
    try:
        return await client.discovery.path_of(one.body)
    except ApiError as e:
        if e.status != NOT_FOUND:
            raise
        return None


@dataclass(frozen=True, slots=True)
class _Deployer:
    """Whose mark is on an object; `lists`: it deploys it only if it says so of itself."""

    path: str
    called: str
    hint: str
    lists: bool = False


async def _refuse_what_is_deployed(
    client: ApiClient, identity: Identity, found: JsonObject
) -> None:
    """Two who deploy the same would fight from now on."""
    for one in _deployers(found):
        with accepting(NOT_FOUND, *((FORBIDDEN,) if one.lists else ())):
            other = await client.get(one.path, metadata_only=not one.lists)
            if other and (not one.lists or _lists(other, identity)):
                raise CheckFailed(f"{one.called} still deploys {identity}", hint=one.hint)


def _deployers(found: JsonObject) -> Iterator[_Deployer]:
    labels = mapping(found, "metadata", "labels")
    annotations = mapping(found, "metadata", "annotations")
    for group, kind in zip(FLUX, ("kustomizations", "helmreleases"), strict=True):
        name, namespace = labels.get(f"{group}/name"), labels.get(f"{group}/namespace")
        if name and namespace:
            version = "v1" if kind == "kustomizations" else "v2"
            yield _Deployer(
                f"/apis/{group}/{version}/namespaces/{namespace}/{kind}/{name}",
                f"Flux ({kind} {namespace}/{name})",
                f"suspend it, set prune: false, and delete it: kubectl delete {kind} {name} "
                f"--namespace {namespace}",
            )
    tracking = str(annotations.get(ARGO_CD) or "")
    if application := tracking.partition(":")[0]:
        namespace, _, name = application.rpartition("_")
        yield _application(namespace or "argocd", name)
    elif name := str(labels.get(INSTANCE) or ""):
        yield _application("argocd", name, lists=True)


def _application(namespace: str, name: str, *, lists: bool = False) -> _Deployer:
    return _Deployer(
        f"/apis/argoproj.io/v1alpha1/namespaces/{namespace}/applications/{name}",
        f"Argo CD (Application {namespace}/{name})",
        f"delete it and leave its objects: argocd app delete {name} --cascade=false",
        lists,
    )


def _lists(application: JsonObject, identity: Identity) -> bool:
    """Does it name this object of its own cluster?"""
    to = mapping(application, "spec", "destination")
    if to.get("server") != IN_CLUSTER and to.get("name") != "in-cluster":
        return False
    resources = mapping(application, "status").get("resources") or ()
    wanted = (identity.group, identity.kind, identity.namespace, identity.name)
    return any(
        tuple(str(r.get(k) or "") for k in ("group", "kind", "namespace", "name")) == wanted
        for r in resources
    )
