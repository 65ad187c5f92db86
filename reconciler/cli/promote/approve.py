"""reconciler promote approve"""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.options import ForgeKind, Output, Root
from reconciler.cli.output import write_json
from reconciler.cli.variables import SETTINGS
from reconciler.errors import UsageError
from reconciler.forges.forge import PullRequestState
from reconciler.session.forge import open_forge
from reconciler.session.repository import the_repository

EXAMPLES = """**Examples**

`reconciler promote approve 3`: approve request 3 of this repository
"""


def approve(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The request.")],
    output: Annotated[Output, typer.Option("--output", "-o", help="What to write.")] = Output.text,
    forge: ForgeKind = "",
    root: Root = None,
) -> None:
    """Approve a request of the local forge, as it is now.

    You are who Git says in this clone: `git config user.name`. Nobody approves what they opened.
    """
    from reconciler.forges.local import LocalForge

    repository = the_repository(root)
    with open_forge(SETTINGS, repository.path, forge) as reached:
        local, pull = reached.forge, reached.forge.pull(number)
        if not isinstance(local, LocalForge):
            raise UsageError("the forge has reviews of its own", hint=f"approve it at {pull.url}")
        if pull.state is not PullRequestState.open:
            raise UsageError(f"request {number} is {pull.state}", hint="reconciler promote list")
        if local.user().casefold() == pull.author.casefold():
            raise UsageError(
                f"{pull.author} opened request {number}, and cannot approve it",
                why="you are who Git says: git config user.name",
                hint=f"somebody else runs reconciler promote approve {number}",
            )
        local.approve(pull)
    if output is Output.json:
        who = {"approved_by": local.user(), "commit": pull.commit}
        write_json({"version": 1, "number": number, **who})
    else:
        typer.echo(f"request {number} is approved by {local.user()} at {pull.commit[:10]}")
