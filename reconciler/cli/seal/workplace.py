"""Where sealing happens: a repository with environments, and what is known of its secrets."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.cli.settings import open_memory
from reconciler.cli.source import find_source
from reconciler.errors import UsageError
from reconciler.git.locate import find_root
from reconciler.git.worktree import WorkTree
from reconciler.model.environment import Environment
from reconciler.model.fleet import Fleet, load_fleet
from reconciler.sealing.confirmed import Confirmed
from reconciler.sealing.files import Home, home_of
from reconciler.sealing.memory import Memory
from reconciler.sealing.scope import Scope


@dataclass(frozen=True, slots=True)
class Workplace:
    tree: WorkTree
    fleet: Fleet
    memory: Memory
    confirmed: Confirmed

    def home(self, typed: str) -> Home:
        """The one app that ENV/APP names."""
        entries = self.fleet.entries_called(typed)
        if len(entries) != 1:
            raise UsageError(f"{typed} is {len(entries)} apps", hint="write ENV/APP")
        return home_of(self._now(), self.fleet, entries[0])

    def homes(self, typed: str | None = None) -> list[Home]:
        """All apps, or those that ENV, APP or ENV/APP names."""
        entries = self.fleet.entries_called(typed) if typed else self.fleet.entries
        tree = self._now()
        return [home_of(tree, self.fleet, entry) for entry in entries]

    def _now(self) -> WorkTree:
        """Others may have written since the files were first read, which is no mistake."""
        return WorkTree(self.tree.root)

    def environment(self, name: str) -> Environment:
        return self.fleet.environment(name)


def open_workplace(root: str | None) -> Workplace:
    source = find_source([], root)
    tree = WorkTree(source)
    memory = open_memory(find_root(source))
    return Workplace(tree, load_fleet(tree), memory, Confirmed(source))


def scope_called(text: str | None) -> Scope | None:
    if text is None:
        return None
    if text not in set(Scope):
        raise UsageError(f"there is no scope {text}", hint=f"write {', '.join(Scope)}")
    return Scope(text)
