"""The repositories that the environments name."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.errors import FleetError, Place
from reconciler.model.environment import read_environment
from reconciler.model.files import FILE, Files, read
from reconciler.model.paths import ENVIRONMENT_FILE, ENVIRONMENTS, environment_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model.environment import Environment


@dataclass(frozen=True, slots=True)
class ListedUrl:
    """A repository that counts as this one (`own`), or another one that an entry may pin."""

    url: str
    own: bool
    place: Place


def listed_urls(files: Files, fleet: str = "", *, lenient: bool = False) -> Iterator[ListedUrl]:
    """Of all environments of the fleet in a folder; lenient, of those that can be read."""
    above = f"{fleet}/" if fleet else ""
    for name in files.names(f"{above}{ENVIRONMENTS}"):
        file = f"{above}{environment_folder(name)}/{ENVIRONMENT_FILE}"
        if files.look(file).kind == FILE:
            try:
                environment = read_environment(name, read(files, file))
            except FleetError:
                if lenient:
                    continue
                raise
            yield from _listed(environment)


def _listed(environment: Environment) -> Iterator[ListedUrl]:
    for field, own in (("repositories", True), ("remotes", False)):
        for number, url in enumerate(getattr(environment, field)):
            yield ListedUrl(url, own, environment.places[f"{field}[{number}]"])
