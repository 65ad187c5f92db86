"""The life of a pull request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reconciler.bot.observe_round import Failed
from reconciler.forges.forge import MergeOutcome, StatusVerdict
from reconciler.promotion.gates.override_line import Override
from reconciler.promotion.plan.plan import StepState
from reconciler.promotion.promotion_request import PromotionKind, PromotionRequest
from reconciler.promotion.pull_request import branch
from reconciler.promotion.pull_request.advance import End
from reconciler.promotion.pull_request.branch import propose_branch
from reconciler.promotion.pull_request.situation import work_of
from tests.promotion.fleet import entry, overlay
from tests.promotion.pull_request.forge_setup import ALL, PAW, Yard

Build = Callable[..., Yard]


def test_a_promotion_is_one_pull_request_however_often_it_is_run(yard: Yard) -> None:
    yard.tag("v2")
    first = yard.advance()
    assert (first.end, first.created) == (End.proposed, True)
    assert first.pull
    assert first.pull.title == "Promote paw from stage to prod"
    assert "v2" in first.pull.body
    again = yard.advance()
    assert again.pull
    assert (again.pull.number, again.created) == (first.pull.number, False)
    assert again.proposal
    assert again.proposal.outcome is branch.BranchOutcome.unchanged
    assert len(yard.open()) == 1
    assert "newTag: v2" in yard.file(PAW.branch)


def test_a_newer_release_updates_the_pull_request_in_place(yard: Yard) -> None:
    yard.tag("v2")
    first = yard.advance()
    yard.tag("v3")
    second = yard.advance()
    assert first.pull
    assert second.pull
    assert second.pull.number == first.pull.number
    assert "v3" in second.pull.body
    assert "newTag: v3" in yard.file(PAW.branch)


def test_a_push_without_a_pull_request_is_completed_by_the_next_round(yard: Yard) -> None:
    yard.tag("v2")
    found = yard.advance()
    assert found.pull
    yard.forge.close(found.pull)
    yard.tag("v3")
    session = yard.session()
    propose_branch(session.builder, session.branches, work_of(session.planned(PAW)))
    yard.advance()
    (pull,) = yard.open()
    assert pull.number != found.pull.number


def test_gates_are_statuses_of_the_commit_and_a_closed_one_makes_a_draft(build: Build) -> None:
    yard = build(prod="promotion: {gates: [{type: approvals}, {type: health}]}\n")
    yard.tag("v2")
    found = yard.advance()
    assert found.pull
    assert found.pull.draft
    statuses = {s.context: s.verdict for s in yard.forge.statuses(found.pull.commit)}
    assert statuses == {
        "promotion/approvals": StatusVerdict.pending,
        "promotion/health": StatusVerdict.failure,
        "promotion/all": StatusVerdict.failure,
    }


def test_all_of_it_happens_on_a_real_forge_too(build_in_gitea: Build) -> None:
    policy = (
        "promotion: {propose: app, autoMerge: true, overrides: [alice], "
        "gates: [{type: approvals}]}\n"
    )
    yard = build_in_gitea(prod=policy)
    yard.tag("v2")
    yard.round()
    yard.tag("v3")
    yard.round()
    (pull,) = yard.open()
    assert "newTag: v3" in yard.file(PAW.branch)
    assert not yard.forge.approvals(pull)
    yard.square.approve(pull.number)
    yard.round()
    assert "newTag: v3" in yard.file("main")
    rollback = PromotionRequest(PromotionKind.rollback, "prod", "prod", ("paw",), reason="it burns")
    back = yard.advance(rollback)
    assert back.pull
    yard.square.approve(back.pull.number)
    yard.round()
    yard.round()
    assert "newTag: v1" in yard.file("main")
    assert (yard.open(), yard.branch_names()) == ([], set())


def test_it_is_merged_when_policy_says_so_and_its_gates_have_opened(build: Build) -> None:
    yard = build(prod="promotion: {autoMerge: true, gates: [{type: approvals}], labels: [go]}\n")
    yard.tag("v2")
    first = yard.advance()
    assert first.end is End.proposed
    assert first.pull
    assert first.pull.labels == ("go",)
    yard.square.approve(first.pull.number)
    (merged,) = [e for e in yard.round() if getattr(e, "end", None)]
    assert getattr(merged, "end", None) is End.merged
    assert yard.branch_names() == set()
    assert "newTag: v2" in yard.file("main")
    yard.pull()
    assert "Promotion: stage prod" in yard.fleet.repo.git("log", "-3", "--format=%B")


def test_what_somebody_closed_is_not_proposed_again_until_asked_for(yard: Yard) -> None:
    yard.tag("v2")
    first = yard.advance()
    assert first.pull
    yard.forge.close(first.pull)
    yard.round()
    assert yard.branch_names() == set()
    assert yard.advance().end is End.abandoned
    assert yard.open() == []
    again = yard.advance(again=True)
    assert again.end is End.proposed
    assert again.pull
    yard.forge.close(again.pull)
    yard.tag("v3")
    assert yard.advance().end is End.proposed


def test_the_bot_proposes_by_itself_but_nothing_that_was_closed(build: Build) -> None:
    yard = build(prod="promotion: {propose: app}\n")
    yard.tag("v2")
    yard.round()
    (pull,) = yard.open()
    yard.forge.close(pull)
    yard.round()
    assert yard.open() == []
    yard.tag("v3")
    yard.round()
    (other,) = yard.open()
    assert other.number != pull.number


def test_an_environment_whose_branch_is_missing_does_not_keep_others_waiting(build: Build) -> None:
    first = "promotesFrom: stage\npromotion: {propose: app}\nreleases: {branch: gone}\n"
    yard = build(aside=first, prod="promotion: {propose: app}\n")
    yard.tag("v2")
    failed = [one for one in yard.round() if isinstance(one, Failed)]
    assert "stage → aside" in [one.what for one in failed]
    assert all("gone" in str(one.error) for one in failed)
    (pull,) = yard.open()
    assert pull.branch == PAW.branch


def test_a_commit_of_a_person_is_never_lost(yard: Yard) -> None:
    yard.tag("v2")
    yard.advance()
    repo = yard.fleet.repo
    repo.git("fetch", "--quiet", "origin", PAW.branch)
    repo.git("switch", "--quiet", "--create", "theirs", "FETCH_HEAD")
    theirs = repo.commit({"overlays/note": "mine\n"})
    repo.git("push", "--quiet", "origin", f"HEAD:{PAW.branch}")
    repo.git("switch", "--quiet", "main")
    yard.tag("v3")
    found = yard.advance()
    assert found.proposal
    assert [commit.id for commit in found.proposal.theirs] == [theirs]
    assert found.pull
    assert "commits of others on this branch" in found.pull.body
    assert "newTag: v3" in yard.file(PAW.branch)
    yard.forge.close(found.pull)
    yard.round()
    assert yard.branch_names() == {PAW.branch}


def test_what_a_person_put_on_the_branch_opens_no_gate_for_all(build: Build) -> None:
    """The status that a branch protection asks for is about what was judged alone."""
    yard = build(prod="promotion: {autoMerge: true, gates: [{type: approvals}]}\n")
    yard.tag("v2")
    found = yard.advance()
    repo = yard.fleet.repo
    repo.git("fetch", "--quiet", "origin", PAW.branch)
    repo.git("switch", "--quiet", "--create", "theirs", "FETCH_HEAD")
    entry_file = yard.fleet.file("prod")
    entry_file.write_text(entry_file.read_text().replace("newTag: v2", "newTag: v9"))
    theirs = repo.commit()
    repo.git("push", "--quiet", "origin", f"HEAD:{PAW.branch}")
    repo.git("switch", "--quiet", "main")
    assert found.pull
    yard.square.approve(found.pull.number)
    yard.round()
    (pull,) = yard.open()
    assert pull.commit == theirs
    statuses = {s.context: s.verdict for s in yard.forge.statuses(theirs)}
    assert statuses["promotion/approvals"] is StatusVerdict.success
    assert statuses["promotion/branch"] is StatusVerdict.pending
    assert statuses["promotion/all"] is StatusVerdict.pending
    assert "no gate has judged" in pull.body


def test_a_batch_takes_the_place_of_the_single_ones_it_holds(yard: Yard) -> None:
    fleet = yard.fleet
    dog = fleet.commit(overlay("dog", 1))
    fleet.commit(*(entry(e, dog, app="dog") for e in ("stage", "prod")))
    yard.tag("v2")
    yard.tag("v2", app="dog", ref=dog)
    single = yard.advance()
    batch = yard.advance(ALL)
    assert single.pull
    assert batch.pull
    assert batch.superseded == (single.pull.number,)
    (pull,) = yard.open()
    assert pull.number == batch.pull.number
    words = [comment.body for comment in yard.forge.comments(single.pull)]
    assert any(batch.pull.url in text for text in words)
    assert yard.branch_names() == {ALL.branch}
    # The other way round, those that are left are named.
    newer = yard.advance(again=True)
    assert newer.superseded == (batch.pull.number,)
    words = [comment.body for comment in yard.forge.comments(batch.pull)]
    assert any("reconciler promote stage prod dog" in text for text in words)


def test_what_the_target_has_by_now_is_closed_with_a_word(yard: Yard) -> None:
    yard.tag("v2")
    found = yard.advance()
    yard.tag("v2", "prod")
    assert yard.advance().end is End.nothing
    assert yard.open() == []
    assert yard.branch_names() == set()
    assert found.pull
    assert "by now" in yard.forge.comments(found.pull)[-1].body


def test_a_hotfix_stops_what_is_open_and_is_offered_to_the_source(build: Build) -> None:
    yard = build(prod="promotion: {propose: app}\n")
    yard.tag("v2")
    yard.round()
    fleet = yard.fleet
    fleet.repo.git("switch", "--quiet", "--create", "fix", fleet.first)
    hotfix = fleet.change(9)
    fleet.repo.git("switch", "--quiet", "main")
    fleet.repo.git("merge", "--quiet", "--no-edit", "fix")
    fleet.commit(entry("prod", hotfix))
    yard.push()
    yard.round()
    forward, back = sorted(yard.open(), key=lambda pull: pull.number)
    assert forward.draft
    assert forward.branch == PAW.branch
    assert back.branch == "promote/prod/stage/app/paw"
    assert "hotfix" in back.title
    assert hotfix in yard.file(back.branch, "stage")


def test_a_rollback_goes_back_and_holds_the_release(build: Build) -> None:
    yard = build(prod="promotion: {propose: app}\n")
    yard.tag("v2")
    yard.round()
    (pull,) = yard.open()
    assert yard.forge.merge(pull, pull.title, "") is MergeOutcome.merged
    rollback = PromotionRequest(PromotionKind.rollback, "prod", "prod", ("paw",), reason="it burns")
    found = yard.advance(rollback)
    assert found.pull
    assert found.pull.title == "Roll back paw in prod"
    assert "newTag: v1" in yard.file(rollback.branch)
    assert yard.forge.merge(found.pull, found.pull.title, "") is MergeOutcome.merged
    yard.round()
    assert yard.open() == []
    assert yard.branch_names() == set()
    held = yard.advance()
    (step,) = held.plan.steps
    assert step.standing is StepState.held
    assert step.problem
    assert "it burns" in step.problem.why
    # Somebody decides otherwise, or there is a newer one.
    assert yard.advance(replace(PAW, unheld="the node was full")).end is End.proposed
    yard.pull()
    yard.tag("v3")
    yard.round()
    (newer,) = yard.open()
    assert "v3" in newer.body


def reverted(yard: Yard) -> None:
    """The last promotion, as the button of a forge does it."""
    yard.pull()
    git = yard.fleet.repo.git
    merge = git("log", "-1", "--merges", "--format=%H").strip()
    git("revert", "--no-edit", "--mainline", "1", merge)
    yard.push()


def test_what_somebody_reverted_by_hand_is_held(build: Build) -> None:
    yard = build(prod="promotion: {propose: app, autoMerge: true, overrides: [bot]}\n")
    yard.tag("v2")
    yard.round()
    reverted(yard)
    yard.fleet.commit(entry("prod", yard.fleet.first, more="replicas: [{name: paw, count: 3}]\n"))
    yard.push()
    yard.round()
    assert "newTag: v1" in yard.file("main")
    (step,) = yard.advance().plan.steps
    assert step.standing is StepState.held
    assert step.problem
    assert "took it away by hand" in step.problem.why
    # Another one comes as ever, and this one if somebody says why.
    yard.tag("v3")
    yard.round()
    assert "newTag: v3" in yard.file("main")
    reverted(yard)
    yard.tag("v2")
    yard.round()
    assert "newTag: v2" in yard.file("main")
    reverted(yard)
    again = replace(PAW, unheld="the node was full")
    assert yard.advance(again).end is End.proposed
    passing = Override(("hold",), "the node was full", "")
    assert yard.advance(again, override=passing).end is End.merged
    assert "newTag: v2" in yard.file("main")


def test_a_revert_holds_what_it_took_away_though_the_branch_went_on(build: Build) -> None:
    yard = build(stage="promotion: {propose: app, autoMerge: true}\n")
    yard.fleet.change(2)
    yard.push()
    yard.round()
    reverted(yard)
    before = yard.file("main", "stage")
    yard.round()
    assert yard.file("main", "stage") == before
    yard.fleet.change(3)
    yard.push()
    yard.round()
    assert yard.file("main", "stage") != before


def test_what_was_reverted_is_no_way_back(build: Build) -> None:
    yard = build(prod="promotion: {propose: app, autoMerge: true}\n")
    for tag in ("v2", "v3"):
        yard.tag(tag)
        yard.round()
        yard.pull()
    reverted(yard)
    assert "newTag: v2" in yard.file("main")
    rollback = PromotionRequest(PromotionKind.rollback, "prod", "prod", ("paw",))
    assert yard.advance(rollback).end is End.merged
    assert "newTag: v1" in yard.file("main")


def test_two_reverts_hold_both_releases(build: Build) -> None:
    yard = build(prod="promotion: {propose: app, autoMerge: true}\n")
    for tag in ("v2", "v3"):
        yard.tag(tag)
        yard.round()
        yard.pull()
    yard.tag("v2", "prod")
    yard.tag("v1", "prod")
    yard.round()
    assert "newTag: v1" in yard.file("main")
    yard.tag("v2")
    yard.round()
    assert "newTag: v1" in yard.file("main")


def test_what_a_promotion_replaced_comes_again_with_the_source(build: Build) -> None:
    yard = build(prod="promotion: {propose: app, autoMerge: true}\n")
    for tag in ("v2", "v1", "v2"):
        yard.tag(tag)
        yard.round()
        yard.pull()
        assert f"newTag: {tag}" in yard.file("main")


def test_what_never_was_there_is_promoted_over_a_value_set_by_hand(build: Build) -> None:
    yard = build(prod="promotion: {propose: app, autoMerge: true}\n")
    yard.tag("v2")
    yard.tag("v3")
    yard.tag("v2", "prod")
    yard.round()
    assert "newTag: v3" in yard.file("main")


def test_after_a_merge_by_hand_the_branch_goes(yard: Yard) -> None:
    yard.tag("v2")
    found = yard.advance()
    assert found.pull
    assert yard.forge.merge(found.pull, found.pull.title, "") is MergeOutcome.merged
    yard.round()
    assert yard.branch_names() == set()
    yard.pull()
    yard.tag("v3")
    again = yard.advance()
    assert again.pull
    assert again.pull.number != found.pull.number


def test_what_stopped_a_promotion_is_settled_once_it_is_gone(yard: Yard) -> None:
    yard.tag("v2")
    first = yard.advance()
    assert first.pull
    before = yard.fleet.file("prod").read_text()
    yard.tag("v1-hotfix", "prod")
    yard.tag("v3")
    yard.advance()
    statuses = {s.context: s.verdict for s in yard.forge.statuses(first.pull.commit)}
    assert statuses["promotion/plan"] is StatusVerdict.failure
    assert yard.forge.pull(first.pull.number).draft
    yard.fleet.commit({"environments/prod/paw/kustomization.yaml": before})
    yard.push()
    again = yard.advance()
    assert again.pull
    assert not again.pull.draft
    statuses = {s.context: s.verdict for s in yard.forge.statuses(again.pull.commit)}
    assert set(statuses.values()) == {StatusVerdict.success}
    assert "is gone" in yard.forge.comments(again.pull)[-1].body


def test_the_way_forward_and_the_way_back_can_both_be_open(build: Build) -> None:
    yard = build(prod="promotion: {propose: app}\n")
    yard.tag("v2")
    yard.round()
    (pull,) = yard.open()
    assert yard.forge.merge(pull, pull.title, "") is MergeOutcome.merged
    yard.pull()
    back = PromotionRequest(PromotionKind.rollback, "prod", "prod", ("paw",))
    yard.advance(back)
    yard.tag("v3")
    yard.round()
    yard.round()
    assert {pull.branch for pull in yard.open()} == {back.branch, PAW.branch}
    # Once the fix has landed, there is nothing left to take back.
    fix = next(pull for pull in yard.open() if pull.branch == PAW.branch)
    assert yard.forge.merge(fix, fix.title, "") is MergeOutcome.merged
    yard.round()
    assert yard.open() == []
    assert "newTag: v3" in yard.file("main")
