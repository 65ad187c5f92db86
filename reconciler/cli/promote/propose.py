"""reconciler promote"""

from __future__ import annotations

import os
from typing import Annotated

import typer

from reconciler.cli.diff import styled
from reconciler.cli.options import NoCache, Offline, Output, Root
from reconciler.cli.output import error_json, progress, write_json
from reconciler.cli.promote.planning import planned, the_repository
from reconciler.cli.settings import open_store
from reconciler.cli.source import open_fetched, open_tree
from reconciler.errors import CheckFailed, UsageError, UserError, printable
from reconciler.model.fleet import load_fleet
from reconciler.promotion.document import plan_document
from reconciler.promotion.layout import step_lines, title
from reconciler.promotion.plan import Plan, Standing
from reconciler.promotion.planner import rendered
from reconciler.promotion.proposal import commit
from reconciler.promotion.route import routes
from reconciler.render.renderer import Renderer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.git.branches import Proposal

EXAMPLES = """**Examples**

`reconciler promote stage prod gethrelay --dry-run`: what would change, and why not

`reconciler promote stage prod gethrelay`: a branch with that change, in one commit

`reconciler promote stage prod --all --explain`: all apps, with the reason for each line

`reconciler promote stage 'prod-*' --all`: to several environments, a branch each

`reconciler promote stage prod gethrelay --to-release v1.2.0`: what stage ran earlier
"""


def promote(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The environment before.")],
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="The environment to promote to, or a glob.")
    ],
    apps: Annotated[
        list[str] | None, typer.Argument(metavar="APP", help="What is promoted.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Promote all apps that both environments run.")
    ] = False,
    release: Annotated[
        str | None,
        typer.Option(
            "--to-release",
            metavar="REF",
            help="A commit that SOURCE has run; otherwise what it runs now.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the plan.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say of each field why it changes, or why not.")
    ] = False,
    output: Annotated[Output, typer.Option("--output", "-o", help="What to write.")] = Output.text,
    root: Root = None,
    no_cache: NoCache = False,
    offline: Offline = False,
) -> None:
    """Bring what runs in one environment to the next: a commit on a branch of its own.

    It is planned on the main branch as it was last fetched. The files on disk take no part, and
    stay as they are.
    """
    names = apps or []
    if bool(names) is everything:
        raise UsageError(
            "name the apps, or say --all" if everything is False else "--all leaves no app to name",
            hint=f"reconciler promote {source} {target} APP",
        )
    repository = the_repository(root)
    here = load_fleet(open_tree(repository.path, "HEAD", offline=offline))
    done: list[tuple[Plan, Proposal | None]] = []
    for _, end in routes(here, source, target):
        tree = open_fetched(repository, end.releases.branch, offline=offline)
        plan = planned(repository, tree, end, source, names, release)
        with (
            Renderer(open_store(not no_cache)) as renderer,
            progress("comparing", 2 * len(plan.due)) as bar,
        ):
            plan = rendered(plan, renderer, tree, bar)
        made = commit(plan, repository.path, names) if plan.due and not dry_run else None
        done.append((plan, made))
    if output is Output.json:
        write_json(
            {"version": 1, "plans": [plan_document(plan, made, error_json) for plan, made in done]}
        )
    else:
        for plan, made in done:
            _show(plan, made, explain, dry_run)
    _exit([plan for plan, _ in done])


def _show(plan: Plan, made: Proposal | None, explain: bool, dry_run: bool) -> None:
    color = False if os.environ.get("NO_COLOR") else None
    typer.echo(f"{plan.source} → {plan.target}, on {plan.base[:10]}")
    for step in plan.steps:
        if step.standing is Standing.same and len(plan.steps) > 1 and not explain:
            continue
        typer.echo()
        typer.echo(typer.style(printable(title(step)), bold=True), color=color)
        for line in step_lines(plan, step, explain):
            typer.echo(styled(line), color=color)
    typer.echo()
    if made:
        typer.echo(f"{made.branch} is {made.outcome}: {made.commit[:10]}")
    elif plan.due and dry_run:
        typer.echo(f"{len(plan.due):,} to be promoted; nothing is written with --dry-run")
    else:
        typer.echo("nothing to promote")


def _exit(plans: list[Plan]) -> None:
    """An app that needs a person is a failure found; one that is broken, a mistake."""
    blocked = {step.standing for plan in plans for step in plan.blocked}
    if Standing.failed in blocked:
        raise typer.Exit(UserError.exit_code)
    if blocked:
        raise typer.Exit(CheckFailed.exit_code)
