"""What a command prints of a plan and of its pull request."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import typer

from reconciler.cli.diff import styled
from reconciler.cli.output import error_json
from reconciler.errors import CheckFailed, UserError, printable
from reconciler.promotion.document import plan_document
from reconciler.promotion.gates.layout import gate_lines
from reconciler.promotion.layout import step_lines, title
from reconciler.promotion.plan import Plan, Standing

if TYPE_CHECKING:
    from reconciler.promotion.conduct.branch import Proposal
    from reconciler.promotion.conduct.conduct import Conducted


def show_plan(plan: Plan, explain: bool = False) -> None:
    color = False if os.environ.get("NO_COLOR") else None
    way = dict.fromkeys([plan.source, plan.target])  # a rollback stays where it is
    typer.echo(f"{' → '.join(way)}, on {plan.base[:10]}")
    for step in plan.steps:
        if step.standing is Standing.same and len(plan.steps) > 1 and not explain:
            continue
        typer.echo()
        typer.echo(typer.style(printable(title(step)), bold=True), color=color)
        for line in step_lines(plan, step, explain):
            typer.echo(styled(line), color=color)
    typer.echo()


def show_proposal(made: Proposal) -> None:
    typer.echo(f"{made.branch} is {made.outcome}: {made.commit[:10]}")
    for commit in made.theirs:
        words = printable(f"{commit.id[:10]} {commit.subject} ({commit.author})")
        typer.echo(f"  kept, of somebody else: {words}")


def show_conducted(done: Conducted) -> None:
    from reconciler.promotion.conduct.conduct import End

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


def conducted_document(done: Conducted) -> dict[str, Any]:
    pull = done.pull
    return {
        **plan_document(done.plan, done.proposal, error_json),
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
    }


def end_with(plans: list[Plan], abandoned: bool = False) -> None:
    """An app that needs a person is a failure found; one that is broken, a mistake."""
    blocked = {step.standing for plan in plans for step in plan.blocked}
    if Standing.failed in blocked:
        raise typer.Exit(UserError.exit_code)
    if blocked or abandoned:
        raise typer.Exit(CheckFailed.exit_code)
