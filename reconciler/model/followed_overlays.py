"""The overlays that an entry names by their paths: what is merged there is what it runs."""

from __future__ import annotations

from posixpath import join, normpath

from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.model.files import Files
from reconciler.model.fleet import Fleet
from reconciler.model.kustomization import Kustomization, read_folder
from reconciler.model.paths import ENVIRONMENTS, AppName, Folder, kustomization_in
from reconciler.model.release import is_remote, read_release


def followed_overlays(files: Files, entry: Entry) -> list[Folder]:
    """Without rendering anything; none of what is pinned, or is the entry's own."""
    said = read_folder(files, entry.folder) or Kustomization()
    found = (overlay_at(files, entry, base.text) for base in said.bases)
    return [folder for folder in found if folder]


def overlay_at(files: Files, entry: Entry, base: str) -> Folder | None:
    """The overlay that a base of an entry names, if it is a path to one.

    That is what the environment does not own, wherever the repository keeps it.
    """
    if is_remote(base):
        return None
    folder = Folder(normpath(join(entry.folder, base)))
    own = folder.startswith((f"{ENVIRONMENTS}/", f"{entry.folder}/", "../"))
    return folder if not own and kustomization_in(files, folder) else None


def following(files: Files, fleet: Fleet, environment: Environment) -> list[AppName]:
    """The apps of an environment that releases are promoted to, and that get edits without one.

    None of where that is meant.
    """
    if not environment.promotes_from or environment.releases.policy == "follow":
        return []
    entries = (entry for entry in fleet.entries if entry.environment == environment.name)
    return [entry.app for entry in entries if _follows(files, entry)]


def _follows(files: Files, entry: Entry) -> bool:
    return bool(followed_overlays(files, entry)) and not read_release(files, entry).pins
