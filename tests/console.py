"""Console blocks of a page as a person would type them: read, run in one shell, compared."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "-- end of step"


@dataclass(frozen=True, slots=True)
class Step:
    """A command, and what the page says that it prints."""

    line: int
    command: str
    expected: str


def steps(text: str) -> list[Step]:
    """Lines that start with `$ ` are commands; the lines up to the next are their output."""
    found = []
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start(1)) + 1
        for piece in re.split(r"^(?=\$ )", block[1], flags=re.MULTILINE):
            if piece:
                command, _, expected = piece.partition("\n")
                found.append(Step(line, command.removeprefix("$ "), expected))
                line += piece.count("\n")
    return found


def matches(expected: str, printed: str) -> bool:
    """A line `...` stands for any lines, and `...` within a line for any characters."""
    pattern = "".join(
        "(?:.*\n)*" if line == "...\n" else re.escape(line).replace(r"\.\.\.", ".*")
        for line in expected.splitlines(keepends=True)
    )
    return re.fullmatch(pattern, printed) is not None


def run(page: list[Step], folder: Path, environment: Mapping[str, str]) -> list[tuple[int, str]]:
    """Type all commands into one shell: the exit code and the output of each."""
    script = "".join(
        f"eval {shlex.quote(step.command)}\ncode=$?; printf '\\n{MARK} %d\\n' $code; (exit $code)\n"
        for step in page
    )
    printed = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ).stdout
    pieces = re.split(rf"\n{MARK} (\d+)\n", printed)
    return [(int(code), output) for output, code in zip(pieces[::2], pieces[1::2], strict=False)]
