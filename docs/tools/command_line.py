"""Writes the reference of the command line to standard output, as the program describes itself."""

from __future__ import annotations

import html
import sys
from collections.abc import Iterator
from typing import Any

from reconciler.cli.group import CommandGroup
from reconciler.cli.help_pages import argument_rows, option_rows, usage
from reconciler.cli.program import program

HEAD = """# Command line

<!-- Written by docs/tools/command_line.py: make docs writes it again. -->

Exit codes, environment variables and limits are on [a page of their own](behaviour.md), and so
are [the shapes of the JSON output](json.md). In globs `*` and `?` stay within one name, `**` is
any number of folders and `[a-z]` is one of these characters; quote them, so that the shell
leaves them alone.
"""


def page() -> str:
    return "\n".join([HEAD, *sections(program(), "reconciler", None)])


def sections(command: Any, name: str, above: Any) -> Iterator[str]:
    """A section for this command, and one for each below it."""
    context = command.context_class(command, info_name=name.split()[-1], parent=above)
    yield f"## {name}\n"
    yield f"{command.help}\n"
    yield f"```text\n{usage(command, name)}\n```\n"
    all_rows = [*argument_rows(command), *option_rows(command, context)]
    rows = [row(*found) for found in all_rows if "--help" not in found[0]]
    if rows:
        yield "\n".join(["| | meaning |", "|---|---|", *rows]) + "\n"
    if command.epilog:
        yield f"{command.epilog.strip()}\n"
    if isinstance(command, CommandGroup):
        for child in command.list_commands(context):
            yield from sections(command.get_command(context, child), f"{name} {child}", context)


def row(names: str, meaning: str) -> str:
    said = html.escape(names.strip()).replace("|", "&#124;")  # Markdown has no other way in a table
    return f"| <code>{said}</code> | {meaning} |"


if __name__ == "__main__":
    sys.stdout.write(page())
