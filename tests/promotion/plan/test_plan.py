"""What is promoted, what stays, and what a person must decide."""

from __future__ import annotations

from reconciler.promotion.plan.field_decisions import FieldDecision
from reconciler.promotion.plan.plan import PromotionStep, StepState
from reconciler.render.kernel_process import Kernel
from tests.conftest import Repo
from tests.promotion.fleet import Fleet, entry, pin

NEW = "images[paw].newTag"


def kinds(step: PromotionStep) -> dict[str, str]:
    return {str(d.address): d.kind.value for d in step.decisions}


def test_the_same_release_is_already_there(fleet: Fleet) -> None:
    step = fleet.step()
    assert (step.state, step.edit) == (StepState.same, None)


def test_what_stage_runs_is_promoted_with_its_commits(fleet: Fleet) -> None:
    second = fleet.change(2)
    third = fleet.change(3)
    fleet.commit(entry("stage", third, "v2", a="2"))
    step = fleet.step()
    assert step.state is StepState.due
    assert kinds(step) == {
        "resources[overlays/paw/prod].ref": "promoted",
        NEW: "promoted",
        "configMapGenerator[settings].literals[A]": "promoted",
    }
    (line,) = step.ancestries
    assert {third, second} <= {about.id for about in line.coming}
    assert (line.ancestor, line.lacking) == (fleet.first, ())
    assert step.edit
    assert step.edit.after.decode() == entry("prod", third, "v2", a="2")[step.edit.path]


def test_what_prod_changed_for_itself_stays(fleet: Fleet) -> None:
    fleet.commit(entry("prod", fleet.first, a="7", more="replicas: [{name: paw, count: 3}]\n"))
    fleet.commit(entry("stage", fleet.change(2), "v2"))
    step = fleet.step()
    assert step.state is StepState.due
    assert kinds(step)["configMapGenerator[settings].literals[A]"] == "kept"
    assert kinds(step)["replicas[paw].count"] == "kept"
    assert step.edit
    assert b"A=7" in step.edit.after


def test_a_hotfix_in_prod_is_named_and_never_undone(fleet: Fleet) -> None:
    hotfix = fleet.commit(entry("prod", fleet.first, "v1-hotfix"))
    fleet.commit(entry("stage", fleet.first, "v2"))
    step = fleet.step()
    assert (step.state, step.edit) == (StepState.diverged, None)
    (conflict,) = step.decided(FieldDecision.conflict)
    assert (conflict.target, conflict.source) == ("v1-hotfix", "v2")
    assert hotfix[:10] in conflict.why


def test_a_hotfix_stays_while_stage_has_nothing_newer(fleet: Fleet) -> None:
    fleet.commit(entry("prod", fleet.first, "v1-hotfix"))
    assert kinds(fleet.step()) == {NEW: "kept"}
    assert fleet.step().state is StepState.same


def test_a_hotfix_that_stage_took_over_is_no_hotfix_any_more(fleet: Fleet) -> None:
    fleet.commit(entry("prod", fleet.first, "v1-hotfix"))
    fleet.commit(entry("stage", fleet.first, "v1-hotfix"))
    fleet.commit(entry("stage", fleet.first, "v2"))
    assert kinds(fleet.step()) == {NEW: "promoted"}


def test_prod_is_ahead_with_a_commit_that_stage_lacks(fleet: Fleet) -> None:
    second = fleet.change(2)
    fleet.commit(entry("prod", second))
    step = fleet.step()
    assert (step.state, step.edit) == (StepState.ahead, None)
    assert second in [about.id for about in step.ancestries[0].lacking]


def test_a_commit_of_a_side_branch_in_prod_has_diverged(fleet: Fleet) -> None:
    fleet.repo.git("switch", "--quiet", "--create", "hotfix", fleet.first)
    hotfix = fleet.change(9)
    fleet.repo.git("switch", "--quiet", "main")
    fleet.commit(entry("stage", fleet.change(2)), entry("prod", hotfix))
    step = fleet.step()
    assert (step.state, step.edit) == (StepState.diverged, None)
    assert [about.id for about in step.ancestries[0].lacking] == [hotfix]


