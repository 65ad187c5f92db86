"""What became of a promotion after its merge: followed until it runs, and told on its request.

A status of the merge says how far that is, so that whoever looks next goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from reconciler.errors import RepositoryError
from reconciler.forges.forge import CommitStatus, PullRequest, StatusVerdict
from reconciler.git.file_history import dated
from reconciler.health.evidence import HealthQuestion
from reconciler.health.sources import HealthSources
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.promotion.gates.health import verdict
from reconciler.promotion.gates.result import Gate, GateResult
from reconciler.promotion.gates.statuses import PREFIX
from reconciler.promotion.promotion_request import (
    PromotionKind,
    PromotionRequest,
    request_of_commit,
)
from reconciler.promotion.pull_request.desk import Desk
from reconciler.text.durations import length
from reconciler.text.markdown import code, fence, prose
from reconciler.trees.commit import CommitTree, commit_tree
from reconciler.trees.pins import is_reference

CONTEXT = PREFIX + "rollout"
MOST_COMMITS = 500
SIGNS = {Gate.open: "✅", Gate.waiting: "⏳", Gate.shut: "❌"}
VERDICTS = {
    Gate.open: StatusVerdict.success,
    Gate.waiting: StatusVerdict.pending,
    Gate.shut: StatusVerdict.failure,
}


@dataclass(frozen=True, slots=True)
class RolloutLimits:
    """How long a rollout is followed, and when it counts as failed."""

    sick: timedelta = timedelta(minutes=5)  # that it may be unhealthy
    long: timedelta = timedelta(hours=1)  # until it must be healthy
    followed: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Rollout:
    """Apps that a commit of the main branch brought to an environment."""

    commit: str
    time: datetime
    errand: PromotionRequest
    apps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RolloutReport:
    """What was said of a rollout, and where."""

    rollout: Rollout
    pull: PullRequest
    state: Gate
    results: tuple[GateResult, ...]

    @property
    def failed(self) -> list[str]:
        return [result.app for result in self.results if result.state is Gate.shut]


def rollouts(desk: Desk, tip: str, since: datetime) -> Iterator[Rollout]:
    """What may have come since, the newest first, each app of an environment once."""
    bench, now = desk.shop.workbench, desk.now().timestamp()
    seen: set[tuple[str, str]] = set()
    for merge in dated(bench.git, tip, now, MOST_COMMITS):
        time = datetime.fromtimestamp(max(merge.earliest, min(merge.said, now)), UTC)
        if time < since:
            continue
        for told in desk.planner.repository.brought(merge.id):
            errand = request_of_commit(told.message)
            if errand is None:
                continue
            entries = desk.entries_in(bench.commit(told.id))
            here = {entry for entry in entries if entry[0] == errand.target}
            fresh = here - seen
            seen |= here
            if fresh:
                apps = tuple(sorted(app for _, app in fresh))
                yield Rollout(merge.id, time, errand, apps)


@dataclass(frozen=True, slots=True)
class Follower:
    """Looks at rollouts; `roll_back` makes ready what takes an app back."""

    desk: Desk
    sources: HealthSources
    roll_back: Callable[[PromotionRequest], PullRequest | None]
    patience: RolloutLimits = RolloutLimits()

    def follow(self, known: Collection[str] = ()) -> Iterator[RolloutReport]:
        """All that is not at its end; `known` are commits that are."""
        planner = self.desk.planner
        since = self.desk.now() - self.patience.followed
        followed = [e for e in planner.fleet(planner.opened("")).environments if e.health]
        for branch in dict.fromkeys(e.releases.branch for e in followed):
            targets = {e.name: e for e in followed if e.releases.branch == branch}
            tree = planner.opened(branch)
            for rollout in rollouts(self.desk, tree.commit, since):
                target = targets.get(rollout.errand.target)
                if target is None or rollout.commit in known:
                    continue
                told = self._told(rollout, target, tree)
                if told:
                    yield told

    def _told(
        self, rollout: Rollout, target: Environment, tree: CommitTree
    ) -> RolloutReport | None:
        forge = self.desk.forge
        statuses = {s.context: s for s in forge.statuses(rollout.commit)}
        last = statuses.get(CONTEXT)
        if last and last.verdict is StatusVerdict.success:
            return None
        branch = rollout.errand.branch
        pulls = [p for p in forge.pulls_of(rollout.commit) if p.branch == branch]
        if not pulls:
            return None
        rollout = replace(rollout, time=pulls[0].merged_at or rollout.time)
        if rollout.time < self.desk.now() - self.patience.followed:
            return None  # by the forge's clock it is long over
        results = self._results(rollout, target, tree)
        state = _worst(results)
        told = RolloutReport(rollout, pulls[0], state, tuple(results))
        ways_back = {}
        if rollout.errand.kind is not PromotionKind.rollback:
            ways_back = {app: self.roll_back(_back(rollout, app)) for app in told.failed}
        self.desk.check()
        forge.say(pulls[0], "rollout", self._text(told, target, ways_back))
        said = "; ".join(f"{r.app}: {r.evidence}" for r in results if r.state is state)
        forge.set_status(rollout.commit, CommitStatus(CONTEXT, VERDICTS[state], said, pulls[0].url))
        return told

    def _results(self, rollout: Rollout, target: Environment, tree: CommitTree) -> list[GateResult]:
        asked = [self._asked(rollout, target, app, tree) for app in rollout.apps]
        found = self.sources.look(target, asked)
        age = self.desk.now() - rollout.time
        results = []
        for app, evidence in zip(rollout.apps, found, strict=True):
            if not evidence:
                results.append(
                    GateResult("rollout", Gate.open, "nothing tells its health", app=app)
                )
                continue
            blind = any(one.blind for one in evidence)
            results.append(self._patiently(verdict("rollout", app, evidence), age, blind))
        return results

    def _patiently(self, result: GateResult, age: timedelta, blind: bool) -> GateResult:
        """What is just starting may be sick for a while, but does not start for ever.

        Where nobody can tell, nothing is wrong with the release yet.
        """
        limit = self.patience.sick if result.state is Gate.shut else self.patience.long
        if result.state is Gate.open or (blind and result.state is Gate.waiting):
            return result
        state = Gate.shut if age > limit else Gate.waiting
        since = f", {length(age)} after the merge" if state is Gate.shut else ""
        return GateResult(
            "rollout", state, result.evidence + since, hint=result.hint, app=result.app
        )

    def _asked(
        self, rollout: Rollout, target: Environment, app: str, tree: CommitTree
    ) -> HealthQuestion:
        """The release is there with all commits at which a render looks at the same files."""
        entry = Entry(target.name, app)
        (render,) = self.desk.planner.renderer.render_all(tree, [entry.folder])
        paths = [path for path in render.paths if not is_reference(path)]

        def is_same(commit: str) -> bool | None:
            try:
                found = commit_tree(self.desk.planner.repository, commit)
            except RepositoryError:
                return None
            return all(found.look(path).token == tree.look(path).token for path in paths)

        return HealthQuestion(entry, rollout.time, self.desk.now(), is_same)

    def _text(
        self, told: RolloutReport, target: Environment, ways_back: Mapping[str, PullRequest | None]
    ) -> str:
        name, at = code(target.name), told.rollout.commit[:10]
        lines = [f"Rollout of {at} in {name}:", ""]
        for result in told.results:
            sign, app = SIGNS[result.state], code(result.app)
            lines.append(f"- {sign} {app}: {prose(result.evidence)}")
        for app in told.failed:
            entry, since = Entry(target.name, app), told.rollout.time
            complaints = self.sources.complaints(target, entry, since)
            if complaints:
                begin, end = fence(complaints)
                lines += ["", f"{code(app)}:", "", begin + "\n".join(complaints), end]
        for app in told.failed:
            way_back = ways_back.get(app)
            of = f" of {code(app)}" if len(told.failed) > 1 else ""
            if way_back:
                lines += ["", f"**The way back{of} is ready: {way_back.url}**"]
            else:
                command = f"reconciler promote rollback {target.name} {app}"
                lines += ["", f"The way back{of}: `{command}`"]
        return "\n".join(lines)


def _back(rollout: Rollout, app: str) -> PromotionRequest:
    target = rollout.errand.target
    reason = f"{app} is not healthy after {rollout.commit[:10]}"
    return PromotionRequest(PromotionKind.rollback, target, target, (app,), reason=reason)


def _worst(results: Sequence[GateResult]) -> Gate:
    states = {result.state for result in results}
    return next((s for s in (Gate.shut, Gate.waiting) if s in states), Gate.open)
