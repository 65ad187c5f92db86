"""Nobody lets a promotion pass a gate with the words of somebody else.

Forges keep who began a comment, and let those who may write edit it. What was edited overrides
nothing, and what we said ourselves is said anew where somebody changed it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from reconciler.forges.client import HttpRoute
from reconciler.forges.connect import connect, forge_address
from reconciler.forges.forge import Forge, PullRequest
from reconciler.forges.gitlab import GitLab
from reconciler.forges.local import LocalForge
from reconciler.forges.tokens import ForgeToken
from reconciler.promotion.gates.judge import judge
from reconciler.promotion.gates.override_line import Override
from reconciler.promotion.gates.result import Gate
from reconciler.promotion.pull_request.carry_out import carry_out
from reconciler.promotion.pull_request.decide import override_comment
from reconciler.promotion.pull_request.situation import STOPPED
from tests.forges import test_github, test_gitlab
from tests.forges.conftest import Site
from tests.forges.conftest import site as site
from tests.forges.github_contract import GitHubContract
from tests.forges.gitlab_contract import GitLabContract
from tests.forges.replay import replay
from tests.promotion.fleet import Fleet, entry, environments
from tests.promotion.gates.conftest import Ask
from tests.promotion.gates.conftest import ask as ask
from tests.promotion.gates.conftest import at as at
from tests.promotion.gates.conftest import gated as gated
from tests.promotion.gates.conftest import sources as sources
from tests.promotion.pull_request.conftest import Build
from tests.promotion.pull_request.conftest import build as build
from tests.promotion.pull_request.conftest import build_in_gitea as build_in_gitea
from tests.promotion.pull_request.conftest import checking as checking
from tests.promotion.pull_request.forge_setup import PromotionFleet

POLICY = (
    "promotion:\n  {propose: app, autoMerge: true, overrides: [alice], "
    "gates: [{type: soak, time: 9999d}]}\n"
)


def say(site: Site, pull: PullRequest, user: str, body: str) -> int:
    place = f"/issues/{pull.number}/comments"
    return int(site.call("POST", place, {"body": body}, user=user)["id"])


def edit(site: Site, comment: int, user: str, body: str) -> None:
    """In another second than the one in which it was written: finer times Gitea does not keep."""
    for space in range(10_000):
        words = {"body": body + " " * (space % 2)}
        said = site.call("PATCH", f"/issues/comments/{comment}", words, user=user)
        if said["updated_at"] != said["created_at"]:
            return


def proposed(promotion_fleet: PromotionFleet) -> PullRequest:
    promotion_fleet.tag("v2")
    promotion_fleet.round()
    (pull,) = promotion_fleet.open()
    return pull


def test_a_comment_that_another_edited_overrides_nothing(build_in_gitea: Build, site: Site) -> None:
    promotion_fleet = build_in_gitea(prod=POLICY)
    pull = proposed(promotion_fleet)
    order = f"/override soak {pull.commit} looks fine"
    edit(site, say(site, pull, "alice", "LGTM"), "bob", order)
    promotion_fleet.round()
    assert "newTag: v1" in promotion_fleet.file("main")
    said = {s.context: s.description for s in promotion_fleet.forge.statuses(pull.commit)}
    assert "alice began was edited" in said["promotion/override"]
    # What she writes herself counts.
    say(site, pull, "alice", order)
    promotion_fleet.round()
    assert "newTag: v2" in promotion_fleet.file("main")


def test_what_a_command_overrides_is_a_comment_that_is_never_rewritten(
    build_in_gitea: Build, site: Site
) -> None:
    promotion_fleet = build_in_gitea(prod=POLICY)
    pull = proposed(promotion_fleet)
    alice = site.forge("alice")
    session = promotion_fleet.session(alice)
    mine = override_comment(pull.number, pull.commit, Override(("soak",), "an incident", ""))
    for _ in range(2):
        carry_out(mine, session)
    (comment,) = alice.comments(pull)
    assert comment.body == f"/override soak {pull.commit} an incident"
    edit(site, int(comment.id), "bob", comment.body.replace("soak", "soak,approvals"))
    carry_out(mine, session)
    assert [(c.author, c.edited) for c in alice.comments(pull)] == [
        ("alice", True),
        ("alice", False),
    ]


def test_a_report_that_somebody_rewrote_is_written_again(build_in_gitea: Build, site: Site) -> None:
    promotion_fleet = build_in_gitea(prod=POLICY)
    pull = proposed(promotion_fleet)
    assert "0 min" in pull.body
    harmless = pull.body.replace("### ", "### Nothing could go wrong. ", 1)
    assert harmless != pull.body
    site.call("PATCH", f"/pulls/{pull.number}", {"body": harmless}, user="bob")
    promotion_fleet.round()
    assert promotion_fleet.forge.pull(pull.number).body.strip() == pull.body.strip()


def test_words_of_ours_in_the_mouth_of_another_are_not_answered(build: Build) -> None:
    promotion_fleet = build(prod="promotion: {gates: [{type: approvals}, {type: health}]}\n")
    promotion_fleet.tag("v2")
    found = promotion_fleet.advance()
    assert found.pull
    assert found.pull.draft
    mallory = LocalForge(str(promotion_fleet.forge_setup.root), "mallory")
    mallory.say(found.pull, "plan", f"{STOPPED} so I say")
    promotion_fleet.fleet.commit(environments())
    promotion_fleet.push()
    again = promotion_fleet.advance().pull
    assert again
    assert not again.draft
    assert [c.author for c in promotion_fleet.forge.comments(found.pull)] == ["mallory"]


Said = tuple[str, bool]  # a comment of Alice's, and whether somebody edited it


@contextmanager
def on_github(said: list[Said]) -> Iterator[tuple[Forge, PullRequest]]:
    """The edited ones were edited within the second of their birth."""
    with (
        replay(GitHubContract(), "/api/v3") as server,
        test_github.opened(server, ForgeToken("a-token")) as forge,
    ):
        pull = test_github.the_pull(forge, server)
        comments = [
            {**test_github.comment(n, "alice", body), "node_id": f"IC_{n}"}
            for n, (body, _) in enumerate(said)
        ]
        server.give("GET", f"{test_github.ISSUE}/comments", comments)
        times = [{"lastEditedAt": "2026-11-21T12:00:00Z" if edited else None} for _, edited in said]
        server.give("POST", "/graphql", {"data": {"nodes": times}})
        yield forge, pull


@contextmanager
def on_gitlab(said: list[Said]) -> Iterator[tuple[Forge, PullRequest]]:
    """The edited ones were edited a moment after their birth."""
    with replay(GitLabContract(), "/api/v4") as server:
        place = forge_address(
            f"{server.url.removesuffix('/api/v4')}/fleet/team/environments", "gitlab"
        )
        with connect(place, ForgeToken("glpat-x"), HttpRoute()) as connection:
            assert isinstance(connection.forge, GitLab)
            pull = test_gitlab.the_pull(connection.forge, server)
            notes = []
            for number, (body, edited) in enumerate(said):
                note = test_gitlab.note(number, "alice", body)
                later = note["created_at"].replace(".000", ".001")
                notes.append({**note, "updated_at": later if edited else note["created_at"]})
            server.give("GET", f"{test_gitlab.MERGE}/notes", notes)
            yield connection.forge, pull


@pytest.mark.parametrize("opened", [on_github, pytest.param(on_gitlab, marks=pytest.mark.peers)])
@pytest.mark.parametrize("edited", [True, False])
def test_it_is_so_on_each_forge(
    opened: Callable[[list[Said]], AbstractContextManager[tuple[Forge, PullRequest]]],
    edited: bool,
    gated: Callable[..., Fleet],
    ask: Ask,
) -> None:
    fleet = gated("type: soak, time: 9999d")
    fleet.commit(entry("stage", fleet.change(2), "v2"))
    order = f"/override soak {test_github.TIP} looks fine"
    with opened([("LGTM", True), (order, edited), ("fine", False)]) as (forge, pull):
        results = judge(ask(fleet, forge=forge, pull=pull))
    (soak,) = [result for result in results if result.name == "soak"]
    assert soak.state is (Gate.waiting if edited else Gate.overridden)
    answers = [result.evidence for result in results if result.name == "override"]
    assert ["was edited" in answer for answer in answers] == [True] * edited
