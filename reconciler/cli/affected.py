"""reconciler affected"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from reconciler.cli.options import NoCache, Offline, Output, Root
from reconciler.cli.output import progress, write_json
from reconciler.cli.variables import SETTINGS
from reconciler.model.entry import Entry
from reconciler.model.layout import Layout
from reconciler.render.affected import Affected
from reconciler.render.affected import affected as find_affected
from reconciler.render.folders import kustomizations, patterns_called
from reconciler.render.renderer import Renderer
from reconciler.session.opened import open_store
from reconciler.session.revision_range import range_of
from reconciler.session.trees import find_source, open_repository, open_tree

EXAMPLES = """**Examples**

`reconciler affected main...HEAD`: what this branch touches

`reconciler affected main --only 'environments/**'`: of the environments, work tree included

`reconciler affected main HEAD -o json | jq -c '[.affected[].path]'`: a CI matrix
"""


def affected(
    before: Annotated[str, typer.Argument(metavar="FROM", help="A revision, or two as FROM..TO.")],
    after: Annotated[
        str | None,
        typer.Argument(metavar="TO", help="A revision; otherwise the files on disk."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="GLOB", help="Only these folders, environments or apps."),
    ] = None,
    output: Annotated[Output, typer.Option("--output", "-o", help="Output format.")] = Output.text,
    root: Root = None,
    no_cache: NoCache = False,
    offline: Offline = False,
) -> None:
    """List the kustomizations that a change touches, by what each of them really reads."""
    source = find_source([], root)
    git = None if after else open_repository(source)
    base = before
    if git and (named := range_of(before, git)):
        before, after, base = named.before, named.after, named.typed
    old, new = (
        open_tree(SETTINGS, source, revision, offline=offline, base=base)
        for revision in (before, after)
    )
    patterns = [p for typed in only or [] for p in patterns_called([old, new], typed)]
    total = len(kustomizations(new, patterns))
    with (
        Renderer(open_store(SETTINGS, not no_cache)) as renderer,
        progress("comparing", total) as advance,
    ):
        found = find_affected(renderer, old, new, patterns, advance)
    layout = Layout(new)
    if output is Output.json:
        write_json(
            {"version": 1, "affected": [_as_json(a, layout.entry_of(a.path)) for a in found]}
        )
        return
    for a in found:
        name = str(layout.entry_of(a.path) or "")
        beside = typer.style(f"  {name}", dim=True) if name and sys.stdout.isatty() else ""
        typer.echo((a.path or ".") + beside)


def _as_json(found: Affected, entry: Entry | None) -> dict[str, object]:
    return {
        "path": found.path,
        "environment": entry and entry.environment,
        "app": entry and entry.app,
        "change": found.change,
        "files": found.files,
    }
