"""Looking for secrets in the clear where a user, or the hook of a commit or a push, asks for it."""

from __future__ import annotations

import os

from reconciler.cli.source import find_source
from reconciler.errors import UsageError
from reconciler.git.command import run_git
from reconciler.git.locate import find_root
from reconciler.git.snapshots import Snapshots
from reconciler.model.plaintext import PLAINTEXT_FILE
from reconciler.sealing.plaintext.scan import Scan, Scanner, read_rules, scan_commits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def repository(root: str | None) -> str:
    source = find_source([], root)
    if find_root(source) != source:
        raise UsageError(f"{source} is no Git repository", hint="run it in one, or name its --root")
    return source


def pushed() -> str | None:
    """The commits that pre-commit was asked to look at, when it runs before a push."""
    first, last = (os.environ.get(f"PRE_COMMIT_{end}_REF") for end in ("FROM", "TO"))
    return f"{first}..{last}" if first and last else None


def scanned(root: str, paths: Sequence[str] = (), revisions: str | None = None) -> list[Scan]:
    """The commits of a range, or these paths of the index, or all that is staged."""
    snapshots = Snapshots(root)
    if revisions:
        return scan_commits(snapshots, revisions)
    scanner = Scanner(snapshots, read_rules(snapshots, ""))
    if paths:
        return [scanner.scan(snapshots.indexed([os.path.relpath(path, root) for path in paths]))]
    return [scanner.scan(snapshots.staged())]


def rules_changed(root: str, revisions: str) -> bool:
    """Does one of these commits change what counts as a secret?"""
    words = ("rev-list", "--max-count=1", "--end-of-options", revisions, "--", PLAINTEXT_FILE)
    return bool(run_git(root, *words, may_fail=True))


def summary(scans: Sequence[Scan]) -> str:
    return f"{sum(scan.files for scan in scans):,} files: nothing is in the clear"
