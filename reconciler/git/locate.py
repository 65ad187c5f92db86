"""Where a repository begins; finding out needs no Git library."""

from __future__ import annotations

import os

from reconciler.model.paths import ENVIRONMENT_FILE, ENVIRONMENTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def find_root(start: str) -> str | None:
    """The top folder of the repository (a work tree or a bare one) that holds this path.

    What looks like a bare repository in a work tree is a part of that: whoever wrote the tree
    would otherwise write a configuration, in which Git finds programs to run.
    """
    bare = None
    for folder in _upwards(start):
        if os.path.exists(f"{folder}/.git"):
            return folder
        bare = bare or (folder if is_bare(folder) else None)
    return bare


def find_fleet(start: str) -> str | None:
    """The folder around this path in which there are environments."""
    for folder in _upwards(start):
        try:
            names = os.listdir(f"{folder}/{ENVIRONMENTS}")
        except OSError:
            continue
        if any(os.path.isfile(f"{folder}/{ENVIRONMENTS}/{n}/{ENVIRONMENT_FILE}") for n in names):
            return folder
    return None


def _upwards(start: str) -> Iterator[str]:
    folder = os.path.abspath(start)
    while True:
        yield folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return
        folder = parent


def is_bare(folder: str) -> bool:
    """Without a .git of its own, of which no tree can hold one."""
    parts = (os.path.exists(f"{folder}/{name}") for name in ("HEAD", "objects", "refs"))
    return all(parts) and not os.path.exists(f"{folder}/.git")


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
