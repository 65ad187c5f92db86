"""Whoever can push a branch, and not merge, gets nothing merged that a gate did not judge.

What the branch says that it wants is a wish. The bot merges by itself what all gates were asked
about; a rollback, which is asked about few, and a release that was taken away need somebody who
may override, or the bot's own finding that the rollout failed.
"""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from reconciler.forges.forge import PullRequest, Verdict, Wanted
from reconciler.forges.local import Local
from reconciler.promotion.conduct.branch import Work, publish
from reconciler.promotion.conduct.conduct import End
from reconciler.promotion.conduct.round import Round
from reconciler.promotion.errand import Errand, Kind
from reconciler.promotion.gates.sources.sources import Sources
from tests.cli.conftest import Run
from tests.cli.conftest import typed as typed
from tests.forges.conftest import Site
from tests.forges.conftest import site as site
from tests.promotion.conduct.conftest import Build
from tests.promotion.conduct.conftest import build as build
from tests.promotion.conduct.conftest import build_in_gitea as build_in_gitea
from tests.promotion.conduct.conftest import checking as checking
from tests.promotion.conduct.yard import PAW, Yard, unreachable
from tests.promotion.fleet import overlay
from tests.promotion.gates.web import serving

POLICY = "promotion: {propose: app, autoMerge: true, overrides: [Lead]}\n"
FREEZE = (
    "promotion:\n  {propose: app, autoMerge: true, overrides: [Lead, alice], "
    "gates: [{type: freeze, from: 2020-01-01, to: 2090-01-01}]}\n"
)
BACK = Errand(Kind.rollback, "prod", "prod", ("paw",), reason="it burns")


def pushed(yard: Yard, errand: Errand) -> str:
    """A branch that says what its errand is, as anybody can make it."""
    desk = yard.desk()
    scene = desk.scene(errand)
    return publish(desk.shop, Work(scene.plan, errand, scene.trailers)).branch


def opened(yard: Yard, branch: str) -> PullRequest:
    return Local(str(yard.square.root), "mallory").create(branch, "main", Wanted("mine", ""))


def approved(yard: Yard, pull: PullRequest, user: str) -> None:
    forge = Local(str(yard.square.root), user)
    forge.approve(forge.pull(pull.number))


def follow(yard: Yard) -> None:
    desk = yard.desk()
    with Sources(unreachable, httpx.Client) as sources:  # type: ignore[arg-type]
        list(Round(desk, yard.assessor(desk), sources).go())


def rolled_back(yard: Yard) -> None:
    """v2 was there, and a person took it back."""
    yard.tag("v2")
    yard.round()
    assert "newTag: v2" in yard.file("main")
    yard.pull()
    assert yard.conduct(BACK).end is End.merged
    yard.round()
    assert "newTag: v1" in yard.file("main")


def frozen(yard: Yard) -> str:
    """prod ran v0 once, and now v1: a way back to what nobody wants."""
    yard.tag("v0-vulnerable", "prod")
    old = yard.fleet.repo.git("rev-parse", "HEAD")
    yard.tag("v1", "prod")
    return old


@pytest.mark.parametrize("apps", [("paw",), ()])
def test_a_release_that_was_taken_away_does_not_come_by_a_branch(
    build: Build, apps: tuple[str, ...]
) -> None:
    yard = build(prod=POLICY)
    rolled_back(yard)
    pushed(yard, replace(PAW, apps=apps, unheld="because I can"))
    yard.round()
    yard.round()
    assert "newTag: v1" in yard.file("main")


def test_a_wish_to_let_go_of_a_hold_waits_for_somebody_who_may(build: Build) -> None:
    yard = build(prod=POLICY)
    rolled_back(yard)
    pull = opened(yard, pushed(yard, replace(PAW, unheld="because I can")))
    approved(yard, pull, "mallory-2")
    Local(str(yard.square.root), "mallory").say(
        pull, "x", f"/override hold {pull.commit} because I can"
    )
    yard.round()
    assert "newTag: v1" in yard.file("main")
    verdicts = {s.context: s.verdict for s in yard.forge.statuses(pull.commit)}
    assert verdicts["promotion/hold"] is Verdict.pending
    assert verdicts["promotion/all"] is Verdict.pending
    lead = Local(str(yard.square.root), "Lead")
    lead.say(pull, "y", f"/override hold {pull.commit} the node was full")
    yard.round()
    assert "newTag: v2" in yard.file("main")


