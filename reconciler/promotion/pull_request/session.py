"""What promotions are made with: one repository and its forge, and what was seen of both so far."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from pygit2 import Commit

from reconciler.errors import ReconcilerError
from reconciler.forges.forge import CommitStatus, Forge, MergeOutcome, PullRequest, PullRequestState
from reconciler.git.branches import Branches, main_branch
from reconciler.git.commit_builder import CommitBuilder, words_of
from reconciler.git.names import HEADS, BranchName, branch_of
from reconciler.health.sources import HealthSources
from reconciler.model.entry import Entry
from reconciler.model.layout import Layout
from reconciler.model.paths import AppName
from reconciler.promotion.gates.question import MissingSecret
from reconciler.promotion.gates.result import GateResult
from reconciler.promotion.plan.planner import PlannedPromotion, Planner
from reconciler.promotion.promotion_request import PREFIXES, PromotionRequest, request_of_commit
from reconciler.promotion.pull_request.branch import BranchOutcome, BranchState, foreign, ours_of
from reconciler.trees.commit import commit_tree

BRANCHES = tuple(HEADS + prefix for prefix in PREFIXES)


@dataclass(frozen=True, slots=True)
class OurPullRequest:
    """An open pull request of ours: what it is for, and whose entries it changes."""

    pull: PullRequest
    request: PromotionRequest
    apps: frozenset[AppName]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a promotion waits for, and what its pull request is to say."""

    results: tuple[GateResult, ...]
    title: str
    body: str
    reviewers: tuple[str, ...] = ()
    file: bytes | None = None  # with all of it, where the body has room for a part alone
    lacks: tuple[MissingSecret, ...] = ()

    @property
    def passes(self) -> bool:
        return all(result.passes for result in self.results)

    @property
    def is_closed(self) -> bool:
        return any(result.is_closed for result in self.results)


class Assess(Protocol):
    """Asks the gates and writes the report. Without a pull request nobody was asked anything.

    Its `number` is none where it was made just now, or is still to be.
    """

    def __call__(
        self,
        planned: PlannedPromotion,
        branch: BranchState,
        pull: PullRequest | None,
        others: Sequence[PullRequest],
        attached: str,
        number: int | None,
    ) -> Assessment: ...


