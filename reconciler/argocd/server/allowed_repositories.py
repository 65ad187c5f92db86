"""The repositories from which pinned commits come: those that the plugin's operator names.

What Argo CD sends to a server has no history. And what it holds is written by the users of an
Application, who must not choose what the plugin fetches with its own credentials.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from reconciler.git.mirrors import Mirrors
from reconciler.trees.own_urls import own_urls
from reconciler.trees.pins import Pins
from reconciler.trees.tree import Tree, TreeEntry, refusal

FOREIGN = refusal(
    "no commits are fetched from that repository",
    "whoever runs the plugin can allow it, with --allow-repository",
)


def follow_pins(
    tree: Tree,
    repositories: Sequence[str],
    mirrors: Callable[[], Mirrors] | None,
    root: str | None = None,
) -> None:
    """Let this tree's pins lead there; with a root, into the Git repository there, too."""
    if root:
        own = partial(own_urls, tree, root)
        tree.pins = Pins(root, lambda: ((), repositories), mirrors, _foreign, own)
    else:  # nothing leads back to the tree: what arrived in memory goes as soon as it is answered
        tree.pins = Pins(None, lambda: ((), repositories), mirrors, _foreign)


def _foreign(_: str) -> TreeEntry:
    return FOREIGN
