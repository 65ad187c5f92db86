"""reconciler seal migrate"""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.options import Root
from reconciler.cli.seal.confirmation import say_sealed_with, sealing_certificate
from reconciler.cli.seal.guard import leave_no_core
from reconciler.cli.seal.options import Fingerprint, Identity
from reconciler.cli.seal.passphrase import private_keys
from reconciler.cli.seal.put import say
from reconciler.cli.variables import SETTINGS
from reconciler.session.sealing import open_sealing_session

EXAMPLES = """**Examples**

`reconciler seal migrate stage prod --keys stage-keys.age --app shop`: the secrets of one app
"""


def migrate_(
    source: Annotated[
        str, typer.Argument(metavar="ENV_A", help="The environment that has the secrets.")
    ],
    target: Annotated[
        str, typer.Argument(metavar="ENV_B", help="The environment to seal them for.")
    ],
    keys: Annotated[
        list[str], typer.Option("--keys", metavar="FILE", help="The private keys of ENV_A.")
    ],
    identity: Identity = None,
    app: Annotated[
        str | None, typer.Option(metavar="APP", help="Only the secrets of this app.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace values that ENV_B has already.")
    ] = False,
    fingerprint: Fingerprint = None,
    root: Root = None,
) -> None:
    """Seal the secrets of one environment for another one, too, by the first one's private keys."""
    leave_no_core()
    from reconciler.sealing.migrate import migrate

    place = open_sealing_session(SETTINGS, root)
    to = place.environment(target)
    certificate = sealing_certificate(place, to, fingerprint)
    found = private_keys(keys, identity or ())
    for home in place.homes(f"{source}/{app}" if app else place.environment(source).name):
        if home.entry.app not in to.folders:
            typer.echo(f"{home.entry}: {target} does not run it")
            continue
        other = place.home(f"{target}/{home.entry.app}")
        outcomes = migrate(
            *(place.tree.root, home, other, found, certificate, place.memory), overwrite=overwrite
        )
        for outcome in outcomes:
            say(outcome)
    say_sealed_with(certificate, target)
