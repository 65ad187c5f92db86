"""What a person sees: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

from reconciler.cli.fast_commands import WORTH_A_BAR, nobody_reads, send_nowhere, write_out
from reconciler.cli.options import DataOutput
from reconciler.errors import Place, ReconcilerError, printable
from reconciler.session.trees import where_from
from reconciler.yaml.write import as_yaml

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, Literal, TypeVar

    from rich.table import Table

    from reconciler.render.job import Notice
    from reconciler.render.renderer import Render
    from reconciler.text.json_object import JsonObject

    T = TypeVar("T")


COLOR_SYSTEMS: dict[bool | None, Literal["auto", "standard"] | None] = {
    None: "auto",
    True: "standard",
    False: None,
}
ANY_WIDTH = 1 << 16


def colours_wanted() -> bool | None:
    """None leaves it to whether there is a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    forced = (os.environ.get(name, "") for name in ("FORCE_COLOR", "CLICOLOR_FORCE"))
    return True if any(value not in ("", "0") for value in forced) else None


def console(*, stderr: bool = True) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    return Console(
        stderr=stderr,
        highlight=False,
        soft_wrap=True,
        force_terminal=bool(stream and stream.isatty()),
        color_system=COLOR_SYSTEMS[colours_wanted()],
    )


@contextmanager
def while_somebody_reads() -> Iterator[None]:
    """A reader that has seen enough ends what is written, and not what the exit code says."""
    try:
        yield
        if sys.stdout:
            sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # rich makes the first into the second
        nobody_reads()


def print_table(table: Table) -> None:
    """As wide as a terminal is; elsewhere as wide as it has to be, and never cut."""
    out = console(stderr=False)
    if not out.is_terminal:
        out.width = ANY_WIDTH
    out.print(table, soft_wrap=False)


class _Wanted:
    tracebacks = False


def show_tracebacks(wanted: bool) -> None:
    """Whether each error is followed by where in the program it came from."""
    _Wanted.tracebacks = wanted


def show_error(error: ReconcilerError, *, root: str | None = None) -> None:
    """What, where, why and what to do: each on its line, and nothing else."""
    if error.where and root:
        error.where = where_from(error.where, root)
    try:
        _print_error(error)
    except (OSError, SystemExit):  # nobody reads it, and the exit code says it too
        send_nowhere(sys.stderr.fileno())


def _print_error(error: ReconcilerError) -> None:
    out = console()
    first, *rest = error.lines()
    out.print(Text.assemble(("error: ", "bold red"), first))
    for line in rest:
        out.print(Text("  " + line, "dim" if line.startswith("because") else ""))
    if _Wanted.tracebacks:
        from rich.traceback import Traceback

        if error.detail:
            out.print(Text(error.detail, "dim"))
        out.print(Traceback.from_exception(type(error), error, error.__traceback__))


def show_notice(notice: Notice, root: str) -> None:
    show_warning(f"{where_from(notice.where, root)}: {notice.what}")


def show_warning(what: str) -> None:
    console().print(Text.assemble(("warning: ", "bold yellow"), what))


def show_remark(what: str) -> None:
    """A note on the whole of what was done, and no file of it."""
    console().print(Text.assemble(("note: ", "bold cyan"), printable(what)))


def show_note(what: str, where: Place, root: str) -> None:
    show_remark(printable(f"{where_from(where, root)}: {what}"))


def show_rewritten(path: str, root: str) -> None:
    what = "the whole document was written again; comments are kept, layout may differ"
    show_note(what, Place(path), root)


def write_json(value: Any) -> None:
    """Bytes of a name that are not UTF-8 come out as JSON's own escapes of them."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    write_out(text.encode(errors="backslashreplace") + b"\n")


def write_data(output: DataOutput, value: JsonObject) -> None:
    """The same document in both forms; YAML has no escapes of bytes that are not UTF-8."""
    if output is DataOutput.yaml:
        text = json.dumps(value, ensure_ascii=False).encode(errors="replace")
        write_out(as_yaml(json.loads(text)).encode())
    else:
        write_json(value)


def write_apps(output: DataOutput, apps: Iterable[JsonObject]) -> None:
    write_data(output, {"version": 1, "apps": [*apps]})


def for_people(output: DataOutput, show: Callable[[T], None]) -> Callable[[T], None]:
    """What is shown on the way: programs read the document at the end, and nothing else."""
    return show if output is DataOutput.text else lambda _: None


@contextmanager
def waiting() -> Iterator[Callable[[str], None]]:
    """What is waited for, on a terminal, until it has come."""
    out = console()
    if not out.is_terminal or os.environ.get("TERM") == "dumb":
        yield lambda _: None
        return
    with out.status("") as line:
        yield lambda what: line.update(Text(printable(what)))


@contextmanager
def progress(label: str, total: int) -> Iterator[Callable[[Render], None]]:
    """A bar on a terminal when there is much to do."""
    out = console()
    if total < WORTH_A_BAR or not out.is_terminal or os.environ.get("TERM") == "dumb":
        yield lambda _: None
        return
    # Half of what rich takes to load, for what is rarely seen.
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda _: bar.advance(task)
