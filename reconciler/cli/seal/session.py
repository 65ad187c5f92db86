"""Where sealing happens: a repository with environments, and what is known of its secrets."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.cli.settings import open_memory
from reconciler.cli.source import find_source
from reconciler.errors import UsageError
from reconciler.git.locate import find_root
from reconciler.model.environment import Environment
from reconciler.model.fleet import Fleet, load_fleet
from reconciler.sealing.confirmed_certificates import ConfirmedCertificates
from reconciler.sealing.digest_memory import DigestMemory
from reconciler.sealing.scope import Scope
from reconciler.sealing.sealed_files import AppSecrets, home_of
from reconciler.trees.worktree import WorkTree


@dataclass(frozen=True, slots=True)
class SealingSession:
    tree: WorkTree
    fleet: Fleet
    memory: DigestMemory
    confirmed: ConfirmedCertificates

    def home(self, typed: str) -> AppSecrets:
        """The one app that ENV/APP names."""
        entries = self.fleet.entries_called(typed)
        if len(entries) != 1:
            raise UsageError(f"{typed} is {len(entries)} apps", hint="write ENV/APP")
        return home_of(self._now(), self.fleet, entries[0])

    def homes(self, typed: str | None = None) -> list[AppSecrets]:
        """All apps, or those that ENV, APP or ENV/APP names."""
        entries = self.fleet.entries_called(typed) if typed else self.fleet.entries
        tree = self._now()
        return [home_of(tree, self.fleet, entry) for entry in entries]

    def _now(self) -> WorkTree:
        """Others may have written since the files were first read, which is no mistake."""
        return WorkTree(self.tree.root)

    def environment(self, name: str) -> Environment:
        return self.fleet.environment(name)


def open_sealing_session(root: str | None) -> SealingSession:
    source = find_source([], root)
    tree = WorkTree(source)
    memory = open_memory(find_root(source))
    return SealingSession(tree, load_fleet(tree), memory, ConfirmedCertificates(source))


def scope_called(text: str | None) -> Scope | None:
    if text is None:
        return None
    if text not in set(Scope):
        raise UsageError(f"there is no scope {text}", hint=f"write {', '.join(Scope)}")
    return Scope(text)
