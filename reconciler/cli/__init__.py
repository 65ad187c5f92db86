"""The command line: reads arguments, prints, and decides on exit codes; nothing else does."""

from __future__ import annotations

import sys


def main() -> None:
    """Run a command, and end with its exit code."""
    from reconciler.cli.quick import run_quickly

    code = run_quickly(sys.argv[1:])
    if code is None:
        from reconciler.cli.app import run

        code = run(sys.argv[1:])
    sys.exit(code)
