"""On GitHub, an app has no key: its promotions are signed all the same."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.errors import RepositoryError
from reconciler.forges.client import HttpRoute
from reconciler.forges.connect import connect, forge_address
from reconciler.forges.github import GitHub
from reconciler.forges.signed_commits import SignedCommitBuilder
from reconciler.forges.tokens import ForgeToken
from reconciler.git.branches import SeenBranches
from reconciler.git.commit_builder import CommitBuilder
from reconciler.git.names import HEADS
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
    push_new_branches,
)
from reconciler.promotion.pull_request.lock import REFERENCE, Lock
from tests.conftest import Repo
from tests.forges.fake_forge import FakeForge, shared_by
from tests.forges.replay import running
from tests.promotion.fleet import Fleet, entry

PAW = PromotionRequest(PromotionKind.promotion, "stage", "prod", (AppName("paw"),))
ALL = PromotionRequest(PromotionKind.promotion, "stage", "prod")
ENTRY = "environments/prod/paw/kustomization.yaml"


@dataclass(frozen=True, slots=True)
class GiteaFleet:
    """People work in `fleet`, and an app in `clone`, where nobody said who commits."""

    fleet: Fleet
    github: FakeForge
    clone: Repo
    bench: CommitBuilder
    remote: Remote

    def branches(self) -> SeenBranches:
        """As a run opens them."""
        branches = SeenBranches(OriginBranches(self.remote))
        branches.fetch(HEADS)
        return branches

    def propose(self, branches: SeenBranches | None = None) -> Proposal:
        work = BranchWork(self.fleet.plan(), PAW)
        return propose_branch(self.bench, branches or self.branches(), work)

    def tag(self, name: str) -> None:
        self.push(entry("stage", self.fleet.first, name))

    def push(self, *files: dict[str, str]) -> str:
        made = self.fleet.commit(*files)
        self.fleet.repo.git("push", "--quiet", str(self.github.shared.path), "HEAD")
        return made

    def tip(self) -> str:
        return self.github.shared.git("for-each-ref", "--format=%(objectname)", HEADS + PAW.branch)


@pytest.fixture
def gitea_fleet(repo: Repo, tmp_path: Path) -> Iterator[GiteaFleet]:
    fleet = Fleet(repo)
    fleet.file("prod").chmod(0o755)
    fleet.commit(entry("stage", fleet.first, "v2"))
    github = FakeForge(shared_by(repo, tmp_path), tmp_path)
    with running(github):
        clone = github.clone(tmp_path / "clone")
        root = str(clone.path)
        with connect(
            forge_address(github.remote, "github"), ForgeToken("ghs_x"), HttpRoute()
        ) as found:
            assert isinstance(found.forge, GitHub)
            remote = Remote(root, github.remote, os.environ, found.login)
            bench = SignedCommitBuilder(root, found.forge, remote)
            yield GiteaFleet(fleet, github, clone, bench, remote)


def test_the_branch_has_a_commit_that_github_signed(gitea_fleet: GiteaFleet) -> None:
    made = gitea_fleet.propose()
    shared, main = gitea_fleet.github.shared, gitea_fleet.fleet.repo.git("rev-parse", "main")
    assert (made.outcome, gitea_fleet.tip()) == (BranchOutcome.created, made.commit)
    assert gitea_fleet.github.is_signed(made.commit)
    assert shared.git("log", "-1", "--format=%an %cn %P", made.commit) == (
        f"promoter[bot] GitHub {main}"
    )
    wanted = CommitBuilder(str(gitea_fleet.fleet.repo.path)).tree_with(
        main, gitea_fleet.fleet.plan().edits
    )
    assert shared.git("rev-parse", f"{made.commit}^{{tree}}") == str(wanted)
    assert shared.git("ls-tree", made.commit, ENTRY).startswith("100755")
    assert shared.git("fsck", "--strict") == ""


def test_a_run_after_a_run_makes_nothing(gitea_fleet: GiteaFleet) -> None:
    first = gitea_fleet.propose()
    again = gitea_fleet.propose()
    assert (again.outcome, again.commit) == (BranchOutcome.unchanged, first.commit)
    assert (again.theirs, gitea_fleet.github.made()) == ((), 1)
    ours = gitea_fleet.bench.commit(again.commit)
    assert gitea_fleet.bench.is_ours(ours)
    assert request_of_commit(ours.message) == PAW


def test_a_newer_release_takes_the_place_of_the_older_one(gitea_fleet: GiteaFleet) -> None:
    gitea_fleet.propose()
    gitea_fleet.tag("v3")
    second = gitea_fleet.propose()
    assert (second.outcome, gitea_fleet.tip()) == (BranchOutcome.updated, second.commit)
    shared = gitea_fleet.github.shared
    assert shared.git("rev-list", "--count", f"main..{second.commit}") == "1"
    assert "newTag: v3" in shared.git("show", f"{second.commit}:{ENTRY}")
    assert gitea_fleet.github.is_signed(second.commit)


def test_the_promotion_goes_on_top_of_a_commit_of_somebody_else(gitea_fleet: GiteaFleet) -> None:
    gitea_fleet.propose()
    git = gitea_fleet.fleet.repo.git
    git("fetch", "--quiet", str(gitea_fleet.github.shared.path), PAW.branch)
    git("switch", "--quiet", "--create", PAW.branch, "FETCH_HEAD")
    theirs = gitea_fleet.push({"overlays/note": "mine\n"})
    git("switch", "--quiet", "main")
    gitea_fleet.tag("v3")
    on_top = gitea_fleet.propose()
    shared = gitea_fleet.github.shared
    assert shared.git("log", "-1", "--format=%P", on_top.commit) == theirs
    assert shared.git("show", f"{on_top.commit}:overlays/note") == "mine"
    assert "newTag: v3" in shared.git("show", f"{on_top.commit}:{ENTRY}")
    assert gitea_fleet.github.is_signed(on_top.commit)
    again = gitea_fleet.propose()
    assert (again.outcome, again.commit) == (BranchOutcome.unchanged, on_top.commit)


def test_a_branch_that_is_refused_is_made_by_the_next_run(gitea_fleet: GiteaFleet) -> None:
    hook = gitea_fleet.github.shared.path / "hooks" / "update"
    hook.write_text("#!/bin/sh\necho 'not on fridays' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(RepositoryError, match="origin refuses the push") as caught:
        gitea_fleet.propose()
    assert "not on fridays" in caught.value.why
    assert gitea_fleet.tip() == ""
    hook.unlink()
    assert gitea_fleet.propose().commit == gitea_fleet.tip()


def test_of_two_at_once_the_second_is_told(gitea_fleet: GiteaFleet) -> None:
    late = gitea_fleet.branches()
    main = gitea_fleet.github.shared.git("rev-parse", "main")
    gitea_fleet.github.shared.git("update-ref", HEADS + PAW.branch, main)
    with pytest.raises(RepositoryError, match="somebody else changed the branch"):
        gitea_fleet.propose(late)
    assert gitea_fleet.tip() == main


def test_many_branches_are_made_in_one_go(gitea_fleet: GiteaFleet) -> None:
    branches, plan = gitea_fleet.branches(), gitea_fleet.fleet.plan()
    push_new_branches(gitea_fleet.bench, branches, [BranchWork(plan, PAW), BranchWork(plan, ALL)])
    tips = gitea_fleet.github.shared.git(
        "for-each-ref", "--format=%(objectname)", HEADS + "promote/"
    )
    assert len(tips.split()) == 2
    assert all(gitea_fleet.github.is_signed(tip) for tip in tips.split())
    again = propose_branch(gitea_fleet.bench, branches, BranchWork(plan, ALL))
    assert again.outcome is BranchOutcome.unchanged


def test_files_keep_their_kind_and_their_bytes(gitea_fleet: GiteaFleet) -> None:
    people = gitea_fleet.fleet.repo
    (people.path / "link").symlink_to("README")
    (people.path / "program").write_bytes(b"#!/bin/sh\n")
    (people.path / "program").chmod(0o755)
    base = gitea_fleet.push({"text": "a\n", "deep/down/binary": "b\n"})
    gitea_fleet.branches()
    edits = {
        "link": b"elsewhere",
        "program": b"#!/bin/bash\r\n",
        "text": "ä\u200b\n".encode(),
        "deep/down/binary": b"\xff\x00",
    }
    made = gitea_fleet.bench.make(gitea_fleet.bench.tree_with(base, edits), [base], "Change")
    assert {path: gitea_fleet.bench.content(made, path) for path in edits} == edits
    kinds = gitea_fleet.clone.git("ls-tree", "-r", made, *edits).splitlines()
    assert sorted(line.split()[0] for line in kinds) == ["100644", "100644", "100755", "120000"]


def test_a_commit_may_have_news_in_its_message_alone(gitea_fleet: GiteaFleet) -> None:
    base = gitea_fleet.propose().commit
    made = gitea_fleet.bench.make(
        gitea_fleet.bench.commit(base).tree_id, [base], "For another reason"
    )
    assert gitea_fleet.github.is_signed(made)


def test_the_lock_is_nothing_for_github_to_sign(gitea_fleet: GiteaFleet) -> None:
    with Lock(OriginBranches(gitea_fleet.remote), str(gitea_fleet.clone.path), "a"):
        assert gitea_fleet.github.shared.git("rev-parse", "--verify", REFERENCE)
    assert not gitea_fleet.github.requests
