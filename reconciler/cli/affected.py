"""reconciler affected"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from reconciler.cli.options import NoCache, Offline, Output, Root
from reconciler.cli.output import progress, write_json
from reconciler.cli.settings import open_store
from reconciler.cli.source import find_source, open_tree
from reconciler.model.paths import entry_of
from reconciler.render.affected import Affected
from reconciler.render.affected import affected as find_affected
from reconciler.render.folders import kustomizations, patterns_called
from reconciler.render.renderer import Renderer

EXAMPLES = """**Examples**

`reconciler affected main HEAD`: what this branch touches

`reconciler affected main --only 'environments/**'`: of the environments, work tree included

`reconciler affected main HEAD -o json | jq -c '[.affected[].path]'`: a CI matrix
"""


def affected(
    before: Annotated[str, typer.Argument(metavar="FROM", help="A revision.")],
    after: Annotated[
        str | None,
        typer.Argument(metavar="TO", help="A revision; otherwise the files on disk."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", metavar="GLOB", help="Of these folders, environments or apps alone."
        ),
    ] = None,
    output: Annotated[Output, typer.Option("--output", "-o", help="What to write.")] = Output.text,
    root: Root = None,
    no_cache: NoCache = False,
    offline: Offline = False,
) -> None:
    """List the kustomizations that a change touches, by what each of them really reads."""
    source = find_source([], root)
    old, new = (
        open_tree(source, revision, offline=offline, base=before) for revision in (before, after)
    )
    patterns = [p for typed in only or [] for p in patterns_called([old, new], typed)]
    total = len(kustomizations(new, patterns))
    with Renderer(open_store(not no_cache)) as renderer, progress("comparing", total) as advance:
        found = find_affected(renderer, old, new, patterns, advance)
    if output is Output.json:
        write_json({"version": 1, "affected": [_as_json(a) for a in found]})
        return
    for a in found:
        name = "/".join(entry_of(a.path) or ())
        beside = typer.style(f"  {name}", dim=True) if name and sys.stdout.isatty() else ""
        typer.echo((a.path or ".") + beside)


def _as_json(found: Affected) -> dict[str, object]:
    environment, app = entry_of(found.path) or (None, None)
    return {
        "path": found.path,
        "environment": environment,
        "app": app,
        "change": found.change,
        "files": found.files,
    }
