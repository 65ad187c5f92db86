"""Apps where they are if nothing else is said."""

from __future__ import annotations

from reconciler.model.entry import Entry
from reconciler.model.paths import AppName, Folder


def entry_of(folder: str) -> Entry | None:
    parts = folder.split("/")
    ours = len(parts) == 3 and parts[0] == "environments"
    return entry_at_home(parts[1], parts[2]) if ours else None


def entry_at_home(environment: str, app: str) -> Entry:
    return Entry(environment, AppName(app), Folder(f"environments/{environment}/{app}"))
