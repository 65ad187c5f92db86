"""What kustomizations render in the clear: whatever form it is written in, the kernel knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from posixpath import join

from reconciler.errors import InternalError, Place, ReconcilerError, RenderLimit
from reconciler.model.paths import kustomization_in
from reconciler.render.renderer import Render, Renderer
from reconciler.sealing.plaintext.found import Plaintext, PlaintextKey
from reconciler.sealing.plaintext.secret_objects import secrets_in
from reconciler.sealing.plaintext.snapshot_files import SnapshotFiles
from reconciler.sealing.plaintext.written_places import marks_in, places_of
from reconciler.trees.elsewhere import NoOtherRepositories
from reconciler.trees.tree import Tree

TOO_MUCH = "what it renders, which takes too much to be looked at, may hold secrets"


class Rendering:
    """Renders folders of snapshots, and tells what no other rule does; nothing is fetched."""

    def __init__(self, renderer: Renderer, open_tree: Callable[[str], Tree]) -> None:
        """`open_tree` gives the files of a commit, or of the index for ""."""
        self._renderer = renderer
        self._open_tree = open_tree
        self._told: set[tuple[str, str, bytes]] = set()

    def look_at(
        self, state: SnapshotFiles, folders: Sequence[str]
    ) -> tuple[list[Plaintext], list[str]]:
        """What is in the clear, and the folders that do not render and are in none that does."""
        try:
            tree = self._open_tree(state.commit)
        except ReconcilerError:  # a repository in a form that only Git itself reads
            return [], list(folders)
        tree.pins = tree.pins and NoOtherRepositories(tree.pins)
        found: list[Plaintext] = []
        failed: dict[str, str] = {}
        seen: set[str] = set()
        for render in self._renderer.render_all(tree, folders):
            own = kustomization_in(tree, render.path) or join(render.path, "kustomization.yaml")
            own = own.lstrip("/")
            if isinstance(render.error, InternalError):
                raise render.error
            if isinstance(render.error, RenderLimit):
                found.append(Plaintext(own, TOO_MUCH))
            elif render.error:
                failed[own] = render.path
            else:
                seen.update(render.paths)
                found += self._in(render, own, state)
        return found, [folder for own, folder in failed.items() if own not in seen]

    def _in(self, render: Render, own: str, state: SnapshotFiles) -> Iterator[Plaintext]:
        """What is in the clear in a manifest and nowhere else, where it is written."""
        text = render.manifest.decode(errors="replace")
        rendered = list(secrets_in(own, text))
        if not rendered:
            return
        files = state.files(path for path in render.paths if "//" not in path)
        names, marks = _known(files, state)
        unknown = [
            replace(found, keys=keys)
            for found in rendered
            if (keys := tuple(k for k in found.keys if not _is_known(k, names, marks)))
        ]
        wanted = {mark for found in unknown for key in found.keys for mark in key.marks[:1]}
        places = places_of(wanted, files, state.contents)
        for found in unknown:
            what = f"{found.what}, which {render.path or 'the repository'} renders,"
            for file, keys in self._by_file(found, places, own).items():
                yield Plaintext(file, what, keys, keys[0].line)

    def _by_file(
        self, found: Plaintext, places: dict[bytes, Place], own: str
    ) -> dict[str, tuple[PlaintextKey, ...]]:
        """What was not told before, each key at its line."""
        by_file: dict[str, tuple[PlaintextKey, ...]] = {}
        for key in found.keys:
            mark = key.marks[0] if key.marks else b""
            place = places.get(mark) or Place(own, 1)
            if (place.file, key.name, mark) not in self._told:
                self._told.add((place.file, key.name, mark))
                placed = replace(key, line=place.line)
                by_file[place.file] = (*by_file.get(place.file, ()), placed)
        return by_file


def _known(files: dict[str, str], state: SnapshotFiles) -> tuple[set[str], set[bytes]]:
    """Names and marks of what other rules say of these files: allowed or not, changed or not."""
    state.contents.look_into(files)
    names: set[str] = set()
    marks: set[bytes] = set()
    inputs: list[str] = []
    for file, blob in files.items():
        content = state.contents.of(file, blob)
        for key in (key for found in content.found for key in found.keys):
            names.add(key.name)
            marks.update(key.marks[:1])
        inputs += [source.file for source in content.sources]
    for _, text in state.contents.texts(state.files(inputs).values()):
        marks.update(mark for mark, _ in marks_in(text or b""))
    return names, marks


def _is_known(key: PlaintextKey, names: set[str], marks: set[bytes]) -> bool:
    return key.marks[0] in marks if key.marks else key.name in names
