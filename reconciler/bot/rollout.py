"""What became of a promotion after its merge: what is known of it, and what is to be said of it.

A status of the merge says how far that is, so that whoever looks next goes on from there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reconciler.forges.forge import CommitStatus, PullRequest, StatusVerdict
from reconciler.model.environment import Environment
from reconciler.model.paths import AppName
from reconciler.promotion.gates.result import Gate, GateResult
from reconciler.promotion.gates.statuses import PREFIX
from reconciler.promotion.promotion_request import PromotionKind, PromotionRequest
from reconciler.promotion.pull_request.actions import Action, PostComment, SetStatuses
from reconciler.text.markdown import code, fence, prose

CONTEXT = PREFIX + "rollout"
MARK = "rollout"
SIGNS = {Gate.open: "✅", Gate.waiting: "⏳", Gate.closed: "❌"}
VERDICTS = {
    Gate.open: StatusVerdict.success,
    Gate.waiting: StatusVerdict.pending,
    Gate.closed: StatusVerdict.failure,
}


@dataclass(frozen=True, slots=True)
class RolloutLimits:
    """How long a rollout is followed, and when it counts as failed."""

    unhealthy: timedelta = timedelta(minutes=5)  # that it may be so
    starting: timedelta = timedelta(hours=1)  # until it must be healthy
    followed: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Rollout:
    """Apps that a commit of the main branch brought to an environment."""

    commit: str
    time: datetime
    request: PromotionRequest
    apps: tuple[AppName, ...]


@dataclass(frozen=True, slots=True)
class RolloutReport:
    """All that is known of a rollout, and the pull request where it is said."""

    rollout: Rollout
    pull: PullRequest
    target: Environment
    results: tuple[GateResult, ...]
    complaints: Mapping[AppName, Sequence[str]]  # of the cluster, by app
    statuses: tuple[CommitStatus, ...] = ()  # of the merge, so far

    @property
    def state(self) -> Gate:
        """The worst of its apps."""
        states = {result.state for result in self.results}
        return next((s for s in (Gate.closed, Gate.waiting) if s in states), Gate.open)

    @property
    def failed(self) -> list[AppName]:
        return [result.app for result in self.results if result.state is Gate.closed]


def rollbacks_of(report: RolloutReport) -> list[PromotionRequest]:
    """One for each app that failed, since each goes back to a release of its own."""
    request = report.rollout.request
    if request.kind is PromotionKind.rollback:
        return []
    back = PromotionKind.rollback
    at = report.rollout.commit[:10]
    return [
        PromotionRequest(
            back, request.target, request.target, (app,), reason=f"{app} is not healthy after {at}"
        )
        for app in report.failed
    ]


def rollout_actions(
    report: RolloutReport, rollbacks: Mapping[AppName, PullRequest | None]
) -> list[Action]:
    """`rollbacks` are the pull requests that take an app back."""
    text = _text(report, rollbacks)
    said = "; ".join(f"{r.app}: {r.evidence}" for r in report.results if r.state is report.state)
    status = CommitStatus(CONTEXT, VERDICTS[report.state], said, report.pull.url)
    actions: list[Action] = [PostComment(report.pull.number, MARK, text)]
    if status not in report.statuses:
        actions.append(SetStatuses(report.rollout.commit, (status,)))
    return actions


def _text(report: RolloutReport, rollbacks: Mapping[AppName, PullRequest | None]) -> str:
    target = report.target.name
    lines = [f"Rollout of {report.rollout.commit[:10]} in {code(target)}:", ""]
    lines += [
        f"- {SIGNS[result.state]} {code(result.app)}: {prose(result.evidence)}"
        for result in report.results
    ]
    for app in report.failed:
        if complaints := report.complaints.get(app):
            begin, end = fence(complaints)
            lines += ["", f"{code(app)}:", "", begin + "\n".join(complaints), end]
    for app in report.failed:
        pull = rollbacks.get(app)
        of = f" of {code(app)}" if len(report.failed) > 1 else ""
        if pull:
            lines += ["", f"**The rollback{of} is ready: {pull.url}**"]
        else:
            lines += ["", f"The rollback{of}: `reconciler promote rollback {target} {app}`"]
    return "\n".join(lines)
