"""Which apps are checked together: those of one environment, by what its environment.yaml says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.checks.settings import CheckSettings, SealingKey, settings_of
from reconciler.model.environment import Environment, read_environment
from reconciler.model.files import read
from reconciler.model.layout import Layout
from reconciler.model.paths import ENVIRONMENT_FILE, environment_folder
from reconciler.trees.tree import Tree


@dataclass(frozen=True, slots=True)
class Group:
    """Apps that are checked together, and those that run beside them."""

    apps: list[str]
    beside: list[str]
    settings: CheckSettings


def groups_of(tree: Tree, folders: Sequence[str]) -> list[Group]:
    """The apps of each environment, and every other folder by itself."""
    by_environment: dict[str, list[str]] = defaultdict(list)
    alone = []
    layout = Layout(tree)
    for folder in folders:
        entry = layout.entry_of(folder)
        if entry:
            by_environment[entry.environment].append(folder)
        else:
            alone.append(Group([folder], [], CheckSettings()))
    return [*(_of_environment(tree, layout, *group) for group in by_environment.items()), *alone]


def _of_environment(tree: Tree, layout: Layout, name: str, apps: list[str]) -> Group:
    every = layout.entries(name)
    file = f"{environment_folder(name)}/{ENVIRONMENT_FILE}"
    settings = CheckSettings(entries={entry.folder: entry for entry in every})
    if ENVIRONMENT_FILE in tree.names(environment_folder(name)):
        environment = read_environment(name, read(tree, file))
        settings = settings_of(environment, every, _sealing_keys(tree, environment))
    return Group(apps, [e.folder for e in every if e.folder not in apps], settings)


def _sealing_keys(tree: Tree, environment: Environment) -> list[SealingKey]:
    """The keys for which secrets of the environment can be sealed, if it has a certificate."""
    from reconciler.sealing.certificates import find_certificates

    found = find_certificates(tree, environment)
    return [SealingKey(c.fingerprint, c.bits) for c in found.all] if found else []
