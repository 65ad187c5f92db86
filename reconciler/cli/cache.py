"""reconciler cache"""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.group import Commands
from reconciler.cli.options import Output
from reconciler.cli.output import write_json
from reconciler.cli.variables import SETTINGS
from reconciler.errors import CheckFailed
from reconciler.render.stores.disk import Stats
from reconciler.session.opened import open_store
from reconciler.text.markdown_lists import count

app = Commands("cache", "Look at the cache of finished renders, or empty it.")

MIB = 1 << 20


@app.command()
def stats(
    output: Annotated[Output, typer.Option("--output", "-o", help="Output format.")] = Output.text,
) -> None:
    """Show where the cache is and what it holds."""
    store = open_store(SETTINGS)
    found = store.stats()
    store.close()
    if output is Output.json:
        write_json({"version": 1, "cache": _as_json(found) if found else None})
        return
    if found is None:
        typer.echo("there is no cache")
        return
    typer.echo(f"location  {found.location}")
    _check(found)
    typer.echo(f"renders   {found.renders:,}")
    typer.echo(f"closures  {found.shapes:,}")
    limit = f" of {found.limit / MIB:,.0f}" if found.limit else ""
    typer.echo(f"size      {found.bytes / MIB:,.1f}{limit} MiB")


@app.command()
def prune(
    size: Annotated[
        int | None,
        typer.Option(metavar="MIB", min=0, help="Keep at most this much; 0 empties the cache."),
    ] = None,
) -> None:
    """Remove the renders that were used longest ago."""
    store = open_store(SETTINGS)
    found = store.stats()
    if found is not None:
        _check(found)
    dropped = store.prune(None if size is None else size * MIB)
    store.close()
    typer.echo(f"{count(dropped, 'render')} removed")


def _as_json(found: Stats) -> dict[str, object]:
    return {
        "location": found.location,
        "renders": found.renders,
        "closures": found.shapes,
        "bytes": found.bytes,
        "limit": found.limit or None,
        "problem": found.problem or None,
    }


def _check(found: Stats) -> None:
    if found.problem:
        raise CheckFailed(
            "the cache cannot be used, and renders go on without it", why=found.problem
        )
