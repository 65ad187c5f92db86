"""The URLs by which the files of a repository call it."""

from __future__ import annotations

from reconciler.git.addresses import remote_urls

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.trees.tree import Tree


def own_urls(tree: Tree, root: str | None) -> list[str]:
    """Whoever wrote the files may say so: the commits are here, or come from the origin.

    Without an origin they would come from these URLs.
    """
    if root is None or not remote_urls(root):
        return []
    from reconciler.model.addresses import listed_urls

    return [listed.url for listed in listed_urls(tree, lenient=True) if listed.own]
