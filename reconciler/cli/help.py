"""reconciler help"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from reconciler.cli.group import CommandGroup

EXAMPLES = """**Examples**

`reconciler help`: all commands

`reconciler help promote status`: the same as `reconciler promote status --help`
"""


def help_(
    context: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="COMMAND", help="Which one; otherwise all.")
    ] = None,
) -> None:
    """Show what there is, or how a command is used."""
    about: Any = context.find_root()
    for word in words or []:
        command = about.command
        if not isinstance(command, CommandGroup):
            context.fail(f"{about.command_path} has no commands")
        below: Any = command.resolve_command(about, [word])[1]
        about = below.context_class(below, info_name=word, parent=about)
    typer.echo(about.get_help())
