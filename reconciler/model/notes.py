"""What is allowed, and may not be meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from posixpath import normpath

from reconciler.errors import FleetError, Place
from reconciler.model.files import FOLDER, LINK, Files
from reconciler.model.fleet import Fleet
from reconciler.model.kustomization import read_folder
from reconciler.model.paths import ENVIRONMENTS, OVERLAYS
from reconciler.model.release import is_remote, pin_of


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know about a place in the repository."""

    what: str
    where: Place


def notes(files: Files, fleet: Fleet) -> list[Note]:
    return [*_links(files, fleet), *_lonely(fleet), *_unused(files, fleet)]


def _links(files: Files, fleet: Fleet) -> Iterator[Note]:
    for folder in (ENVIRONMENTS, *(e.folder for e in fleet.environments)):
        for name in files.names(folder):
            path = f"{folder}/{name}"
            if files.look(path).kind == LINK:
                yield Note("a symbolic link is neither an environment nor an app", Place(path))


def _lonely(fleet: Fleet) -> Iterator[Note]:
    if len(fleet.environments) == 1:
        return
    for app in fleet.apps:
        where = [entry for entry in fleet.entries if entry.app == app]
        if len(where) == 1:
            yield Note(f"{app} runs in {where[0].environment} only", Place(where[0].folder))


def _unused(files: Files, fleet: Fleet) -> Iterator[Note]:
    folders = [entry.folder for entry in fleet.entries]
    used = {at.split("/")[1] for at in built_on(files, folders) if _is_overlay(at)}
    for name in files.names(OVERLAYS):
        folder = f"{OVERLAYS}/{name}"
        if name not in used and files.look(folder).kind == FOLDER:
            yield Note("no environment uses this overlay", Place(folder))


def _is_overlay(folder: str) -> bool:
    return folder.startswith(f"{OVERLAYS}/")


def built_on(files: Files, folders: Iterable[str]) -> set[str]:
    """These folders, and every one that they build on, directly or through others."""
    seen: set[str] = set()
    waiting = [*folders]
    while waiting:
        folder = waiting.pop()
        if folder not in seen:
            seen.add(folder)
            waiting += _bases(files, folder)
    return seen


def _bases(files: Files, folder: str) -> Iterator[str]:
    try:
        kustomization = read_folder(files, folder)
    except FleetError:
        return  # whoever renders it is told
    for base in kustomization.bases if kustomization else ():
        if is_remote(base.text):
            yield pin_of(base).path
        else:
            yield normpath(f"{folder}/{base.text}")
