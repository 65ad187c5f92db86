"""What is to be done for a promotion next, by the facts alone: nothing is asked or written here.

The order is such that a run may be ended anywhere: what is not done yet is still to be done by all
that the next run sees.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reconciler.forges.forge import (
    CommitStatus,
    MergeOutcome,
    PullRequest,
    StatusVerdict,
    WantedPullRequest,
)
from reconciler.model.paths import AppName
from reconciler.promotion.gates.override_line import Override, line_of
from reconciler.promotion.gates.result import Gate, GateResult
from reconciler.promotion.gates.statuses import ALL, PREFIX, statuses_of
from reconciler.promotion.plan.as_text import step_lines, title
from reconciler.promotion.plan.override_trailer import PassedGate
from reconciler.promotion.plan.plan import Plan
from reconciler.promotion.plan.release_fingerprint import of_plan
from reconciler.promotion.plan.versions import versions
from reconciler.promotion.pull_request.actions import (
    Action,
    AttachFile,
    ClosePullRequest,
    DeleteBranch,
    Merge,
    OpenPullRequest,
    PostComment,
    PushBranch,
    SetStatuses,
    UpdatePullRequest,
)
from reconciler.promotion.pull_request.release_marker import marked, unmarked
from reconciler.promotion.pull_request.session import Assessment, OurPullRequest
from reconciler.promotion.pull_request.situation import STOPPED, Situation
from reconciler.promotion.report.report import FILE
from reconciler.text.markdown import fence, prose
from reconciler.text.suggestions import listing

PLAN, CLOSING = "plan", "closing"
UNBLOCKED = "What stood in the way is gone."


def next_actions(now: Situation) -> list[Action]:
    """All that is to be done as things are, in order; none if there is nothing left to do."""
    if now.is_ended:
        return list(_delete_branch(now))
    if now.opened and now.is_overtaken:
        words = _overtaken_text(now.plan)
        return [*_close(now.opened, words), *_delete_branch(now)]
    if not now.plan.due:
        return list(_nothing_due(now))
    if now.is_abandoned or now.is_left:
        return []
    return [*_propose(now), *_supersede(now), *_merge(now)]


def _overtaken_text(plan: Plan) -> str:
    known = {step.app: versions(step) for step in plan.due}
    runs = listing([f"{app} {pair[0]}" for app, pair in known.items() if pair])
    now = f"{plan.target} runs {runs or 'another release'} by now"
    return prose(f"{now}, which is not what this takes back.")


def _nothing_due(now: Situation) -> Iterator[Action]:
    """What is open is closed, or waits for a person."""
    if now.opened is None:
        yield from _delete_branch(now)
    elif now.stuck:
        yield from _stop(now, now.opened)
    else:
        newer = sorted({pull.url for pull in now.covered.values()})
        words = f"{now.plan.target} runs all of this by now, or {now.plan.source} no longer does."
        if newer:
            words = f"Superseded by {listing(newer)}."
        yield from _close(now.opened, words)
        yield from _delete_branch(now)


def _close(pull: PullRequest, words: str) -> Iterator[Action]:
    """It was taken back by us: the same release may be proposed again."""
    yield PostComment(pull.number, CLOSING, words)
    body = unmarked(pull.body)
    if body != pull.body:
        wanted = WantedPullRequest(pull.title, body, draft=pull.draft)
        yield UpdatePullRequest(pull.number, wanted, ("the release that it proposes",))
    yield ClosePullRequest(pull.number)


def _delete_branch(now: Situation) -> Iterator[Action]:
    """Unless there is a commit of somebody else on it that would be lost."""
    branch, pull = now.branch, now.pull
    merged = now.merge is MergeOutcome.merged and pull and branch.tip == pull.commit
    if branch.tip and (merged or not branch.theirs):
        yield DeleteBranch(branch.name, branch.tip)


def _stop(now: Situation, pull: PullRequest) -> Iterator[Action]:
    """What it proposes is in question by now: it stays open, and is not to be merged."""
    words = _stopped_text(now.plan)
    if not any(words in said.replace("\r\n", "\n") for said in now.comments):
        yield PostComment(pull.number, PLAN, words)
    if not pull.draft:
        wanted = WantedPullRequest(pull.title, pull.body, draft=True)
        yield UpdatePullRequest(pull.number, wanted, ("it is a draft",))
    blocked = now.plan.blocked
    results = [GateResult(PLAN, Gate.closed, evidence=title(s), app=s.app) for s in blocked]
    yield from _set_statuses(now, pull.commit, pull.url, results)


def _stopped_text(plan: Plan) -> str:
    lines = []
    for step in plan.blocked:
        lines += [title(step), *(f"    {said}" for said in step_lines(plan, step, explain=False))]
    begin, end = fence(lines)
    return "\n".join([f"{STOPPED}\n", begin + "\n".join(lines), end])


def _propose(now: Situation) -> Iterator[Action]:
    """Exactly one pull request: found, adopted, brought up to date or made."""
    if now.needs_push:
        yield PushBranch(now.work, now.branch.tip, on_top=bool(now.branch.theirs))
    if now.opened:
        yield from _override(now, now.opened.number)
    if now.assessment is None:
        return
    wanted = _wanted(now, now.assessment)
    commit = None if now.needs_push else now.branch.tip
    if now.opened is None:
        yield OpenPullRequest(now.branch.name, now.planned.main, wanted)
        yield from _override(now, None)
        yield from _set_statuses(now, commit, "", now.assessment.results)
        return
    number = now.opened.number
    if now.assessment.file is not None and now.attached is None:
        yield AttachFile(number, FILE, now.assessment.file)
    if now.says_stopped:
        yield PostComment(number, PLAN, UNBLOCKED)
    changes = tuple(_changes(now, now.opened, wanted))
    if changes:
        yield UpdatePullRequest(number, wanted, changes)
    yield from _set_statuses(now, commit, now.opened.url, now.assessment.results)


def _override(now: Situation, number: int | None) -> Iterator[Action]:
    """In the words that anybody can say there, and that later runs find again."""
    override = now.options.override
    if override and not now.has_overridden:
        commit = "" if now.needs_push else now.branch.tip
        yield override_comment(number, commit or "COMMIT", override)


def override_comment(number: int | None, commit: str, override: Override) -> PostComment:
    return PostComment(number, "", line_of(override, commit))


def _wanted(now: Situation, assessment: Assessment) -> WantedPullRequest:
    return WantedPullRequest(
        assessment.title,
        marked(assessment.body, of_plan(now.plan)),
        now.planned.target.promotion.labels,
        assessment.reviewers,
        draft=assessment.is_closed,
    )


def _changes(now: Situation, pull: PullRequest, wanted: WantedPullRequest) -> Iterator[str]:
    """Who was asked for a review, the forge has to be asked: it is seen to by the update."""
    if pull.title != wanted.title:
        yield "its title"
    if _plain(pull.body) != _plain(wanted.body):
        yield "its text"
    if pull.draft != wanted.draft:
        yield "it is a draft" if wanted.draft else "it is no longer a draft"
    if set(wanted.labels) - set(pull.labels):
        yield "its labels"
    if wanted.reviewers and not now.is_created:
        yield "its reviewers"


def _plain(text: str) -> str:
    """As forges keep it, which change line ends and drop spaces around."""
    return text.replace("\r\n", "\n").strip()


def _set_statuses(
    now: Situation, commit: str | None, url: str, results: Sequence[GateResult]
) -> Iterator[Action]:
    """One for each gate, and one for all of them, which branch protection can ask for."""
    closed = dict.fromkeys(result.name for result in results if not result.passes)
    said = f"waits for {listing(list(closed))}" if closed else "all gates are open"
    statuses = statuses_of(results)
    verdicts = {status.verdict for status in statuses}
    worst = (StatusVerdict.failure, StatusVerdict.pending)
    verdict = next((v for v in worst if v in verdicts), StatusVerdict.success)
    statuses.append(CommitStatus(PREFIX + ALL, verdict, said))
    known = {status.context for status in statuses}
    wanted = [replace(status, url=url) for status in statuses]
    wanted += [
        replace(status, verdict=StatusVerdict.success, description="this gate is no longer asked")
        for status in now.statuses
        if status.context.startswith(PREFIX)
        and status.context not in known
        and status.verdict is not StatusVerdict.success
    ]
    lacking = tuple(status for status in wanted if status not in now.statuses)
    if lacking:
        yield SetStatuses(commit, lacking)


def _supersede(now: Situation) -> Iterator[Action]:
    """Close what is open for the same apps, with a word, once there is what takes its place."""
    if now.assessment is None:
        return
    apps = {step.app for step in now.plan.due}
    for ours in now.superseded:
        yield from _close(ours.pull, _successor_text(now, ours, apps))
        if ours.pull.branch not in now.shared:
            yield DeleteBranch(ours.pull.branch, ours.pull.commit)
    for branch, tip in now.left_over:
        yield DeleteBranch(branch, tip)


def _successor_text(now: Situation, ours: OurPullRequest, apps: set[AppName]) -> str:
    new = now.opened.url if now.opened else f"the pull request of {now.branch.name}"
    words = f"Superseded by {new}, which is newer."
    left = sorted(ours.apps - apps)
    if not left:
        return words
    ends = f"{ours.request.source} {ours.request.target}"
    return (
        f"{words} It leaves out {listing(left)}: "
        f"`reconciler promote {ends} {' '.join(left)}` proposes them again."
    )


def _merge(now: Situation) -> Iterator[Action]:
    """If the policy says so and nothing is waited for."""
    if now.assessment is None or not (now.wants_merge and now.has_backing):
        return
    branch = now.branch
    tip = None if now.needs_push else branch.tip
    if now.merge is None:
        number = now.opened.number if now.opened else None
        # It tells of the promotion even if the forge squashes its commits.
        said = branch.says.partition("\n")[2].strip()
        message = "\n".join([said, *_overridden(now.assessment.results)])
        yield Merge(number, tip, now.assessment.title, message)
        yield DeleteBranch(branch.name, tip)
        return
    stale = now.merge is MergeOutcome.conflict or now.is_outdated
    if stale and not (now.has_renewed or now.options.merge):
        yield PushBranch(now.work, tip)


def _overridden(results: Sequence[GateResult]) -> Iterator[str]:
    """A trailer for each gate, of however many apps it is."""
    passed = (PassedGate(r.name, r.override.by, r.override.reason) for r in results if r.override)
    return map(str, dict.fromkeys(passed))
