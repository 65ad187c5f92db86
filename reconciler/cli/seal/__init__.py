"""reconciler seal, and the same as `seal`"""

from __future__ import annotations

from itertools import takewhile
from typing import Any, ClassVar

import typer
from typer._click.shell_completion import CompletionItem

from reconciler.cli.group import LazyGroup
from reconciler.errors import UsageError

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
        begun = ctx.resilient_parsing and not args  # a shell asks what could be the first word
        return super().parse_args(ctx, args if begun else _completed(args))

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Apps as well, once something is typed that one could begin with."""
        from reconciler.cli.completions import words_called

        apps = words_called("ENV/APP", ctx, incomplete) if incomplete.strip("-") else []
        return super().shell_complete(ctx, incomplete) + [CompletionItem(app) for app in apps]


def _completed(arguments: list[str]) -> list[str]:
    first = arguments[0] if arguments else "-"
    if first in {*SealCommands.called, "-h", "--help"}:
        return arguments
    words = list(takewhile(lambda word: not word.startswith("-"), arguments))
    if len(words) > 2 and "/" not in first:
        raise UsageError(
            f"{first} is not an app of an environment", hint=f"write {first}/{words[1]}"
        )
    is_filter = first.startswith("-") and not ONLY_PUT & {a.partition("=")[0] for a in arguments}
    return [FILTER if is_filter else PUT, *arguments]


app = typer.Typer(
    name="seal",
    cls=SealCommands,
    help="Seal secrets for the controller of a cluster, so that they can be committed. Without a "
    "command: a Secret on standard input becomes a SealedSecret on standard output.",
    epilog=EPILOG,
)
