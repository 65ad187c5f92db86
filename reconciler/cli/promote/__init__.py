"""reconciler promote, and the same as `promote`"""

from __future__ import annotations

from typing import Any, ClassVar

import typer

from reconciler.cli.group import LazyGroup

PROPOSE = "propose"

EPILOG = """**Examples**

`reconciler promote stage prod gethrelay`: the same as `reconciler promote propose …`

`reconciler promote status prod --why`: what the promotions to prod wait for

`reconciler promote history prod gethrelay`: what ran there when

From an environment that is called as one of the commands: `reconciler promote propose status prod`
"""


class PromoteCommands(LazyGroup):
    """Without the name of a command it proposes a promotion."""

    package = __name__
    called: ClassVar = {
        PROPOSE: "promote",
        "rollback": "rollback",
        "list": "list_",
        "show": "show",
        "approve": "approve",
        "merge": "merge_",
        "close": "close",
        "status": "status_",
        "history": "history_",
    }

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.called, "-h", "--help"}:
            args = [PROPOSE, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    name="promote",
    cls=PromoteCommands,
    help="Bring what runs in one environment to the next, and see what that waits for. Without a "
    "command: `SOURCE TARGET [APP]...`, which is proposed.",
    epilog=EPILOG,
    no_args_is_help=True,
)
