"""reconciler promote status"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Annotated

import typer

from reconciler.cli.diff import styled
from reconciler.cli.options import ForgeKind, NoCache, Offline, Output, Root
from reconciler.cli.output import write_json
from reconciler.cli.promote.request_output import again_command
from reconciler.cli.variables import SETTINGS
from reconciler.errors import CheckFailed, ReconcilerError, UsageError, printable
from reconciler.model.globs import matches
from reconciler.promotion.gates.as_json import status_document
from reconciler.promotion.gates.as_text import gate_lines, outlook_text
from reconciler.promotion.gates.opening_time import earliest
from reconciler.promotion.plan.as_text import STEP_STATES
from reconciler.promotion.pull_request.promotion_status import (
    PromotionStatus,
    follows_branch,
    promoted_environments,
    statuses_of,
)
from reconciler.render.binary import CHECKING
from reconciler.session.health import open_sources
from reconciler.session.planner import open_planner
from reconciler.session.promotion import open_promotion_session
from reconciler.session.repository import the_repository
from reconciler.text.suggestions import did_you_mean, listing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.git.repository import Repository
    from reconciler.model.entry import Entry
    from reconciler.model.paths import AppName
    from reconciler.promotion.plan.planner import Planner
    from reconciler.promotion.pull_request.session import PromotionSession

EXAMPLES = """**Examples**

`reconciler promote status`: how promotions to all environments stand

`reconciler promote status prod`: the open requests to prod, and the gates of what can be promoted

`reconciler promote status prod gethrelay --why`: with the evidence of each, and what to do

