"""reconciler seal, as a filter"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import Annotated

import typer

from reconciler.cli.fast_commands import write_out
from reconciler.cli.options import Root
from reconciler.cli.output import console, show_note, show_rewritten
from reconciler.cli.seal.confirmation import (
    check_expected,
    say_sealed_with,
    sealing_certificate,
)
from reconciler.cli.seal.guard import leave_no_core
from reconciler.cli.seal.options import Fingerprint, ManifestForm, Namespace, ScopeOption
from reconciler.cli.seal.values import note_line_break, read_stdin
from reconciler.cli.variables import SETTINGS
from reconciler.errors import Place, UsageError
from reconciler.git.file_lock import only_writer
from reconciler.git.locate import find_root
from reconciler.git.whole_files import read_file, replace_file
from reconciler.sealing.scope import Scope
from reconciler.sealing.secret import (
    Secret,
    check_name,
    check_namespace,
    check_size,
    read_secret,
    wipe,
)
from reconciler.session.opened import open_memory
from reconciler.session.sealing import SealingSession, open_sealing_session, scope_called
from reconciler.yaml.read import Document, is_json, look_alikes, read_documents
from reconciler.yaml.write import stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.sealing.certificate import Certificate

EXAMPLES = """**Examples**

`reconciler seal --env prod < secret.yaml > secret.sealed.yaml`: for an environment here

`seal --cert https://HOST/v1/cert.pem -o json < secret.json`: with a certificate from elsewhere

`seal --cert cert.pem --merge-into api.sealed.yaml < secret.yaml`: into a file that is there

