"""What a kustomization that does not render could make of its files: rather too much than too
little.

It may render elsewhere: with files that are not committed, or with another version of Kustomize.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from posixpath import dirname, join

from yaml.nodes import Node, ScalarNode

from reconciler.model.paths import KUSTOMIZATION_NAMES
from reconciler.sealing.plaintext.detect import MANIFESTS, TOO_LARGE
from reconciler.sealing.plaintext.found import Plaintext, PlaintextKey
from reconciler.sealing.plaintext.generators import literals_in, sources_in
from reconciler.sealing.plaintext.secret_objects import changed_data, secrets_in
from reconciler.sealing.plaintext.snapshot_files import SnapshotFiles
from reconciler.sealing.plaintext.words import joined
from reconciler.sealing.plaintext.yaml_nodes import (
    all_of,
    documents,
    entries,
    items,
    nodes_below,
    scalars,
    text_of,
)

DATA_ONLY = ("configmapgenerator", "secretgenerator")
PATCHES = ("patches", "patchesjson6902")


def suspicions(state: SnapshotFiles, folder: str) -> list[Plaintext]:
    """What its kustomization and the files that this names may put into a Secret."""
    found: list[Plaintext] = []
    for file in (join(folder, name) for name in KUSTOMIZATION_NAMES):
        for own in _contents(state, [file]).values():
            text = text_of(own or b"")
            found += _in_place(file, text)
            for path, content in _changed(state, file, _manifests(file, text)):
                if content is None:
                    found.append(Plaintext(path, TOO_LARGE))
                else:
                    found += _in_file(state, file, path, text_of(content))
            patches = (joined(folder, path) for path in _patches(text))
            for path, content in _changed(state, file, patches):
                found += _patch(path, changed_data(text_of(content or b""), 0))
    return found


def _contents(state: SnapshotFiles, paths: Iterable[str | None]) -> dict[str, bytes | None]:
    """None for a file that is too large to be looked at."""
    files = state.files(path for path in paths if path is not None)
    contents = dict(state.contents.texts(files.values()))
    return {file: contents[blob] for file, blob in files.items()}


def _changed(
    state: SnapshotFiles, file: str, paths: Iterable[str | None]
) -> Iterator[tuple[str, bytes | None]]:
    """Those that changed, or all of them if the kustomization that names them did."""
    for path, content in _contents(state, paths).items():
        if not state.touched.isdisjoint((file, path)):
            yield path, content


def _in_place(file: str, text: str) -> Iterator[Plaintext]:
    """What is written into the kustomization: patches, and generators as texts."""
    for document in documents(text):
        for node in document.nodes() or ():
            for item in _patched_by(node):
                for patch in all_of(item, "patch"):
                    if isinstance(patch, ScalarNode):
                        above = document.first_line_of(patch) - 1
                        yield from _patch(file, changed_data(patch.value, above))
            for name, scalar in _scalars(node):
                if name == "generators" and "\n" in scalar.value:
                    yield from literals_in(file, scalar.value, document.first_line_of(scalar) - 1)


def _in_file(state: SnapshotFiles, file: str, path: str, text: str) -> Iterator[Plaintext]:
    """What is in a file that counts as a manifest because a kustomization names it."""
    if not MANIFESTS.fullmatch(path):
        yield from secrets_in(path, text)
    for source in sources_in(file, text.encode()):
        for generated in state.files([source.file]):
            what = f"the file, of which {source.named_by} makes {source.secret}, is"
            yield Plaintext(generated, what)


def _patch(file: str, keys: list[PlaintextKey]) -> Iterator[Plaintext]:
    if keys:
        yield Plaintext(file, "a patch that may be of a Secret", tuple(keys), keys[0].line)


def _manifests(file: str, text: str) -> Iterator[str | None]:
    """The paths of all that a kustomization reads as YAML, or of all that it could mean."""
    folder = dirname(file)
    for document in documents(text):
        nodes = document.nodes()
        if nodes is None:
            yield from (joined(folder, word) for word in document.text.split())
        for node in nodes or ():
            for name, scalar in _scalars(node):
                if name not in DATA_ONLY:
                    yield joined(folder, scalar.value)


def _patches(text: str) -> Iterator[str]:
    """The files of patches that may be those of a Secret."""
    for document in documents(text):
        for node in document.nodes() or ():
            for item in _patched_by(node):
                yield from scalars(item, "path")


def _patched_by(node: Node) -> Iterator[Node]:
    lists = [value for name, _, value in entries(node) if name.lower() in PATCHES]
    for item in items(lists):
        targets = all_of(item, "target")
        if any(_may_be_a_secret(target) for target in targets):
            yield item


def _may_be_a_secret(target: Node) -> bool:
    """A kind in a target is a regular expression, and may lack."""
    kinds = scalars(target, "kind")
    return not kinds or any(map(_matches_secret, kinds))


def _matches_secret(pattern: str) -> bool:
    try:
        return pattern == "" or re.fullmatch(pattern, "Secret") is not None
    except re.error:
        return True


def _scalars(top: Node) -> Iterator[tuple[str, ScalarNode]]:
    """Each text with the field of the kustomization that it stands in."""
    for name, _, value in entries(top):
        for node in nodes_below(value):
            if isinstance(node, ScalarNode):
                yield name.lower(), node
