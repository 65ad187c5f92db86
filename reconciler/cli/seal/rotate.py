"""reconciler seal rotate"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from reconciler.cli.fast_commands import write_out
from reconciler.cli.options import Root
from reconciler.cli.output import show_rewritten
from reconciler.cli.seal.cert import fetch_certificate
from reconciler.cli.seal.confirmation import sealing_certificate
from reconciler.cli.seal.guard import leave_no_core
from reconciler.cli.seal.options import (
    ContextOption,
    ControllerOption,
    Fingerprint,
    Identity,
    Keys,
    KubeconfigOption,
)
from reconciler.cli.seal.passphrase import private_keys
from reconciler.cli.seal.values import read_stdin
from reconciler.cli.variables import SETTINGS
from reconciler.errors import UsageError, UserError
from reconciler.sealing.sealed_secret import SealedSecret
from reconciler.session.sealing import SealingSession, open_sealing_session
from reconciler.session.sealing_controller import WantedCluster, open_controller

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.model.environment import Environment
    from reconciler.sealing.controller import Controller

EXAMPLES = """**Examples**

`reconciler seal rotate prod`: all secrets of prod, by its controller, for its newest key

`reconciler seal rotate prod --keys keys.age`: with the private keys, without the cluster

`reconciler seal rotate - --context prod < api.sealed.yaml`: as `kubeseal --re-encrypt` does
"""

STDIN = "standard input"
Again = Callable[[SealedSecret], SealedSecret]


def rotate_(
    env: Annotated[
        str,
        typer.Argument(
            metavar="ENV|-", help="The environment; - seals standard input to standard output."
        ),
    ],
    keys: Keys = None,
    identity: Identity = None,
    controller: ControllerOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    fingerprint: Fingerprint = None,
    root: Root = None,
) -> None:
    """Re-encrypt what is sealed for older certificates, with the newest one."""
    leave_no_core()
    wanted = WantedCluster(controller, kubeconfig, context)
    if env == "-":
        _filter(wanted)
        return
    place = open_sealing_session(SETTINGS, root)
    place.environment(env)
    if keys:
        _with_keys(place, env, keys, identity or [], fingerprint)
    else:
        _by_controller(place, env, wanted, fingerprint)


def _by_controller(
    place: SealingSession, env: str, wanted: WantedCluster, fingerprint: str | None
) -> None:
    from reconciler.sealing.rotate import check_same, rotate_by_controller

    environment = place.environment(env)
    with _controller(wanted, environment) as controller:
        certificate = fetch_certificate(place, environment, controller, wanted, fingerprint)

        def again(sealed: SealedSecret) -> SealedSecret:
            made = rotate_by_controller(sealed, controller, certificate, place.memory)
            if made is not sealed:
                check_same(controller.certificate(), certificate, env)
            return made

        _all(place, env, again)


def _controller(wanted: WantedCluster, environment: Environment) -> Controller:
    try:
        return open_controller(SETTINGS, wanted, environment)
    except UserError as e:
        e.hint = ", or ".join(filter(None, (e.hint, "rotate without the cluster, by --keys FILE")))
        raise


def _with_keys(
    place: SealingSession, env: str, keys: list[str], identities: list[str], fingerprint: str | None
) -> None:
    from reconciler.sealing.rotate import rotate_by_keys

    certificate = sealing_certificate(place, place.environment(env), fingerprint)
    found = private_keys(keys, identities)
    _all(place, env, lambda sealed: rotate_by_keys(sealed, found, certificate, place.memory))


def _all(place: SealingSession, env: str, again: Again) -> None:
    """Each SealedSecret of the environment, and its certificates in the end."""
    from reconciler.sealing.certificates import drop_unused
    from reconciler.sealing.sealed_files import rotate_file, sealed_in

    for home in place.homes(env):
        paths = dict.fromkeys(f.path for f in sealed_in(place.tree, home.entry.folder))
        for path in paths:
            made = rotate_file(place.tree.root, home, path, again)
            count = made.count
            typer.echo(f"{path}: {count} sealed again" if count else f"{path}: nothing to do")
            if made.rewritten:
                show_rewritten(path, "")
    dropped = drop_unused(place.tree.root, place.environment(env), place.homes(env))
    for certificate in dropped:
        typer.echo(f"{certificate.fingerprint} is no longer used, and was removed")


def _filter(wanted: WantedCluster) -> None:
    from reconciler.sealing.digest_memory import NoDigests
    from reconciler.sealing.rotate import rotate_by_controller
    from reconciler.sealing.sealed_files import rotated

    content = bytes(read_stdin())
    with open_controller(SETTINGS, wanted, None) as controller:
        certificate = controller.certificate()
        made = rotated(
            content,
            STDIN,
            lambda sealed: rotate_by_controller(sealed, controller, certificate, NoDigests()),
        )
    if not made.count and b"SealedSecret" not in content:
        raise UsageError("there is no SealedSecret on standard input")
    write_out(made.content)
    if made.rewritten:
        show_rewritten(STDIN, "")
