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


def git_folder(root: str) -> str:
    """Where a repository keeps what all its work trees share."""
    folder = root if is_bare(root) else os.path.join(root, ".git")
    if os.path.isfile(folder):  # a further work tree, or a submodule
        folder = os.path.join(root, _text(folder).removeprefix("gitdir:").strip())
    shared = _text(f"{folder}/commondir").strip()
    return os.path.normpath(os.path.join(folder, shared))


def _text(path: str) -> str:
    try:
        with open(path, errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""
