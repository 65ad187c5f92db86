"""Looking for secrets in the clear where a user, or the hook of a commit or a push, asks for it."""

from __future__ import annotations

import os
import sys

from reconciler.cli.source import find_source
from reconciler.errors import UsageError
from reconciler.git.locate import find_root
from reconciler.git.pushes import Push, new_commits, read_pushes
from reconciler.git.snapshots import Snapshots
from reconciler.sealing.plaintext.scan import Scan, Scanner, read_rules, scan_commits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def repository(root: str | None) -> str:
    source = find_source([], root)
    if find_root(source) != source:
        raise UsageError(f"{source} is no Git repository", hint="run it in one, or name its --root")
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
    new = new_commits(root, remote, pushes)
    return [scan for commits in new for scan in scan_commits(snapshots, commits)]


def scanned(root: str, paths: Sequence[str] = (), revisions: str | None = None) -> list[Scan]:
    """The commits of a range, or these paths of the index, or all that is staged."""
    snapshots = Snapshots(root)
    if revisions:
        return scan_commits(snapshots, snapshots.range(revisions))
    scanner = Scanner(snapshots, read_rules(snapshots, ""))
    if paths:
        return [scanner.scan(snapshots.indexed([os.path.relpath(path, root) for path in paths]))]
    return [scanner.scan(snapshots.staged())]


def summary(scans: Sequence[Scan]) -> str:
    return f"{sum(scan.files for scan in scans):,} files: nothing is in the clear"
