"""Does a text say what an edit was to make it say, and nothing else?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yaml.nodes import Node, ScalarNode

from reconciler.errors import ReconcilerError
from reconciler.yaml.read import Document, child, read_documents
from reconciler.yaml.values import origins, same


def reads_as(document: Document, text: str, value: Mapping[str, Any]) -> bool:
    """Has this document the value, and is all else as it was, for readers of YAML 1.1, too?"""
    before = read_documents(document.text.encode(), document.file)
    try:
        after = read_documents(text.encode(), document.file)
    except ReconcilerError:
        return False
    wanted = [other.value for other in before]
    wanted[document.number] = value
    return same(wanted, [other.value for other in after]) and all(
        _is_kept(old.node, new.node, old.value, new.value)
        for old, new in zip(before, after, strict=True)
    )


def _is_kept(before: Node | None, after: Node | None, old: Any, new: Any) -> bool:
    """What keeps its value is 010 as before, and not 10 or "010"."""
    if before is None or after is None:
        return True
    places: list[tuple[Any, Any]] = []
    if isinstance(old, dict) and isinstance(new, dict):
        places = [(key, key) for key in old if key in new]
    elif isinstance(old, list) and isinstance(new, list):
        places = [(a, b) for b, a in enumerate(origins(old, new)) if a is not None]
    elif isinstance(before, ScalarNode) and isinstance(after, ScalarNode) and same(old, new):
        return (before.tag, before.value) == (after.tag, after.value)
    return all(_is_kept(child(before, a), child(after, b), old[a], new[b]) for a, b in places)
