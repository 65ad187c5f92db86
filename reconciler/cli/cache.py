"""reconciler cache"""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.settings import open_store
from reconciler.errors import CheckFailed
from reconciler.render.stores.disk import Stats

app = typer.Typer(help="Finished renders, kept for the next time.", no_args_is_help=True)

MIB = 1 << 20


@app.command()
def stats() -> None:
    """Show where the cache is and what it holds."""
    store = open_store()
    found = store.stats()
    store.close()
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
    """Drop the renders that were used longest ago."""
    store = open_store()
    found = store.stats()
    if found is not None:
        _check(found)
    count = store.prune(None if size is None else size * MIB)
    store.close()
    typer.echo(f"{count:,} renders dropped")


def _check(found: Stats) -> None:
    if found.problem:
        raise CheckFailed(
            "the cache cannot be used, and renders go on without it", why=found.problem
        )
