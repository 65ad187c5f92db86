"""An app in an environment."""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.model.paths import AppName, Folder


@dataclass(frozen=True, slots=True)
class Entry:
    """What an environment runs of an app, and the folder that says it."""

    environment: str
    app: AppName
    folder: Folder = field(compare=False)

    def __str__(self) -> str:
        return f"{self.environment}/{self.app}"
