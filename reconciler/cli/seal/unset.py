"""reconciler seal unset"""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.options import Root
from reconciler.cli.seal.options import SecretName, SecretOwner
from reconciler.cli.seal.put import say
from reconciler.cli.variables import SETTINGS
from reconciler.session.sealing import open_sealing_session

EXAMPLES = """**Examples**

`reconciler seal unset prod/shop api old-password`: one key less
"""


def unset_(
    target: SecretOwner,
    name: SecretName,
    keys: Annotated[list[str], typer.Argument(metavar="KEY", help="The keys to remove.")],
    root: Root = None,
) -> None:
    """Remove keys from a SealedSecret."""
    from reconciler.sealing.put import remove

    place = open_sealing_session(SETTINGS, root)
    say(remove(place.tree.root, place.home(target), name, frozenset(keys)))
