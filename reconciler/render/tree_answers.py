"""What a tree holds, as the kernel wants to be told it."""

from __future__ import annotations

from reconciler.errors import ReconcilerError
from reconciler.trees.pins import is_reference
from reconciler.trees.tree import FILE, LINK, REFUSED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from reconciler.trees.tree import Tree

GONE = {"k": REFUSED, "why": "the tree is gone"}


def tree_answers(tree: Tree | None, paths: Iterable[str]) -> tuple[list[dict[str, Any]], bytes]:
    """An entry for each path, and the contents of the files one after the other."""
    if tree is None:
        return [GONE for _ in paths], b""
    found = [_look(tree, path) for path in paths]
    return [entry for entry, _ in found], b"".join(content for _, content in found)


def may_fetch(tree: Tree | None, paths: Iterable[str]) -> bool:
    """Does an answer lead to a commit that nobody has looked for yet?"""
    pins = tree.pins if tree else None
    return any(is_reference(p) and not (pins and pins.has(p)) for p in paths)


def _look(tree: Tree, path: str) -> tuple[dict[str, Any], bytes]:
    try:
        entry, content = tree.fetch(path)
    except ReconcilerError as e:
        return {"k": REFUSED, "why": e.what, "hint": e.hint}, b""
    except Exception as e:  # a broken tree must not stop the others' answers
        return {"k": REFUSED, "why": f"it cannot be read: {e}"}, b""
    if entry.kind == FILE:
        return {"k": FILE, "n": len(content)}, content
    if entry.kind == LINK:
        return {"k": LINK, "at": entry.at, "target": entry.target}, b""
    if entry.kind == REFUSED:
        return {"k": REFUSED, "why": entry.why, "hint": entry.hint}, b""
    return {"k": entry.kind}, b""
