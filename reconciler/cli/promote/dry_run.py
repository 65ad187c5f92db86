"""What a promotion would do, and nothing of it done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import typer

from reconciler.cli.output import progress
from reconciler.cli.promote.plan_output import planned_document, show_plan
from reconciler.cli.variables import SETTINGS
from reconciler.errors import ReconcilerError, RollbackIsOpen, printable
from reconciler.promotion.pull_request.actions import Action, action_document
from reconciler.promotion.pull_request.gate_question import lacking
from reconciler.promotion.report.inspection import inspect_target
from reconciler.render.binary import CHECKING
from reconciler.session.planner import open_planner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.git.repository import Repository
    from reconciler.promotion.gates.question import MissingSecret
    from reconciler.promotion.plan.plan import Plan
    from reconciler.promotion.plan.planner import Planner
    from reconciler.promotion.promotion_request import PromotionRequest
    from reconciler.promotion.pull_request.session import PromotionSession
    from reconciler.promotion.pull_request.situation import RequestOptions


MakeRequest = Callable[["Planner", "PromotionSession | None"], "PromotionRequest"]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """`actions` is none where the forge cannot be asked, and `why` says it."""

    plan: Plan
    lacks: tuple[MissingSecret, ...] = ()
    actions: tuple[Action, ...] | None = None
    why: str = ""


def foresee(
    repository: Repository,
    forge: str,
    requests: Sequence[MakeRequest],
    options: RequestOptions,
    *,
    cache: bool,
    offline: bool,
) -> list[Foreseen]:
    """A plan needs no forge: where none was named, and none answers, it is shown alone."""
    why = "it is not asked with --offline"
    if not offline:
        try:
            return _with_forge(repository, forge, requests, options, cache=cache)
        except RollbackIsOpen:
            raise
        except ReconcilerError as e:
            if forge:
                raise
            why = e.what
    with open_planner(SETTINGS, repository, CHECKING, cache=cache, offline=offline) as planner:
        found = []
        for request in (make(planner, None) for make in requests):
            with progress("comparing", 2 * max(len(request.apps), 1)) as bar:
                planned = planner.planned(request, progress=bar)
            seen = inspect_target(planned.plan, planner.renderer, planned.tree, repository)
            found.append(Foreseen(planned.plan, tuple(lacking(seen)), why=why))
        return found


def _with_forge(
    repository: Repository,
    forge: str,
    requests: Sequence[MakeRequest],
    options: RequestOptions,
    *,
    cache: bool,
) -> list[Foreseen]:
    from reconciler.promotion.pull_request.decide import next_actions
    from reconciler.promotion.pull_request.observe import observe
    from reconciler.session.promotion import open_promotion_session

    opened = open_promotion_session(
        SETTINGS, repository, forge, cache=cache, warn=lambda _: None, reads_only=True
    )
    with opened as (session, _):
        session.refresh()
        made = [make(session.planner, session) for make in requests]
        found = [observe(session, request, options, foresee=True) for request in made]
        return [
            Foreseen(
                now.plan,
                now.assessment.lacks if now.assessment else (),
                tuple(next_actions(now)),
            )
            for now in found
        ]


def show_foreseen(found: Foreseen, repository: Repository, explain: bool) -> None:
    show_plan(found.plan, repository, explain, found.lacks)
    due = len(found.plan.due)
    word = "to go back" if found.plan.goes_back else "to be promoted"
    said = f"{due:,} {word}" if due else "nothing to promote"
    typer.echo(f"{said}; nothing is written with --dry-run" if due else said)
    if found.actions is None:
        typer.echo(printable(f"what would be done in the forge is not known: {found.why}"))
    elif found.actions:
        typer.echo("without it, these steps would be taken:")
        for action in found.actions:
            typer.echo(printable(f"  {action}"))


def foreseen_document(found: Foreseen) -> dict[str, Any]:
    actions = found.actions
    return {
        **planned_document(found.plan),
        "actions": None if actions is None else [action_document(one) for one in actions],
    }
