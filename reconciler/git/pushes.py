"""What a push brings to a remote, as Git tells it to the hook that runs before."""

from __future__ import annotations

import os
from dataclasses import dataclass

from reconciler.errors import RepositoryError, UsageError
from reconciler.git.command import run_git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class Push:
    """One reference: what it is called here, what it shall be, and what it is there, if known."""

    name: str
    tip: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class NewCommits:
    """The last of them, and all of them as git rev-list takes them."""

    tip: str
    revisions: tuple[str, ...]


def read_pushes(told: bytes) -> list[Push]:
    """Git's lines: LOCAL-NAME LOCAL-ID REMOTE-NAME REMOTE-ID; what is deleted brings nothing."""
    found = []
    for line in os.fsdecode(told).splitlines():
        words = line.rsplit(" ", 3)
        if len(words) != 4:
            raise UsageError(
                "standard input is not what Git tells a hook before a push",
                hint='a file .git/hooks/pre-push: exec reconciler secrets forbid --pre-push "$1"',
            )
        name, tip, _, before = words
        if not _is_nothing(tip):
            found.append(Push(name, tip, "" if _is_nothing(before) else before))
    return found


def new_commits(root: str, remote: str, pushes: Iterable[Push]) -> Iterator[NewCommits]:
    """Of each push, those that the remote is not known to have; none comes twice.

    What a remote has that was never fetched counts as new, and so does all of it where the remote
    has no name here.
    """
    names = os.fsdecode(run_git(root, "remote", in_hook=True)).splitlines()
    there = [f"--remotes={remote}"] if remote in names else []
    for push in pushes:
        tip = commit_called(root, push.tip)
        if not tip:
            raise RepositoryError(
                f"{push.name} is not a commit",
                why="what is in it cannot be looked at before it is pushed",
                hint="push it by itself, with --no-verify, when you know what it holds",
            )
        before = commit_called(root, push.before) if push.before else ""
        known = [f"^{before}"] if before else []
        yield NewCommits(tip, (tip, *known, "--not", *there))
        there.insert(0, tip)


def commit_called(root: str, name: str) -> str:
    """Its full name; "" if there is none."""
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    found = run_git(root, *words, may_fail=True, in_hook=True).decode().split()
    return found[-1] if found else ""


def _is_nothing(name: str) -> bool:
    return not name.strip("0")
