"""Globs of the folders in which apps are, and what an app is called by them."""

from __future__ import annotations

from reconciler.model.globs import is_pattern, matches
from reconciler.model.paths import AppName, Folder, environment_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def own_apps(environment: str) -> tuple[str, ...]:
    """Where the apps of an environment are that does not say it."""
    return (f"{environment_folder(environment)}/*",)


def app_in(pattern: str, folder: str, environment: str) -> AppName:
    """What the app of a folder is called: what the wildcards of the pattern stand for.

    Where it has none, as the folder; one that is called as its environment, as the folder above.
    """
    parts = folder.split("/")
    found = [p for p, wanted in zip(parts, pattern.split("/"), strict=True) if is_pattern(wanted)]
    if not found:
        found = [part for part in parts if part != environment][-1:] or parts[-1:]
    name = "-".join(found)
    return AppName(name if pattern in own_apps(environment) else as_name(name) or name)


def as_name(text: str) -> str:
    """The nearest that can name an environment or an app; nothing, if nothing is near."""
    import re
    import unicodedata

    from reconciler.model.notations import is_name

    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub("[^a-z0-9]+", "-", plain).strip("-")
    return name if is_name(name) else ""


def folder_for(patterns: Sequence[str], app: AppName) -> Folder | None:
    """Where an app would be that is not there yet, if that can be told."""
    for pattern in patterns:
        parts = pattern.split("/")
        if sum(map(is_pattern, parts)) == 1:
            return Folder("/".join(app if is_pattern(part) else part for part in parts))
    return None


def fits(pattern: str, folder: str) -> bool:
    wanted, parts = pattern.split("/"), folder.split("/")
    return len(wanted) == len(parts) and all(
        matches_part(one, part) for one, part in zip(wanted, parts, strict=True)
    )


def matches_part(pattern: str, name: str) -> bool:
    return pattern in ("*", name) or (is_pattern(pattern) and matches(pattern, name))
