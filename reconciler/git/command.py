"""Git itself, for what the library does in another way than the user's own git would."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

from reconciler.errors import RepositoryError
from reconciler.git.git_variables import TRUE_OBJECTS, of_any_repository, of_this_hook


def run_git(
    root: str,
    *words: str,
    given: bytes = b"",
    settings: Sequence[str] = (),
    may_fail: bool = False,
    hint: str = "",
    in_hook: bool = False,
) -> bytes:
    """What Git says in this folder; in a hook, of the repository and index that it is run for."""
    variables = (of_this_hook if in_hook else of_any_repository)(os.environ)
    before = [word for setting in settings for word in ("-c", setting)]
    try:
        done = subprocess.run(
            ["git", *before, *words],
            cwd=root,
            env=variables | TRUE_OBJECTS,
            input=given,
            capture_output=True,
        )
    except OSError as e:
        raise RepositoryError(f"git cannot be started: {e.strerror}") from e
    if done.returncode and not may_fail:
        said = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise RepositoryError(
            f"git {words[0]} failed in {root}",
            why=said.removeprefix("fatal: "),
            hint=hint,
        )
    return done.stdout
