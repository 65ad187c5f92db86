"""What the repo-server makes of a plugin's answer: objects, and what it has against them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from reconciler.errors import CheckFailed
from reconciler.kubernetes.access import text
from reconciler.kubernetes.identity import Identity
from reconciler.yaml.nodes import LOADER, where_too_deep

MAX_DEPTH = 200


@dataclass(frozen=True, slots=True)
class PluginResponse:
    objects: tuple[Identity, ...]
    warnings: tuple[str, ...]


def received(manifests: Sequence[str]) -> PluginResponse:
    """Split, parsed, and lists of objects taken apart."""
    found = [o for manifest in manifests for o in _objects(manifest)]
    identities = [_identity(o) for o in found]
    warnings = [
        f"{identity} is there {count} times: Argo CD warns with RepeatedResourceWarning,"
        " and keeps the last"
        for identity, count in Counter(identities).items()
        if count > 1
    ]
    warnings += [
        f"a {identity.kind} has no metadata.name: the comparison with the cluster fails"
        for identity in identities
        if not identity.name
    ]
    if not found:
        warnings.append("nothing was generated: with prune, all objects of the app are deleted")
    return PluginResponse(tuple(identities), tuple(warnings))


def _objects(manifest: str) -> Iterator[Mapping[str, Any]]:
    try:
        if (line := where_too_deep(manifest, MAX_DEPTH)) is not None:
            raise _unreadable(f"more than {MAX_DEPTH} levels are nested at line {line}")
        documents = list(yaml.load_all(manifest, LOADER))
    except yaml.YAMLError as e:
        mark = getattr(e, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise _unreadable(f"{getattr(e, 'problem', None) or 'it is not YAML'}{where}") from None
    for document in documents:
        if document is None:
            continue
        if not isinstance(document, Mapping):
            kind = "array" if isinstance(document, list) else "scalar"
            raise _unreadable(f"a document is no object: cannot unmarshal {kind}")
        if not document.get("kind"):
            raise _unreadable("Object 'Kind' is missing")
        items = document.get("items")
        if isinstance(items, list):
            yield from (item for item in items if isinstance(item, Mapping))
        elif "items" not in document or "spec" in document or "status" in document:
            yield document


def _unreadable(why: str) -> CheckFailed:
    """Without the document: what it holds may be a Secret."""
    return CheckFailed("Argo CD cannot read what the plugin generated", why=why)


def _identity(o: Mapping[str, Any]) -> Identity:
    return Identity(
        text(o, "apiVersion").rpartition("/")[0],
        text(o, "kind"),
        text(o, "metadata", "namespace"),
        text(o, "metadata", "name"),
    )
