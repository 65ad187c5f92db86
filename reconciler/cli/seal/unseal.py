"""reconciler seal unseal"""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.fast_commands import write_out
from reconciler.cli.seal.guard import leave_no_core
from reconciler.cli.seal.options import Identity, ManifestForm
from reconciler.cli.seal.passphrase import private_keys
from reconciler.cli.seal.values import read_stdin
from reconciler.errors import UsageError
from reconciler.git.whole_files import read_file
from reconciler.yaml.read import is_json, read_documents
from reconciler.yaml.write import stream

EXAMPLES = """**Examples**

`reconciler seal unseal --keys keys.age environments/prod/shop/api.sealed.yaml`: with a backup

`kubectl get sealedsecret api -o yaml | reconciler seal unseal --keys key.pem -`: with a key in PEM
"""


def unseal_(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="SealedSecrets.")],
    keys: Annotated[
        list[str],
        typer.Option(
            "--keys", metavar="FILE", help="Private keys: PEM, their Secrets, or a backup of these."
        ),
    ],
    identity: Identity = None,
    output: Annotated[
        ManifestForm | None,
        typer.Option("--output", "-o", help="Output format; otherwise that of the input."),
    ] = None,
) -> None:
    """Open SealedSecrets with the private keys of the controller: for recovery only."""
    leave_no_core()
    from reconciler.sealing.recover import secret_of
    from reconciler.sealing.sealed_secret import is_sealed_secret, read_sealed_secret

    content = bytes(read_stdin() if file == "-" else read_file(file))
    documents = read_documents(content, "standard input" if file == "-" else file)
    sealed = [read_sealed_secret(d) for d in documents if is_sealed_secret(d.value)]
    if not sealed:
        raise UsageError(f"there is no SealedSecret in {documents[0].file if documents else file}")
    found = private_keys(keys, identity or ())
    form = output or (ManifestForm.json if is_json(documents[0].text) else ManifestForm.yaml)
    write_out(stream([secret_of(one, found) for one in sealed], form).encode())
