"""What a command prints of a promotion that went to the forge."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import typer

from reconciler.cli.diff import styled
from reconciler.cli.promote.plan_output import planned_document, show_proposal
from reconciler.errors import printable
from reconciler.forges.forge import PullRequest, PullRequestState
from reconciler.git.names import OUR_REFS
from reconciler.promotion.gates.as_text import gate_lines
from reconciler.promotion.promotion_request import PromotionKind, PromotionRequest
from reconciler.promotion.pull_request.actions import ClosePullRequest, action_document
from reconciler.promotion.pull_request.advance import End, PromotionOutcome
from reconciler.text.suggestions import listing


def show_outcome(done: PromotionOutcome) -> None:
    color = False if os.environ.get("NO_COLOR") else None
    if done.proposal:
        show_proposal(done.proposal)
    for said in _request_lines(done):
        typer.echo(printable(said))
    if done.end is End.proposed:
        for line in gate_lines(done.results, why=True):
            typer.echo(styled(line), color=color)
    for number in done.superseded:
        typer.echo(f"request {number} is superseded, and closed")
    if done.left_out:
        ends, apps = f"{done.request.source} {done.request.target}", " ".join(done.left_out)
        typer.echo(f"no request is open any more for {listing(done.left_out)}")
        typer.echo(f"to do: reconciler promote {ends} {apps}")


def _request_lines(done: PromotionOutcome) -> Iterator[str]:
    pull = done.pull
    if pull is None:
        if done.end is End.nothing:
            yield "nothing to promote"
        return
    request = f"request {pull.number}"
    match done.end:
        case End.nothing:
            yield (
                f"nothing to promote: {request} is {pull.state}"
                if _is_news(done, pull)
                else ("nothing to promote")
            )
        case End.abandoned:
            yield f"{request} proposed this release, and was closed without a merge"
            yield f"to do: {again_command(done.request)}"
        case End.merged:
            yield f"{request} is merged"
        case End.proposed:
            draft = ", a draft" if pull.draft else ""
            where = f"branch {pull.branch}{draft}" + ("" if is_kept_here(pull) else f", {pull.url}")
            yield f"{_opened_text(done, request)} ({where}). Next: {_next(done, pull)}"


def _is_news(done: PromotionOutcome, pull: PullRequest) -> bool:
    """What was merged or closed before is of another release."""
    is_open = pull.state is PullRequestState.open
    return is_open or ClosePullRequest(pull.number) in done.actions


def _opened_text(done: PromotionOutcome, request: str) -> str:
    if done.created:
        return f"Opened {request}"
    if done.request.kind is PromotionKind.rollback and not done.actions:
        return f"{request} is open for it already"
    return f"{request} is up to date"


def _next(done: PromotionOutcome, pull: PullRequest) -> str:
    """The gates of what was opened just now were not asked about it yet."""
    if all(result.passes for result in done.results):
        return f"reconciler promote merge {pull.number}"
    return f"reconciler promote status {done.request.target}"


def is_kept_here(pull: PullRequest) -> bool:
    """There is no page of it for anybody to open."""
    return pull.url.startswith(OUR_REFS)


def again_command(request: PromotionRequest) -> str:
    apps = " ".join(request.apps) or "--all"
    if request.kind is PromotionKind.rollback:
        return f"reconciler promote rollback {request.target} {apps} --again"
    return f"reconciler promote {request.source} {request.target} {apps} --again"


def outcome_document(done: PromotionOutcome) -> dict[str, Any]:
    pull = done.pull
    return {
        **planned_document(done.plan, done.proposal),
        "end": done.end.value,
        "pull": {
            "number": pull.number,
            "url": pull.url,
            "state": pull.state.value,
            "draft": pull.draft,
        }
        if pull
        else None,
        "gates": [
            {
                "name": result.name,
                "app": result.app or None,
                "state": result.state.value,
                "evidence": result.evidence,
                "hint": result.hint or None,
                "opens": result.opens.isoformat() if result.opens else None,
            }
            for result in done.results
        ],
        "superseded": list(done.superseded),
        "left_out": list(done.left_out),
        "actions": [action_document(action) for action in done.actions],
    }
