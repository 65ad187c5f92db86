"""All environments of a repository, in the order of the chain, and the apps of each."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from reconciler.errors import FleetError, Place, UsageError
from reconciler.model.app_names import named, nothing_called
from reconciler.model.app_patterns import as_name
from reconciler.model.chain import in_order
from reconciler.model.dependencies import check_dependencies
from reconciler.model.destinations import check_destinations
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment, least, read_environment
from reconciler.model.files import LINK, Files, read
from reconciler.model.layout import Layout
from reconciler.model.notations import A_NAME, is_name
from reconciler.model.paths import (
    ARGOCD,
    ENVIRONMENT_FILE,
    ENVIRONMENTS,
    AppName,
    environment_folder,
)
from reconciler.text.suggestions import did_you_mean


@dataclass(frozen=True, slots=True)
class Fleet:
    """Environments in the order of the chain; entries in that order, then by app."""

    environments: tuple[Environment, ...]
    entries: tuple[Entry, ...]

    @property
    def apps(self) -> list[AppName]:
        return sorted({entry.app for entry in self.entries})

    def environment(self, name: str) -> Environment:
        for environment in self.environments:
            if environment.name == name:
                return environment
        known = [environment.name for environment in self.environments]
        raise UsageError(f"there is no environment {name}", hint=did_you_mean(name, known))

    def entries_called(self, typed: str) -> list[Entry]:
        """The entries of ENV, APP, ENV/APP or a glob of these."""
        apps = {environment.name: environment.folders for environment in self.environments}
        found = named(typed, apps) or named(f"*/{typed}", apps)
        if not found and typed not in apps:
            raise nothing_called(typed, apps)
        return [self.environment(environment).entry(app) for environment, app in found]


def environment_names(files: Files) -> list[str]:
    """The folders that say they are environments, or that hold apps and should."""
    layout = Layout(files)
    return [
        name
        for name in files.names(ENVIRONMENTS)
        if not name.startswith(".")
        and (_descriptions(files, environment_folder(name)) or layout.apps(name))
    ]


def load_fleet(files: Files) -> Fleet:
    """Raises the first mistake in what describes the environments, or in how they are named."""
    names = environment_names(files)
    if not names:
        linked = files.look(ENVIRONMENTS).kind == LINK
        raise FleetError(
            f"{ENVIRONMENTS} is a symbolic link" if linked else "there are no environments here",
            why=f"an environment is a folder below {ENVIRONMENTS}/ with an {ENVIRONMENT_FILE}",
            hint="reconciler init makes three, and a first app",
        )
    _check_names(ENVIRONMENTS, names)
    layout = Layout(files)
    environments = in_order({name: _environment(files, name, layout) for name in names})
    entries = [entry for e in environments for entry in layout.entries(e.name)]
    for environment in environments:
        if not environment.apps:
            _check_names(environment.folder, [*environment.folders])
    for entry in entries:
        if not is_name(entry.app):
            raise FleetError(
                f"{entry.folder} gives no name that an app can have: {A_NAME}",
                where=Place(entry.folder),
                hint="rename the folder, or leave it out of apps",
            )
    _check_owners(environments, entries)
    check_destinations(files, environments, entries)
    check_dependencies(environments)
    return Fleet(environments, tuple(entries))


def _descriptions(files: Files, folder: str) -> list[str]:
    """The environment.yaml of a folder, and what was probably meant to be it."""
    return [n for n in files.names(folder) if re.fullmatch(r"environment\.ya?ml", n, re.I)]


def _environment(files: Files, name: str, layout: Layout) -> Environment:
    folder = environment_folder(name)
    file = f"{folder}/{ENVIRONMENT_FILE}"
    there = _descriptions(files, folder)
    for other in there:
        if other != ENVIRONMENT_FILE:
            twice = ENVIRONMENT_FILE in there
            raise FleetError(
                f"{other} is not read" + (f", and {ENVIRONMENT_FILE} is here too" if twice else ""),
                where=Place(f"{folder}/{other}"),
                hint="remove one of them" if twice else f"rename it to {ENVIRONMENT_FILE}",
            )
    if not there:
        raise FleetError(
            f"the environment {name} has apps, and no {ENVIRONMENT_FILE}",
            where=Place(folder),
            hint=least(name),
        )
    return replace(read_environment(name, read(files, file)), folders=layout.apps(name))


def _check_owners(environments: Sequence[Environment], entries: Sequence[Entry]) -> None:
    """What two environments share cannot be promoted from one to the other."""
    owners: dict[str, Entry] = {}
    for entry in entries:
        first = owners.setdefault(entry.folder, entry)
        if first is not entry:
            (other,) = [e for e in environments if e.name == entry.environment]
            raise other.error(
                "apps",
                f"{entry.folder} is an app of {first.environment} already",
                why="what runs in two environments has a folder in each, and a base for both",
                hint="leave it out of one of them",
            )


def _check_names(above: str, names: Sequence[str]) -> None:
    for name in names:
        if name == ARGOCD and above == ENVIRONMENTS:
            raise FleetError(
                f"{name} cannot name an environment",
                where=Place(f"{above}/{name}"),
                why="that folder is for the files that reconciler argocd apps writes",
                hint="rename the folder",
            )
        if is_name(name):
            continue
        twin = next((n for n in names if n != name and _folded(n) == _folded(name)), None)
        better = as_name(name)
        raise FleetError(
            f"{name} cannot name an environment or an app",
            where=Place(f"{above}/{name}"),
            why=f"macOS and Windows take {twin} and it for one folder" if twin else "",
            hint=f"rename the folder to {better}"
            if better and better not in names
            else f"rename the folder: {A_NAME}",
        )


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()
