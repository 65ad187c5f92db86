"""Options that several commands share."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

import typer

from reconciler.errors import UsageError
from reconciler.forges.forge import KINDS
from reconciler.model.notations import span

Root = Annotated[
    str | None,
    typer.Option(
        "--root",
        metavar="DIR",
        help="The repository to work in; otherwise the one that you are in, or that holds PATH. "
        "Nothing outside of it is read.",
        show_default=False,
    ),
]


ForgeKind = Annotated[
    str,
    typer.Option(
        "--forge",
        metavar="KIND",
        envvar="RECONCILER_FORGE",
        help=f"{', '.join(KINDS)}; otherwise what the URL of origin means. `local` keeps requests "
        "in this repository.",
        show_default=False,
    ),
]


class Output(StrEnum):
    text = "text"
    json = "json"


class DataOutput(StrEnum):
    """For people, or as one document for programs."""

    text = "text"
    json = "json"
    yaml = "yaml"


DataOutputOption = Annotated[DataOutput, typer.Option("--output", "-o", help="Output format.")]


def read_span(text: str) -> timedelta:
    """The value of an option that is a time."""
    try:
        return span(text)
    except ValueError as e:
        raise UsageError(str(e)) from None


class LogFormat(StrEnum):
    json = "json"
    text = "text"


LogFormatOption = Annotated[LogFormat, typer.Option("--log-format", help="How to write the log.")]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Do not use the cache of finished renders.")
]
Offline = Annotated[
    bool, typer.Option("--offline", help="Fetch no pinned commit that this clone lacks.")
]

WebhookAddress = Annotated[
    str,
    typer.Option(
        "--http",
        metavar="HOST:PORT",
        help="Where to answer /webhook, for the forge; otherwise nowhere.",
    ),
]
MetricsAddress = Annotated[
    str,
    typer.Option(
        "--metrics",
        metavar="HOST:PORT",
        help="Where to answer /healthz, /readyz and /metrics, for the cluster that it runs in; "
        "otherwise nowhere.",
    ),
]
WebhookSecretFile = Annotated[
    str,
    typer.Option(
        "--webhook-secret-file",
        metavar="FILE",
        help="A file with the secret of the webhooks; or set RECONCILER_WEBHOOK_SECRET.",
        show_default=False,
    ),
]
