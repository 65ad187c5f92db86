"""reconciler promote, and the same as `promote`"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

PROPOSE = "propose"

# The commands, each in a module of its own, and what they are called there.
COMMANDS = {
    PROPOSE: "promote",
    "rollback": "rollback",
    "approve": "approve",
    "merge": "merge_",
    "status": "status_",
    "history": "history_",
}

EPILOG = """**Examples**

`reconciler promote stage prod gethrelay`: the same as `reconciler promote propose …`

`reconciler promote status prod --why`: what the promotions to prod wait for

`reconciler promote history prod gethrelay`: what ran there when

From an environment that is called as one of the commands: `reconciler promote propose status prod`
"""


class Promoting(TyperGroup):
    """Without the name of a command it proposes a promotion."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in {*COMMANDS, "-h", "--help"}:
            args = [PROPOSE, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command that is not called is not imported."""
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            self.commands[cmd_name] = _command(cmd_name)
        return self.commands.get(cmd_name)


def _command(name: str) -> Any:
    module = import_module(f"reconciler.cli.promote.{name}")
    alone = typer.Typer(rich_markup_mode="markdown", add_completion=False)
    alone.command(name, epilog=module.EXAMPLES)(getattr(module, COMMANDS[name]))
    return typer.main.get_command(alone)


app = typer.Typer(
    name="promote",
    cls=Promoting,
    help="Bring what runs in one environment to the next, and see what that waits for. Without a "
    "command: `SOURCE TARGET [APP]...`, which is proposed.",
    epilog=EPILOG,
    rich_markup_mode="markdown",
    no_args_is_help=True,
)