def test_a_rollback_by_a_branch_passes_no_freeze(build: Build) -> None:
    yard = build(prod=FREEZE)
    old = frozen(yard)
    branch = pushed(yard, replace(BACK, release=old))
    yard.round()
    assert yard.open() == []  # nobody is the author of what the bot opened for another
    pull = opened(yard, branch)
    for user in ("mallory-2", "bot"):
        approved(yard, pull, user)
    yard.round()
    assert "newTag: v1" in yard.file("main")
    (there,) = yard.open()
    assert "`promotion.overrides`" in there.body
    approved(yard, pull, "Lead")
    yard.round()
    assert "newTag: v0-vulnerable" in yard.file("main")


def test_on_a_real_forge_an_approval_of_one_who_may_is_needed_too(
    build_in_gitea: Build, site: Site
) -> None:
    yard = build_in_gitea(prod=FREEZE)
    branch = pushed(yard, replace(BACK, release=frozen(yard)))
    pull = site.forge("bob").create(branch, "main", Wanted("mine", ""))
    yard.round()
    assert "newTag: v1" in yard.file("main")
    site.approve(pull.number, "alice")
    yard.round()
    assert "newTag: v0-vulnerable" in yard.file("main")


def test_a_release_that_somebody_chose_is_a_wish_too(build: Build) -> None:
    yard = build(prod=POLICY.replace("propose: app", "propose: never"))
    yard.tag("v2-vulnerable")
    old = yard.fleet.change(2)
    yard.tag("v2-vulnerable", ref=old)
    new = yard.fleet.change(3)
    yard.tag("v3", ref=new)
    pull = opened(yard, pushed(yard, replace(PAW, release=old)))
    yard.round()
    assert "newTag: v1" in yard.file("main")
    approved(yard, pull, "Lead")
    yard.round()
    assert "newTag: v2-vulnerable" in yard.file("main")


def test_what_the_policy_wants_anyway_needs_nobody(build: Build) -> None:
    """By its branch alone: it names source, target and apps, and every gate is asked."""
    yard = build(prod=POLICY)
    yard.tag("v2")
    opened(yard, pushed(yard, PAW))
    yard.round()
    assert "newTag: v2" in yard.file("main")


def test_a_branch_of_another_name_makes_the_bot_push_none_of_ours(build: Build) -> None:
    """It changes paw, and says that it wants dog to go back."""
    yard = build(prod=FREEZE)
    dog = yard.fleet.commit(overlay("dog", 1))
    for tag in ("v0-vulnerable", "v1"):
        yard.tag(tag, "prod", app="dog", ref=dog)
    yard.tag("v1", app="dog", ref=dog)
    desk = yard.desk()
    scene = desk.scene(replace(BACK, release=frozen(yard)))
    work = Work(scene.plan, replace(BACK, apps=("dog",)))
    made, branch = publish(desk.shop, work), "promote/harmless"
    desk.shop.branches.move(f"refs/heads/{branch}", made.commit, None)
    desk.shop.branches.move(f"refs/heads/{made.branch}", None, made.commit)
    opened(yard, branch)
    yard.round()
    assert "newTag: v1" in yard.file("main", app="dog")
    assert yard.branch_names() == {branch}
    assert [pull.branch for pull in yard.open()] == [branch]


def test_what_the_bot_found_to_have_failed_it_takes_back_itself(build: Build) -> None:
    with serving(lambda *_: (503, b"")) as url:
        yard = build(prod=f'{POLICY}health: [{{type: http, url: "{url}"}}]\n')
        yard.tag("v2")
        follow(yard)
        assert "newTag: v2" in yard.file("main")
        yard.later(minutes=10)
        follow(yard)
    assert "newTag: v1" in yard.file("main")


def test_the_bot_as_it_is_run_leaves_them_alone(build: Build, typed: Run) -> None:
    yard = build(prod=FREEZE)
    branch = pushed(yard, replace(BACK, release=frozen(yard)))
    for numbers in ([], [1]):
        done = typed("bot", "--once", "--log-format", "text", cwd=yard.square.root)
        assert done.returncode == 0, done.stderr
        assert "newTag: v1" in yard.file("main")
        assert [pull.number for pull in yard.open()] == numbers
        opened(yard, branch)
