"""What Git tells a hook before a push."""

from __future__ import annotations

import pytest

from reconciler.errors import UsageError
from reconciler.git.pushes import NewCommits, Push, new_commits, read_pushes
from tests.conftest import Repo

ID, OTHER, NOTHING = "a" * 40, "b" * 40, "0" * 40


@pytest.mark.parametrize(
    ("line", "pushes"),
    [
        (f"refs/heads/x {ID} refs/heads/y {OTHER}", [Push("refs/heads/x", ID, OTHER)]),
        (f"refs/heads/x {ID} refs/heads/x {NOTHING}", [Push("refs/heads/x", ID)]),
        (f"x@{{1 day ago}} {ID} refs/heads/x {NOTHING}", [Push("x@{1 day ago}", ID)]),
        (f"(delete) {NOTHING} refs/heads/x {OTHER}", []),
        (f"HEAD {ID}{ID[:24]} refs/heads/x {'0' * 64}", [Push("HEAD", ID + ID[:24])]),
    ],
)
def test_a_line_is_a_reference(line: str, pushes: list[Push]) -> None:
    assert read_pushes(f"{line}\n".encode()) == pushes


def test_other_lines_are_refused() -> None:
    with pytest.raises(UsageError, match="not what Git tells"):
        read_pushes(b"one two three\n")


def test_a_commit_is_new_once_and_what_the_remote_has_never_is(repo: Repo) -> None:
    old = repo.commit({"a": "1"})
    repo.git("remote", "add", "origin", "nowhere")
    repo.git("update-ref", "refs/remotes/origin/main", old)
    new = repo.commit({"a": "2"})
    root = str(repo.path)
    found = list(new_commits(root, "origin", [Push("x", new), Push("y", "HEAD", OTHER)]))
    assert found == [
        NewCommits(new, (new, "--not", "--remotes=origin")),
        NewCommits(new, (new, "--not", new, "--remotes=origin")),
    ]
    assert list(new_commits(root, "elsewhere", [Push("x", new, old)])) == [
        NewCommits(new, (new, f"^{old}", "--not"))
    ]
