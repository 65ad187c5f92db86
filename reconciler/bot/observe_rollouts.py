"""Finds what was merged lately, and how it does where it went. Nothing is written anywhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from reconciler.bot.rollout import CONTEXT, Rollout, RolloutLimits, RolloutReport
from reconciler.forges.forge import StatusVerdict
from reconciler.git.file_history import dated
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.model.paths import AppName
from reconciler.promotion.gates.health import verdict
from reconciler.promotion.gates.rendered_entries import RenderedEntries
from reconciler.promotion.gates.result import Gate, GateResult
from reconciler.promotion.promotion_request import request_of_commit
from reconciler.promotion.pull_request.session import PromotionSession
from reconciler.text.durations import length

MOST_COMMITS = 500


def rollouts(session: PromotionSession, tip: str, since: datetime) -> Iterator[Rollout]:
    """What may have come since, the newest first, each app of an environment once."""
    builder, now = session.builder, session.now().timestamp()
    seen: set[Entry] = set()
    for merge in dated(builder.git, tip, now, MOST_COMMITS):
        time = datetime.fromtimestamp(max(merge.earliest, min(merge.said, now)), UTC)
        if time < since:
            continue
        for brought in session.planner.repository.brought(merge.id):
            request = request_of_commit(brought.message)
            if request is None:
                continue
            entries = session.entries_in(builder.commit(brought.id))
            here = {entry for entry in entries if entry.environment == request.target}
            fresh = here - seen
            seen |= here
            if fresh:
                yield Rollout(merge.id, time, request, tuple(sorted(entry.app for entry in fresh)))


def observe_rollouts(
    session: PromotionSession, limits: RolloutLimits, ended: Collection[str]
) -> Iterator[RolloutReport]:
    """All that are not at their end; `ended` are commits that are."""
    planner = session.planner
    since = session.now() - limits.followed
    followed = [e for e in planner.fleet(planner.opened("")).environments if e.health]
    for branch in dict.fromkeys(e.releases.branch for e in followed):
        targets = {e.name: e for e in followed if e.releases.branch == branch}
        tree = planner.opened(branch)
        rendered = RenderedEntries(planner.renderer, planner.repository, tree)
        for rollout in rollouts(session, tree.commit, since):
            target = targets.get(rollout.request.target)
            if target and rollout.commit not in ended:
                found = _Observer(session, limits, target, rendered).report(rollout)
                if found:
                    yield found


@dataclass(frozen=True, slots=True)
class _Observer:
    session: PromotionSession
    limits: RolloutLimits
    target: Environment
    rendered: RenderedEntries

    def report(self, rollout: Rollout) -> RolloutReport | None:
        """None if it is over, or was no pull request of ours."""
        session, limits = self.session, self.limits
        statuses = {s.context: s for s in session.statuses(rollout.commit)}
        last = statuses.get(CONTEXT)
        if last and last.verdict is StatusVerdict.success:
            return None
        branch = rollout.request.branch
        pulls = [p for p in session.forge.pulls_of(rollout.commit) if p.branch == branch]
        if not pulls:
            return None
        rollout = replace(rollout, time=pulls[0].merged_at or rollout.time)
        if rollout.time < session.now() - limits.followed:
            return None  # by the forge's clock it is long over
        results = tuple(self._results(rollout))
        found = RolloutReport(rollout, pulls[0], self.target, results, {}, tuple(statuses.values()))
        complaints = {app: self._complaints(rollout, app) for app in found.failed}
        return replace(found, complaints=complaints)

    def _complaints(self, rollout: Rollout, app: AppName) -> list[str]:
        entry = self.target.entry(app)
        return list(self.session.sources.complaints(self.target, entry, rollout.time))

    def _results(self, rollout: Rollout) -> Iterator[GateResult]:
        now = self.session.now()
        entries = [self.target.entry(app) for app in rollout.apps]
        asked = [self.rendered.asked(entry, rollout.time, now) for entry in entries]
        found = self.session.sources.look(self.target, asked)
        age = now - rollout.time
        for app, evidence in zip(rollout.apps, found, strict=True):
            if not evidence:
                yield GateResult("rollout", Gate.open, "no source of health covers it", app=app)
                continue
            blind = any(one.blind for one in evidence)
            yield self._in_time(verdict("rollout", app, evidence), age, blind)

    def _in_time(self, result: GateResult, age: timedelta, blind: bool) -> GateResult:
        """What is just starting may be unhealthy for a while, but does not start for ever.

        Where nobody can tell, nothing is wrong with the release yet.
        """
        limit = self.limits.unhealthy if result.is_closed else self.limits.starting
        if result.state is Gate.open or (blind and result.state is Gate.waiting):
            return result
        state = Gate.closed if age > limit else Gate.waiting
        since = f", {length(age)} after the merge" if state is Gate.closed else ""
        return GateResult(
            "rollout", state, result.evidence + since, hint=result.hint, app=result.app
        )
