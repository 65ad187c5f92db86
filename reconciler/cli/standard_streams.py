"""What a process gets from the one that starts it, or does not: a folder, and three streams."""

from __future__ import annotations

import os

from reconciler.errors import UsageError


def check_surroundings() -> None:
    try:
        os.getcwd()
    except OSError:
        raise UsageError(
            "the current folder is gone", hint="change to one that exists, and run it again"
        ) from None
    for stream in range(3):
        _keep_taken(stream)


def _keep_taken(stream: int) -> None:
    """A stream that is closed must not become the number of the next file that is opened."""
    try:
        os.fstat(stream)
    except OSError:
        os.open(os.devnull, os.O_RDWR)
