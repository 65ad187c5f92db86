"""Does one action: only while we are the only writer, and again without harm."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from reconciler.forges.forge import MergeOutcome, PullRequest, PullRequestState, WantedPullRequest
from reconciler.git.names import HEADS
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
from reconciler.promotion.pull_request.branch import BranchOutcome, push_branch, push_new_branches
from reconciler.promotion.pull_request.session import PromotionSession

T = TypeVar("T")


def carry_out(action: Action, session: PromotionSession) -> None:
    session.check()
    match action:
        case PushBranch():
            _push(action, session)
        case OpenPullRequest(branch, base, wanted):
            _remember(session, session.forge.create(branch, base, wanted), wanted)
        case UpdatePullRequest(number, wanted):
            _remember(session, session.forge.update(session.pull(number), wanted), wanted)
        case AttachFile(number, name, content):
            url = session.forge.attach(_pull(session, number), name, content)
            session.attached[known(number), content] = url or ""
        case PostComment(number, mark, text):
            pull = _pull(session, number)
            if mark:
                session.forge.say(pull, mark, text)
            else:
                session.forge.say_once(pull, text)
        case SetStatuses(commit, statuses):
            for status in statuses:
                session.forge.set_status(known(commit), status)
                session.remember_status(known(commit), status)
        case ClosePullRequest(number):
            pull = session.pull(number)
            session.forge.close(pull)
            session.remember(replace(pull, state=PullRequestState.closed))
        case DeleteBranch(branch, tip):
            session.branches.move(HEADS + branch, None, known(tip))
        case Merge():
            _merge(action, session)


def push_branches(actions: Iterable[PushBranch], session: PromotionSession) -> None:
    """New ones, all of them in one go."""
    session.check()
    works = [action.work for action in actions if action.tip is None]
    for made in push_new_branches(session.builder, session.branches, works):
        session.pushed[made] = BranchOutcome.created


def known(value: T | None) -> T:
    """Of what is only foreseen there is nothing to carry out."""
    assert value is not None  # noqa: S101
    return value


def _pull(session: PromotionSession, number: int | None) -> PullRequest:
    return session.pull(known(number))


def _push(action: PushBranch, session: PromotionSession) -> None:
    made = push_branch(
        session.builder, session.branches, action.work, action.tip, on_top=action.on_top
    )
    session.pushed[made] = BranchOutcome.updated if action.tip else BranchOutcome.created


def _remember(session: PromotionSession, pull: PullRequest, wanted: WantedPullRequest) -> None:
    """As it is once the forge has seen the last push; it may keep a text in other words."""
    session.remember(
        replace(
            pull,
            commit=session.tip(pull.branch) or pull.commit,
            title=wanted.title,
            body=wanted.body,
            draft=wanted.draft,
        )
    )


def _merge(action: Merge, session: PromotionSession) -> None:
    commit = known(action.commit)
    pull = replace(_pull(session, action.number), commit=commit)
    outcome = session.forge.merge(pull, action.title, action.message)
    session.merges[commit] = outcome
    if outcome is MergeOutcome.merged:
        merged = session.forge.pull(pull.number)
        session.remember(replace(merged, state=PullRequestState.merged, commit=commit))