@dataclass(slots=True)
class PromotionSession:
    """Facts are asked for once; what we do ourselves is remembered with them."""

    builder: CommitBuilder
    branches: Branches
    forge: Forge
    planner: Planner
    assess: Assess
    sources: HealthSources
    check: Callable[[], None] = lambda: None  # that we still are the only writer
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    pushed: dict[str, BranchOutcome] = field(default_factory=dict, init=False)  # by commit
    attached: dict[tuple[int, bytes], str] = field(default_factory=dict, init=False)
    merges: dict[str, MergeOutcome] = field(default_factory=dict, init=False)  # by commit
    assessments: dict[tuple[object, ...], Assessment] = field(default_factory=dict, init=False)
    _open: dict[int, PullRequest] | None = field(default=None, init=False)
    _last: dict[tuple[str, str], PullRequest | None] = field(default_factory=dict, init=False)
    _statuses: dict[str, list[CommitStatus]] = field(default_factory=dict, init=False)
    _planned: dict[tuple[PromotionRequest, frozenset[str]], PlannedPromotion] = field(
        default_factory=dict, init=False
    )
    _ours: dict[tuple[str, str], tuple[PromotionRequest, frozenset[AppName]] | None] = field(
        default_factory=dict, init=False
    )

    def refresh(self) -> None:
        """See what became of the main branch and of ours."""
        self.branches.fetch(HEADS)
        for known in (self._planned, self._ours, self.assessments):
            known.clear()

    def planned(self, request: PromotionRequest, without: Collection[str] = ()) -> PlannedPromotion:
        key = (request, frozenset(without))
        if key not in self._planned:
            self._planned[key] = self.planner.planned(request, without)
        return self._planned[key]

    def main_branch_for(self, target: str) -> BranchName:
        """What the branch is called that promotions to an environment go to."""
        fleet = self.planner.fleet(self.planner.opened(""))
        named = (e.releases.branch for e in fleet.environments if e.name == target)
        return main_branch(self.planner.repository.path, next(named, ""))

    def tip(self, branch: BranchName) -> str | None:
        return self.branches.tips(HEADS + branch).get(HEADS + branch)

    def open_pulls(self) -> list[PullRequest]:
        if self._open is None:
            self._open = {pull.number: pull for pull in self.forge.open_pulls()}
        return list(self._open.values())

    def last_pull(self, branch: BranchName, base: BranchName) -> PullRequest | None:
        """The newest from one branch to the other, open or not."""
        if (branch, base) not in self._last:
            here = [p for p in self.open_pulls() if (p.branch, p.base) == (branch, base)]
            found = here[0] if here else self.forge.last_pull(branch, base)
            self._last[branch, base] = found
        return self._last[branch, base]

    def pull(self, number: int) -> PullRequest:
        known = (pull for pull in self._last.values() if pull and pull.number == number)
        opened = (self._open or {}).get(number)
        return next(known, None) or opened or self.forge.pull(number)

    def remember(self, pull: PullRequest) -> PullRequest:
        self._last[pull.branch, pull.base] = pull
        if self._open is not None:
            self._open.pop(pull.number, None)
            if pull.state is PullRequestState.open:
                self._open[pull.number] = pull
        return pull

    def statuses(self, commit: str) -> list[CommitStatus]:
        if commit not in self._statuses:
            self._statuses[commit] = self.forge.statuses(commit)
        return self._statuses[commit]

    def remember_status(self, commit: str, status: CommitStatus) -> None:
        if commit in self._statuses:
            others = [s for s in self._statuses[commit] if s.context != status.context]
            self._statuses[commit] = [*others, status]

    def our_pulls(self) -> list[OurPullRequest]:
        """The open pull requests that promote something."""
        ours = map(self.our_pull, self.open_pulls())
        return [pull for pull in ours if pull]

    def our_pull(self, pull: PullRequest) -> OurPullRequest | None:
        """What the branch of a pull request tells."""
        found = self.said_on(pull.branch, pull.base, pull.commit)
        return OurPullRequest(pull, *found) if found else None

    def said_on(
        self, branch: BranchName, base: BranchName, tip: str
    ) -> tuple[PromotionRequest, frozenset[AppName]] | None:
        """What a branch of ours is for, and the apps that it changes."""
        if not branch.startswith(PREFIXES):
            return None
        if (base, tip) not in self._ours:
            self._ours[base, tip] = self._read(base, tip)
        found = self._ours[base, tip]
        return found if found and found[0].branch == branch else None

    def _read(
        self, base: BranchName, tip: str
    ) -> tuple[PromotionRequest, frozenset[AppName]] | None:
        try:
            there = self.builder.between(self.planner.opened(base).commit, tip)
            ours = ours_of(self.builder, there)
            request = request_of_commit(words_of(ours)) if ours else None
            if ours is None or request is None:
                return None
            return request, frozenset(entry.app for entry in self.entries_in(ours))
        except ReconcilerError:
            return None

    def entries_in(self, commit: Commit) -> set[Entry]:
        """The environments and apps whose entries a commit changes."""
        folders = {path.rpartition("/")[0] for path in self.builder.files_of(commit)}
        layout = Layout(commit_tree(self.planner.repository, str(commit.id)))
        return set(filter(None, map(layout.entry_of, folders)))

    def is_left_over(self, branch: BranchName, base: BranchName) -> bool:
        """Is a branch done with, and nothing lost with it?"""
        tip, last = self.tip(branch), self.last_pull(branch, base)
        if tip is None or last is None or last.commit != tip:
            return False
        if last.state is PullRequestState.merged:
            return True
        base_commit = self.planner.opened(base).commit
        closed = last.state is PullRequestState.closed
        return closed and not foreign(self.builder, base_commit, tip)

    def tips(self) -> Mapping[BranchName, str]:
        """Where the branches are that are called like ours."""
        found = self.branches.tips(*BRANCHES)
        return {branch_of(reference): tip for reference, tip in found.items()}
