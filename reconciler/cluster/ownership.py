"""Who says what in an object, as its managedFields tell."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import blake2b
from typing import Any

APPLY = "Apply"
# Who writes into objects of others as its work.
CONTROLLERS = (
    *("kube-controller-manager", "kube-scheduler", "kube-apiserver", "kubelet"),
    *("*cloud-controller-manager", "*autoscaler*", "vpa-*", "keda*", "cert-manager*"),
    *("external-provisioner", "kwok*"),
)
DIGEST_BYTES = 12  # sixteen characters


@dataclass(frozen=True, slots=True)
class FieldOwner:
    """An entry of managedFields: a manager, and the fields that it holds."""

    manager: str
    operation: str  # Apply or Update
    subresource: str  # such as status, or nothing
    time: str
    fields: Mapping[str, Any]

    @property
    def paths(self) -> Iterator[str]:
        """As the server writes them: .spec.template.spec.containers[name="web"].image."""
        return _paths(self.fields, "")


def owners_of(metadata: Mapping[str, Any]) -> Iterator[FieldOwner]:
    for entry in metadata.get("managedFields") or ():
        yield FieldOwner(
            str(entry.get("manager") or ""),
            str(entry.get("operation") or ""),
            str(entry.get("subresource") or ""),
            str(entry.get("time") or ""),
            entry.get("fieldsV1") or {},
        )


def own_digest(metadata: Mapping[str, Any], manager: str) -> str:
    """Of all that a manager applied, and nobody changed since; nothing where it holds nothing.

    Whoever changes one of its fields takes it away, so the digest moves, and with nothing else.
    """
    owner = applier(metadata, manager)
    return digest(owner.fields) if owner else ""


def applier(metadata: Mapping[str, Any], manager: str) -> FieldOwner | None:
    """What a manager holds by having applied it."""
    for owner in owners_of(metadata):
        if (owner.manager, owner.operation, owner.subresource) == (manager, APPLY, ""):
            return owner
    return None


def is_controller(manager: str) -> bool:
    return any(fnmatchcase(manager, known) for known in CONTROLLERS)


def digest(value: Mapping[str, Any]) -> str:
    """The same for the same value, in whatever order it is written."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return urlsafe_b64encode(blake2b(text.encode(), digest_size=DIGEST_BYTES).digest()).decode()


def holders(metadata: Mapping[str, Any], path: str) -> list[FieldOwner]:
    """Who holds a field or something in it; the newest first."""
    inside = (f"{path}.", f"{path}[")
    found = [
        owner
        for owner in owners_of(metadata)
        if any(held == path or held.startswith(inside) for held in owner.paths)
    ]
    return sorted(found, key=lambda owner: owner.time, reverse=True)


def _paths(fields: Mapping[str, Any], above: str) -> Iterator[str]:
    """What has nothing in it, and what is held itself beside what is in it."""
    for name, inner in fields.items():
        if name == ".":
            yield above
            continue
        path = above + _step(name)
        if inner:
            yield from _paths(inner, path)
        else:
            yield path


def _step(name: str) -> str:
    kind, _, rest = name.partition(":")
    if kind == "f":
        return f".{rest}"
    if kind == "k":
        keys = json.loads(rest)
        return "[" + ",".join(f"{key}={_value(value)}" for key, value in keys.items()) + "]"
    if kind == "v":
        return f"[={_value(json.loads(rest))}]"
    return f"[{rest}]"  # i: a number


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
