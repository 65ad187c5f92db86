"""reconciler seal set"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from reconciler.cli.options import Root
from reconciler.cli.seal.confirmation import say_sealed_with, sealing_certificate
from reconciler.cli.seal.guard import leave_no_core
from reconciler.cli.seal.options import Fingerprint, SecretName, SecretOwner
from reconciler.cli.seal.put import say
from reconciler.cli.seal.values import ValueSources, values_from
from reconciler.cli.variables import SETTINGS
from reconciler.session.sealing import open_sealing_session

EXAMPLES = """**Examples**

`reconciler seal set prod/shop api password`: asks for the new value

`reconciler seal set prod/shop api tls.key --from-file key.pem`: takes it from a file
"""


def set_(
    target: SecretOwner,
    name: SecretName,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key of the value.")],
    from_file: Annotated[
        str | None,
        typer.Option(
            "--from-file",
            metavar="FILE",
            help="A file with the value; otherwise standard input, or what is typed.",
        ),
    ] = None,
    fingerprint: Fingerprint = None,
    root: Root = None,
) -> None:
    """Change one value of a SealedSecret, without knowing the others."""
    leave_no_core()
    from reconciler.sealing.put import SecretChange, existing, put

    place = open_sealing_session(SETTINGS, root)
    home = place.home(target)
    existing(place.tree, home, name)
    certificate = sealing_certificate(place, home.environment, fingerprint)
    if from_file is not None:
        sources = ValueSources(files=(f"{key}={from_file}",))
    elif sys.stdin and sys.stdin.isatty():
        sources = ValueSources(prompts=(key,))
    else:
        sources = ValueSources(stdin=key)
    with values_from(sources) as values:
        outcome = put(place.tree.root, home, SecretChange(name), values, certificate, place.memory)
    say(outcome)
    if outcome.sealed:
        say_sealed_with(certificate, home.environment.name)