`seal --cert cert.pem --raw --name api --namespace shop < password`: one value alone
"""
CERTIFICATE = "SEALED_SECRETS_CERT"
FROM_STDIN = "standard input"


def filter_(
    cert: Annotated[
        str | None,
        typer.Option(
            "--cert",
            metavar="FILE|URL",
            help="The certificate to seal with; otherwise SEALED_SECRETS_CERT names it.",
        ),
    ] = None,
    env: Annotated[
        str | None,
        typer.Option(
            "--env", metavar="ENV", help="Use the certificate and the scope of this environment."
        ),
    ] = None,
    output: Annotated[
        ManifestForm | None,
        typer.Option(
            "--output", "--format", "-o", help="Output format; otherwise that of the input."
        ),
    ] = None,
    scope: ScopeOption = None,
    namespace: Namespace = None,
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="With --raw: the name of the Secret."),
    ] = None,
    secret_file: Annotated[
        str | None,
        typer.Option(
            "--secret-file", "-f", metavar="FILE", help="Read this and not standard input."
        ),
    ] = None,
    sealed_secret_file: Annotated[
        str | None,
        typer.Option(
            "--sealed-secret-file", "-w", metavar="FILE", help="Write this and not standard output."
        ),
    ] = None,
    merge_into: Annotated[
        str | None,
        typer.Option("--merge-into", metavar="FILE", help="Add to the SealedSecret of this file."),
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="The input is one value.")] = False,
    from_file: Annotated[
        str | None,
        typer.Option("--from-file", metavar="FILE", help="With --raw: the file with the value."),
    ] = None,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty-data", help="Take a Secret without values, too.")
    ] = False,
    fingerprint: Fingerprint = None,
    root: Root = None,
) -> None:
    """Seal Secrets from standard input to standard output, as kubeseal does."""
    leave_no_core()
    certificate, usual = _certificate(cert, env, fingerprint, root)
    wanted = scope_called(scope)
    content = _input(secret_file or (from_file if raw else None))
    try:
        if raw:
            _write(_raw(content, certificate, wanted or usual, namespace, name), sealed_secret_file)
            return
        documents = read_documents(bytes(content), secret_file or FROM_STDIN)
        secrets = [_secret(d, namespace, allow_empty) for d in documents]
        if not secrets:
            raise UsageError("there is no Secret on standard input", hint="kubectl create secret …")
        if merge_into:
            _merge(merge_into, secrets, certificate, wanted)
        else:
            form = output or (
                ManifestForm.json if is_json(documents[0].text) else ManifestForm.yaml
            )
            _write(_sealed(secrets, certificate, wanted, usual, form), sealed_secret_file)
        for secret in secrets:
            secret.clear()
    finally:
        wipe(content)


def _certificate(
    named: str | None, env: str | None, fingerprint: str | None, root: str | None
) -> tuple[Certificate, Scope | None]:
    """What to seal with, and the scope that goes without saying."""
    from reconciler.sealing.certificate import check_usable, read_certificate

    if named and env:
        raise UsageError("--cert and --env both name a certificate", hint="give one of them")
    if env:
        place: SealingSession = open_sealing_session(SETTINGS, root)
        environment = place.environment(env)
        certificate = sealing_certificate(place, environment, fingerprint)
        say_sealed_with(certificate, env)
        return certificate, Scope(environment.sealing.scope)
    named = named or os.environ.get(CERTIFICATE)
    if not named:
        raise UsageError(
            "no certificate to seal with is named",
            hint=f"--env ENV, or --cert FILE or URL, or {CERTIFICATE}",
        )
    certificate = read_certificate(_named(named), named)
    check_usable(certificate, named)
    if fingerprint:
        check_expected(certificate, fingerprint, named)
    return certificate, None


def _named(named: str) -> bytes:
    if named.startswith(("http://", "https://")):
        from reconciler.sealing.certificate_url import fetch

        return fetch(named)
    return bytes(read_file(named.removeprefix("file://")))


def _input(path: str | None) -> bytearray:
    if path and path != "-":
        return read_file(path)
    if sys.stdin and sys.stdin.isatty():
        console().print("waiting for a Secret on standard input; seal --help shows what there is")
    return read_stdin()


def _secret(document: Document, namespace: str | None, allow_empty: bool) -> Secret:
    for place in look_alikes(document):
        show_note("this is text here, and other programs may take it for true or false", place, "")
    secret = read_secret(document)
    if not secret.values and not allow_empty:
        raise document.error(
            (), f"the Secret {secret.name} holds no value", hint="--allow-empty-data takes it"
        )
    if namespace and secret.namespace not in ("", namespace):
        raise document.error(
            ("metadata", "namespace"),
            f"the Secret {secret.name} is in {secret.namespace}, and --namespace is {namespace}",
            hint="leave out one of the two",
        )
    if namespace:
        check_namespace(namespace, Place("--namespace"))
    return replace(secret, namespace=secret.namespace or namespace or "")


def _sealed(
    secrets: list[Secret],
    certificate: Certificate,
    scope: Scope | None,
    usual: Scope | None,
    form: ManifestForm,
) -> bytes:
    from reconciler.sealing.scope import scope_of
    from reconciler.sealing.seal import seal

    def of(secret: Secret) -> Scope:
        said = scope_of(secret.annotations)
        return scope or (said if said is not Scope.strict else usual or said)

    objects = [seal(secret, certificate, of(secret)).object() for secret in secrets]
    return stream(objects, form).encode()


def _raw(
    content: bytearray,
    certificate: Certificate,
    scope: Scope | None,
    namespace: str | None,
    name: str | None,
) -> bytes:
    from reconciler.sealing.envelope import seal_value

    scope = scope or Scope.strict
    if scope is Scope.strict and not name:
        raise UsageError("a strict value belongs to one Secret", hint="name it with --name")
    if scope is not Scope.cluster_wide and not namespace:
        raise UsageError(f"a {scope} value belongs to one namespace", hint="name it: --namespace")
    if name:
        check_name(name, Place("--name"))
    if namespace:
        check_namespace(namespace, Place("--namespace"))
    check_size({"": content}, None)
    note_line_break("the input", content)
    return seal_value(certificate.key, content, scope.context(namespace or "", name or "")).encode()


def _merge(path: str, secrets: list[Secret], certificate: Certificate, scope: Scope | None) -> None:
    from reconciler.sealing.merge_secrets import merge
    from reconciler.sealing.sealed_files import changed, read_file_of, write_file

    folder = os.path.dirname(os.path.abspath(path))
    memory = open_memory(SETTINGS, find_root(folder))
    for secret in secrets:
        with only_writer(folder):
            found = read_file_of(path, secret.name, alone=len(secrets) == 1)
            if scope and scope is not found.sealed.scope:
                raise UsageError(
                    f"{path} is sealed {found.sealed.scope}",
                    why="its other values could not be opened any more",
                    hint="seal all of it again, without --merge-into",
                )
            merged = merge(found.sealed, secret, certificate, memory)
            made = changed(found, merged)
            if write_file(path, made.content, found.content) and made.rewritten:
                show_rewritten(path, "")


def _write(content: bytes, path: str | None) -> None:
    if path is None:
        write_out(content)
        return
    before = bytes(read_file(path)) if os.path.exists(path) else None
    replace_file(path, content, before=before)
