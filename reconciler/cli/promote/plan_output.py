"""What a command prints of a plan and of its branch."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

import typer

from reconciler.cli.diff import styled
from reconciler.errors import CheckFailed, UserError, printable
from reconciler.promotion.plan.as_json import plan_document
from reconciler.promotion.plan.as_text import step_lines, title
from reconciler.promotion.plan.commit_trails import commit_trails
from reconciler.promotion.plan.plan import Plan, PromotionStep, StepState
from reconciler.promotion.plan.versions import versions
from reconciler.text.diff_lines import PLAIN, REMOVED, Line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.git.repository import Repository
    from reconciler.promotion.gates.question import MissingSecret
    from reconciler.promotion.pull_request.branch import Proposal


def show_plan(
    plan: Plan, repository: Repository, explain: bool = False, lacks: Sequence[MissingSecret] = ()
) -> None:
    color = False if os.environ.get("NO_COLOR") else None
    way = dict.fromkeys([plan.source, plan.target])  # a rollback stays where it is
    typer.echo(f"{' → '.join(way)}, on {plan.base[:10]}")
    for step in plan.steps:
        if step.state is StepState.same and len(plan.steps) > 1 and not explain:
            continue
        typer.echo()
        said = _back_text(plan, step) if plan.goes_back and step.edits else title(step)
        typer.echo(typer.style(printable(said), bold=True), color=color)
        trails = [*commit_trails(repository, step, plan.target)]
        for line in (*step_lines(plan, step, explain, trails), *_lacking_lines(step, lacks)):
            typer.echo(styled(line), color=color)
    typer.echo()


def _back_text(plan: Plan, step: PromotionStep) -> str:
    known = versions(step)
    change = f": {known[0]} → {known[1]}" if known else ""
    if step.difference is None:
        return f"{step.app} in {plan.target} goes back{change}"
    counts = step.difference.difference.counts()
    changed = counts.added + counts.changed + counts.removed + counts.recreated
    objects = "1 object changes" if changed == 1 else f"{changed:,} objects change"
    return f"{step.app} in {plan.target} goes back{change} ({objects})"


def _lacking_lines(step: PromotionStep, lacks: Sequence[MissingSecret]) -> Iterator[Line]:
    for lack in lacks:
        if lack.app == step.app:
            yield Line(REMOVED, lack.what)
            yield Line(PLAIN, f"    to do: {lack.command}")


def show_proposal(made: Proposal) -> None:
    typer.echo(f"{made.branch} is {made.outcome}: {made.commit[:10]}")
    for commit in made.theirs:
        words = printable(f"{commit.id[:10]} {commit.subject} ({commit.author})")
        typer.echo(f"  kept, of somebody else: {words}")


def planned_document(plan: Plan, made: Proposal | None = None) -> dict[str, Any]:
    """With what was written to its branch."""
    proposal = (
        {"branch": made.branch, "commit": made.commit, "outcome": made.outcome.value}
        if made
        else None
    )
    return {**plan_document(plan), "proposal": proposal}


def end_with(plans: list[Plan], abandoned: bool = False) -> None:
    """An app that needs a person is a failure found; one that is broken, a mistake."""
    blocked = {step.state for plan in plans for step in plan.blocked}
    if StepState.failed in blocked:
        raise typer.Exit(UserError.exit_code)
    if blocked or abandoned:
        raise typer.Exit(CheckFailed.exit_code)
