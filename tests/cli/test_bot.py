"""reconciler bot: it says what it will do, and what keeps it from that."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Run
from tests.conftest import Repo
from tests.promotion.fleet import Fleet


@pytest.mark.parametrize(
    ("more", "proposes", "merges"),
    [
        ({}, [], []),
        ({"stage": "promotion: {propose: app, autoMerge: true}\n"}, ["stage"], ["stage"]),
    ],
)
def test_it_says_at_its_start_what_it_may_do(
    more: dict[str, str], proposes: list[str], merges: list[str], repo: Repo, reconciler: Run
) -> None:
    for key, value in (("name", "bot"), ("email", "bot@fleet.example")):
        repo.git("config", f"user.{key}", value)
    Fleet(repo, more)
    done = reconciler("bot", "--once", cwd=repo.path)
    assert done.returncode == 0, done.stderr
    said = [json.loads(line) for line in (done.stdout + done.stderr).splitlines()]
    start = said[0]
    assert (start["looks"], start["proposes"], start["merges"]) == ("once", proposes, merges)
    hints = [line.get("hint", "") for line in said[1:]]
    assert any("promotion.propose" in hint for hint in hints) is not bool(proposes)
