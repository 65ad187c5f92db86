"""reconciler seal cert"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from reconciler.cli.fast_commands import write_out
from reconciler.cli.group import Commands
from reconciler.cli.options import Output, Root
from reconciler.cli.output import show_warning, write_json
from reconciler.cli.seal.confirmation import check_expected, sealing_certificate
from reconciler.cli.seal.options import ContextOption, ControllerOption, KubeconfigOption
from reconciler.cli.seal.values import read_stdin
from reconciler.cli.variables import SETTINGS
from reconciler.git.whole_files import read_file
from reconciler.session.sealing import SealingSession, open_sealing_session
from reconciler.session.sealing_controller import WantedCluster, open_controller

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.model.environment import Environment
    from reconciler.sealing.certificate import Certificate
    from reconciler.sealing.controller import Controller

FETCH_EXAMPLES = """**Examples**

`reconciler seal cert fetch prod`: into environments/prod/sealing-cert.pem

`reconciler seal cert fetch prod --controller http://127.0.0.1:8080`: through a forwarded port

`reconciler seal cert fetch > cert.pem`: of the current context, to standard output
"""
ADD_EXAMPLES = """**Examples**

`reconciler seal cert add prod prod.pem`: a file that somebody took from the controller

`kubeseal --fetch-cert | reconciler seal cert add prod -`: from standard input
"""
CONFIRM_EXAMPLES = """**Examples**

`reconciler seal cert confirm prod SHA256:…`: without the cluster, after a renewal
"""
SHOW_EXAMPLES = """**Examples**

`reconciler seal cert show prod`: fingerprint, size, age and expiry of each

`reconciler seal cert show prod -o json`: the same, for programs
"""

app = Commands("cert", "Manage the certificates that secrets are sealed with.")


@app.command("fetch", epilog=FETCH_EXAMPLES)
def fetch(
    env: Annotated[
        str | None,
        typer.Argument(metavar="ENV", help="The environment; otherwise to standard output."),
    ] = None,
    fingerprint: Annotated[
        str | None,
        typer.Option(metavar="SHA256:…", help="Take it only if it has this fingerprint."),
    ] = None,
    controller: ControllerOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    root: Root = None,
) -> None:
    """Take the newest certificate from the controller; older ones stay until nothing needs them."""
    wanted = WantedCluster(controller, kubeconfig, context)
    if env is None:
        with open_controller(SETTINGS, wanted, None) as found:
            write_out(_asked(found, fingerprint).pem.encode())
        return
    place = open_sealing_session(SETTINGS, root)
    environment = place.environment(env)
    with open_controller(SETTINGS, wanted, environment) as found:
        fetch_certificate(place, environment, found, wanted, fingerprint)


@app.command("add", epilog=ADD_EXAMPLES)
def add(
    env: Annotated[str, typer.Argument(metavar="ENV", help="The environment.")],
    file: Annotated[
        str, typer.Argument(metavar="FILE|-", help="A certificate in PEM, or standard input.")
    ],
    root: Root = None,
) -> None:
    """Add a certificate from a file, without the cluster. The newest seals; older ones stay."""
    from reconciler.sealing.certificate import check_usable, read_certificate
    from reconciler.sealing.certificates import certificates_of

    place = open_sealing_session(SETTINGS, root)
    environment = place.environment(env)
    name = "standard input" if file == "-" else file
    added = read_certificate(bytes(read_stdin() if file == "-" else read_file(file)), name)
    check_usable(added, name)
    _say_added(place, environment, added)
    newest = certificates_of(place.tree, environment).newest
    if newest.fingerprint != added.fingerprint:
        show_warning(f"it is older than {newest.fingerprint}, and the newer one seals")


@app.command("confirm", epilog=CONFIRM_EXAMPLES)
def confirm(
    env: Annotated[str, typer.Argument(metavar="ENV", help="The environment.")],
    fingerprint: Annotated[
        str,
        typer.Argument(
            metavar="SHA256:…", help="The fingerprint, from somebody who asked the controller."
        ),
    ],
    root: Root = None,
) -> None:
    """Let this clone seal with another certificate than before."""
    place = open_sealing_session(SETTINGS, root)
    sealing_certificate(place, place.environment(env), fingerprint)


@app.command("show", epilog=SHOW_EXAMPLES)
def show(
    env: Annotated[str, typer.Argument(metavar="ENV", help="The environment.")],
    output: Annotated[Output, typer.Option("--output", "-o", help="What to write.")] = Output.text,
    root: Root = None,
) -> None:
    """Show the certificates of an environment, the newest first."""
    from reconciler.sealing.as_json import certificate_document
    from reconciler.sealing.certificates import certificates_of

    place = open_sealing_session(SETTINGS, root)
    found = certificates_of(place.tree, place.environment(env))
    now = datetime.now(UTC)
    if output is Output.json:
        documents = [certificate_document(certificate) for certificate in found.all]
        write_json({"version": 1, "environment": env, "certificates": documents})
        found.usable()
        return
    for certificate in found.all:
        typer.echo(
            f"{certificate.fingerprint}  {certificate.bits} bits, "
            f"since {certificate.not_before:%Y-%m-%d} ({certificate.age(now).days} days), "
            f"until {certificate.not_after:%Y-%m-%d}"
        )
    found.usable()


def fetch_certificate(
    place: SealingSession,
    environment: Environment,
    controller: Controller,
    wanted: WantedCluster,
    fingerprint: str | None = None,
) -> Certificate:
    """The controller's certificate, which the environment's file now holds."""
    from reconciler.sealing.certificates import check_seals

    newest = _asked(controller, fingerprint)
    if fingerprint or not wanted.is_named_by_files(environment):
        place.confirmed.add(environment.name, newest)
    place.confirmed.check(environment.name, newest, controller.name)
    _say_added(place, environment, newest)
    check_seals(place.tree.root, environment, newest)
    return newest


def _say_added(place: SealingSession, environment: Environment, certificate: Certificate) -> None:
    from reconciler.sealing.certificates import add_certificate

    path, is_new = add_certificate(place.tree.root, environment, certificate)
    shown = os.path.relpath(os.path.join(place.tree.root, path))
    typer.echo(f"{shown}: {certificate.fingerprint} {'is new' if is_new else 'is there already'}")


def _asked(controller: Controller, fingerprint: str | None) -> Certificate:
    from reconciler.sealing.certificate import check_usable

    newest = controller.certificate()
    check_usable(newest, controller.name)
    if fingerprint:
        check_expected(newest, fingerprint, "the controller's certificate")
    return newest
