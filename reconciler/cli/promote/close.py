"""reconciler promote close"""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.options import ForgeKind, Root
from reconciler.cli.variables import SETTINGS
from reconciler.errors import UsageError
from reconciler.forges.forge import PullRequestState
from reconciler.promotion.promotion_request import target_of
from reconciler.session.forge import open_forge
from reconciler.session.repository import the_repository
from reconciler.text.markdown import prose

EXAMPLES = """**Examples**

`reconciler promote close 3 --reason 'not this week'`: the release is not proposed again by itself
"""


def close(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The request.")],
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why, as a comment on it.", show_default=False)
    ] = "",
    forge: ForgeKind = "",
    root: Root = None,
) -> None:
    """Close a request without merging it: that release is not proposed again but with `--again`."""
    with open_forge(SETTINGS, the_repository(root).path, forge) as reached:
        pull = reached.forge.pull(number)
        if pull.state is not PullRequestState.open:
            raise UsageError(f"request {number} is {pull.state}", hint="reconciler promote list")
        if not target_of(pull.branch):
            raise UsageError(f"request {number} is not a promotion", hint="close it in the forge")
        if reason.strip():
            reached.forge.say_once(pull, f"Closed: {prose(reason.strip())}")
        reached.forge.close(pull)
    typer.echo(f"request {number} is closed")
