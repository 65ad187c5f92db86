"""What a run works with, and what it has seen of the forge so far."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from pygit2 import Commit

from reconciler.errors import ReconcilerError
from reconciler.forges.forge import Forge, PullRequest, PullRequestState
from reconciler.git.branches import HEADS
from reconciler.git.commit_builder import words_of
from reconciler.model.paths import entry_of
from reconciler.promotion.plan.planner import PlannedPromotion, Planner
from reconciler.promotion.promotion_request import PREFIXES, PromotionRequest, request_of_commit
from reconciler.promotion.pull_request.branch import Shop, ours_of

BRANCHES = tuple(HEADS + prefix for prefix in PREFIXES)


@dataclass(frozen=True, slots=True)
class OurPullRequest:
    """An open pull request of ours: what it is for, and whose entries it changes."""

    pull: PullRequest
    errand: PromotionRequest
    apps: frozenset[str]


@dataclass(slots=True)
class Desk:
    """One repository and its forge."""

    shop: Shop
    forge: Forge
    planner: Planner
    check: Callable[[], None] = lambda: None  # that we still are the only writer
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _open: dict[int, PullRequest] | None = field(default=None, init=False)
    _last: dict[tuple[str, str], PullRequest | None] = field(default_factory=dict, init=False)
    _scenes: dict[tuple[PromotionRequest, frozenset[str]], PlannedPromotion] = field(
        default_factory=dict, init=False
    )

    def refresh(self) -> None:
        """See what became of the main branch and of ours."""
        self.shop.branches.fetch(HEADS)
        self._scenes.clear()

    def open_pulls(self) -> list[PullRequest]:
        if self._open is None:
            self._open = {pull.number: pull for pull in self.forge.open_pulls()}
        return list(self._open.values())

    def saw(self, pull: PullRequest) -> PullRequest:
        self._last[pull.branch, pull.base] = pull
        if self._open is not None:
            self._open.pop(pull.number, None)
            if pull.state is PullRequestState.open:
                self._open[pull.number] = pull
        return pull

    def last_pull(self, branch: str, base: str) -> PullRequest | None:
        """The newest from one branch to the other, open or not; asked for once."""
        if (branch, base) not in self._last:
            here = [p for p in self.open_pulls() if (p.branch, p.base) == (branch, base)]
            found = here[0] if here else self.forge.last_pull(branch, base)
            self._last[branch, base] = found
        return self._last[branch, base]

    def offers(self) -> Iterator[OurPullRequest]:
        """The open pull requests that promote something."""
        for pull in self.open_pulls():
            if pull.branch.startswith(PREFIXES):
                offer = self.offer(pull)
                if offer:
                    yield offer

    def offer(self, pull: PullRequest) -> OurPullRequest | None:
        """What the branch of a pull request tells."""
        bench = self.shop.workbench
        try:
            base = self.planner.opened(pull.base).commit
            ours = ours_of(bench, bench.between(base, pull.commit))
            errand = request_of_commit(words_of(ours)) if ours else None
            if ours is None or errand is None or errand.branch != pull.branch:
                return None
            return OurPullRequest(pull, errand, frozenset(app for _, app in self.entries_in(ours)))
        except ReconcilerError:
            return None

    def entries_in(self, commit: Commit) -> set[tuple[str, str]]:
        """The environments and apps whose entries a commit changes."""
        folders = {path.rpartition("/")[0] for path in self.shop.workbench.files_of(commit)}
        return set(filter(None, map(entry_of, folders)))

    def scene(self, errand: PromotionRequest, without: Collection[str] = ()) -> PlannedPromotion:
        key = (errand, frozenset(without))
        if key not in self._scenes:
            self._scenes[key] = self.planner.scene(errand, without)
        return self._scenes[key]


def merged_into(pull: PullRequest | None) -> str:
    """The tip of a branch that is done with."""
    return pull.commit if pull and pull.state is PullRequestState.merged else ""


def at(pull: PullRequest, commit: str) -> PullRequest:
    """As it is once the forge has seen the push."""
    return pull if pull.commit == commit else replace(pull, commit=commit)
