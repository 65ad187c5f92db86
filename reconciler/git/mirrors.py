"""What other places hold, fetched a commit at a time into bare repositories of our own.

The user's own Git does it: it knows their credential helpers, SSH configuration, proxies and
tokens in http.extraHeader, and gets any commit by its name. It never asks anybody anything.
"""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain

from reconciler.errors import RepositoryError
from reconciler.git.addresses import address, is_full_name, protocol, without_user
from reconciler.git.file_lock import only_one
from reconciler.git.locate import git_folder
from reconciler.git.network import speak, surroundings
from reconciler.git.repository import Repository

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.git.names import CommitId

PATIENCE = 45.0

# A small pack would be unpacked object by object, and one that is cut off leave a commit
# without its files.
SETTINGS = ("core.bare=true", "core.hooksPath=/dev/null", "fetch.unpackLimit=1")

STRANGE_IN_A_NAME = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|^[-+]|\.\.|@\{|//")


@dataclass(frozen=True, slots=True)
class FetchedCommit:
    repository: Repository
    commit: CommitId


class Mirrors:
    """A folder of mirrors, for several processes at once; `environment` is what Git is given."""

    def __init__(
        self, folder: str, environment: Mapping[str, str], *, offline: bool = False
    ) -> None:
        self.folder = folder
        self.offline = offline
        self.environment = surroundings(environment)

    def get(self, url: str, name: str, root: str | None = None) -> FetchedCommit:
        """The commit of this full name, or at the tip of that branch or tag, or of the default.

        With a `root`, that repository's configuration holds, as if it were fetched there.
        """
        mirror = self._of(address(url, root or "/"))
        found = _known(mirror, name)
        if found:
            return found
        if self.offline:
            raise RepositoryError(
                "nothing is fetched offline", hint="run it without --offline once"
            )
        if STRANGE_IN_A_NAME.search(name):
            raise RepositoryError(f"no branch or tag can be called {name!r}")
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        with only_one(f"{mirror}.lock"):
            return _known(mirror, name) or self._fetch(mirror, url, name or "HEAD", root)

    def _fetch(self, mirror: str, url: str, name: str, root: str | None) -> FetchedCommit:
        if not os.path.exists(mirror):
            self._create(mirror)
        here = [f"include.path={git_folder(root)}/config"] if root else []
        settings = [word for setting in (*here, *SETTINGS) for word in ("-c", setting)]
        words = [*settings, f"--git-dir={mirror}"]
        failing = f"{without_user(url)} does not give {name}"
        # What the user's own insteadOf makes of it.
        meant = self._git(failing, words, ["ls-remote", "--get-url", "--", url], folder=root)
        self._git(
            failing,
            words,
            ["fetch", "--quiet", "--depth=1", "--no-tags", "--no-prune", "--force"],
            ["--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-maintenance"],
            ["--", url, f"{name}:{_kept(name)}"],
            folder=root,
            protocol=protocol(meant.strip()),
        )
        return _kept_commit(mirror, name)

    def _of(self, address: str) -> str:
        return f"{self.folder}/{sha256(address.encode()).hexdigest()[:16]}.git"

    def _create(self, mirror: str) -> None:
        fresh = tempfile.mkdtemp(dir=self.folder, prefix="new-")
        self._git(f"there can be no mirror in {self.folder}", ["init", "--quiet", "--bare", fresh])
        os.rename(fresh, mirror)

    def _git(
        self, failing: str, *words: Sequence[str], folder: str | None = None, protocol: str = ""
    ) -> str:
        """By the protocol of the URL, or a safe one that it leads on to; never a command in it."""
        allowed = ("https", "ssh", protocol if protocol != "ext" else "")
        environment = {"GIT_ALLOW_PROTOCOL": ":".join(filter(None, allowed)), **self.environment}
        try:
            said = speak(list(chain.from_iterable(words)), folder, environment, PATIENCE)
        except RepositoryError as e:
            raise RepositoryError(f"{failing}: {e}") from e
        if said.code:
            raise RepositoryError(f"{failing}: {said.reason}")
        return said.output


def _kept_commit(mirror: str, name: str) -> FetchedCommit:
    repository = Repository(mirror)
    return FetchedCommit(repository, repository.resolve(_kept(name)))


def _known(mirror: str, name: str) -> FetchedCommit | None:
    """A commit that was fetched before; what a branch means is asked for each time."""
    if not is_full_name(name) or not os.path.exists(mirror):
        return None
    try:
        return _kept_commit(mirror, name)
    except RepositoryError:
        return None


def _kept(name: str) -> str:
    """The reference that keeps what was fetched."""
    if is_full_name(name):
        return f"refs/pins/{name.lower()}"
    return f"refs/names/{sha256(name.encode()).hexdigest()}"
