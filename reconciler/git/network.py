"""Git where it speaks to others: it asks nobody anything, and is done in time."""

from __future__ import annotations

import os
import signal
import subprocess

from reconciler.errors import RepositoryError
from reconciler.git.addresses import without_user
from reconciler.git.git_variables import of_any_repository

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Without a terminal there is nobody to ask; a desktop's window for passwords is kept shut.
SILENT = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "SSH_ASKPASS": "",
    "SSH_ASKPASS_REQUIRE": "never",
}


class GitAnswer:
    """What a Git that has ended said; its code is not 0 if it failed."""

    __slots__ = ("code", "errors", "output")

    def __init__(self, code: int, output: str, errors: str) -> None:
        self.code = code
        self.output = output
        self.errors = errors

    @property
    def reason(self) -> str:
        """The first complaint, without the user and password of a URL in it."""
        for line in self.errors.splitlines():
            if line.startswith(("fatal: ", "error: ")):
                return " ".join(without_user(word) for word in line.split(" ")[1:])
        return "git does not say why"


def surroundings(environment: Mapping[str, str]) -> dict[str, str]:
    """These variables without those that mean another repository, and silent."""
    return of_any_repository(environment) | SILENT


def speak(
    words: Sequence[str],
    folder: str | None,
    environment: Mapping[str, str],
    seconds: float,
    given: str = "",
) -> GitAnswer:
    try:
        git = subprocess.Popen(
            ["git", *words],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as e:
        raise RepositoryError(f"git cannot be started: {e.strerror}") from e
    with git:
        try:
            output, errors = git.communicate(os.fsencode(given), timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(git.pid, signal.SIGKILL)
            git.communicate()
            return GitAnswer(-signal.SIGKILL, "", f"fatal: not within {seconds:.0f} s")
    return GitAnswer(
        git.returncode, output.decode(errors="surrogateescape"), errors.decode(errors="replace")
    )
