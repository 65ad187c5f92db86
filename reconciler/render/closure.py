"""What a render looked at, and whether it would see the same again.

A subject is a folder rendered by one kernel with one set of options. Its shape is the list
of paths that the render looked at, found or not. The tokens of these paths in a tree name
the render's result: two trees with equal tokens have equal manifests.
"""

from __future__ import annotations

from hashlib import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.git.tree import Tree
    from reconciler.render.options import RenderOptions


def subject(kernel: str, path: str, options: RenderOptions) -> bytes:
    return sha256(
        f"{kernel}\n{options.identity()}\n{path}".encode(errors="surrogateescape")
    ).digest()


def key(subject: bytes, paths: Sequence[str], tree: Tree) -> bytes:
    """The name of what rendering this subject gives, if it looks at these paths."""
    look = tree.look
    lines = [subject.hex()]
    for path in paths:
        lines.append(path)
        lines.append(look(path).token)
    return sha256("\0".join(lines).encode(errors="surrogateescape")).digest()
