"""Objects that another tool applied taken over, so that nothing restarts and nothing is left over.

What the tool holds becomes ours, by its entry of managedFields: so what Git drops later goes, as
if we had applied it from the beginning. Nothing else of the object is written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.api_errors import CONFLICT, INVALID, accepting
from reconciler.cluster.ownership import APPLY, is_controller
from reconciler.errors import ApiError
from reconciler.text.json_object import JsonObject

DEPLOYERS = (
    *("kubectl-client-side-apply", "kubectl", "kubectl-last-applied"),
    *("kubectl-create", "kubectl-replace"),
    *("helm", "Helm", "helm-controller"),
    *("kustomize-controller", "flux", "flux-client-side-apply"),
    *("argocd-controller", "argocd-application-controller"),
    "before-first-apply",
)
MAX_TRIES = 5  # where somebody writes to the object at the same time
ANNOTATIONS = ("f:metadata", "f:annotations")


@dataclass(frozen=True, slots=True)
class Adopted:
    """From whom fields were taken over, and who holds some still."""

    managers: tuple[str, ...]
    left: tuple[str, ...] = ()  # by another version of the kind
    beside: tuple[str, ...] = ()  # no tool that was to be taken over from, and no controller


async def adopt_object(
    client: ApiClient,
    path: str,
    wanted: Mapping[str, Any],
    manager: str,
    deployers: Collection[str] = DEPLOYERS,
    *,
    dry_run: bool = False,
) -> Adopted | None:
    """None where nothing is there. Annotations that Git has not stay, and are nobody's then.

    To take one away would raise the generation of a Deployment.
    """
    for attempt in range(MAX_TRIES):
        live = await client.get(path, metadata_only=True)
        if live is None:
            return None
        entries = live["metadata"].get("managedFields") or []
        deployed = [e for e in entries if _is_deployed(e, manager, deployers)]
        version = _version(deployed, manager, str(wanted["apiVersion"]))
        ours = [e for e in deployed if e.get("apiVersion") == version]
        others = [e for e in entries if e not in ours]
        adopted = Adopted(
            _managers(ours, manager),
            _managers((e for e in deployed if e not in ours), manager),
            _managers((e for e in others if _is_beside(e, manager, deployers)), manager),
        )
        if not adopted.managers or dry_run:
            return adopted
        annotations = (wanted.get("metadata") or {}).get("annotations") or {}
        entry = _joined(ours, version, manager, annotations)
        operations = _replaced(live, [*others, entry])
        try:
            await client.json_patch(path, operations, metadata_only=True)
            return adopted
        except ApiError as e:
            if e.status not in (CONFLICT, INVALID) or attempt == MAX_TRIES - 1:
                raise
    raise AssertionError("the last try returns or raises")


async def release_object(client: ApiClient, path: str, manager: str) -> None:
    """Have its fields be nobody's, so that whoever applies it next is refused none of them."""
    for _ in range(MAX_TRIES):
        live = await client.get(path, metadata_only=True)
        entries = (live or {}).get("metadata", {}).get("managedFields") or []
        others = [entry for entry in entries if entry.get("manager") != manager]
        if live is None or len(others) == len(entries):
            return
        # An empty list would leave it as it is: one empty entry is how the API clears it.
        with accepting(CONFLICT, INVALID):
            await client.json_patch(path, _replaced(live, others or [{}]), metadata_only=True)
            return


def union(some: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    """All fields of both."""
    found = dict(some)
    for name, inner in others.items():
        found[name] = union(found.get(name) or {}, inner or {})
    return found


def without_annotations(fields: Mapping[str, Any], kept: Collection[str]) -> dict[str, Any]:
    """Whoever holds the whole map holds what is in it, too: that goes with the last of them."""
    outer, inner = ANNOTATIONS
    held = (fields.get(outer) or {}).get(inner)
    if held is None:
        return dict(fields)
    left = {name: value for name, value in held.items() if name.removeprefix("f:") in kept}
    metadata = {name: value for name, value in fields[outer].items() if name != inner}
    if left:
        metadata[inner] = left
    found = {name: value for name, value in fields.items() if name != outer}
    return {**found, outer: metadata} if metadata else found


def _replaced(live: JsonObject, entries: Sequence[JsonObject]) -> list[JsonObject]:
    """Only if nobody wrote to it meanwhile."""
    seen = live["metadata"]["resourceVersion"]
    return [
        {"op": "test", "path": "/metadata/resourceVersion", "value": seen},
        {"op": "replace", "path": "/metadata/managedFields", "value": [*entries]},
    ]


def _is_deployed(entry: JsonObject, manager: str, deployers: Collection[str]) -> bool:
    """Is it to be ours, or ours already?"""
    name = str(entry.get("manager"))
    mine = name == manager and entry.get("operation") == APPLY
    return not entry.get("subresource") and (mine or name in deployers)


def _is_beside(entry: JsonObject, manager: str, deployers: Collection[str]) -> bool:
    name = str(entry.get("manager"))
    is_another_app = name.startswith(manager.partition("/")[0] + "/")
    is_known = name in deployers or is_another_app or is_controller(name)
    return not (entry.get("subresource") or is_known)


def _version(deployed: Sequence[JsonObject], manager: str, wanted: str) -> str:
    """Ours, that of Git, or else the last: the server knows what our fields of it are in another.

    It keeps one entry of a manager that applied, so what is by a second version cannot be ours.
    """
    ordered = sorted(deployed, key=_time)
    found = [str(entry.get("apiVersion")) for entry in ordered]
    own = [v for v, entry in zip(found, ordered, strict=True) if entry["manager"] == manager]
    return next(iter(own), wanted if wanted in found or not found else found[-1])


def _managers(entries: Iterable[JsonObject], manager: str) -> tuple[str, ...]:
    return tuple(sorted({str(entry["manager"]) for entry in entries} - {manager}))


def _time(entry: JsonObject) -> str:
    return str(entry.get("time") or "")


def _joined(
    ours: Sequence[JsonObject], version: str, manager: str, annotations: Collection[str]
) -> JsonObject:
    fields: dict[str, Any] = {}
    for entry in ours:
        fields = union(fields, entry.get("fieldsV1") or {})
    return {
        "manager": manager,
        "operation": APPLY,
        "apiVersion": version,
        "time": max(map(_time, ours)),
        "fieldsType": "FieldsV1",
        "fieldsV1": without_annotations(fields, annotations),
    }
