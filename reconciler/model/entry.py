"""Apps in environments, found by the folders that they have there."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.files import Files, read
from reconciler.model.kustomization import Kustomization, read_kustomization
from reconciler.model.paths import entry_folder, kustomization_in


@dataclass(frozen=True, slots=True)
class Entry:
    """An app in an environment."""

    environment: str
    app: str

    @property
    def folder(self) -> str:
        return entry_folder(self.environment, self.app)

    def __str__(self) -> str:
        return f"{self.environment}/{self.app}"


def read_folder(files: Files, folder: str) -> Kustomization | None:
    """What the kustomization of a folder says, if it has one."""
    path = kustomization_in(files, folder)
    return read_kustomization(read(files, path), path) if path else None
