"""Where a repository begins; finding out needs no Git library."""

from __future__ import annotations

import os


def find_root(start: str) -> str | None:
    """The top folder of the repository (a work tree or a bare one) that holds this path."""
    folder = os.path.abspath(start)
    while True:
        if os.path.exists(f"{folder}/.git") or is_bare(folder):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def is_bare(folder: str) -> bool:
    return all(os.path.exists(f"{folder}/{name}") for name in ("HEAD", "objects", "refs"))
