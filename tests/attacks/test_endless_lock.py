"""No lock keeps the bots out that nobody renews, whatever it says of itself and of the time.

Whoever may push can write the reference, and a bot whose clock is wrong may die with it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.errors import LockTaken
from reconciler.git.branches import OwnBranches
from reconciler.promotion.pull_request.lock import REFERENCE, Lock
from tests.conftest import Repo
from tests.promotion.fleet import Fleet, entry

FAR = 4102444800  # the year 2100
EMPTY = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # a tree of nothing
POLICY = {"prod": "promotion: {propose: app}\n"}


def mark(repo: Repo, *lines: str) -> None:
    """A lock that says this."""
    message = "promotions are being written\n\n" + "\n".join(lines) + "\n"
    repo.git("update-ref", REFERENCE, repo.git("commit-tree", EMPTY, "-m", message))


@pytest.fixture
def fleet(repo: Repo) -> Fleet:
    """With something to promote."""
    for name in ("name", "email"):
        repo.git("config", f"user.{name}", "bot@fleet.example")
    repo.git("hash-object", "-t", "tree", "-w", os.devnull)
    found = Fleet(repo, POLICY)
    found.commit(entry("stage", found.first, "v2"))
    return found


@contextmanager
def bot(fleet: Fleet, *words: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "reconciler", "bot", "--log-format", "text", *words],
        cwd=fleet.repo.path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def proposed(fleet: Fleet) -> bool:
    return bool(fleet.repo.git("for-each-ref", "refs/heads/promote/"))


@pytest.mark.parametrize(
    "lines",
    [
        ("Owner: bot-7 (1)", f"Until: {FAR}"),
        ("Owner: bot-7 (1)", f"Until: {FAR}", "Seconds: 1"),
        ("Owner: bot-7 (1)", f"Until: {FAR}", "Seconds: 60"),
        ("Owner: bot-7 (1)", f"Until: {FAR}", "Seconds: nan"),
        ("Owner: bot-7 (1)", "Until: inf", "Seconds: 1"),
        ("Owner: bot-7 (1)", "Until: 1e300", "Seconds: inf"),
    ],
)
def test_a_job_goes_on_whatever_a_lock_says(fleet: Fleet, lines: tuple[str, ...]) -> None:
    mark(fleet.repo, *lines)
    with bot(fleet, "--once", "--lease", "5") as process:
        printed = process.communicate(timeout=120)[0]
    assert (process.returncode, proposed(fleet)) == (0, True), printed


@pytest.mark.parametrize("kind", ["blob", "tree", "tag"])
def test_a_job_goes_on_whatever_the_reference_points_at(fleet: Fleet, kind: str) -> None:
    repo = fleet.repo
    objects = {"blob": "HEAD:environments/prod/environment.yaml", "tree": "HEAD^{tree}"}
    if kind == "tag":
        repo.git("tag", "--annotate", "--message", "a tag", "a-tag", "HEAD:environments")
    repo.git("update-ref", REFERENCE, repo.git("rev-parse", objects.get(kind, "a-tag")))
    with bot(fleet, "--once", "--lease", "5") as process:
        printed = process.communicate(timeout=120)[0]
    assert (process.returncode, proposed(fleet)) == (0, True), printed


@pytest.mark.parametrize("encoding", ["no-such", "zlib_codec", "UTF-8"])
def test_a_job_goes_on_in_whatever_encoding_a_lock_claims_to_be(
    fleet: Fleet, encoding: str
) -> None:
    repo = fleet.repo
    who = "m <m@fleet.example> 1 +0000"
    head = f"tree {EMPTY}\nauthor {who}\ncommitter {who}\nencoding {encoding}\n\n"
    file = repo.path / ".git/a-mark"
    file.write_bytes(head.encode() + b"\xff\n")
    mark = repo.git("hash-object", "-t", "commit", "-w", str(file))
    repo.git("update-ref", REFERENCE, mark)
    with bot(fleet, "--once", "--lease", "5") as process:
        printed = process.communicate(timeout=120)[0]
    assert (process.returncode, proposed(fleet)) == (0, True), printed


def test_a_server_goes_on_in_one_of_its_next_rounds(fleet: Fleet) -> None:
    """It does not wait within a round; from one to the next it knows what it has seen."""
    mark(fleet.repo, "Owner: bot-7 (1)", f"Until: {FAR}", "Seconds: 5")
    with bot(fleet, "--interval", "1", "--lease", "5") as process:
        assert process.stdout
        printed = []
        for line in process.stdout:
            printed.append(line)
            if "proposed" in line or len(printed) > 100:
                break
    assert "another replica is at work" in printed[0], printed
    assert proposed(fleet), printed


@pytest.mark.parametrize(
    "wrong",
    [timedelta(days=20_000), timedelta(seconds=-30)],
    ids=["far ahead", "behind by more than its time"],
)
def test_one_that_lives_is_not_robbed_because_its_clock_is_wrong(
    repo: Repo, wrong: timedelta
) -> None:
    repo.commit({"a": "1"})
    root = str(repo.path)

    def wrong_clock() -> datetime:
        return datetime.now(UTC) + wrong

    alive = Lock(OwnBranches(root), root, "alive", seconds=6, now=wrong_clock)
    with alive:
        begun = time.monotonic()
        other = Lock(OwnBranches(root), root, "other", seconds=6, patience=8)
        with pytest.raises(LockTaken, match="alive is writing"), other:
            pass
        assert time.monotonic() - begun > 8
        alive.check()
