"""reconciler seal, and the same as `seal`"""

from __future__ import annotations

from typing import Any, ClassVar

import typer

from reconciler.cli.group import LazyGroup

FILTER, PUT = "filter", "put"
ONLY_PUT = {
    *("--all-envs", "--prune", "--reseal", "--type"),
    *("--edit", "--prompt", "--from-env-file", "--from-stdin", "--unsafe-literal"),
}

EPILOG = """**Examples**

`kubectl create secret generic api --from-file=key --dry-run=client -o yaml | reconciler seal --env
prod > api.sealed.yaml`: as kubeseal does

`reconciler seal prod/shop api --prompt password`: the same as `reconciler seal put …`

`reconciler seal --all-envs shop api --from-file tls.key`: in every environment that runs the app
"""


class SealCommands(LazyGroup):
    """Without the name of a command it is a filter, or with an app the command `put`."""

    package = __name__
    called: ClassVar = {
        FILTER: "filter_",
        PUT: "put_",
        "set": "set_",
        "unset": "unset_",
        "status": "status_",
        "verify": "verify_",
        "rotate": "rotate_",
        "migrate": "migrate_",
        "unseal": "unseal_",
        "cert": "app",
        "keys": "app",
    }

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, _completed(args))


def _completed(arguments: list[str]) -> list[str]:
    first = arguments[0] if arguments else "-"
    if first in {*SealCommands.called, "-h", "--help"}:
        return arguments
    is_filter = first.startswith("-") and not ONLY_PUT & {a.partition("=")[0] for a in arguments}
    return [FILTER if is_filter else PUT, *arguments]


app = typer.Typer(
    name="seal",
    cls=SealCommands,
    help="Seal secrets for the controller of a cluster, so that they may lie in Git. Without a "
    "command: a Secret on standard input becomes a SealedSecret on standard output.",
    epilog=EPILOG,
    rich_markup_mode="markdown",
)
