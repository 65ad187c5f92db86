"""Help as it is printed: plain words in columns, and examples that can be copied."""

from __future__ import annotations

import inspect
import re
import shutil
import textwrap
from dataclasses import dataclass
from enum import Enum

import typer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

MAX_WIDTH = 100
MAX_COLUMN = 36  # what is wider has its meaning on the next line
COMMAND_FIRST = re.compile(r"`([^`]+)`(?:: (.+))?")
COMMAND_LAST = re.compile(r"(.+): `([^`]+)`")

Row = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Example:
    """A command, and what it is for."""

    command: str
    meaning: str


def help_text(command: Any, context: Any) -> str:
    """All that `--help` says of a command."""
    width = min(shutil.get_terminal_size().columns, MAX_WIDTH)
    return "\n\n".join(block for block in _blocks(command, context, width) if block)


def _blocks(command: Any, context: Any, width: int) -> Iterator[str]:
    for paragraph in _paragraphs(command.help or ""):
        yield textwrap.fill(plain(paragraph), width)
    yield _section("Usage", [f"  {usage(command, context.command_path)}"])
    yield _section("Arguments", _columns(argument_rows(command), width))
    for title, rows in command_rows(command, context):
        yield _section(title, _columns(rows, width))
    yield _section("Options", _columns(option_rows(command, context), width))
    examples, remarks = examples_of(command.epilog or "")
    yield _section("Examples", _example_lines(examples, width))
    for remark in remarks:
        yield textwrap.fill(plain(remark), width)


def usage(command: Any, name: str) -> str:
    words = [_argument_usage(p) for p in _arguments(command)]
    if _commands(command):
        words.append("COMMAND")
    return " ".join([name, *words, "[OPTIONS]"])


def argument_rows(command: Any) -> list[Row]:
    return [(p.metavar, p.help or "") for p in _arguments(command)]


def option_rows(command: Any, context: Any) -> list[Row]:
    options = [p for p in command.get_params(context) if p.param_type_name == "option"]
    return [(_option_names(p), _option_meaning(p)) for p in options if not p.hidden]


def command_rows(command: Any, context: Any) -> Iterator[tuple[str, list[Row]]]:
    """The commands of a group by what they are for, each with the first line of its help."""
    for title, names in _commands(command).items():
        below = [(name, command.get_command(context, name)) for name in names]
        yield title, [(name, _summary(c.help or "")) for name, c in below]


def examples_of(epilog: str) -> tuple[list[Example], list[str]]:
    """The examples under a command, and what else is said there."""
    examples, remarks = [], []
    for paragraph in _paragraphs(epilog)[1:]:
        if found := COMMAND_FIRST.fullmatch(paragraph):
            examples.append(Example(found[1], found[2] or ""))
        elif found := COMMAND_LAST.fullmatch(paragraph):
            examples.append(Example(found[2], found[1]))
        else:
            remarks.append(paragraph)
    return examples, remarks


def plain(text: str) -> str:
    """Without the marks of Markdown."""
    return text.replace("`", "")


def _paragraphs(text: str) -> list[str]:
    found = inspect.cleandoc(text).split("\n\n")
    return [" ".join(paragraph.split()) for paragraph in found if paragraph.strip()]


def _summary(text: str) -> str:
    first = next(iter(_paragraphs(text)), "")
    return plain(first.partition(". ")[0].removesuffix("."))


def _arguments(command: Any) -> list[Any]:
    return [p for p in command.params if p.param_type_name == "argument" and not p.hidden]


def _argument_usage(argument: Any) -> str:
    many = "..." if argument.nargs != 1 else ""
    return f"{argument.metavar}{many}" if argument.required else f"[{argument.metavar}]{many}"


def _commands(command: Any) -> dict[str, Sequence[str]]:
    found: dict[str, Sequence[str]] = command.sections() if hasattr(command, "sections") else {}
    return found


def _option_names(option: Any) -> str:
    short = [name for name in option.opts if not name.startswith("--")]
    long = [name for name in option.opts if name.startswith("--")]
    names = ", ".join([*short, *long]) if short else f"    {', '.join(long)}"
    value = _value(option)
    return f"{names} {value}" if value else names


def _value(option: Any) -> str:
    if option.is_flag:
        return ""
    if option.metavar:
        return str(option.metavar)
    kind = option.type_descriptor.annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "|".join(str(member.value) for member in kind)
    return "NUMBER" if kind in (int, float) else "TEXT"


def _option_meaning(option: Any) -> str:
    """What it is for, with what else somebody has to know of its value."""
    said = plain(option.help or "")
    extra = [*_range(option), *_default(option)]
    if option.envvar:
        extra.append(f"variable: {option.envvar}")
    return f"{said} ({'; '.join(extra)})" if extra else said


def _range(option: Any) -> Iterable[str]:
    low, high = option.min, option.max
    if low is not None and high is not None:
        yield f"{low} to {high}"
    elif low and isinstance(low, int):
        yield f"at least {low}"


def _default(option: Any) -> Iterable[str]:
    value = option.default
    if option.is_flag or not option.show_default or value in (None, "", [], ()):
        return
    if isinstance(value, Enum):
        value = value.value
    yield f"default: {value:g}" if isinstance(value, float) else f"default: {value}"


def _section(title: str, lines: Sequence[str]) -> str:
    return "\n".join([typer.style(f"{title}:", bold=True), *lines]) if lines else ""


def _columns(rows: Sequence[Row], width: int) -> list[str]:
    widths = [len(name) for name, _ in rows]
    column = max((w for w in widths if w <= MAX_COLUMN), default=0)
    return [line for row in rows for line in _row(*row, column, width)]


def _row(name: str, meaning: str, column: int, width: int) -> Iterator[str]:
    first, *rest = textwrap.wrap(meaning, width - column - 4) or [""]
    styled = typer.style(name, fg="cyan")
    if len(name) > column:
        yield f"  {styled}"
        yield f"{'':{column + 4}}{first}"
    else:
        yield f"  {styled}{'':{column - len(name)}}  {first}".rstrip()
    for line in rest:
        yield f"{'':{column + 4}}{line}"


def _example_lines(examples: Sequence[Example], width: int) -> list[str]:
    lines: list[str] = []
    for example in examples:
        if lines:
            lines.append("")
        if example.meaning:
            meaning = textwrap.wrap(plain(example.meaning), width - 4)
            lines += [typer.style(f"  # {line}", dim=True) for line in meaning]
        lines.append(f"  {example.command}")
    return lines
