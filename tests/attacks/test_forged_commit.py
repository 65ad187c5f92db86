"""Nobody makes a commit that passes for another because it begins with the same digits.

Seven digits are found again in two minutes. Here they are as found: the comment names the
beginning of a commit that is made after it.
"""

from __future__ import annotations

import subprocess

import pytest

from reconciler.forges.forge import PullRequest
from reconciler.forges.local import LocalForge
from reconciler.git.trailers import with_trailers
from reconciler.model.paths import AppName
from reconciler.promotion.gates.override_line import Override
from reconciler.promotion.promotion_request import (
    PromotionKind,
    PromotionRequest,
    request_of_commit,
)
from reconciler.promotion.pull_request.carry_out import carry_out
from reconciler.promotion.pull_request.decide import override_comment
from tests.cli.conftest import Run
from tests.cli.conftest import typed as typed
from tests.conftest import Repo
from tests.promotion.fleet import Fleet, entry
from tests.promotion.pull_request.conftest import Build
from tests.promotion.pull_request.conftest import build as build
from tests.promotion.pull_request.conftest import checking as checking
from tests.promotion.pull_request.forge_setup import PAW, PromotionFleet

POLICY = (
    "promotion:\n  {propose: app, autoMerge: true, overrides: [Lead], "
    "gates: [{type: soak, time: 9999d}]}\n"
)


def made_again(promotion_fleet: PromotionFleet, commit: str) -> str:
    """With blanks at the end of its message, which nobody sees and nobody counts."""
    git = promotion_fleet.fleet.repo.git
    git("fetch", "--quiet", "origin", commit)
    text = git("cat-file", "commit", commit)
    forged = subprocess.run(
        ["git", "hash-object", "-t", "commit", "-w", "--stdin"],
        cwd=promotion_fleet.fleet.repo.path,
        input=f"{text} \t\n".encode(),
        capture_output=True,
        check=True,
    )
    return forged.stdout.decode().strip()


def lead_says(promotion_fleet: PromotionFleet, pull: PullRequest, mark: str, body: str) -> None:
    LocalForge(str(promotion_fleet.forge_setup.root), "Lead").say(pull, mark, body)


@pytest.mark.parametrize("digits", [7, 10, 39])
def test_the_beginning_of_a_commit_overrides_nothing(build: Build, digits: int) -> None:
    promotion_fleet = build(prod=POLICY)
    promotion_fleet.tag("v2")
    promotion_fleet.round()
    (pull,) = promotion_fleet.open()
    promotion_fleet.tag("v3-evil")
    promotion_fleet.round()
    forged = made_again(promotion_fleet, promotion_fleet.open()[0].commit)
    lead_says(promotion_fleet, pull, "a", f"/override soak {forged[:digits]} tried by hand")
    promotion_fleet.fleet.repo.git(
        "push", "--quiet", "--force", "origin", f"{forged}:refs/heads/{PAW.branch}"
    )
    promotion_fleet.round()
    assert "newTag: v1" in promotion_fleet.file("main")
    tip = promotion_fleet.open()[0].commit
    said = {s.context: s.description for s in promotion_fleet.forge.statuses(tip)}
    assert (
        f"{forged[:digits]}, which is not the whole name of a commit" in said["promotion/override"]
    )


def test_an_override_is_for_one_commit_in_full(build: Build) -> None:
    promotion_fleet = build(prod=POLICY)
    promotion_fleet.tag("v2")
    promotion_fleet.round()
    (pull,) = promotion_fleet.open()
    promotion_fleet.tag("v3-evil")
    promotion_fleet.round()
    lead_says(promotion_fleet, pull, "a", f"/override soak {pull.commit} tried by hand")
    promotion_fleet.round()
    assert "newTag: v1" in promotion_fleet.file("main")
    (now,) = promotion_fleet.open()
    assert "--override GATE --reason TEXT" in now.body
    lead_says(promotion_fleet, now, "b", f"/override soak {now.commit} tried by hand")
    promotion_fleet.round()
    assert "newTag: v3-evil" in promotion_fleet.file("main")


def test_what_a_command_overrides_is_said_in_full(build: Build) -> None:
    promotion_fleet = build(prod=POLICY)
    promotion_fleet.tag("v2")
    promotion_fleet.round()
    (pull,) = promotion_fleet.open()
    passing = Override(("soak",), "an incident", "")
    carry_out(override_comment(pull.number, pull.commit, passing), promotion_fleet.session())
    (comment,) = promotion_fleet.forge.comments(pull)
    assert comment.body == f"/override soak {pull.commit} an incident"


def test_a_tag_called_as_a_commit_begins_is_not_taken_for_it(repo: Repo, typed: Run) -> None:
    fleet = Fleet(repo)
    good = fleet.commit(entry("prod", fleet.first, "v2"))
    vulnerable = fleet.commit(entry("prod", fleet.first, "v0-vulnerable"))
    fleet.commit(entry("prod", fleet.first, "v3"))
    repo.git("tag", good[:10], vulnerable)
    for key, value in (("name", "alice"), ("email", "alice@fleet.example")):
        repo.git("config", f"user.{key}", value)
    words = ("promote", "rollback", "prod", "paw", "--to", good[:10])
    done = typed(*words, cwd=repo.path)
    assert done.returncode == 0, done.stderr
    assert b"newTag: v3 \xe2\x86\x92 v2" in done.stdout


@pytest.mark.parametrize("release", ["main", "1a2b3c4", "HEAD~1", ":/hotfix"])
def test_a_release_that_a_branch_asks_for_is_a_commit_in_full(release: str) -> None:
    request = PromotionRequest(PromotionKind.rollback, "prod", "prod", (AppName("paw"),), "a" * 40)
    message = with_trailers("Roll back", request.trailers())
    assert request_of_commit(message) == request
    assert request_of_commit(message.replace("a" * 40, release)) is None
