"""reconciler affected"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from reconciler.cli.options import NoCache, Offline, Root
from reconciler.cli.output import progress, write_json
from reconciler.cli.settings import open_store
from reconciler.cli.source import find_source, open_tree
from reconciler.render.affected import affected as find_affected
from reconciler.render.folders import kustomizations
from reconciler.render.renderer import Renderer

EXAMPLES = """**Examples**

`reconciler affected main HEAD`: what this branch touches

`reconciler affected main --only 'environments/**'`: of the environments, work tree included

`reconciler affected main HEAD -o json | jq -c '[.affected[].path]'`: a CI matrix
"""


class Output(StrEnum):
    text = "text"
    json = "json"


def affected(
    before: Annotated[str, typer.Argument(metavar="FROM", help="A revision.")],
    after: Annotated[
        str | None,
        typer.Argument(metavar="TO", help="A revision; otherwise the files on disk."),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="GLOB", help="Of these folders alone.")
    ] = None,
    output: Annotated[Output, typer.Option("--output", "-o", help="What to write.")] = Output.text,
    root: Root = None,
    no_cache: NoCache = False,
    offline: Offline = False,
) -> None:
    """List the kustomizations that a change touches, by what each of them really reads."""
    source = find_source([], root)
    old, new = (open_tree(source, revision, offline=offline) for revision in (before, after))
    patterns = only or []
    total = len(kustomizations(new, patterns))
    with Renderer(open_store(not no_cache)) as renderer, progress("comparing", total) as advance:
        found = find_affected(renderer, old, new, patterns, advance)
    if output is Output.json:
        entries = [{"path": a.path, "change": a.change, "files": a.files} for a in found]
        write_json({"version": 1, "affected": entries})
        return
    for a in found:
        typer.echo(a.path or ".")
