"""A repository brought here, for a process that begins with an empty disk."""

from __future__ import annotations

import os
import shutil

from reconciler.errors import UsageError
from reconciler.git.command import run_git
from reconciler.git.locate import find_root

HALF = ".clone"  # where a clone is until it is whole


def clone_into(url: str, root: str | None) -> None:
    """Nothing where there is a repository already; without files, since only commits count."""
    if root is None:
        raise UsageError("--clone needs --root", hint="--root FOLDER says where to")
    os.makedirs(root, exist_ok=True)
    if find_root(root) == os.path.abspath(root):
        return
    half = os.path.join(root, HALF)
    shutil.rmtree(half, ignore_errors=True)  # of a process that was killed meanwhile
    if os.listdir(root):
        raise UsageError(f"{root} is not empty, and no repository", hint="name an empty folder")
    run_git(root, "clone", "--quiet", "--no-checkout", "--", url, HALF)
    os.rename(os.path.join(half, ".git"), os.path.join(root, ".git"))
    os.rmdir(half)
