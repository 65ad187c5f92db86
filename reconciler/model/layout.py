"""Which folders are apps of which environment.

They are below the folder of their environment, or where the `apps` of its environment.yaml say.
A plain render comes through here, so nothing is imported before somebody needs it.
"""

from __future__ import annotations

from reconciler.model.app_patterns import app_in, fits, matches_part, own_apps
from reconciler.model.globs import is_pattern
from reconciler.model.paths import (
    ARGOCD,
    ENVIRONMENT_FILE,
    ENVIRONMENTS,
    AppName,
    Folder,
    environment_folder,
    kustomization_in,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.model.entry import Entry
    from reconciler.model.files import Files


class Layout:
    """Asks a tree once for each environment."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._patterns: dict[str, Sequence[str]] = {}
        self._apps: dict[str, Mapping[AppName, Folder]] = {}

    def environments(self) -> list[str]:
        """The folders that may be environments, described or not."""
        names = self._files.names(ENVIRONMENTS)
        return [name for name in names if name != ARGOCD and not name.startswith(".")]

    def apps(self, environment: str) -> Mapping[AppName, Folder]:
        """The folders of an environment's apps that have a kustomization."""
        if environment not in self._apps:
            found: dict[AppName, Folder] = {}
            for pattern in self._patterns_of(environment):
                for folder in _folders(self._files, pattern):
                    if kustomization_in(self._files, folder):
                        name = app_in(pattern, folder, environment)
                        _check_once(environment, name, found.get(name, folder), folder)
                        found[name] = folder
            self._apps[environment] = found
        return self._apps[environment]

    def entries(self, environment: str) -> list[Entry]:
        from reconciler.model.entry import Entry

        return [Entry(environment, app, at) for app, at in sorted(self.apps(environment).items())]

    def entry_of(self, folder: str) -> Entry | None:
        """The app of an environment whose folder this is, or would be."""
        from reconciler.model.entry import Entry

        for environment in self._likely(folder):
            for pattern in self._patterns_of(environment):
                if fits(pattern, folder):
                    app = app_in(pattern, folder, environment)
                    return Entry(environment, app, Folder(folder))
        return None

    def _likely(self, folder: str) -> Sequence[str]:
        """The environments to ask: the one around a folder, if it is there that its apps are."""
        first, _, rest = folder.partition("/")
        around = rest.partition("/")[0] if first == ENVIRONMENTS else ""
        if around and self._patterns_of(around) == own_apps(around):
            return [around] if around != ARGOCD else []
        return self.environments()

    def _patterns_of(self, environment: str) -> Sequence[str]:
        if environment not in self._patterns:
            self._patterns[environment] = _said(self._files, environment) or own_apps(environment)
        return self._patterns[environment]


def _said(files: Files, environment: str) -> Sequence[str]:
    """What `apps` says, without reading YAML for the many that do not say it."""
    path = f"{environment_folder(environment)}/{ENVIRONMENT_FILE}"
    if b"apps" not in files.fetch(path)[1]:
        return ()
    from reconciler.model.environment import read_environment
    from reconciler.model.files import read

    return read_environment(environment, read(files, path)).apps


def _folders(files: Files, pattern: str) -> Iterator[Folder]:
    found = [""]
    for part in pattern.split("/"):
        if is_pattern(part):
            names = [
                (above, n) for above in found for n in files.names(above) if matches_part(part, n)
            ]
            found = [f"{above}/{n}" if above else n for above, n in names]
        else:
            found = [f"{above}/{part}" if above else part for above in found]
    yield from map(Folder, found)


def _check_once(environment: str, app: AppName, one: Folder, other: Folder) -> None:
    if one != other:
        from reconciler.errors import FleetError, Place

        raise FleetError(
            f"{one} and {other} are both called {app} in {environment}",
            where=Place(f"{environment_folder(environment)}/{ENVIRONMENT_FILE}"),
            hint="name them by a glob that tells them apart: an app is called as its * stands for",
        )
