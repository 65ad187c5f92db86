"""Writes the reference of the command line to standard output, as the program describes itself."""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Iterator
from typing import Any

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
    listed = command.list_commands(context) if hasattr(command, "list_commands") else []
    below = {name: command.get_command(context, name) for name in listed}
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    words = [p.metavar if p.required else f"[{p.metavar}]" for p in arguments]
    usage = [name, "[OPTIONS]", *words, *(["COMMAND"] if below else [])]
    yield f"```text\n{' '.join(usage)}\n```\n"
    rows = [row(parameter, context) for parameter in command.params]
    if rows:
        yield "\n".join(["| | meaning |", "|---|---|", *rows]) + "\n"
    if command.epilog:
        yield f"{command.epilog.strip()}\n"
    for child in below:
        yield from sections(below[child], f"{name} {child}", context)


def row(parameter: Any, context: Any) -> str:
    names, said = parameter.get_help_record(context)
    names = html.escape(re.sub(r" <(str|list\[str])>", "", names))
    names = names.replace("|", "&#124;")  # Markdown has no other way to say it in a table
    return f"| <code>{names}</code> | {said.replace('  [', ' [')} |"


if __name__ == "__main__":
    sys.stdout.write(page())
