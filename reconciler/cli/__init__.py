"""The command line: reads arguments, prints, and decides on exit codes; nothing else does."""

from __future__ import annotations

import sys

from reconciler.cli.exit_codes import INTERRUPTED
from reconciler.errors import ReconcilerError


def main() -> None:
    """Run a command, and end with its exit code."""
    _end_with(sys.argv[1:])


def seal() -> None:
    """`reconciler seal` under a name of its own."""
    _end_with(_below("seal"))


def promote() -> None:
    """`reconciler promote` under a name of its own."""
    _end_with(_below("promote"))


def _below(command: str) -> list[str]:
    typed = sys.argv[1:]
    return typed if typed == ["--version"] else [command, *typed]


def _end_with(arguments: list[str]) -> None:
    try:
        code = _run(arguments)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except ReconcilerError as e:
        from reconciler.cli.output import show_error

        show_error(e)
        code = e.exit_code
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    from reconciler.cli.standard_streams import check_surroundings

    check_surroundings()
    from reconciler.cli.fast_commands import run_quickly

    code = run_quickly(arguments)
    if code is None:
        from reconciler.cli.program import run

        code = run(arguments)
    return code
