"""The branch of a promotion, and what others put on it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from reconciler.errors import RepositoryError
from reconciler.git.branches import Branches, OwnBranches, SeenBranches
from reconciler.git.commit_builder import CommitBuilder
from reconciler.git.origin_branches import OriginBranches
from reconciler.git.remote import Remote
from reconciler.model.paths import AppName
from reconciler.promotion.promotion_request import (
    PromotionKind,
    PromotionRequest,
    request_of_commit,
)
from reconciler.promotion.pull_request.branch import (
    BranchOutcome,
    BranchWork,
    Proposal,
    propose_branch,
    push_branch,
)
from tests.promotion.fleet import Fleet, entry

REQUEST = PromotionRequest(PromotionKind.promotion, "stage", "prod", (AppName("paw"),))
BRANCH = "promote/stage/prod/app/paw"


@dataclass(frozen=True, slots=True)
class Bench:
    fleet: Fleet
    builder: CommitBuilder
    branches: Branches

    def propose(self, request: PromotionRequest = REQUEST) -> Proposal:
        work = BranchWork(self.fleet.plan(), request)
        return propose_branch(self.builder, self.branches, work)

    def tag(self, name: str, more: str = "") -> None:
        """What stage runs."""
        self.fleet.commit(entry("stage", self.fleet.first, name, more=more))

    def on_branch(self, change: Callable[[], object]) -> str:
        """Somebody works on the branch."""
        git = self.fleet.repo.git
        git("switch", "--quiet", BRANCH)
        change()
        tip = git("rev-parse", "HEAD")
        git("switch", "--quiet", "main")
        return tip

    def file(self, commit: str, path: str) -> str:
        return self.fleet.repo.git("show", f"{commit}:{path}")


@pytest.fixture
def bench(fleet: Fleet) -> Bench:
    root = str(fleet.repo.path)
    for key, value in (("name", "t"), ("email", "t@localhost")):
        fleet.repo.git("config", f"user.{key}", value)
    found = Bench(fleet, CommitBuilder(root), OwnBranches(root))
    found.tag("v2")
    return found


ENTRY = "environments/prod/paw/kustomization.yaml"


def test_a_run_after_a_run_changes_nothing(bench: Bench) -> None:
    first = bench.propose()
    assert first.outcome is BranchOutcome.created
    assert "newTag: v2" in bench.file(first.commit, ENTRY)
    again = bench.propose()
    assert (again.outcome, again.commit) == (BranchOutcome.unchanged, first.commit)


def test_a_newer_release_takes_the_place_of_the_older_one(bench: Bench) -> None:
    bench.propose()
    bench.tag("v3")
    second = bench.propose()
    assert second.outcome is BranchOutcome.updated
    assert bench.fleet.repo.git("log", "--format=%s", f"main..{BRANCH}").count("\n") == 0
    assert "newTag: v3" in bench.file(second.commit, ENTRY)


def test_a_reviewed_commit_stays_while_main_moves_elsewhere(bench: Bench) -> None:
    first = bench.propose()
    bench.fleet.commit({"README": "words\n"})
    assert bench.propose().commit == first.commit
    work = BranchWork(bench.fleet.plan(), REQUEST)
    renewed = push_branch(bench.builder, bench.branches, work, first.commit)
    assert renewed == bench.fleet.repo.git("rev-parse", BRANCH) != first.commit
    assert bench.fleet.repo.git("merge-base", "main", BRANCH) == bench.fleet.repo.git(
        "rev-parse", "main"
    )


def test_the_branch_moves_with_a_main_that_it_would_conflict_with(bench: Bench) -> None:
    first = bench.propose()
    text = bench.file("main", ENTRY).replace("  newTag", "  # prod's own\n  newTag")
    bench.fleet.commit({ENTRY: text + "\n"})
    second = bench.propose()
    assert (second.outcome, first.outcome) == (BranchOutcome.updated, BranchOutcome.created)
    assert "# prod's own\n  newTag: v2" in bench.file(second.commit, ENTRY)


def test_the_promotion_goes_on_top_of_a_commit_of_somebody_else(bench: Bench) -> None:
    bench.propose()
    theirs = bench.on_branch(lambda: bench.fleet.commit({"overlays/note": "mine\n"}))
    kept = bench.propose()
    assert (kept.outcome, kept.commit) == (BranchOutcome.unchanged, theirs)
    assert [about.id for about in kept.theirs] == [theirs]
    bench.tag("v3")
    on_top = bench.propose()
    assert on_top.outcome is BranchOutcome.updated
    assert bench.fleet.repo.git("rev-parse", f"{BRANCH}~1") == theirs
    assert "newTag: v3" in bench.file(on_top.commit, ENTRY)
    again = bench.propose()
    assert (again.outcome, again.commit) == (BranchOutcome.unchanged, on_top.commit)


def test_an_entry_that_somebody_edited_on_the_branch_is_left_to_them(bench: Bench) -> None:
    bench.propose()
    edited = entry("prod", bench.fleet.first, "v2-patched")
    theirs = bench.on_branch(lambda: bench.fleet.commit(edited))
    bench.tag("v3")
    left = bench.propose()
    assert (left.outcome, left.commit) == (BranchOutcome.left, theirs)


def test_an_amended_commit_is_somebody_elses(bench: Bench) -> None:
    bench.propose()
    repo = bench.fleet.repo

    def amend() -> None:
        repo.write(entry("prod", bench.fleet.first, "v2-amended"))
        repo.git("commit", "--quiet", "--all", "--amend", "--no-edit")

    theirs = bench.on_branch(amend)
    assert bench.propose().commit == theirs
    bench.tag("v3")
    assert bench.propose().commit == theirs


def test_a_merge_of_main_into_the_branch_is_nobodys_work(bench: Bench) -> None:
    bench.propose()
    bench.fleet.commit({"README": "words\n"})
    merge = bench.on_branch(lambda: bench.fleet.repo.git("merge", "--quiet", "--no-edit", "main"))
    found = bench.propose()
    assert (found.outcome, found.commit, found.theirs) == (BranchOutcome.unchanged, merge, ())
    bench.tag("v3")
    assert bench.propose().outcome is BranchOutcome.updated


def test_a_main_branch_that_was_rewritten_is_nobodys_work_either(bench: Bench) -> None:
    bench.fleet.commit({"README": "gone soon\n"})
    bench.propose()
    bench.fleet.repo.git("reset", "--quiet", "--hard", "HEAD~1")
    bench.fleet.commit({"README": "instead\n"})
    found = bench.propose()
    assert (found.outcome, found.theirs) == (BranchOutcome.updated, ())
    assert bench.fleet.repo.git("rev-parse", f"{BRANCH}~1") == bench.fleet.repo.git(
        "rev-parse", "main"
    )


def test_work_tree_index_and_head_stay_as_they_are(bench: Bench) -> None:
    git = bench.fleet.repo.git
    bench.fleet.repo.write({"README": "in the works\n", "staged": "too\n"})
    git("add", "staged")
    before = git("status", "--porcelain=v2", "--branch"), git("stash", "create")
    bench.propose()
    assert (git("status", "--porcelain=v2", "--branch"), git("stash", "create"))[0] == before[0]


@pytest.mark.parametrize("name", ["promote", "promote/stage", f"{BRANCH}/mine"])
@pytest.mark.parametrize("shared", [False, True])
def test_a_branch_that_is_in_the_way_is_named(bench: Bench, name: str, shared: bool) -> None:
    git = bench.fleet.repo.git
    branches = bench.branches
    if shared:
        where = f"{bench.fleet.repo.path}.git"
        git("init", "--quiet", "--bare", where)
        git("push", "--quiet", where, "main", f"main:refs/heads/{name}")
        remote = Remote(str(bench.fleet.repo.path), where, os.environ)
        branches = SeenBranches(OriginBranches(remote))
        branches.fetch("refs/heads/")
        git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    else:
        git("branch", name)
    with pytest.raises(RepositoryError, match="is in the way") as caught:
        propose_branch(bench.builder, branches, BranchWork(bench.fleet.plan(), REQUEST))
    assert caught.value.what == f"the branch {name} is in the way of {BRANCH}"
    assert f"rename {name};" in caught.value.hint


def test_branches_beside_it_are_in_nobodys_way(bench: Bench) -> None:
    for name in ("promoted", "promote/stage/dev", f"{BRANCH}-too"):
        bench.fleet.repo.git("branch", name)
    assert bench.propose().outcome is BranchOutcome.created


@pytest.mark.parametrize(
    "wanted",
    [
        REQUEST,
        PromotionRequest(PromotionKind.promotion, "stage", "prod"),
        PromotionRequest(
            PromotionKind.rollback,
            "prod",
            "prod",
            (AppName("dog"), AppName("paw")),
            release="a" * 40,
            reason="it burns",
        ),
        PromotionRequest(PromotionKind.hotfix, "prod", "stage", (AppName("paw"),)),
        PromotionRequest(
            *(PromotionKind.promotion, "stage", "prod", (AppName("paw"),)),
            unheld="an emergency: now",
        ),
    ],
)
def test_a_branch_tells_its_request_again(bench: Bench, wanted: PromotionRequest) -> None:
    made = bench.propose(wanted)
    assert made.branch == wanted.branch
    assert request_of_commit(bench.builder.commit(made.commit).message) == wanted
