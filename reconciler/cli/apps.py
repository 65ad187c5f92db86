"""Apps by the names that people give them: a folder, a glob, ENV or ENV/APP."""

from __future__ import annotations

import re
from contextlib import suppress

from reconciler.cli.source import in_tree
from reconciler.errors import UsageError
from reconciler.render.folders import glob_to_regex

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ENVIRONMENTS = "environments"


def entries(folders: Iterable[str]) -> list[str]:
    """The apps of all environments; in a repository that has none, every kustomization."""
    found = sorted(folders)
    return [f for f in found if f.startswith(f"{ENVIRONMENTS}/")] or found


def named(names: Sequence[str], folders: set[str], root: str) -> list[str]:
    """Of these folders with a kustomization, those that the names stand for."""
    if not names:
        return entries(folders)
    found: set[str] = set()
    for name in names:
        chosen = next((c for path in _readings(name, root) if (c := _within(path, folders))), None)
        if chosen is None:
            raise UsageError(
                f"no folder with a kustomization matches {name}",
                hint="name a folder, a glob, an environment or ENV/APP; a revision goes after "
                "--from or --to",
            )
        found |= chosen
    return sorted(found)


def one(name: str, folders: set[str], root: str) -> str:
    """The single app that a name stands for."""
    found = named([name], folders, root)
    if len(found) > 1:
        shown = ", ".join(found[:5]) + (", …" if len(found) > 5 else "")
        raise UsageError(f"{name} is {len(found):,} apps: {shown}", hint="name one of them")
    return found[0]


def _readings(name: str, root: str) -> Iterable[str]:
    with suppress(UsageError):
        yield in_tree(name, root)
    yield f"{ENVIRONMENTS}/{name.strip('/')}"


def _within(path: str, folders: set[str]) -> set[str]:
    """The folder itself, or what is below it, or what the pattern matches."""
    if path in folders:
        return {path}
    wanted = re.compile(f"{glob_to_regex(path)}(/.*)?" if path else ".*")
    return {folder for folder in folders if wanted.fullmatch(folder)}
