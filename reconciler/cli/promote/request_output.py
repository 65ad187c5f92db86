"""What a command prints of a promotion that went to the forge."""

from __future__ import annotations

import os
from typing import Any

import typer

from reconciler.cli.diff import styled
from reconciler.cli.promote.plan_output import planned_document, show_proposal
from reconciler.promotion.gates.as_text import gate_lines
from reconciler.promotion.pull_request.actions import action_document
from reconciler.promotion.pull_request.advance import End, PromotionOutcome


def show_outcome(done: PromotionOutcome) -> None:
    color = False if os.environ.get("NO_COLOR") else None
    if done.proposal:
        show_proposal(done.proposal)
    match done.end:
        case End.nothing:
            typer.echo("nothing to promote")
            if done.pull:
                typer.echo(f"{done.pull.url} is {done.pull.state}")
        case End.abandoned if done.pull:
            typer.echo(f"{done.pull.url} proposed this release, and was closed without a merge")
            typer.echo("to do: --again proposes it once more")
        case End.merged if done.pull:
            typer.echo(f"{done.pull.url} is merged")
        case End.proposed if done.pull:
            word = "is created" if done.created else "is up to date"
            draft = ", a draft" if done.pull.draft else ""
            typer.echo(f"{done.pull.url} {word}{draft}")
            for line in gate_lines(done.results, why=True):
                typer.echo(styled(line), color=color)
    for number in done.superseded:
        typer.echo(f"pull request {number} is superseded, and closed")


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
        "actions": [action_document(action) for action in done.actions],
    }
