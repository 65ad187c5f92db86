"""The life of a pull request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reconciler.bot.observe_round import Failed
from reconciler.forges.forge import MergeOutcome, StatusVerdict
from reconciler.model.paths import AppName
from reconciler.promotion.gates.override_line import Override
from reconciler.promotion.plan.plan import StepState
from reconciler.promotion.promotion_request import PromotionKind, PromotionRequest
from reconciler.promotion.pull_request import branch
from reconciler.promotion.pull_request.advance import End
from reconciler.promotion.pull_request.branch import propose_branch
from reconciler.promotion.pull_request.situation import work_of
from tests.promotion.fleet import entry, overlay
from tests.promotion.pull_request.forge_setup import ALL, PAW, PromotionFleet

Build = Callable[..., PromotionFleet]


def test_a_promotion_is_one_pull_request_however_often_it_is_run(
    promotion_fleet: PromotionFleet,
) -> None:
    promotion_fleet.tag("v2")
    first = promotion_fleet.advance()
    assert (first.end, first.created) == (End.proposed, True)
    assert first.pull
    assert first.pull.title == "Promote paw v1 → v2 to prod"
    assert "v2" in first.pull.body
    again = promotion_fleet.advance()
    assert again.pull
    assert (again.pull.number, again.created) == (first.pull.number, False)
    assert again.proposal
    assert again.proposal.outcome is branch.BranchOutcome.unchanged
    assert len(promotion_fleet.open()) == 1
    assert "newTag: v2" in promotion_fleet.file(PAW.branch)


def test_a_newer_release_updates_the_pull_request_in_place(promotion_fleet: PromotionFleet) -> None:
    promotion_fleet.tag("v2")
    first = promotion_fleet.advance()
    promotion_fleet.tag("v3")
    second = promotion_fleet.advance()
    assert first.pull
    assert second.pull
    assert second.pull.number == first.pull.number
    assert "v3" in second.pull.body
    assert "newTag: v3" in promotion_fleet.file(PAW.branch)


def test_a_push_without_a_pull_request_is_completed_by_the_next_round(
    promotion_fleet: PromotionFleet,
) -> None:
    promotion_fleet.tag("v2")
    found = promotion_fleet.advance()
    assert found.pull
    promotion_fleet.forge.close(found.pull)
    promotion_fleet.tag("v3")
    session = promotion_fleet.session()
    propose_branch(session.builder, session.branches, work_of(session.planned(PAW)))
    promotion_fleet.advance()
    (pull,) = promotion_fleet.open()
    assert pull.number != found.pull.number


def test_gates_are_statuses_of_the_commit_and_a_closed_one_makes_a_draft(build: Build) -> None:
    promotion_fleet = build(prod="promotion: {gates: [{type: approvals}, {type: health}]}\n")
    promotion_fleet.tag("v2")
    found = promotion_fleet.advance()
    assert found.pull
    assert found.pull.draft
    statuses = {s.context: s.verdict for s in promotion_fleet.forge.statuses(found.pull.commit)}
    assert statuses == {
        "promotion/approvals": StatusVerdict.pending,
        "promotion/health": StatusVerdict.failure,
        "promotion/checks": StatusVerdict.success,
        "promotion/secrets": StatusVerdict.success,
        "promotion/all": StatusVerdict.failure,
    }


def test_all_of_it_happens_on_a_real_forge_too(build_in_gitea: Build) -> None:
    policy = (
        "promotion: {propose: app, autoMerge: true, overrides: [alice], "
        "gates: [{type: approvals}]}\n"
    )
    promotion_fleet = build_in_gitea(prod=policy)
    promotion_fleet.tag("v2")
    promotion_fleet.round()
    promotion_fleet.tag("v3")
    promotion_fleet.round()
    (pull,) = promotion_fleet.open()
    assert "newTag: v3" in promotion_fleet.file(PAW.branch)
    assert not promotion_fleet.forge.approvals(pull)
    promotion_fleet.forge_setup.approve(pull.number)
    promotion_fleet.round()
    assert "newTag: v3" in promotion_fleet.file("main")
    rollback = PromotionRequest(
        PromotionKind.rollback, "prod", "prod", (AppName("paw"),), reason="it burns"
    )
    back = promotion_fleet.advance(rollback)
    assert back.pull
    promotion_fleet.forge_setup.approve(back.pull.number)
    promotion_fleet.round()
    promotion_fleet.round()
    assert "newTag: v1" in promotion_fleet.file("main")
    assert (promotion_fleet.open(), promotion_fleet.branch_names()) == ([], set())


def test_it_is_merged_when_policy_says_so_and_its_gates_have_opened(build: Build) -> None:
    promotion_fleet = build(
        prod="promotion: {autoMerge: true, gates: [{type: approvals}], labels: [go]}\n"
    )
    promotion_fleet.tag("v2")
    first = promotion_fleet.advance()
    assert first.end is End.proposed
    assert first.pull
    assert first.pull.labels == ("go",)
    promotion_fleet.forge_setup.approve(first.pull.number)
    (merged,) = [e for e in promotion_fleet.round() if getattr(e, "end", None)]
    assert getattr(merged, "end", None) is End.merged
    assert promotion_fleet.branch_names() == set()
    assert "newTag: v2" in promotion_fleet.file("main")
    promotion_fleet.pull()
    assert "Promotion: stage prod" in promotion_fleet.fleet.repo.git("log", "-3", "--format=%B")


def test_what_somebody_closed_is_not_proposed_again_until_asked_for(
    promotion_fleet: PromotionFleet,
) -> None:
    promotion_fleet.tag("v2")
    first = promotion_fleet.advance()
    assert first.pull
    promotion_fleet.forge.close(first.pull)
    promotion_fleet.round()
    assert promotion_fleet.branch_names() == set()
    assert promotion_fleet.advance().end is End.abandoned
    assert promotion_fleet.open() == []
    again = promotion_fleet.advance(again=True)
    assert again.end is End.proposed
    assert again.pull
    promotion_fleet.forge.close(again.pull)
    promotion_fleet.tag("v3")
    assert promotion_fleet.advance().end is End.proposed


def test_the_bot_proposes_by_itself_but_nothing_that_was_closed(build: Build) -> None:
    promotion_fleet = build(prod="promotion: {propose: app}\n")
    promotion_fleet.tag("v2")
    promotion_fleet.round()
    (pull,) = promotion_fleet.open()
    promotion_fleet.forge.close(pull)
    promotion_fleet.round()
    assert promotion_fleet.open() == []
    promotion_fleet.tag("v3")
    promotion_fleet.round()
    (other,) = promotion_fleet.open()
    assert other.number != pull.number


def test_an_environment_whose_branch_is_missing_does_not_keep_others_waiting(build: Build) -> None:
    first = "promotesFrom: stage\npromotion: {propose: app}\nreleases: {branch: gone}\n"
    promotion_fleet = build(aside=first, prod="promotion: {propose: app}\n")
    promotion_fleet.tag("v2")
    failed = [one for one in promotion_fleet.round() if isinstance(one, Failed)]
    assert "stage → aside" in [one.what for one in failed]
    assert all("gone" in str(one.error) for one in failed)
    (pull,) = promotion_fleet.open()
    assert pull.branch == PAW.branch


def test_a_commit_of_a_person_is_never_lost(promotion_fleet: PromotionFleet) -> None:
    promotion_fleet.tag("v2")
    promotion_fleet.advance()
    repo = promotion_fleet.fleet.repo
    repo.git("fetch", "--quiet", "origin", PAW.branch)
    repo.git("switch", "--quiet", "--create", "theirs", "FETCH_HEAD")
    theirs = repo.commit({"overlays/note": "mine\n"})
    repo.git("push", "--quiet", "origin", f"HEAD:{PAW.branch}")
    repo.git("switch", "--quiet", "main")
    promotion_fleet.tag("v3")
    found = promotion_fleet.advance()
    assert found.proposal
    assert [commit.id for commit in found.proposal.theirs] == [theirs]
    assert found.pull
    assert "commits of others on this branch" in found.pull.body
    assert "newTag: v3" in promotion_fleet.file(PAW.branch)
    promotion_fleet.forge.close(found.pull)
    promotion_fleet.round()
    assert promotion_fleet.branch_names() == {PAW.branch}


def test_what_a_person_put_on_the_branch_opens_no_gate_for_all(build: Build) -> None:
    """The status that a branch protection asks for is about what was judged alone."""
    promotion_fleet = build(prod="promotion: {autoMerge: true, gates: [{type: approvals}]}\n")
    promotion_fleet.tag("v2")
    found = promotion_fleet.advance()
    repo = promotion_fleet.fleet.repo
    repo.git("fetch", "--quiet", "origin", PAW.branch)
    repo.git("switch", "--quiet", "--create", "theirs", "FETCH_HEAD")
    entry_file = promotion_fleet.fleet.file("prod")
    entry_file.write_text(entry_file.read_text().replace("newTag: v2", "newTag: v9"))
    theirs = repo.commit()
    repo.git("push", "--quiet", "origin", f"HEAD:{PAW.branch}")
    repo.git("switch", "--quiet", "main")
    assert found.pull
    promotion_fleet.forge_setup.approve(found.pull.number)
    promotion_fleet.round()
    (pull,) = promotion_fleet.open()
    assert pull.commit == theirs
    statuses = {s.context: s.verdict for s in promotion_fleet.forge.statuses(theirs)}
    assert statuses["promotion/approvals"] is StatusVerdict.success
    assert statuses["promotion/branch"] is StatusVerdict.pending
    assert statuses["promotion/all"] is StatusVerdict.pending
    assert "no gate has judged" in pull.body


def test_a_batch_takes_the_place_of_the_single_ones_it_holds(
    promotion_fleet: PromotionFleet,
) -> None:
    fleet = promotion_fleet.fleet
    dog = fleet.commit(overlay("dog", 1))
    fleet.commit(*(entry(e, dog, app="dog") for e in ("stage", "prod")))
    promotion_fleet.tag("v2")
    promotion_fleet.tag("v2", app="dog", ref=dog)
    single = promotion_fleet.advance()
    batch = promotion_fleet.advance(ALL)
    assert single.pull
    assert batch.pull
    assert batch.superseded == (single.pull.number,)
    (pull,) = promotion_fleet.open()
    assert pull.number == batch.pull.number
    words = [comment.body for comment in promotion_fleet.forge.comments(single.pull)]
    assert any(batch.pull.url in text for text in words)
    assert promotion_fleet.branch_names() == {ALL.branch}
    # The other way round, those that are left are named.
    newer = promotion_fleet.advance(again=True)
    assert newer.superseded == (batch.pull.number,)
    words = [comment.body for comment in promotion_fleet.forge.comments(batch.pull)]
    assert any("reconciler promote stage prod dog" in text for text in words)


def test_what_the_target_has_by_now_is_closed_with_a_word(promotion_fleet: PromotionFleet) -> None:
    promotion_fleet.tag("v2")
    found = promotion_fleet.advance()
    promotion_fleet.tag("v2", "prod")
    assert promotion_fleet.advance().end is End.nothing
    assert promotion_fleet.open() == []
    assert promotion_fleet.branch_names() == set()
    assert found.pull
    assert "by now" in promotion_fleet.forge.comments(found.pull)[-1].body


def test_a_hotfix_stops_what_is_open_and_is_offered_to_the_source(build: Build) -> None:
    promotion_fleet = build(prod="promotion: {propose: app}\n")
    promotion_fleet.tag("v2")
    promotion_fleet.round()
    fleet = promotion_fleet.fleet
    fleet.repo.git("switch", "--quiet", "--create", "fix", fleet.first)
    hotfix = fleet.change(9)
    fleet.repo.git("switch", "--quiet", "main")
    fleet.repo.git("merge", "--quiet", "--no-edit", "fix")
    fleet.commit(entry("prod", hotfix))
    promotion_fleet.push()
    promotion_fleet.round()
    forward, back = sorted(promotion_fleet.open(), key=lambda pull: pull.number)
    assert forward.draft
    assert forward.branch == PAW.branch
    assert back.branch == "promote/prod/stage/app/paw"
    assert "hotfix" in back.title
    assert hotfix in promotion_fleet.file(back.branch, "stage")


def test_a_rollback_goes_back_and_holds_the_release(build: Build) -> None:
    promotion_fleet = build(prod="promotion: {propose: app}\n")
    promotion_fleet.tag("v2")
    promotion_fleet.round()
    (pull,) = promotion_fleet.open()
    assert promotion_fleet.forge.merge(pull, pull.title, "") is MergeOutcome.merged
    rollback = PromotionRequest(
        PromotionKind.rollback, "prod", "prod", (AppName("paw"),), reason="it burns"
    )
    found = promotion_fleet.advance(rollback)
    assert found.pull
    assert found.pull.title == "Roll back paw v2 → v1 in prod"
    assert "newTag: v1" in promotion_fleet.file(rollback.branch)
    assert promotion_fleet.forge.merge(found.pull, found.pull.title, "") is MergeOutcome.merged
    promotion_fleet.round()
    assert promotion_fleet.open() == []
    assert promotion_fleet.branch_names() == set()
    held = promotion_fleet.advance()
    (step,) = held.plan.steps
    assert step.state is StepState.held
    assert step.problem
    assert "it burns" in step.problem.why
    # Somebody decides otherwise, or there is a newer one.
    assert promotion_fleet.advance(replace(PAW, unheld="the node was full")).end is End.proposed
    promotion_fleet.pull()
    promotion_fleet.tag("v3")
    promotion_fleet.round()
    (newer,) = promotion_fleet.open()
    assert "v3" in newer.body


def reverted(promotion_fleet: PromotionFleet) -> None:
    """The last promotion, as the button of a forge does it."""
    promotion_fleet.pull()
    git = promotion_fleet.fleet.repo.git
    merge = git("log", "-1", "--merges", "--format=%H").strip()
    git("revert", "--no-edit", "--mainline", "1", merge)
    promotion_fleet.push()


def test_what_somebody_reverted_by_hand_is_held(build: Build) -> None:
    promotion_fleet = build(prod="promotion: {propose: app, autoMerge: true, overrides: [bot]}\n")
    promotion_fleet.tag("v2")
    promotion_fleet.round()
    reverted(promotion_fleet)
    promotion_fleet.fleet.commit(
        entry("prod", promotion_fleet.fleet.first, more="replicas: [{name: paw, count: 3}]\n")
    )
    promotion_fleet.push()
    promotion_fleet.round()
    assert "newTag: v1" in promotion_fleet.file("main")
    (step,) = promotion_fleet.advance().plan.steps
    assert step.state is StepState.held
    assert step.problem
    assert "took it away by hand" in step.problem.why
    # Another one comes as ever, and this one if somebody says why.
    promotion_fleet.tag("v3")
    promotion_fleet.round()
    assert "newTag: v3" in promotion_fleet.file("main")
    reverted(promotion_fleet)
    promotion_fleet.tag("v2")
    promotion_fleet.round()
    assert "newTag: v2" in promotion_fleet.file("main")
    reverted(promotion_fleet)
    again = replace(PAW, unheld="the node was full")
    assert promotion_fleet.advance(again).end is End.proposed
    passing = Override(("hold",), "the node was full", "")
    assert promotion_fleet.advance(again, override=passing).end is End.merged
    assert "newTag: v2" in promotion_fleet.file("main")


def test_a_revert_holds_what_it_took_away_though_the_branch_went_on(build: Build) -> None:
    promotion_fleet = build(stage="promotion: {propose: app, autoMerge: true}\n")
    promotion_fleet.fleet.change(2)
    promotion_fleet.push()
    promotion_fleet.round()
    reverted(promotion_fleet)
    before = promotion_fleet.file("main", "stage")
    promotion_fleet.round()
    assert promotion_fleet.file("main", "stage") == before
    promotion_fleet.fleet.change(3)
    promotion_fleet.push()
    promotion_fleet.round()
    assert promotion_fleet.file("main", "stage") != before


def test_what_was_reverted_is_no_way_back(build: Build) -> None:
    promotion_fleet = build(prod="promotion: {propose: app, autoMerge: true}\n")
    for tag in ("v2", "v3"):
        promotion_fleet.tag(tag)
        promotion_fleet.round()
        promotion_fleet.pull()
    reverted(promotion_fleet)
    assert "newTag: v2" in promotion_fleet.file("main")
    rollback = PromotionRequest(PromotionKind.rollback, "prod", "prod", (AppName("paw"),))
    assert promotion_fleet.advance(rollback).end is End.merged
    assert "newTag: v1" in promotion_fleet.file("main")


def test_two_reverts_hold_both_releases(build: Build) -> None:
    promotion_fleet = build(prod="promotion: {propose: app, autoMerge: true}\n")
    for tag in ("v2", "v3"):
        promotion_fleet.tag(tag)
        promotion_fleet.round()
        promotion_fleet.pull()
    promotion_fleet.tag("v2", "prod")
    promotion_fleet.tag("v1", "prod")
    promotion_fleet.round()
    assert "newTag: v1" in promotion_fleet.file("main")
    promotion_fleet.tag("v2")
    promotion_fleet.round()
    assert "newTag: v1" in promotion_fleet.file("main")


def test_what_a_promotion_replaced_comes_again_with_the_source(build: Build) -> None:
    promotion_fleet = build(prod="promotion: {propose: app, autoMerge: true}\n")
    for tag in ("v2", "v1", "v2"):
        promotion_fleet.tag(tag)
        promotion_fleet.round()
        promotion_fleet.pull()
        assert f"newTag: {tag}" in promotion_fleet.file("main")


def test_what_never_was_there_is_promoted_over_a_value_set_by_hand(build: Build) -> None:
    promotion_fleet = build(prod="promotion: {propose: app, autoMerge: true}\n")
    promotion_fleet.tag("v2")
    promotion_fleet.tag("v3")
    promotion_fleet.tag("v2", "prod")
    promotion_fleet.round()
    assert "newTag: v3" in promotion_fleet.file("main")


def test_after_a_merge_by_hand_the_branch_goes(promotion_fleet: PromotionFleet) -> None:
    promotion_fleet.tag("v2")
    found = promotion_fleet.advance()
    assert found.pull
    assert promotion_fleet.forge.merge(found.pull, found.pull.title, "") is MergeOutcome.merged
    promotion_fleet.round()
    assert promotion_fleet.branch_names() == set()
    promotion_fleet.pull()
    promotion_fleet.tag("v3")
    again = promotion_fleet.advance()
    assert again.pull
    assert again.pull.number != found.pull.number


def test_what_stopped_a_promotion_is_settled_once_it_is_gone(
    promotion_fleet: PromotionFleet,
) -> None:
    promotion_fleet.tag("v2")
    first = promotion_fleet.advance()
    assert first.pull
    before = promotion_fleet.fleet.file("prod").read_text()
    promotion_fleet.tag("v1-hotfix", "prod")
    promotion_fleet.tag("v3")
    promotion_fleet.advance()
    statuses = {s.context: s.verdict for s in promotion_fleet.forge.statuses(first.pull.commit)}
    assert statuses["promotion/plan"] is StatusVerdict.failure
    assert promotion_fleet.forge.pull(first.pull.number).draft
    promotion_fleet.fleet.commit({"environments/prod/paw/kustomization.yaml": before})
    promotion_fleet.push()
    again = promotion_fleet.advance()
    assert again.pull
    assert not again.pull.draft
    statuses = {s.context: s.verdict for s in promotion_fleet.forge.statuses(again.pull.commit)}
    assert set(statuses.values()) == {StatusVerdict.success}
    assert "is gone" in promotion_fleet.forge.comments(again.pull)[-1].body


def test_the_way_forward_and_the_way_back_can_both_be_open(build: Build) -> None:
    promotion_fleet = build(prod="promotion: {propose: app}\n")
    promotion_fleet.tag("v2")
    promotion_fleet.round()
    (pull,) = promotion_fleet.open()
    assert promotion_fleet.forge.merge(pull, pull.title, "") is MergeOutcome.merged
    promotion_fleet.pull()
    back = PromotionRequest(PromotionKind.rollback, "prod", "prod", (AppName("paw"),))
    promotion_fleet.advance(back)
    promotion_fleet.tag("v3")
    promotion_fleet.round()
    promotion_fleet.round()
    assert {pull.branch for pull in promotion_fleet.open()} == {back.branch, PAW.branch}
    # Once the fix has landed, there is nothing left to take back.
    fix = next(pull for pull in promotion_fleet.open() if pull.branch == PAW.branch)
    assert promotion_fleet.forge.merge(fix, fix.title, "") is MergeOutcome.merged
    promotion_fleet.round()
    assert promotion_fleet.open() == []
    assert "newTag: v3" in promotion_fleet.file("main")
