"""reconciler list"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from reconciler.cli.options import Output, Root
from reconciler.cli.output import console, print_table, show_error, show_note, write_json
from reconciler.cli.variables import SETTINGS
from reconciler.errors import ReconcilerError, printable
from reconciler.git.file_history import CommitSummary
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.model.fleet import Fleet, load_fleet
from reconciler.model.notes import Note, notes
from reconciler.model.release import Release, read_release
from reconciler.session.trees import find_source, open_repository, open_tree
from reconciler.yaml.nodes import shortened

EXAMPLES = """**Examples**

`reconciler list`: every app in every environment

`reconciler list prod`: the apps of one environment

`reconciler list gethrelay --ref v1.2.0`: one app in all environments, at a tag

`reconciler list -o json | jq '.entries[] | select(.release.pins == [])'`: what follows the branch
"""

SHORT = 10
SUBJECT = 32
GAP = 3
LEAST_WIDTH = 12


@dataclass(frozen=True, slots=True)
class ListedApp:
    """An entry with what it runs; commits are those of the pins that are at hand."""

    entry: Entry
    release: Release
    branch: str | None
    commits: tuple[CommitSummary | None, ...]
    error: ReconcilerError | None = None

    @property
    def label(self) -> str:
        """The release in a word."""
        if self.error:
            return "?"
        return "+".join(_short(pin.ref) for pin in self.release.pins) or self.branch or "-"

    @property
    def newest(self) -> CommitSummary | None:
        return max((c for c in self.commits if c), key=lambda c: c.time, default=None)


def list_(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ENV[/APP]|APP", help="Only these environments or apps, or globs of them."
        ),
    ] = None,
    ref: Annotated[
        str | None,
        typer.Option("--ref", metavar="REV", help="List this revision and not the files on disk."),
    ] = None,
    output: Annotated[Output, typer.Option("--output", "-o", help="Output format.")] = Output.text,
    root: Root = None,
) -> None:
    """List the apps of each environment with their release and images, without rendering."""
    source = find_source([], root)
    tree = open_tree(SETTINGS, source, ref)
    fleet = load_fleet(tree)
    wanted = {entry for name in names or [] for entry in fleet.entries_called(name)}
    git = open_repository(source)
    branch = ref or (git.branch() or "HEAD" if git else None)
    rows = []
    for entry in fleet.entries:
        if names and entry not in wanted:
            continue
        try:
            release = read_release(tree, entry)
        except ReconcilerError as e:
            rows.append(ListedApp(entry, Release(), branch, (), e))
        else:
            refs = [pin.ref for pin in release.pins] or [ref or "HEAD"]
            commits = tuple(git.about(r) if git and r else None for r in refs)
            rows.append(ListedApp(entry, release, branch, commits))
    found = [] if names else notes(tree, fleet)
    if output is Output.json:
        write_json(_as_json(fleet, rows, found))
    else:
        _show(rows, fleet)
        for note in found:
            show_note(note.what, note.where, source)
        for row in rows:
            if row.error:
                show_error(row.error, root=source)
    if any(row.error for row in rows):
        raise typer.Exit(2)


def _show(rows: list[ListedApp], fleet: Fleet) -> None:
    if sys.stdout.isatty():
        width = console(stderr=False).width
        print_table(_matrix(rows, [e.name for e in fleet.environments], width))
        return
    lines = [
        (str(row.entry), row.label, _date(row.newest), " ".join(map(str, row.release.images)))
        for row in rows
    ]
    widths = [max(len(line[i]) for line in lines) for i in range(3)] if lines else []
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=False)]
        typer.echo(printable("  ".join([*cells, line[-1]]).rstrip()))


def _matrix(rows: list[ListedApp], environments: list[str], width: int) -> Table:
    """A row for each app and a column for each environment."""
    used = {row.entry.environment for row in rows}
    columns = [e for e in environments if e in used]
    apps = max((len(row.entry.app) for row in rows), default=0)
    share = max((width - apps) // max(len(columns), 1) - GAP, LEAST_WIDTH)
    cells = {(row.entry.app, row.entry.environment): _cell(row, share) for row in rows}
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 1, 0), header_style="bold")
    table.add_column("", no_wrap=True)
    for name in columns:
        table.add_column(name, overflow="ellipsis")
    for app in sorted({app for app, _ in cells}):
        table.add_row(Text(app, "bold"), *(cells.get((app, e), Text("-", "dim")) for e in columns))
    return table


def _cell(row: ListedApp, width: int) -> Text:
    newest = row.newest
    lines = [Text(printable(row.label), "red" if row.error else "cyan")]
    if newest:
        lines[0].append(f"  {_date(newest)}", "dim")
        lines.append(Text(printable(shortened(newest.subject, SUBJECT)), "dim"))
    images = (_fitted(str(image).rpartition("/")[2], width) for image in row.release.images)
    lines += [Text(printable(image)) for image in images]
    return Text("\n").join(lines)


def _fitted(image: str, width: int) -> str:
    """Cut in its name where it is too long, because the tag is what is looked for."""
    if len(image) <= width:
        return image
    name, colon, tag = image.partition("@")[0].rpartition(":")
    room = width - len(tag) - len("…:")
    if not colon or "@" in image or room < 1:
        return f"{image[: width - 1]}…"
    return f"{name[:room]}…:{tag}"


def _as_json(fleet: Fleet, rows: list[ListedApp], found: list[Note]) -> dict[str, Any]:
    """Version 1 of this shape only ever gains fields: docs/reference/json.md describes it."""
    return {
        "version": 1,
        "environments": [_environment_json(environment) for environment in fleet.environments],
        "entries": [
            {
                "environment": row.entry.environment,
                "app": row.entry.app,
                "path": row.entry.folder,
                "release": None if row.error else _release_json(row),
                "error": row.error.as_json() if row.error else None,
            }
            for row in rows
        ],
        "notes": [{"what": note.what, "file": note.where.file} for note in found],
    }


def _environment_json(environment: Environment) -> dict[str, Any]:
    return {
        "name": environment.name,
        "displayName": environment.title,
        "promotesFrom": list(environment.promotes_from),
        "cluster": environment.destination.cluster,
        "path": environment.folder,
    }


def _release_json(row: ListedApp) -> dict[str, Any]:
    release, commits = row.release, [_commit_json(commit) for commit in row.commits]
    return {
        "branch": None if release.pins else row.branch,
        "commit": None if release.pins else commits[0],
        "pins": [
            {"repository": p.repository, "path": p.path, "ref": p.ref, "commit": commit}
            for p, commit in zip(release.pins, commits, strict=False)
        ],
        "images": [
            {
                "name": image.name,
                "newName": image.new_name or None,
                "newTag": image.new_tag or None,
                "digest": image.digest or None,
            }
            for image in release.images
        ],
        "replicas": [{"name": r.name, "count": r.count} for r in release.replicas],
        "parameters": [
            {"config": p.config, "key": p.key, "value": p.value} for p in release.parameters
        ],
    }


def _commit_json(commit: CommitSummary | None) -> dict[str, str] | None:
    if commit is None:
        return None
    when = datetime.fromtimestamp(commit.time, UTC).isoformat()
    return {"id": commit.id, "date": when, "subject": commit.subject}


def _date(commit: CommitSummary | None) -> str:
    return f"{datetime.fromtimestamp(commit.time, UTC):%Y-%m-%d}" if commit else "-"


def _short(ref: str) -> str:
    return ref[:SHORT] if re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", ref) else ref or "?"