def test_what_has_not_landed_on_main_is_not_promoted(fleet: Fleet) -> None:
    fleet.repo.git("switch", "--quiet", "--create", "feature", fleet.first)
    feature = fleet.change(9)
    fleet.repo.git("switch", "--quiet", "main")
    fleet.commit(entry("stage", feature))
    step = fleet.step()
    assert (step.state, step.edit) == (StepState.unlanded, None)
    assert step.problem
    assert feature[:10] in step.problem.what


def test_edits_on_disk_take_no_part(fleet: Fleet) -> None:
    fleet.repo.write(entry("stage", fleet.first, "v9"))
    assert fleet.step().state is StepState.same


def test_a_source_that_follows_the_branch_is_pinned(fleet: Fleet, kernel: Kernel) -> None:
    second = fleet.change(2)
    (step,) = fleet.plan("dev", "stage", kernel=kernel).steps
    assert step.state is StepState.due
    assert step.edit
    assert pin("stage", second).encode() in step.edit.after
    assert step.difference
    assert step.difference.difference.counts().changed == 1


def test_a_commit_that_changes_no_object_is_no_release(fleet: Fleet, kernel: Kernel) -> None:
    fleet.commit({"README": "words\n"})
    (step,) = fleet.plan("dev", "stage", kernel=kernel).steps
    assert (step.state, step.edit) == (StepState.same, None)


def test_an_older_release_is_promoted_as_stage_ran_it(fleet: Fleet) -> None:
    second = fleet.change(2)
    fleet.commit(entry("stage", second, "v2"))
    fleet.commit(entry("stage", fleet.change(3), "v3"))
    step = fleet.step(release=second)
    assert step.state is StepState.due
    assert step.edit
    assert step.edit.after.decode() == entry("prod", second, "v2")[step.edit.path]


def test_a_release_that_stage_never_ran_is_refused(fleet: Fleet) -> None:
    second = fleet.change(2)
    step = fleet.step(release=second)
    assert step.state is StepState.failed
    assert step.problem
    assert "never run" in step.problem.what


def test_the_policy_of_the_environment_decides(repo: Repo) -> None:
    rules = (
        "promotion:\n  fields:\n  - {promote: [replicas]}\n"
        "  - {app: p*, keep: ['configMapGenerator[settings].literals'], "
        "review: ['images[*].newTag']}\n"
    )
    fleet = Fleet(repo, {"prod": rules})
    more = "replicas:\n- name: paw\n  count: {}\n"
    fleet.commit(entry("stage", fleet.first, more=more.format(2)))
    fleet.commit(entry("prod", fleet.first, more=more.format(2)))
    fleet.commit(entry("stage", fleet.first, "v2", a="2", more=more.format(4)))
    step = fleet.step()
    assert kinds(step) == {
        NEW: "review",
        "configMapGenerator[settings].literals[A]": "kept",
        "replicas[paw].count": "promoted",
    }


def test_of_a_shallow_clone_nothing_is_guessed(fleet: Fleet, repo: Repo) -> None:
    fleet.commit(entry("stage", fleet.change(2), "v2"))
    fleet.repo.git("clone", "--quiet", "--depth=1", f"file://{repo.path}", f"{repo.path}2")
    clone = Fleet.__new__(Fleet)
    clone.repo = Repo(repo.path.with_name(repo.path.name + "2"))
    step = clone.step()
    assert (step.state, step.edit) == (StepState.unknown, None)


def test_any_chain_and_several_ends_of_it(repo: Repo) -> None:
    eu, us = "prod-eu", "prod-us"
    chain = {eu: "promotesFrom: stage\n", us: "promotesFrom: [stage, prod-eu]\n"}
    fleet = Fleet(repo, chain)
    for name in chain:
        files = {f"overlays/paw/{name}/kustomization.yaml": "resources: [../base]\n"}
        fleet.commit(entry(name, fleet.first), files)
    fleet.commit(entry("stage", fleet.first, "v2"))
    for name in chain:
        step = fleet.step("stage", name)
        assert (step.state, kinds(step)) == (StepState.due, {NEW: "promoted"})
