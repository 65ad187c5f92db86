"""What the variables of a process say; besides the command line nothing else reads them.

A plain render comes through here, so nothing is imported that it does not need.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Settings:
    """Read when asked for; `variables` are also what programs get that are started."""

    __slots__ = ("variables",)

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = variables

    @property
    def cache_folder(self) -> str:
        named = self.variables.get("RECONCILER_CACHE")
        return named or self._of_user("XDG_CACHE_HOME", ".cache")

    @property
    def cache_url(self) -> str:
        """A Redis server that several replicas share; it may hold a password."""
        return self.variables.get("RECONCILER_CACHE_URL", "")

    @property
    def peers_folder(self) -> str:
        """Where compiled peers are kept: not with the renders, which go sooner."""
        named = self.variables.get("RECONCILER_PEERS")
        return named or self._of_user("XDG_CACHE_HOME", ".cache", "peers")

    @property
    def testbeds_folder(self) -> str:
        named = self.variables.get("RECONCILER_TESTBEDS")
        return named or self._of_user("XDG_STATE_HOME", ".local/state", "testbeds")

    @property
    def digest_key_file(self) -> str:
        """The team's key for digests of what was sealed."""
        return self.variables.get("RECONCILER_SEALING_KEY_FILE", "")

    @property
    def webhook_secret(self) -> bytes:
        return self.variables.get("RECONCILER_WEBHOOK_SECRET", "").encode()

    @property
    def kubeconfig_files(self) -> list[str]:
        named = self.variables.get("KUBECONFIG", "")
        files = [file for file in named.split(os.pathsep) if file]
        return files or [os.path.join(os.path.expanduser("~"), ".kube", "config")]

    @property
    def netrc_file(self) -> str:
        return self.variables.get("NETRC") or os.path.expanduser("~/.netrc")

    def _of_user(self, variable: str, default: str, *names: str) -> str:
        base = self.variables.get(variable) or os.path.join(os.path.expanduser("~"), default)
        return os.path.join(base, "reconciler", *names)
