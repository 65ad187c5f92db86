"""reconciler promote history"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated, Any

import typer

from reconciler.cli.diff import styled
from reconciler.cli.options import Offline, Output, Root
from reconciler.cli.output import write_json
from reconciler.cli.variables import SETTINGS
from reconciler.errors import UsageError, printable
from reconciler.model.entry import Entry
from reconciler.model.fleet import load_fleet
from reconciler.model.paths import AppName, kustomization_in
from reconciler.promotion.plan.as_json import plain
from reconciler.promotion.plan.as_text import SHORT, shown
from reconciler.promotion.plan.release_history import ReleasePeriod, release_history
from reconciler.session.repository import the_repository
from reconciler.session.trees import open_fetched
from reconciler.text.diff_lines import CHANGED, Line
from reconciler.text.durations import moment
from reconciler.text.suggestions import did_you_mean

EXAMPLES = """**Examples**

`reconciler promote history prod gethrelay`: what prod ran when, and where it came from

`reconciler promote history prod gethrelay -n 1 -o json`: what it runs now, for programs
"""


def history_(
    environment: Annotated[str, typer.Argument(metavar="ENV", help="The environment.")],
    app: Annotated[str, typer.Argument(metavar="APP", help="The app.")],
    number: Annotated[
        int | None,
        typer.Option(
            "-n", metavar="NUMBER", min=1, help="Only so many, the newest.", show_default=False
        ),
    ] = None,
    output: Annotated[Output, typer.Option("--output", "-o", help="What to write.")] = Output.text,
    root: Root = None,
    offline: Offline = False,
) -> None:
    """Show which releases of an app an environment ran, since when, and who brought them.

    It is what the main branch tells, as it was last fetched.
    """
    repository = the_repository(root)
    here = load_fleet(open_fetched(SETTINGS, repository, "", offline=offline)).environment(
        environment
    )
    tree = open_fetched(SETTINGS, repository, here.releases.branch, offline=offline)
    fleet = load_fleet(tree)
    place, entry = fleet.environment(environment), Entry(environment, AppName(app))
    file = kustomization_in(tree, entry.folder)
    if file is None:
        known = [e.app for e in fleet.entries if e.environment == environment]
        raise UsageError(f"{environment} runs no app {app}", hint=did_you_mean(app, known))
    found = islice(release_history(repository, tree.commit, place, entry.app, file), number)
    if output is Output.json:
        write_json(
            {
                "version": 1,
                "environment": environment,
                "app": app,
                "whole": not repository.is_shallow,
                "releases": [_document(chapter) for chapter in found],
            }
        )
        return
    for chapter in found:
        _show(chapter)
    if repository.is_shallow:
        typer.echo("this clone is shallow, and does not tell what was before")


def _show(chapter: ReleasePeriod) -> None:
    color = False if os.environ.get("NO_COLOR") else None
    head = f"{moment(_time(chapter))}  {chapter.commit.id[:SHORT]}  {_how(chapter)}"
    typer.echo(typer.style(printable(head), bold=True), color=color)
    for change in chapter.changes:
        said = f"{change.address}: {shown(change.before)} → {shown(change.after)}"
        typer.echo(styled(Line(CHANGED, said)), color=color)


def _how(chapter: ReleasePeriod) -> str:
    number = f"#{chapter.pull}, " if chapter.pull else ""
    if not chapter.runs:
        return f"taken away, {number}by {chapter.by}"
    origin = f" from {chapter.origin}" if chapter.origin else ""
    if not chapter.kind:
        return f"{number}by {chapter.by}: {chapter.commit.subject}"
    merged = f", merged by {chapter.by}" if chapter.by != chapter.promoter else ""
    return f"{chapter.kind}{origin}, {number}by {chapter.promoter}{merged}"


def _document(chapter: ReleasePeriod) -> dict[str, Any]:
    return {
        "commit": chapter.commit.id,
        "time": chapter.commit.time,
        "subject": chapter.commit.subject,
        "by": chapter.by,
        "kind": chapter.kind or None,
        "from": chapter.origin or None,
        "promoted_by": chapter.promoter or None,
        "pull": chapter.pull,
        "runs": chapter.runs,
        "fields": [
            {"field": str(c.address), "from": plain(c.before), "to": plain(c.after)}
            for c in chapter.changes
        ],
    }


def _time(chapter: ReleasePeriod) -> datetime:
    return datetime.fromtimestamp(chapter.commit.time, UTC)
