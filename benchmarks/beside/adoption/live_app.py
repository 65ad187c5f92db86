"""All objects of a namespace at one moment, and what differs from another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.beside.adoption.versions import fields, name_of
from benchmarks.beside.tools import Kubectl

KINDS = (
    *("configmaps", "services", "deployments", "statefulsets", "horizontalpodautoscalers"),
    *("persistentvolumeclaims", "pods"),
)
OF_THE_CLUSTER = "ConfigMap/kube-root-ca.crt"
MARKS = ("labels", "annotations")
WRITTEN_ANYWAY = ("managedFields", "resourceVersion", *MARKS)


@dataclass(frozen=True, slots=True)
class LiveApp:
    objects: Mapping[str, Mapping[str, Any]]  # by Kind/name
    pods: frozenset[str]  # uids

    def changed(self, after: LiveApp) -> Iterator[str]:
        """What is not as it was, but for marks and for who holds what."""
        for name in sorted(self.objects.keys() | after.objects.keys()):
            was, now = (_settled(one.objects.get(name)) for one in (self, after))
            for path in sorted(was.keys() | now.keys()):
                if was.get(path) != now.get(path):
                    yield f"{name}{path}: {was.get(path)} → {now.get(path)}"

    def marks(self, names: Iterable[str]) -> set[str]:
        """Labels and annotations of these objects, by their keys."""
        found = (self.objects.get(name, {}).get("metadata", {}) for name in names)
        return {key for meta in found for kind in MARKS for key in meta.get(kind) or ()}

    def holders(self, names: Iterable[str]) -> set[str]:
        """Who holds fields of these objects, and how; but for those of status and scale."""
        entries = (
            entry
            for name in names
            for entry in self.objects.get(name, {}).get("metadata", {}).get("managedFields") or ()
        )
        held = (entry for entry in entries if not entry.get("subresource"))
        return {f"{entry['manager']} ({entry['operation']})" for entry in held}

    def has(self, name: str, field: str) -> bool:
        body = self.objects.get(name)
        return body is not None and (not field or field in fields(body))


def live_app(kubectl: Kubectl, namespace: str) -> LiveApp:
    items = kubectl.get(",".join(KINDS), "-n", namespace, "--show-managed-fields")["items"]
    named = {name_of(o): o for o in items}
    pods = {n: o for n, o in named.items() if o["kind"] == "Pod"}
    staying = [o for o in pods.values() if "deletionTimestamp" not in o["metadata"]]
    objects = {n: o for n, o in named.items() if n not in pods and n != OF_THE_CLUSTER}
    return LiveApp(objects, frozenset(o["metadata"]["uid"] for o in staying))


def _settled(body: Mapping[str, Any] | None) -> dict[str, Any]:
    """With its uid and its generation."""
    if body is None:
        return {}
    metadata = {k: v for k, v in body["metadata"].items() if k not in WRITTEN_ANYWAY}
    return fields({**body, "metadata": metadata, "status": {}})
