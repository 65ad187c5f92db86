"""reconciler promote history"""

from __future__ import annotations

import heapq
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
from reconciler.model.fleet import Fleet
from reconciler.model.fleet_at import fleet_at
from reconciler.model.globs import is_pattern, matches
from reconciler.model.paths import AppName, kustomization_in
from reconciler.promotion.plan.as_json import plain
from reconciler.promotion.plan.as_text import SHORT, shown
from reconciler.promotion.plan.release_history import ReleasePeriod, release_history
from reconciler.session.repository import the_repository
from reconciler.session.trees import open_fetched
from reconciler.text.diff_lines import CHANGED, Line
from reconciler.text.durations import exact
from reconciler.text.suggestions import did_you_mean, listing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.trees.tree import Tree

EXAMPLES = """**Examples**

`reconciler promote history prod --since 2026-11-30`: all that changed in prod since then

`reconciler promote history prod gethrelay`: what prod ran when, and where it came from

`reconciler promote history prod gethrelay -n 1 -o json`: what it runs now, for programs
"""


def history_(
    environment: Annotated[str, typer.Argument(metavar="ENV", help="The environment.")],
    app: Annotated[
        str, typer.Argument(metavar="APP", help="The app, or a glob; otherwise all of ENV.")
    ] = "",
    number: Annotated[
        int | None,
        typer.Option(
            "-n", metavar="NUMBER", min=1, help="Only so many, the newest.", show_default=False
        ),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"],
            metavar="DATE",
            help="Only from 2026-11-30, or 2026-11-30T16:00, on (UTC).",
            show_default=False,
        ),
    ] = None,
    output: Annotated[Output, typer.Option("--output", "-o", help="What to write.")] = Output.text,
    root: Root = None,
    offline: Offline = False,
) -> None:
    """Show which releases an environment ran, since when, who brought and approved them, and why.

    It is what the main branch tells, as it was last fetched.
    """
    repository = the_repository(root)
    main = open_fetched(SETTINGS, repository, "", offline=offline)
    here = fleet_at(main, main.commit).environment(environment)
    tree = open_fetched(SETTINGS, repository, here.releases.branch, offline=offline)
    fleet = fleet_at(tree, tree.commit)
    place = fleet.environment(environment)
    files = _files(fleet, tree, environment, app)
    whole = heapq.merge(
        *(release_history(repository, tree.commit, place, a, file) for a, file in files),
        key=lambda period: period.position,
    )
    begin = since.replace(tzinfo=UTC).timestamp() if since else 0
    found = islice((period for period in whole if period.commit.time >= begin), number)
    if output is Output.json:
        write_json(
            {
                "version": 1,
                "environment": environment,
                "app": app or None,
                "whole": not repository.is_shallow,
                "releases": [_document(chapter) for chapter in found],
            }
        )
        return
    for chapter in found:
        _show(chapter)
    if repository.is_shallow:
        typer.echo("this clone is shallow, and does not tell what was before")


def _files(fleet: Fleet, tree: Tree, environment: str, app: str) -> list[tuple[AppName, str]]:
    here = fleet.environment(environment)
    known = [*here.folders]
    wanted = [AppName(app)] if app else known
    if is_pattern(app):
        wanted = [name for name in known if matches(app, name)]
    found = [(name, kustomization_in(tree, here.entry(name).folder)) for name in wanted]
    if app and not any(file for _, file in found):
        raise UsageError(f"{environment} runs no app {app}", hint=did_you_mean(app, known))
    return [(name, file) for name, file in found if file]


def _show(chapter: ReleasePeriod) -> None:
    color = False if os.environ.get("NO_COLOR") else None
    now = "  runs now" if chapter.runs else ""
    head = (
        f"{exact(_time(chapter))}  {chapter.commit.id[:SHORT]}  {chapter.app}  {_how(chapter)}{now}"
    )
    typer.echo(typer.style(printable(head), bold=True), color=color)
    if chapter.reason:
        typer.echo(printable(f"      because: {chapter.reason}"))
    for passed in chapter.overrides:
        said = f"{passed.gate} overridden by {passed.by}: {passed.reason}"
        typer.echo(printable(f"      {said}"))
    for change in chapter.changes:
        said = f"{change.address}: {shown(change.before)} → {shown(change.after)}"
        typer.echo(styled(Line(CHANGED, said)), color=color)


def _how(chapter: ReleasePeriod) -> str:
    number = f"#{chapter.pull}, " if chapter.pull else ""
    if not chapter.is_there:
        return f"taken away, {number}by {chapter.by}"
    origin = f" from {chapter.origin}" if chapter.origin else ""
    if not chapter.kind:
        return f"{number}by {chapter.by}: {chapter.commit.subject}"
    who = f"by {chapter.promoter}"
    if chapter.by != chapter.promoter:
        who = f"proposed {who}, merged by {chapter.by}"
    approved = f", approved by {listing(chapter.approvers)}" if chapter.approvers else ""
    return f"{chapter.kind}{origin}, {number}{who}{approved}"


def _document(chapter: ReleasePeriod) -> dict[str, Any]:
    return {
        "app": chapter.app,
        "commit": chapter.commit.id,
        "time": chapter.commit.time,
        "subject": chapter.commit.subject,
        "by": chapter.by,
        "kind": chapter.kind or None,
        "from": chapter.origin or None,
        "promoted_by": chapter.promoter or None,
        "reason": chapter.reason or None,
        "approved_by": list(chapter.approvers),
        "overrides": [
            {"gate": passed.gate, "by": passed.by, "reason": passed.reason}
            for passed in chapter.overrides
        ],
        "pull": chapter.pull,
        "runs": chapter.runs,
        "fields": [
            {"field": str(c.address), "from": plain(c.before), "to": plain(c.after)}
            for c in chapter.changes
        ],
    }


def _time(chapter: ReleasePeriod) -> datetime:
    return datetime.fromtimestamp(chapter.commit.time, UTC)
