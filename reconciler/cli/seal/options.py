"""Options that several commands of sealing share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class ManifestForm(StrEnum):
    yaml = "yaml"
    json = "json"


ScopeOption = Annotated[
    str | None,
    typer.Option("--scope", metavar="SCOPE", help="strict, namespace-wide or cluster-wide."),
]
Namespace = Annotated[
    str | None,
    typer.Option("--namespace", "-n", metavar="NAME", help="The Secret's namespace."),
]
Keys = Annotated[
    list[str] | None,
    typer.Option(
        "--keys",
        metavar="FILE",
        help="Private keys: PEM, the Secrets that hold them, or a backup of these.",
    ),
]
Identity = Annotated[
    list[str] | None,
    typer.Option(
        "--identity", "-i", metavar="FILE", help="The age identity or SSH key that opens a backup."
    ),
]
Fingerprint = Annotated[
    str | None,
    typer.Option(
        "--fingerprint",
        metavar="SHA256:…",
        help="Seal only if this is the certificate. Without it, a clone asks before it seals with "
        "another one than before.",
    ),
]
ControllerOption = Annotated[
    str | None,
    typer.Option(
        "--controller", metavar="URL|NAMESPACE/NAME", help="The controller's address or service."
    ),
]
KubeconfigOption = Annotated[
    str | None,
    typer.Option("--kubeconfig", metavar="FILE", help="The kubeconfig, if not your own."),
]
ContextOption = Annotated[
    str | None,
    typer.Option(
        "--context",
        metavar="NAME",
        help="A context of the kubeconfig; otherwise that of the environment's cluster.",
    ),
]

SecretOwner = Annotated[str, typer.Argument(metavar="ENV/APP", help="The app.")]
SecretName = Annotated[str, typer.Argument(metavar="NAME", help="The name of the Secret.")]
