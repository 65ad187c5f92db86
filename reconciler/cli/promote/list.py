"""reconciler promote list"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from reconciler.cli.options import ForgeKind, Output, Root
from reconciler.cli.output import write_json
from reconciler.cli.promote.request_output import is_kept_here
from reconciler.cli.variables import SETTINGS
from reconciler.errors import printable
from reconciler.promotion.gates.statuses import waited_for
from reconciler.promotion.promotion_request import target_of
from reconciler.session.forge import open_forge
from reconciler.session.repository import the_repository
from reconciler.text.durations import length
from reconciler.text.suggestions import listing

EXAMPLES = """**Examples**

`reconciler promote list`: the requests that are open

`reconciler promote list prod -o json`: those to prod, for programs
"""


def list_(
    environment: Annotated[
        str, typer.Argument(metavar="ENV", help="Only requests to this environment.")
    ] = "",
    output: Annotated[Output, typer.Option("--output", "-o", help="What to write.")] = Output.text,
    forge: ForgeKind = "",
    root: Root = None,
) -> None:
    """List the open requests: what they do, state, age, where they are, and what they wait for.

    That is as their gates were last judged; `reconciler promote status` judges them now.
    """
    with open_forge(SETTINGS, the_repository(root).path, forge) as reached:
        ours = [pull for pull in reached.forge.open_pulls() if target_of(pull.branch)]
        found = [pull for pull in ours if environment in ("", target_of(pull.branch))]
        found.sort(key=lambda pull: pull.number)
        waits = {pull.number: waited_for(reached.forge.statuses(pull.commit)) for pull in found}
    if output is Output.json:
        write_json(
            {
                "version": 1,
                "requests": [
                    {
                        "number": pull.number,
                        "url": pull.url,
                        "title": pull.title,
                        "target": target_of(pull.branch),
                        "branch": pull.branch,
                        "author": pull.author,
                        "draft": pull.draft,
                        "created": pull.created.isoformat(),
                        "waits": waits[pull.number],
                    }
                    for pull in found
                ],
            }
        )
        return
    now = datetime.now(UTC)
    for pull in found:
        state = "draft" if pull.draft else "open"
        where = f"branch {pull.branch}" if is_kept_here(pull) else pull.url
        said = f"{pull.number}  {pull.title}  {state}  {length(now - pull.created)}  {where}"
        typer.echo(printable(said))
        typer.echo(printable(f"   {_waits_text(waits[pull.number])}"))
    if not found:
        typer.echo("no request is open")


def _waits_text(names: list[str] | None) -> str:
    if names is None:
        return "its gates were not judged yet"
    return f"waits for {listing(names)}, as last judged" if names else "all gates are open"
