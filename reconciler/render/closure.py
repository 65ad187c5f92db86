"""What a render looked at, and whether it would see the same again.

A subject is a folder rendered by one kernel with one set of options. Its shape is the list
of paths that the render looked at, found or not. The tokens of these paths in a tree name
the render's result: two trees with equal tokens have equal manifests.

That it looked and found nothing counts as much as a file does. Kustomize tries three names for a
kustomization, takes a resource for a file before it takes it for a folder, and a link may come to
lead elsewhere. So a commit that only adds a file can change a render of which no file has changed,
and a list of what was read would call the old manifest current. That is also what keeps a list of
paths that somebody declares, or a tool guesses from the YAML, from being right: only who was asked
knows what was asked for. docs/explanation/rendering.md has the argument why nothing more is
needed.
"""

from __future__ import annotations

from hashlib import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.render.render_options import RenderOptions
    from reconciler.trees.tree import Tree


def subject(kernel: str, path: str, options: RenderOptions) -> bytes:
    return sha256(
        f"{kernel}\n{options.identity()}\n{path}".encode(errors="surrogateescape")
    ).digest()


def key(subject: bytes, paths: Sequence[str], tree: Tree) -> bytes:
    """The name of what rendering this subject gives, if it looks at these paths.

    Each text stands there with its length, so no two lists of them make one name.
    """
    look = tree.look
    said = []
    for path in paths:
        token = look(path).token
        said.append(f"{len(path)}:{path}{len(token)}:{token}")
    return sha256(subject + "".join(said).encode(errors="surrogateescape")).digest()
