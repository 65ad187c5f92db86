"""Looking for secrets in the clear where a user, or the hook of a commit or a push, asks for it."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache

from reconciler.cli.variables import SETTINGS
from reconciler.git.locate import find_root
from reconciler.git.pushes import Push, new_commits, read_pushes
from reconciler.git.snapshots import Snapshots
from reconciler.sealing.plaintext.scan import Scan, Scanner, read_rules, scan_commits
from reconciler.session.trees import find_source, not_in_git
from reconciler.text.markdown_lists import count
from reconciler.trees.staged import StagedTree
from reconciler.trees.tree import MISSING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reconciler.sealing.plaintext.rendered import Rendering
    from reconciler.trees.tree import Tree


def repository(root: str | None) -> str:
    source = find_source([], root)
    if find_root(source) != source:
        raise not_in_git("change to one, or name it with --root")
    return source


def asked_for(
    root: str, paths: Sequence[str], revisions: str | None = None, remote: str | None = None
) -> list[Scan]:
    """What was typed; else what a hook runner has hooks look at before a push, or what is staged.

    A runner says where the commits of a push begin, unless it begins with the first of all.
    """
    if revisions:
        return scanned(root, revisions=revisions)
    if remote is not None:
        return _new_to(remote, read_pushes(sys.stdin.buffer.read()), root)
    first, last = (os.environ.get(f"PRE_COMMIT_{end}_REF") for end in ("FROM", "TO"))
    if first and last:
        return scanned(root, revisions=f"{first}..{last}")
    remote, branch = (os.environ.get(f"PRE_COMMIT_{it}") for it in ("REMOTE_NAME", "LOCAL_BRANCH"))
    if remote and branch:
        return _new_to(remote, [Push(branch, last or branch)], root)
    return scanned(root, paths)


def _new_to(remote: str, pushes: Sequence[Push], root: str) -> list[Scan]:
    snapshots = Snapshots(root)
    with _rendering(root) as rendering:
        new = new_commits(root, remote, pushes)
        return [scan for commits in new for scan in scan_commits(snapshots, commits, rendering)]


@contextmanager
def _rendering(root: str) -> Iterator[Callable[[], Rendering]]:
    """Begun when first asked for. A hook fetches nothing, and keeps its renders for others."""
    with ExitStack() as opened:

        @cache
        def begin() -> Rendering:
            from reconciler.render.renderer import Renderer
            from reconciler.sealing.plaintext.rendered import Rendering
            from reconciler.session.opened import open_store
            from reconciler.session.trees import open_tree

            def tree(commit: str) -> Tree:
                return open_tree(SETTINGS, root, commit or None, offline=True, staged=not commit)

            return Rendering(opened.enter_context(Renderer(open_store(SETTINGS))), tree)

        yield begin


def scanned(root: str, paths: Sequence[str] = (), revisions: str | None = None) -> list[Scan]:
    """The commits of a range, or these paths of the index, or all that is staged."""
    snapshots = Snapshots(root)
    with _rendering(root) as rendering:
        if revisions:
            return scan_commits(snapshots, snapshots.range(revisions), rendering)
        scanner = Scanner(snapshots, read_rules(snapshots, ""), rendering)
        if paths:
            named = snapshots.indexed([os.path.relpath(path, root) for path in paths])
            unnamed = snapshots.staged().others  # runners name no links, and nothing that is gone
            return [scanner.scan(replace(named, others=named.others | unnamed))]
        return [scanner.scan(snapshots.staged())]


def is_staged(root: str, path: str) -> bool:
    """Is it in the index still? What was sealed into another file is not."""
    return StagedTree(Snapshots(root)).look(os.path.relpath(path, root)).kind != MISSING


def summary(scans: Sequence[Scan]) -> str:
    """How much was looked at, and how much of it not as it is rendered."""
    said = f"{count(sum(scan.files for scan in scans), 'file')}: nothing is in the clear"
    folders = {folder for scan in scans for folder in scan.unrendered}
    if not folders:
        return said
    some = "a folder does" if len(folders) == 1 else f"{len(folders):,} folders do"
    return f"{said}, though {some} not render: only the files were looked at there"
