"""Which folders of a tree can be rendered, and how to name many of them."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.git.tree import Tree

KUSTOMIZATION_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")


def kustomizations(tree: Tree, patterns: Sequence[str] = ()) -> list[str]:
    """The folders with a kustomization that match any of the patterns, or all of them."""
    wanted = [re.compile(glob_to_regex(p)) for p in patterns]
    found = set()
    for file in tree.files():
        folder, _, name = file.rpartition("/")
        if name in KUSTOMIZATION_NAMES and (not wanted or any(w.fullmatch(folder) for w in wanted)):
            found.add(folder)
    return sorted(found)


def glob_to_regex(pattern: str) -> str:
    """`*` and `?` stay within a name, `**` is any number of folders, `[a-z]` is one of these."""
    regex = ""
    for part in re.findall(r"/\*\*(?=/|$)|\*\*/|\*\*|\*|\?|\[[^]]+\]|.", pattern, re.DOTALL):
        match part:
            case "/**":
                regex += "(?:/.*)?"
            case "**/":
                regex += "(?:.*/)?"
            case "**":
                regex += ".*"
            case "*":
                regex += "[^/]*"
            case "?":
                regex += "[^/]"
            case _ if part.startswith("[") and len(part) > 1:
                inner = part[1:-1].replace("\\", "\\\\")
                regex += "[" + ("^" + inner[1:] if inner.startswith("!") else inner) + "]"
            case _:
                regex += re.escape(part)
    return regex


def is_pattern(text: str) -> bool:
    return any(c in text for c in "*?[")