`reconciler promote status prod -o json`: the same, for programs
"""


def status_(
    target: Annotated[
        str,
        typer.Argument(metavar="ENV", help="The environment to promote to; otherwise all such."),
    ] = "",
    apps: Annotated[
        list[str] | None, typer.Argument(metavar="APP", help="Only these; otherwise all of ENV.")
    ] = None,
    why: Annotated[
        bool, typer.Option("--why", help="Show the evidence of each gate, and what to do.")
    ] = False,
    output: Annotated[Output, typer.Option("--output", "-o", help="What to write.")] = Output.text,
    forge: ForgeKind = "",
    root: Root = None,
    no_cache: NoCache = False,
    offline: Offline = False,
) -> None:
    """Show the open requests to an environment, what they wait for, and what could be proposed.

    The exit code is 1 while one of them has to wait.
    """
    repository = the_repository(root)
    with ExitStack() as stack:
        session, unasked = _session(stack, repository, forge, cache=not no_cache, offline=offline)
        if session:
            planner, sources = session.planner, session.sources
        else:
            opened = open_planner(
                SETTINGS, repository, CHECKING, cache=not no_cache, offline=offline
            )
            planner = stack.enter_context(opened)
            sources = stack.enter_context(open_sources(SETTINGS))
        now = datetime.now(UTC)
        targets = [target] if target else promoted_environments(planner)
        wanted = _wanted(planner, target, apps or [])
        found = [
            status
            for name in targets
            for status in statuses_of(planner, sources, name, now, session, wanted)
        ]
        follows = {name: _following(planner, name, wanted) for name in targets}
    if output is Output.json:
        write_json(
            {
                "version": 1,
                "asked": session is not None,
                "follows": [str(entry) for entries in follows.values() for entry in entries],
                "promotions": [
                    {
                        **status_document(one.request.kind, one.question, one.results),
                        "closed": [closed.number for closed in one.closed],
                    }
                    for one in found
                ],
            }
        )
    else:
        for one in found:
            _show(one, why)
        for name, entries in follows.items():
            if not entries:
                continue
            typer.echo(printable(_follows_text(name, [entry.app for entry in entries])))
        if not targets:
            typer.echo("nothing is promoted here: promotesFrom of an environment.yaml says what is")
        if unasked:
            typer.echo(printable(f"whether requests are open is not known: {unasked}"))
    if not all(one.passes for one in found):
        raise typer.Exit(CheckFailed.exit_code)


def _wanted(planner: Planner, target: str, apps: Sequence[str]) -> tuple[AppName, ...]:
    if not apps:
        return ()
    known = [*planner.fleet(planner.opened("")).environment(target).folders]
    found = {app: [name for name in known if matches(app, name)] for app in apps}
    for app, names in found.items():
        if not names:
            raise UsageError(f"{target} runs no app {app}", hint=did_you_mean(app, known))
    return tuple(dict.fromkeys(name for names in found.values() for name in names))


def _following(planner: Planner, target: str, apps: Sequence[AppName]) -> list[Entry]:
    return [e for e in follows_branch(planner, target) if not apps or e.app in apps]


def _session(
    stack: ExitStack, repository: Repository, forge: str, *, cache: bool, offline: bool
) -> tuple[PromotionSession | None, str]:
    """Or why no forge can be asked, where none was named."""
    if offline:
        return None, "no forge is asked with --offline"
    with ExitStack() as opening:
        try:
            opened = open_promotion_session(
                SETTINGS, repository, forge, cache=cache, warn=lambda _: None, reads_only=True
            )
            session, _ = opening.enter_context(opened)
            session.refresh()
            session.open_pulls()
        except ReconcilerError as e:
            if forge:
                raise
            return None, f"{e.what}; {e.hint}" if e.hint else e.what
        stack.enter_context(opening.pop_all())
        return session, ""


def _show(status: PromotionStatus, why: bool) -> None:
    color = False if os.environ.get("NO_COLOR") else None
    question, results = status.question, status.results
    plan, pull = question.plan, question.pull
    apps = ", ".join(step.app for step in plan.due) or "nothing to promote"
    way = " → ".join(dict.fromkeys([plan.source, plan.target]))
    number = f"request {pull.number}: " if pull else ""
    typer.echo(typer.style(printable(f"{number}{way}: {apps}"), bold=True), color=color)
    for step in plan.blocked:
        typer.echo(f"  {step.app} {STEP_STATES[step.state]}")
        for said in step.problem.lines() if step.problem else ():
            typer.echo(printable(f"    {said}"))
    if any(step.problem is None for step in plan.blocked):
        typer.echo(f"  reconciler promote {plan.source} {plan.target} APP --dry-run says why")
    if plan.due:
        for line in gate_lines(results, why):
            typer.echo(styled(line), color=color)
        for said in _next(status):
            typer.echo(printable(f"  {said}"))


def _follows_text(target: str, apps: Sequence[AppName]) -> str:
    verb = "follows" if len(apps) == 1 else "follow"
    return (
        f"{listing(apps)} {verb} the branch in {target}, so no gate sees an edit of "
        f"{'its overlay' if len(apps) == 1 else 'their overlays'}: reconciler pin {target}"
    )


def _next(status: PromotionStatus) -> Iterator[str]:
    """What can be done now, or what is waited for."""
    question, plan = status.question, status.question.plan
    if status.is_behind:
        yield f"its branch is behind what {plan.source} runs now: promote it again"
        return
    waits = not status.passes and not all(r.passes for r in status.results)
    if waits:
        yield outlook_text(status.results, earliest(question, status.results))
    if question.pull is None:
        yield from _proposed_by(status)
    elif not waits:
        yield f"can be merged: reconciler promote merge {question.pull.number}"


def _proposed_by(status: PromotionStatus) -> Iterator[str]:
    """Nobody proposes again by themselves what somebody closed."""
    for closed in status.closed:
        again = again_command(closed.request)
        yield f"request {closed.number} proposed it, and was closed without a merge: {again}"
    taken = {app for closed in status.closed for app in closed.apps}
    plan = status.question.plan
    apps = " ".join(step.app for step in plan.due if step.app not in taken)
    if apps:
        yield f"ready to propose: reconciler promote {plan.source} {plan.target} {apps}"
