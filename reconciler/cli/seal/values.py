"""Where values come from: files, standard input, a prompt, an editor; arguments only if forced."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import typer

from reconciler.cli.output import console
from reconciler.errors import UsageError
from reconciler.git.whole_files import read_file
from reconciler.sealing.env_file import read_env_file
from reconciler.sealing.secret import check_key, check_size, wipe

EXPLANATION = b"# A line for each value: KEY=VALUE. Lines that begin with # do not count.\n"
IN_MEMORY = ("XDG_RUNTIME_DIR", "/dev/shm")  # noqa: S108


@dataclass(frozen=True, slots=True)
class ValueSources:
    """What was typed about where the values are."""

    files: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    stdin: str | None = None
    prompts: tuple[str, ...] = ()
    literals: tuple[str, ...] = ()
    edit: bool = False


@contextmanager
def values_from(sources: ValueSources) -> Iterator[dict[str, bytearray]]:
    """All values; they are cleared in the end."""
    values: dict[str, bytearray] = {}
    try:
        for key, value in _each(sources, values):
            check_key(key, None)
            if key in values:
                raise UsageError(f"{key} is given twice", hint="remove one of the two")
            values[key] = value
        check_size(values, None)
        yield values
    finally:
        for value in values.values():
            wipe(value)


def read_stdin() -> bytearray:
    if sys.stdin is None:
        return bytearray()
    return bytearray(sys.stdin.buffer.read())


def note_line_break(key: str, value: bytearray) -> None:
    """A line break that `echo` adds is part of a value, and seldom meant."""
    if value.endswith(b"\n") and value.count(b"\n") == 1:
        console().print(
            f"note: the value of {key} ends with a line break; printf '%s' would leave it out"
        )


def _each(sources: ValueSources, known: Mapping[str, bytearray]) -> Iterator[tuple[str, bytearray]]:
    for typed in sources.files:
        key, joint, path = typed.partition("=")
        yield (key, read_file(path)) if joint else (os.path.basename(typed), read_file(typed))
    for path in sources.env_files:
        content = read_file(path)
        yield from read_env_file(content, path).items()
        wipe(content)
    if sources.stdin:
        value = read_stdin()
        note_line_break(sources.stdin, value)
        yield sources.stdin, value
    for typed in sources.literals:
        key, joint, text = typed.partition("=")
        if not joint:
            raise UsageError("a literal is KEY=VALUE")
        yield key, bytearray(text.encode())
    for key in sources.prompts:
        yield key, prompted(key)
    if sources.edit:
        yield from _edited().items()


def prompted(key: str) -> bytearray:
    if not (sys.stdin and sys.stdin.isatty()):
        raise UsageError(
            f"there is no terminal to ask for {key} at",
            hint="use --from-file KEY=FILE, or --from-stdin KEY",
        )
    text: str = typer.prompt(key, hide_input=True, err=True, default="", show_default=False)
    return bytearray(text.encode())


def _edited() -> dict[str, bytearray]:
    """What somebody writes into an editor: a file that is in memory only, and overwritten."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory(dir=_memory_folder()) as folder:
        path = os.path.join(folder, "values.env")
        with open(path, "xb") as file:
            file.write(
                b"# A line for each value: KEY=VALUE. Lines that begin with # do not count.\n"
            )
        try:
            done = subprocess.run([*shlex.split(editor), path], check=False)
            if done.returncode:
                raise UsageError(f"{editor} ended with {done.returncode}", why="nothing is sealed")
            content = read_file(path)
            return read_env_file(content, "what was edited")
        except OSError as e:
            raise UsageError(
                f"{editor} does not start", why=e.strerror or "", hint="name one in EDITOR"
            ) from e
        finally:
            _overwrite(folder)


def _overwrite(folder: str) -> None:
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if os.path.isfile(path) and not os.path.islink(path):
            with open(path, "r+b") as file:
                file.write(bytes(os.path.getsize(path)))


def _memory_folder() -> str:
    """A folder whose files are never on a disk."""
    for name in IN_MEMORY:
        folder = os.environ.get(name, name)
        if os.path.isdir(folder) and os.access(folder, os.W_OK) and _is_memory(folder):
            return folder
    raise UsageError(
        "there is no folder in memory that an editor could write to",
        why="a file on disk could be read later, even after it is removed",
        hint="use --prompt KEY or --from-stdin KEY",
    )


def _is_memory(folder: str) -> bool:
    """By the list of what is mounted: the longest mount point above counts."""
    real = os.path.realpath(folder)
    best, kind = "", ""
    try:
        with open("/proc/self/mounts") as mounts:
            for line in mounts:
                _, point, system, *_ = line.split(" ")
                if (real + "/").startswith(point.rstrip("/") + "/") and len(point) >= len(best):
                    best, kind = point, system
    except OSError:
        return False
    return kind in ("tmpfs", "ramfs")
