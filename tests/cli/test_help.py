"""What --help says, of every command: help.txt beside this has it all, 100 columns wide.

After a change, `UPDATE=1 pytest tests/cli/test_help.py` writes that file again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer import Context

from reconciler.cli.group import CommandGroup
from reconciler.cli.program import SECTIONS, Program, program, run
from tests.cli.conftest import Run

PAGES = Path(__file__).parent / "help.txt"


def commands(group: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield above
    if isinstance(group, CommandGroup):
        context = Context(group)
        for name in group.list_commands(context):
            yield from commands(group.get_command(context, name), (*above, name))


COMMANDS = list(commands(program()))


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


@pytest.mark.usefixtures("wide")
def test_the_help_of_every_command_is_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    pages = []
    for command in COMMANDS:
        assert run([*command, "--help"]) == 0
        pages.append(f"$ reconciler {' '.join([*command, '--help'])}\n{capsys.readouterr().out}")
    if os.environ.get("UPDATE"):
        PAGES.write_text("\n".join(pages))
    assert "\n".join(pages) == PAGES.read_text(), "UPDATE=1 writes help.txt again"


@pytest.mark.usefixtures("wide")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_holds_no_type_of_python_and_no_markup(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    run([*command, "--help"])
    page = capsys.readouterr().out
    assert not re.search(r"<(str|int|bool|float|list)|\*\*E|`|<=x|\[default|\[required", page)
    assert max(map(len, page.partition("\nExamples:")[0].splitlines())) <= 100


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert sorted(name for names in SECTIONS.values() for name in names) == sorted(Program.called)
    for command in COMMANDS:
        run([*command, "--help"])
        page = capsys.readouterr().out
        below = [c[-1] for c in COMMANDS if c[:-1] == command and c]
        assert [name for name in below if not re.search(rf"^  {name}  ", page, re.MULTILINE)] == []


@pytest.mark.parametrize("group", [c for c in COMMANDS if (*c, "apps") in COMMANDS or not c])
def test_a_group_without_a_command_shows_its_help(
    group: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*group]) == 0
    shown = capsys.readouterr().out
    run([*group, "--help"])
    assert shown == capsys.readouterr().out


def test_an_example_is_a_line_to_copy(typed: Run) -> None:
    lines = typed("diff", "--help").stdout.decode().splitlines()
    examples = lines[lines.index("Examples:") + 1 :]
    assert all(re.match(r"  (# |reconciler )|$", line) for line in examples)
    assert not [line for line in examples if line.endswith(":")]
