"""What a pull request is told about its gates: statuses, overrides, and that it has to wait."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from reconciler.forges.forge import CommitStatus, PullRequest, StatusVerdict, WantedPullRequest
from reconciler.promotion.gates.override import Override, line
from reconciler.promotion.gates.result import Gate, GateResult
from reconciler.promotion.gates.statuses import PREFIX, statuses_of
from reconciler.promotion.plan.as_text import step_lines, title
from reconciler.promotion.plan.plan import Plan
from reconciler.promotion.pull_request.desk import Desk
from reconciler.text.markdown import fence
from reconciler.text.suggestions import listing

ALL, PLAN = "all", "plan"
STOPPED = "Not to be merged as it is:"


def post(desk: Desk, pull: PullRequest, results: Sequence[GateResult]) -> None:
    """A status for each gate, and one for all of them, which branch protection can ask for."""
    closed = dict.fromkeys(result.name for result in results if not result.passes)
    said = f"waits for {listing(list(closed))}" if closed else "all gates are open"
    statuses = statuses_of(results)
    verdicts = {status.verdict for status in statuses}
    verdict = next(
        (v for v in (StatusVerdict.failure, StatusVerdict.pending) if v in verdicts),
        StatusVerdict.success,
    )
    there = desk.forge.statuses(pull.commit)
    for status in (*statuses, CommitStatus(PREFIX + ALL, verdict, said)):
        wanted = replace(status, url=pull.url)
        if wanted not in there:
            desk.forge.set_status(pull.commit, wanted)
    _settle(desk, pull, there, {*(status.context for status in statuses), PREFIX + ALL})


def _settle(
    desk: Desk, pull: PullRequest, there: Sequence[CommitStatus], known: Collection[str]
) -> None:
    """What stood in the way earlier, and is no question any more."""
    for status in there:
        ours = status.context.startswith(PREFIX) and status.context not in known
        if ours and status.verdict is not StatusVerdict.success:
            done = replace(
                status, verdict=StatusVerdict.success, description="no question any more"
            )
            desk.forge.set_status(pull.commit, done)


def say_override(desk: Desk, pull: PullRequest, override: Override) -> None:
    """In the words that anybody can say there, and that later runs find again."""
    words = line(",".join(override.gates), pull.commit, " ".join(override.reason.split()))
    desk.check()
    desk.forge.say_once(pull, words)


def stop(desk: Desk, pull: PullRequest, plan: Plan) -> PullRequest:
    """What it proposes is in question by now: it stays open, and is not to be merged."""
    results = [
        GateResult(PLAN, Gate.shut, evidence=title(step), app=step.app) for step in plan.blocked
    ]
    lines = []
    for step in plan.blocked:
        lines += [title(step), *(f"    {line}" for line in step_lines(plan, step, explain=False))]
    begin, end = fence(lines)
    words = "\n".join([f"{STOPPED}\n", begin + "\n".join(lines), end])
    desk.check()
    desk.forge.say(pull, PLAN, words)
    pull = desk.saw(desk.forge.update(pull, WantedPullRequest(pull.title, pull.body, draft=True)))
    post(desk, pull, results)
    return pull


def comment_unblocked(desk: Desk, pull: PullRequest) -> None:
    me = desk.forge.user()
    said = (c for c in desk.forge.comments(pull) if c.author == me)
    if any(comment.body.startswith(STOPPED) for comment in said):
        desk.forge.say(pull, PLAN, "What stood in the way is gone.")
