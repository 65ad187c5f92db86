"""Approvals and overrides: what people say counts for the commit that they saw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from reconciler.forges.gitlab import GitLab
from reconciler.git.file_history import CommitSummary
from reconciler.promotion.gates.judge import judge
from reconciler.promotion.gates.override_line import COMMAND, Override
from reconciler.promotion.gates.result import Gate
from tests.forges.replay import Replay
from tests.forges.test_gitlab import MERGE, bodies, note, the_pull
from tests.forges.test_gitlab import forge as forge
from tests.forges.test_gitlab import server as server
from tests.promotion.fleet import Fleet, entry
from tests.promotion.gates.conftest import Ask, only
from tests.promotion.gates.fake_facts import HEAD, Paper, pull

Gated = Callable[..., Fleet]
OLD = "f" * 40
TWO = "type: approvals, count: 2"
SOAK = "type: soak, time: 9999d"


@pytest.fixture
def due(gated: Gated) -> Fleet:
    fleet = gated(TWO, SOAK)
    fleet.commit(entry("stage", fleet.change(2), "v2"))
    return fleet


@pytest.mark.parametrize(
    ("forge", "state", "said"),
    [
        (Paper(), Gate.waiting, "0 of 2 approvals"),
        (Paper().approve("ann"), Gate.waiting, "1 of 2 approvals: ann"),
        (Paper().approve("ann").approve("bob"), Gate.open, "2 of 2 approvals: ann and bob"),
        (Paper().approve("ann").approve("Ann"), Gate.waiting, "1 of 2 approvals: Ann"),
        (
            Paper().approve("ann").approve("bot"),
            Gate.waiting,
            "1 of 2 approvals: ann; the author's own does not count",
        ),
        (
            Paper().approve("ann").approve("bob", OLD),
            Gate.waiting,
            "1 of 2 approvals: ann; bob approved an older commit",
        ),
        (
            Paper().approve("ann").approve("ann", OLD).approve("bob"),
            Gate.open,
            "2 of 2 approvals: ann and bob",
        ),
    ],
)
def test_two_others_must_approve_the_commit_that_is_merged(
    forge: Paper, state: Gate, said: str, due: Fleet, ask: Ask
) -> None:
    found = only(ask(due, forge=forge, pull=pull()), "approvals")
    assert (found.state, found.evidence) == (state, f"request 7 has {said}")


def test_where_approvers_are_named_nobody_elses_word_counts(gated: Gated, ask: Ask) -> None:
    fleet = gated("type: approvals, by: [Ann]")
    found = only(ask(fleet, forge=Paper().approve("bob"), pull=pull()), "approvals")
    assert (found.state, found.evidence) == (Gate.waiting, "request 7 has 0 of 1 approvals")
    assert only(ask(fleet, forge=Paper().approve("ann"), pull=pull()), "approvals").passes


TEAMS = {"acme/on-call": ["Ann", "carol"], "acme/sre": ["dave"]}


@pytest.mark.parametrize(
    ("user", "state", "said"),
    [
        ("ann", Gate.open, "1 of 1 approvals: ann"),
        ("Dave", Gate.open, "1 of 1 approvals: Dave"),
        ("erin", Gate.open, "1 of 1 approvals: erin"),
        ("bob", Gate.waiting, "0 of 1 approvals"),
        ("acme/sre", Gate.waiting, "0 of 1 approvals"),
    ],
)
def test_those_of_a_team_count(user: str, state: Gate, said: str, gated: Gated, ask: Ask) -> None:
    fleet = gated("type: approvals, by: [acme/On-Call, erin, acme/sre]")
    found = only(ask(fleet, forge=Paper(teams=TEAMS).approve(user), pull=pull()), "approvals")
    assert (found.state, found.evidence) == (state, f"request 7 has {said}")


def test_a_team_that_the_forge_does_not_show_approves_nothing(gated: Gated, ask: Ask) -> None:
    fleet = gated("type: approvals, by: [acme/nobody, erin]")
    found = only(ask(fleet, forge=Paper().approve("bob"), pull=pull()), "approvals")
    assert (found.state, found.evidence) == (Gate.closed, "there is no team acme/nobody")
    assert only(ask(fleet, forge=Paper().approve("erin"), pull=pull()), "approvals").passes


def test_without_a_pull_request_nobody_can_approve(due: Fleet, ask: Ask) -> None:
    assert only(ask(due), "approvals").state is Gate.waiting


def test_a_forge_that_does_not_answer_opens_nothing(due: Fleet, ask: Ask) -> None:
    question = ask(due, forge=Paper(broken="the forge is away"), pull=pull())
    found = only(question, "approvals")
    assert (found.state, found.evidence, found.hint) == (
        Gate.closed,
        "the forge is away",
        "ask later",
    )
    assert only(question, "soak").state is Gate.waiting


@pytest.mark.parametrize(
    ("author", "body", "gates", "said"),
    [
        ("alice", f"/override soak {HEAD} a fix", {"soak"}, ""),
        ("ALICE", f"  /override soak {HEAD} a fix\nand more words", {"soak"}, ""),
        ("alice", f"/override soak,approvals {HEAD} a fix", {"soak", "approvals"}, ""),
        ("alice", f"\\/override soak {HEAD} a fix", {"soak"}, ""),
        ("alice", f"\\\\/override soak {HEAD} a fix", set(), ""),
        ("alice", f"/override soak {HEAD}", set(), "alice gives no reason"),
        ("alice", "/override soak a fix", set(), "the override of alice cannot be read"),
        ("alice", "/override", set(), "the override of alice cannot be read"),
        ("alice", f"/override soak {HEAD[:39]} a fix", set(), "which is not the whole name"),
        ("alice", f"/override soak {HEAD}0 a fix", set(), "the override of alice cannot be read"),
        ("alice", f"/override sock {HEAD} a fix", set(), "there is no such gate here"),
        ("alice", f"/override soak {OLD} a fix", set(), "the branch is at 1a2b3c4d1a"),
        ("bob", f"/override soak {HEAD} a fix", set(), "bob may not override"),
        ("alice", f"> /override soak {HEAD} a fix", set(), ""),
        ("alice", f"say it as\n/override soak {HEAD} a fix", set(), ""),
        ("alice", f"/overrides soak {HEAD} a fix", set(), ""),
    ],
)
def test_an_override_has_a_gate_a_commit_a_reason_and_somebody_who_may(
    author: str, body: str, gates: set[str], said: str, due: Fleet, ask: Ask
) -> None:
    results = judge(ask(due, forge=Paper().comment(author, body), pull=pull()))
    assert {r.name for r in results if r.state is Gate.overridden} == gates
    notes = [r for r in results if r.name == "override"]
    assert [r.state for r in notes] == [Gate.open] * bool(said)
    assert all(said in r.evidence for r in notes)


def test_an_override_that_was_edited_is_nobodys(due: Fleet, ask: Ask) -> None:
    forge = Paper().comment("alice", f"/override soak {HEAD} a fix", edited=True)
    forge.comment("alice", f"soak {HEAD}", edited=True)
    results = judge(ask(due, forge=forge, pull=pull()))
    assert [r.state for r in results if r.name == "soak"] == [Gate.waiting]
    (answer,) = [r for r in results if r.name == "override"]
    assert "alice began was edited" in answer.evidence
    assert answer.hint == f"write a new one: /override GATE {HEAD} REASON"


def test_what_is_held_waits_for_somebody_who_may(due: Fleet, ask: Ask) -> None:
    unheld = [("paw", "1a2b3c4d1a rolled it back: it burns")]
    found = only(ask(due, forge=Paper(), pull=pull(), unheld=unheld), "hold")
    assert (found.state, found.app, found.evidence) == (Gate.waiting, *unheld[0])
    order = f"/override hold {HEAD} the node was full"
    for author, passes in (("bob", False), ("alice", True)):
        forge = Paper().comment(author, order)
        assert only(ask(due, forge=forge, pull=pull(), unheld=unheld), "hold").passes is passes
    assert all(result.name != "hold" for result in judge(ask(due, forge=Paper(), pull=pull())))


def test_what_is_said_on_gitlab_is_understood_there(
    server: Replay, forge: GitLab, due: Fleet, ask: Ask
) -> None:
    there = the_pull(forge, server, sha=HEAD)
    server.give("GET", f"{MERGE}/notes", [])
    server.give("POST", f"{MERGE}/notes", note(1, "bot", ""), status=201)
    forge.say(there, "override", f"{COMMAND} soak {HEAD} a fix")
    (sent,) = bodies(server, "POST", f"{MERGE}/notes")
    results = judge(ask(due, forge=Paper().comment("alice", sent["body"]), pull=there))
    assert [r.name for r in results if r.state is Gate.overridden] == ["soak"]


def test_a_team_that_is_not_shown_takes_nobody_elses_word_away(due: Fleet, ask: Ask) -> None:
    forge = Paper().comment("bob", f"/override soak {HEAD} mine")
    question = ask(due, forge=forge.comment("alice", f"/override soak {HEAD} a fix"), pull=pull())
    promotion = replace(question.target.promotion, overrides=("alice", "acme/nobody"))
    results = judge(replace(question, target=replace(question.target, promotion=promotion)))
    assert [r.state for r in results if r.name == "soak"] == [Gate.overridden]
    assert [r.evidence for r in results if r.name == "override"] == ["there is no team acme/nobody"]


def test_an_override_says_who_and_why_and_what_it_was(due: Fleet, ask: Ask) -> None:
    forge = Paper().comment("alice", f"/override soak {HEAD} the fix of an incident")
    found = only(ask(due, forge=forge, pull=pull()), "soak")
    assert found.passes
    assert found.evidence.startswith("alice: the fix of an incident (it is waiting: in stage since")


@pytest.mark.parametrize(
    ("override", "forge", "state"),
    [
        (Override(("soak",), "a fix", "alice"), Paper(), Gate.overridden),
        (Override(("soak",), "a fix", "bob"), Paper(), Gate.waiting),
        (Override(("soak",), " ", "alice"), Paper(), Gate.waiting),
        (Override(("soak",), "a fix", "whoever types it"), None, Gate.overridden),
    ],
)
def test_an_override_that_was_typed_is_held_to_the_same(
    override: Override, forge: Paper | None, state: Gate, due: Fleet, ask: Ask
) -> None:
    question = ask(due, forge=forge, pull=pull() if forge else None, overrides=[override])
    assert only(question, "soak").state is state


def test_what_others_put_on_the_branch_waits_for_somebody_who_may(due: Fleet, ask: Ask) -> None:
    theirs = [CommitSummary(HEAD, 0, "just this", "bob")]
    found = only(ask(due, forge=Paper(), pull=pull(), theirs=theirs), "branch")
    assert (found.state, found.evidence) == (
        Gate.waiting,
        f"commits of others that no gate has judged: {HEAD[:10]} of bob",
    )
    allowed = Paper().comment("alice", f"/override branch {HEAD} it is a comment")
    assert only(ask(due, forge=allowed, pull=pull(), theirs=theirs), "branch").passes
    assert all(result.name != "branch" for result in judge(ask(due, forge=Paper(), pull=pull())))
