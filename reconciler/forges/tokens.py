"""Where a token comes from. It is shown nowhere: not in an error, and not by accident either."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from reconciler.errors import ForgeError
from reconciler.git.git_variables import of_any_repository

GIT_CREDENTIAL_SECONDS = 30
HIDDEN = "***"


class ForgeToken:
    __slots__ = ("_value",)

    def __init__(self, value: str, source: str = "the token") -> None:
        value = value.strip()
        if not value:
            raise ForgeError(f"{source} is empty")
        if not value.isascii() or not value.isprintable() or " " in value:
            raise ForgeError(
                f"{source} is not a token",
                why="it has spaces or other characters that no token has",
                hint="is it the token alone, on one line?",
            )
        self._value = value

    def __repr__(self) -> str:
        return f"Token({HIDDEN})"

    def reveal(self) -> str:
        return self._value

    def hidden_in(self, text: str) -> str:
        """A text of somebody else, who may have repeated the token."""
        return text.replace(self._value, HIDDEN)


# Asked for with each request, since some last for an hour only.
Tokens = Callable[[], ForgeToken]


@dataclass(frozen=True, slots=True)
class Login:
    """Who Git's credential helpers say that one is."""

    user: str
    token: ForgeToken


def read_token(file: str) -> ForgeToken:
    try:
        with open(file, encoding="utf-8", errors="replace") as opened:
            return ForgeToken(opened.read(), file)
    except OSError as e:
        raise ForgeError(f"{file} cannot be read", why=e.strerror or "") from None


def ask_git(url: str, environment: Mapping[str, str], root: str | None = None) -> Login | None:
    """What `git credential fill` knows of this URL; nobody is asked for a password."""
    parts = urlsplit(url)
    question = f"protocol={parts.scheme}\nhost={parts.netloc.rpartition('@')[2]}\n"
    question += f"path={parts.path.lstrip('/')}\n\n"
    silent = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS": ""}
    try:
        done = subprocess.run(
            ["git", "credential", "fill"],
            input=question,
            capture_output=True,
            text=True,
            cwd=root,
            env=of_any_repository(environment) | silent,
            timeout=GIT_CREDENTIAL_SECONDS,
        )
    except OSError as e:
        raise ForgeError("git cannot be started", why=e.strerror or "") from None
    except subprocess.TimeoutExpired:
        raise ForgeError(
            f"Git's credential helper says nothing within {GIT_CREDENTIAL_SECONDS} s",
            hint="git credential fill asks it, too; or give a token in another way",
        ) from None
    if done.returncode:
        return None
    said = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    if not said.get("password"):
        return None
    return Login(said.get("username", ""), ForgeToken(said["password"], "Git's credential helper"))
