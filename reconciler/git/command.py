"""Git itself, for what the library does in another way than the user's own git would."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from reconciler.errors import RepositoryError


def run_git(
    root: str,
    *words: str,
    given: bytes = b"",
    settings: Sequence[str] = (),
    may_fail: bool = False,
    hint: str = "",
) -> bytes:
    before = [word for setting in settings for word in ("-c", setting)]
    try:
        done = subprocess.run(["git", *before, *words], cwd=root, input=given, capture_output=True)
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
