"""reconciler seal, and the same as `seal`"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

FILTER, PUT = "filter", "put"
ONLY_PUT = {
    *("--all-envs", "--prune", "--reseal", "--type"),
    *("--edit", "--prompt", "--from-env-file", "--from-stdin", "--unsafe-literal"),
}

# The commands, each in a module of its own.
COMMANDS = {
    FILTER: "filter",
    PUT: "put",
    "set": "change",
    "unset": "change",
    "status": "status",
    "verify": "verify",
    "rotate": "rotate",
    "migrate": "migrate",
    "unseal": "unseal",
    "cert": "cert",
    "keys": "keys",
}

EPILOG = """**Examples**

`kubectl create secret generic api --from-file=key --dry-run=client -o yaml | reconciler seal --env
prod > api.sealed.yaml`: as kubeseal does

`reconciler seal prod/shop api --prompt password`: the same as `reconciler seal put …`

`reconciler seal --all-envs shop api --from-file tls.key`: in every environment that runs the app
"""


class Sealing(TyperGroup):
    """Without the name of a command it is a filter, or with an app the command `put`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, _completed(args))

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command that is not called is not imported."""
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            self.commands[cmd_name] = _command(cmd_name)
        return self.commands.get(cmd_name)


def _command(name: str) -> Any:
    module = import_module(f"reconciler.cli.seal.{COMMANDS[name]}")
    if hasattr(module, "app"):
        return typer.main.get_group(module.app)
    alone = typer.Typer(rich_markup_mode="markdown", add_completion=False)
    examples = getattr(module, f"{name.upper()}_EXAMPLES")
    alone.command(name, epilog=examples)(getattr(module, f"{name}_"))
    return typer.main.get_command(alone)


def _completed(arguments: list[str]) -> list[str]:
    first = arguments[0] if arguments else "-"
    if first in {*COMMANDS, "-h", "--help"}:
        return arguments
    is_filter = first.startswith("-") and not ONLY_PUT & {a.partition("=")[0] for a in arguments}
    return [FILTER if is_filter else PUT, *arguments]


app = typer.Typer(
    name="seal",
    cls=Sealing,
    help="Seal secrets for the controller of a cluster, so that they may lie in Git. Without a "
    "command: a Secret on standard input becomes a SealedSecret on standard output.",
    epilog=EPILOG,
    rich_markup_mode="markdown",
)
