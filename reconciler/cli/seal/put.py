"""reconciler seal put"""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.options import Root
from reconciler.cli.output import show_rewritten
from reconciler.cli.seal.confirmation import say_sealed_with, sealing_certificate
from reconciler.cli.seal.guard import leave_no_core
from reconciler.cli.seal.options import Fingerprint, Namespace, ScopeOption
from reconciler.cli.seal.values import ValueSources, values_from
from reconciler.cli.variables import SETTINGS
from reconciler.errors import UsageError
from reconciler.session.sealing import open_sealing_session, scope_called

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.sealing.put import SealOutcome

EXAMPLES = """**Examples**

`reconciler seal prod/shop api --prompt password`: asks for the value

`reconciler seal prod/shop api --from-env-file api.env --from-file tls.key=key.pem`: from files

`pass show shop | reconciler seal prod/shop api --from-stdin password`: from another program

`reconciler seal --all-envs shop api --edit`: in an editor, for each environment that runs shop
"""


def put_(
    target: Annotated[
        str, typer.Argument(metavar="ENV/APP", help="The app; with --all-envs only its name.")
    ],
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the Secret.")],
    from_file: Annotated[
        list[str] | None,
        typer.Option(
            "--from-file",
            metavar="[KEY=]FILE",
            help="A file with the value; its name is the key if none is given.",
        ),
    ] = None,
    from_env_file: Annotated[
        list[str] | None,
        typer.Option(
            "--from-env-file", metavar="FILE", help="A file with values, as lines KEY=VALUE."
        ),
    ] = None,
    from_stdin: Annotated[
        str | None,
        typer.Option(
            "--from-stdin", metavar="KEY", help="Read the value of this key from standard input."
        ),
    ] = None,
    prompt: Annotated[
        list[str] | None,
        typer.Option("--prompt", metavar="KEY", help="Ask for the value of this key."),
    ] = None,
    edit: Annotated[
        bool, typer.Option("--edit", help="Write the values in an editor; they are on no disk.")
    ] = False,
    unsafe_literal: Annotated[
        list[str] | None,
        typer.Option(
            "--unsafe-literal",
            metavar="KEY=VALUE",
            help="A value that is not secret: others can see a program's arguments.",
        ),
    ] = None,
    type_: Annotated[
        str | None,
        typer.Option(
            "--type", metavar="TYPE", help="The type of the Secret, such as kubernetes.io/tls."
        ),
    ] = None,
    namespace: Namespace = None,
    scope: ScopeOption = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove the keys that are not given.")
    ] = False,
    reseal: Annotated[
        bool, typer.Option("--reseal", help="Seal unchanged values again, too.")
    ] = False,
    all_envs: Annotated[
        bool, typer.Option("--all-envs", help="Seal it in every environment that runs the app.")
    ] = False,
    fingerprint: Fingerprint = None,
    root: Root = None,
) -> None:
    """Put values into a secret of an app. Those that are unchanged keep their bytes."""
    leave_no_core()
    from reconciler.sealing.put import SecretChange, put
    from reconciler.sealing.secret import check_name

    check_name(name)
    place = open_sealing_session(SETTINGS, root)
    homes = place.homes(target) if all_envs else [place.home(target)]
    sources = ValueSources(
        tuple(from_file or ()),
        tuple(from_env_file or ()),
        from_stdin,
        tuple(prompt or ()),
        tuple(unsafe_literal or ()),
        edit,
    )
    if sources == ValueSources():
        raise UsageError(
            "no value is given", hint="--prompt KEY asks for one; seal put --help shows more"
        )
    # All of them or none.
    certificates = [sealing_certificate(place, home.environment, fingerprint) for home in homes]
    template = {"type": type_} if type_ else {}
    wish = SecretChange(name, namespace, scope_called(scope), template, prune, reseal)
    with values_from(sources) as values:
        for home, certificate in zip(homes, certificates, strict=True):
            outcome = put(place.tree.root, home, wish, values, certificate, place.memory)
            say(outcome)
            if outcome.sealed:
                say_sealed_with(certificate, home.environment.name)


def say(outcome: SealOutcome) -> None:
    """A line for each file; values are never shown."""
    words = [
        f"{' '.join(keys)} {what}"
        for keys, what in (
            (outcome.sealed, "sealed"),
            (outcome.kept, "unchanged"),
            (outcome.removed, "removed"),
        )
        if keys
    ]
    typer.echo(f"{outcome.path}: {', '.join(words) or 'nothing to do'}")
    for file in outcome.files:
        if file != outcome.path:
            typer.echo(f"{file}: names it now")
    for file in outcome.rewritten:
        show_rewritten(file, "")
