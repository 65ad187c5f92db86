"""reconciler argocd"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

COMMANDS = ("apps", "replay", "doctor")

EPILOG = """**Examples**

`reconciler argocd apps`: what Argo CD is to run, as files in environments/argocd

`reconciler argocd replay prod/gethrelay`: what Argo CD would be given for an app, or why not

`reconciler argocd doctor --context prod`: what makes an installation slow or unsafe
"""


class Commands(TyperGroup):
    """A command that is not called is not imported."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            module = import_module(f"reconciler.cli.argocd.{cmd_name}")
            one = typer.Typer(rich_markup_mode="markdown")
            one.command(cmd_name, epilog=module.EXAMPLES)(getattr(module, cmd_name))
            self.commands[cmd_name] = typer.main.get_command(one)
        return self.commands.get(cmd_name)


app = typer.Typer(
    help="Have Argo CD run the apps.", epilog=EPILOG, cls=Commands, no_args_is_help=True
)


@app.callback()
def _group() -> None:
    """Have Argo CD run the apps."""
