"""Finds out all that decides how a promotion goes on.

Nothing is written but the note that a commit was seen on the main branch, if gates ask since when
it is there: see arrival_witness.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reconciler.forges.forge import MergeOutcome, PullRequest, PullRequestState, StatusVerdict
from reconciler.git.trailers import trailers
from reconciler.promotion.gates.override_line import line_of
from reconciler.promotion.plan.holds import HOLD
from reconciler.promotion.plan.planner import PlannedPromotion
from reconciler.promotion.plan.release_fingerprint import of_plan
from reconciler.promotion.promotion_request import PromotionKind, PromotionRequest
from reconciler.promotion.pull_request.actions import Action, Merge, PushBranch
from reconciler.promotion.pull_request.asker import Asker, goes_along, has_backing
from reconciler.promotion.pull_request.branch import BranchState, observe_branch
from reconciler.promotion.pull_request.other_promotions import (
    covered_by,
    is_shared,
    left_over_by,
    superseded_by,
)
from reconciler.promotion.pull_request.release_marker import release_in
from reconciler.promotion.pull_request.session import (
    Assessment,
    PromotionSession,
)
from reconciler.promotion.pull_request.situation import (
    STOPPED,
    RequestOptions,
    Situation,
    work_of,
)


def observe(
    session: PromotionSession,
    request: PromotionRequest,
    options: RequestOptions | None = None,
    done: Sequence[Action] = (),
    *,
    foresee: bool = False,
) -> Situation:
    """`done` is what this run did. With `foresee`, it is assessed before its branch is there."""
    options = options or RequestOptions()
    covered = {} if options.asker is Asker.person else covered_by(session, request)
    planned = session.planned(request, covered)
    last = session.last_pull(request.branch, planned.main)
    branch = _branch(session, planned, last)
    pull = _at_tip(last, branch)
    opened = pull if pull and pull.state is PullRequestState.open else None
    ours = session.our_pull(opened) if opened else None
    stuck = tuple(step for step in planned.plan.blocked if ours and step.app in ours.apps)
    superseded = tuple(superseded_by(session, planned)) if planned.plan.due else ()
    found = Situation(
        planned=planned,
        options=options,
        branch=branch,
        pull=pull,
        covered=covered,
        superseded=superseded,
        shared=frozenset(o.pull.branch for o in superseded if is_shared(session, o.pull)),
        left_over=tuple(left_over_by(session, planned)) if planned.plan.due else (),
        stuck=stuck,
        says_stopped=False,
        comments=(),
        is_overtaken=bool(opened)
        and (options.merge or options.asker is not Asker.person)
        and is_overtaken(planned, branch),
        is_abandoned=bool(pull) and not options.again and is_abandoned(planned, pull),
        says_override=opened is not None and _says_override(session, options, opened),
        done=tuple(done),
        is_pushed=branch.tip in session.pushed and PushBranch in map(type, done),
        merge=_last_merge(session, done, branch.tip),
    )
    if opened and stuck and not planned.plan.due:
        comments, statuses = our_comments(session, opened), session.statuses(opened.commit)
        return replace(found, comments=tuple(comments), statuses=tuple(statuses))
    return _assessed(session, found) if foresee or _is_ready(found) else found


def _branch(
    session: PromotionSession, planned: PlannedPromotion, last: PullRequest | None
) -> BranchState:
    merged = last.commit if last and last.state is PullRequestState.merged else ""
    return observe_branch(session.builder, session.branches, work_of(planned), merged)


def _last_merge(
    session: PromotionSession, done: Sequence[Action], tip: str | None
) -> MergeOutcome | None:
    """Of the commit that the branch is at; once it is merged there may be no branch."""
    tried = [action.commit for action in done if isinstance(action, Merge)]
    outcomes = {commit: session.merges[commit] for commit in tried if commit}
    if MergeOutcome.merged in outcomes.values():
        return MergeOutcome.merged
    return outcomes.get(tip or "")


def _at_tip(pull: PullRequest | None, branch: BranchState) -> PullRequest | None:
    """As it is once the forge has seen the last push."""
    if pull and branch.tip and pull.state is PullRequestState.open and pull.commit != branch.tip:
        return replace(pull, commit=branch.tip)
    return pull


def _is_ready(now: Situation) -> bool:
    """Is there a commit to judge, on which everything is said that is to be said?"""
    goes_on = now.plan.due and not (now.is_ended or now.is_overtaken or now.is_abandoned)
    waits = now.options.override and now.opened and not now.has_overridden
    return bool(goes_on and not now.needs_push and not waits)


def _assessed(session: PromotionSession, now: Situation) -> Situation:
    if not now.plan.due:
        return now
    opened, branch = now.opened, now.branch
    # Of what was opened just now there is nothing to ask yet: nobody can have seen it.
    is_new = opened and now.is_created and not now.has_overridden
    judged = None if is_new or now.needs_push else opened
    attached = None
    assessment = _assessment(session, now, judged, "")
    if opened and assessment.file is not None:
        attached = session.attached.get((opened.number, assessment.file))
        if attached:
            assessment = _assessment(session, now, judged, attached)
    found = replace(
        now,
        assessment=assessment,
        attached=attached,
        statuses=tuple(session.statuses(branch.tip)) if branch.tip and not now.needs_push else (),
        says_stopped=bool(
            opened
            and opened.draft
            and not is_new
            and not assessment.is_closed
            and any(said.startswith(STOPPED) for said in our_comments(session, opened))
        ),
        is_outdated=now.merge is MergeOutcome.waiting and not branch.base_is_parent,
    )
    if found.is_outdated:
        success = (s.verdict is StatusVerdict.success for s in found.statuses)
        found = replace(found, is_outdated=all(success))
    return replace(found, has_backing=_has_backing(session, found))


def _assessment(
    session: PromotionSession, now: Situation, judged: PullRequest | None, attached: str
) -> Assessment:
    branch = now.branch
    others = [pull for pull in session.open_pulls() if pull.branch != branch.name]
    number = now.opened.number if now.opened and not now.is_created else None
    key = (
        now.request,
        frozenset(now.covered),
        replace(branch, says=""),
        judged and (judged.number, judged.commit, judged.draft, now.has_overridden),
        tuple((pull.number, pull.draft, pull.branch) for pull in others),
        attached,
        number,
    )
    if key not in session.assessments:
        found = session.assess(now.planned, branch, judged, others, attached, number)
        session.assessments[key] = found
    return session.assessments[key]


def _has_backing(session: PromotionSession, now: Situation) -> bool:
    """Whoever runs this may merge; what a branch alone asks for, not always."""
    if not now.wants_merge or now.options.asker is not Asker.branch:
        return True
    if goes_along(now.request, now.planned.target):
        return True
    if now.opened is None or now.assessment is None or now.opened.draft:
        return False
    return has_backing(session.forge, now.opened, now.planned.target, now.assessment.results)


def our_comments(session: PromotionSession, pull: PullRequest) -> Iterator[str]:
    """Words of ours in the mouth of another are no concern of ours."""
    me = session.forge.user()
    return (said.body for said in session.forge.comments(pull) if said.author == me)


def _says_override(session: PromotionSession, options: RequestOptions, pull: PullRequest) -> bool:
    """One that somebody edited says nothing any more."""
    if options.override is None:
        return False
    words, me = line_of(options.override, pull.commit), session.forge.user()
    said = session.forge.comments(pull)
    return any((c.author, c.body.strip(), c.edited) == (me, words, False) for c in said)


def is_abandoned(planned: PlannedPromotion, last: PullRequest | None) -> bool:
    """Did somebody close the pull request of this very release?"""
    if last is None or last.state is not PullRequestState.closed:
        return False
    return release_in(last.body) == of_plan(planned.plan)


def is_overtaken(planned: PlannedPromotion, branch: BranchState) -> bool:
    """Does a rollback find something else to take back than when it was proposed?"""
    if planned.request.kind is not PromotionKind.rollback or not planned.plan.due:
        return False
    held = trailers(branch.says).get(HOLD, [])
    now = [value for name, value in planned.trailers if name == HOLD]
    return bool(held) and [v.split()[:2] for v in held] != [v.split()[:2] for v in now]
