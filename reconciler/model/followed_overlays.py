"""The overlays that an entry names by their paths: what is merged there is what it runs."""

from __future__ import annotations

from posixpath import join, normpath

from reconciler.model.entry import Entry, read_folder
from reconciler.model.files import Files
from reconciler.model.kustomization import Kustomization
from reconciler.model.paths import OVERLAYS, Folder, kustomization_in
from reconciler.model.release import is_remote


def followed_overlays(files: Files, entry: Entry) -> list[Folder]:
    """Without rendering anything; none of what is pinned, or is the entry's own."""
    said = read_folder(files, entry.folder) or Kustomization()
    found = (overlay_at(files, entry, base.text) for base in said.bases)
    return [folder for folder in found if folder]


def overlay_at(files: Files, entry: Entry, base: str) -> Folder | None:
    """The overlay that a base of an entry names, if it is a path to one."""
    if is_remote(base):
        return None
    folder = Folder(normpath(join(entry.folder, base)))
    below = folder.startswith(f"{OVERLAYS}/")
    return folder if below and kustomization_in(files, folder) else None
