"""Apps in environments, found by the folders that they have there."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.files import Files, read
from reconciler.model.kustomization import Kustomization, read_kustomization
from reconciler.model.paths import AppName, Folder, entry_folder, environment_of, kustomization_in


@dataclass(frozen=True, slots=True)
class Entry:
    """An app in an environment."""

    environment: str
    app: AppName

    @property
    def folder(self) -> Folder:
        return entry_folder(self.environment, self.app)

    def __str__(self) -> str:
        return f"{self.environment}/{self.app}"


def entry_of(folder: str) -> Entry | None:
    """The app of an environment whose folder this would be."""
    above, _, app = folder.rpartition("/")
    environment = environment_of(above)
    return Entry(environment, AppName(app)) if environment else None


def read_folder(files: Files, folder: str) -> Kustomization | None:
    """What the kustomization of a folder says, if it has one."""
    path = kustomization_in(files, folder)
    return read_kustomization(read(files, path), path) if path else None
