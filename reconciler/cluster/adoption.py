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
from reconciler.cluster.ownership import APPLY
from reconciler.errors import ApiError
from reconciler.text.json_object import JsonObject

DEPLOYERS = (
    *("kubectl-client-side-apply", "kubectl", "kubectl-create"),
    *("helm", "Helm", "helm-controller"),
    *("kustomize-controller", "flux", "flux-client-side-apply"),
    *("argocd-controller", "argocd-application-controller"),
    "before-first-apply",
)
MAX_TRIES = 5  # where somebody writes to the object at the same time
ANNOTATIONS = ("f:metadata", "f:annotations")


@dataclass(frozen=True, slots=True)
class Adopted:
    """From whom fields were taken over; and who holds some by another version of the kind."""

    managers: tuple[str, ...]
    left: tuple[str, ...] = ()


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
        version = str(wanted["apiVersion"])
        ours, others, left = _parted(entries, version, manager, deployers)
        managers = tuple(sorted({str(e["manager"]) for e in ours} - {manager}))
        if not managers or dry_run:
            return Adopted(managers, left)
        annotations = (wanted.get("metadata") or {}).get("annotations") or {}
        entry = _joined(ours, version, manager, annotations)
        operations = _replaced(live, [*others, entry])
        try:
            await client.json_patch(path, operations, metadata_only=True)
            return Adopted(managers, left)
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


def _parted(
    entries: Iterable[JsonObject], version: str, manager: str, deployers: Collection[str]
) -> tuple[list[JsonObject], list[JsonObject], tuple[str, ...]]:
    """What becomes ours, what stays as it is, and who could not be taken over."""
    ours: list[JsonObject] = []
    others: list[JsonObject] = []
    left: set[str] = set()
    for entry in entries:
        name, is_status = str(entry.get("manager")), bool(entry.get("subresource"))
        mine = name == manager and entry.get("operation") == APPLY
        if is_status or not (mine or name in deployers):
            others.append(entry)
        elif entry.get("apiVersion") != version:
            others.append(entry)
            left.add(name)
        else:
            ours.append(entry)
    return ours, others, tuple(sorted(left - {manager}))


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
        "time": max(str(entry.get("time") or "") for entry in ours),
        "fieldsType": "FieldsV1",
        "fieldsV1": without_annotations(fields, annotations),
    }
