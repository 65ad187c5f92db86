"""reconciler promote status"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

import typer

from reconciler.cli.diff import styled
from reconciler.cli.options import NoCache, Offline, Output, Root
from reconciler.cli.output import write_json
from reconciler.cli.variables import SETTINGS
from reconciler.errors import CheckFailed, UsageError, printable
from reconciler.promotion.gates.as_json import status_document
from reconciler.promotion.gates.as_text import gate_lines, outlook_text
from reconciler.promotion.gates.judge import judge
from reconciler.promotion.gates.opening_time import earliest
from reconciler.promotion.gates.question import GateQuestion
from reconciler.promotion.plan.as_text import STEP_STATES
from reconciler.promotion.promotion_request import PromotionKind, PromotionRequest
from reconciler.promotion.pull_request.gate_question import question_of
from reconciler.promotion.report.inspection import inspect_target
from reconciler.render.binary import CHECKING
from reconciler.session.health import open_sources
from reconciler.session.planner import open_planner
from reconciler.session.repository import the_repository

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.health.sources import HealthSources
    from reconciler.promotion.gates.result import GateResult
    from reconciler.promotion.plan.planner import Planner

    Standing = tuple[GateQuestion, list[GateResult]]

EXAMPLES = """**Examples**

`reconciler promote status prod`: the gates of what can be promoted to prod

`reconciler promote status prod --why`: with the evidence of each, and what to do

`reconciler promote status prod -o json`: the same, for programs
"""


def status_(
    target: Annotated[str, typer.Argument(metavar="ENV", help="The environment to promote to.")],
    why: Annotated[
        bool, typer.Option("--why", help="Show the evidence of each gate, and what to do.")
    ] = False,
    output: Annotated[Output, typer.Option("--output", "-o", help="What to write.")] = Output.text,
    root: Root = None,
    no_cache: NoCache = False,
    offline: Offline = False,
) -> None:
    """Show what promotions to an environment wait for, and when they can go on at the earliest.

    The exit code is 1 while one of them has to wait.
    """
    repository = the_repository(root)
    with (
        open_planner(
            SETTINGS, repository, CHECKING, cache=not no_cache, offline=offline
        ) as planner,
        open_sources(SETTINGS) as sources,
    ):
        asked = _questions(planner, target, sources)
        found = [(question, judge(question) if question.plan.due else []) for question in asked]
    if output is Output.json:
        write_json({"version": 1, "promotions": [status_document(q, r) for q, r in found]})
    else:
        for question, results in found:
            _show(question, results, why)
    if any(question.plan.blocked or not _pass(results) for question, results in found):
        raise typer.Exit(CheckFailed.exit_code)


def _questions(planner: Planner, name: str, sources: HealthSources) -> Iterator[GateQuestion]:
    """One for each environment that releases come from: all that could be promoted now."""
    repository = planner.repository
    branch = planner.fleet(planner.opened("")).environment(name).releases.branch
    target = planner.fleet(planner.opened(branch)).environment(name)
    if not target.promotes_from:
        raise UsageError(
            f"nothing is promoted to {name}",
            why="it is the beginning of its chain",
            hint=f"promotesFrom of {target.folder}/environment.yaml says what is",
        )
    for source in target.promotes_from:
        planned = planner.planned(PromotionRequest(PromotionKind.promotion, source, name))
        found = inspect_target(planned.plan, planner.renderer, planned.tree, repository)
        yield question_of(planned, found, planner.renderer, sources, datetime.now(UTC))


def _show(question: GateQuestion, results: list[GateResult], why: bool) -> None:
    color = False if os.environ.get("NO_COLOR") else None
    plan = question.plan
    apps = ", ".join(step.app for step in plan.due) or "nothing to promote"
    title = printable(f"{plan.source} → {plan.target}: {apps}")
    typer.echo(typer.style(title, bold=True), color=color)
    for step in plan.blocked:
        typer.echo(f"  {step.app} {STEP_STATES[step.state]}")
    if plan.blocked:
        typer.echo(f"  reconciler promote {plan.source} {plan.target} APP --dry-run says why")
    if plan.due:
        for line in gate_lines(results, why):
            typer.echo(styled(line), color=color)
        typer.echo(f"  {outlook_text(results, earliest(question, results))}")


def _pass(results: list[GateResult]) -> bool:
    return all(result.passes for result in results)
