"""reconciler promote approve"""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.options import Root
from reconciler.cli.promote.forge import ForgeKind, open_forge
from reconciler.cli.promote.place import the_repository
from reconciler.errors import UsageError

EXAMPLES = """**Examples**

`reconciler promote approve 3`: consent to request 3 of this repository
"""


def approve(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The request.")],
    forge: ForgeKind = "",
    root: Root = None,
) -> None:
    """Consent to a promotion whose request is kept in this repository, as it is now.

    It is your `user.name` of Git that consents.
    """
    from reconciler.forges.local import LocalForge

    repository = the_repository(root)
    with open_forge(repository.path, forge) as reached:
        if not isinstance(reached.forge, LocalForge):
            raise UsageError("the forge has reviews of its own", hint="approve it there")
        pull = reached.forge.pull(number)
        reached.forge.approve(pull)
    typer.echo(f"request {number} is approved at {pull.commit[:10]}")
