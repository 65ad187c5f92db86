"""The SealedSecrets of an environment: in which file each is, and what becomes of it there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from reconciler.errors import Place, SealingError
from reconciler.git.file_lock import only_writer
from reconciler.git.whole_files import read_file, replace_file
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.model.files import FILE, FOLDER, Files, read
from reconciler.model.fleet import Fleet
from reconciler.model.kustomization import Kustomization, read_kustomization
from reconciler.model.paths import kustomization_in
from reconciler.sealing.sealed_secret import SealedSecret, is_sealed_secret, read_sealed_secret
from reconciler.trees.worktree import WorkTree
from reconciler.yaml.edit import edited
from reconciler.yaml.read import Document, read_documents
from reconciler.yaml.write import as_yaml

Again = Callable[[SealedSecret], SealedSecret]

ENDS = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class AppSecrets:
    """An app in an environment, as its secrets must know it."""

    environment: Environment
    entry: Entry
    kustomization: str  # the path of its file, "" if it has none
    said: Kustomization

    def namespace(self, named: str = "") -> str:
        """Where the objects of a file of this entry end up."""
        rule = self.environment.destination.namespace_of(self.entry.app)
        return self.said.namespace or named or rule or ""

    def rendered(self, name: str) -> str:
        return f"{self.said.name_prefix}{name}{self.said.name_suffix}"

    def placed(self, sealed: SealedSecret) -> SealedSecret:
        """A SealedSecret of a file as the cluster gets it."""
        return replace(
            sealed, name=self.rendered(sealed.name), namespace=self.namespace(sealed.namespace)
        )


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A SealedSecret in a file."""

    document: Document
    content: bytes  # of the whole file
    sealed: SealedSecret

    @property
    def path(self) -> str:
        return self.document.file


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file after an edit; `rewritten` is a whole document of it, whose layout may differ."""

    content: bytes
    rewritten: bool = False


@dataclass(frozen=True, slots=True)
class RotatedFile:
    """A file whose SealedSecrets are sealed again: so many values have a new ciphertext."""

    content: bytes
    count: int
    rewritten: bool


def home_of(files: Files, fleet: Fleet, entry: Entry) -> AppSecrets:
    path = kustomization_in(files, entry.folder)
    said = read_kustomization(read(files, path), path) if path else Kustomization()
    return AppSecrets(fleet.environment(entry.environment), entry, path or "", said)


def sealed_in(files: Files, folder: str) -> Iterator[SealedFile]:
    """All SealedSecrets in the files below a folder, in the order of their paths."""
    for path in manifests_in(files, folder):
        content = read(files, path)
        if b"SealedSecret" not in content:
            continue
        for document in read_documents(content, path):
            if is_sealed_secret(document.value):
                yield SealedFile(document, content, read_sealed_secret(document))


def find(files: Files, home: AppSecrets, name: str) -> SealedFile | None:
    """The SealedSecret of this name in an app's own files."""
    found = [f for f in sealed_in(files, home.entry.folder) if f.sealed.name == name]
    if len(found) > 1:
        raise SealingError(
            f"{home.entry} has the SealedSecret {name} twice",
            where=found[1].document.place(),
            why=f"the other one is in {found[0].document.place()}",
            hint="remove one of them",
        )
    return found[0] if found else None


def names_in(files: Files, home: AppSecrets) -> list[str]:
    return sorted({f.sealed.name for f in sealed_in(files, home.entry.folder)})


def sealed_path(entry: Entry, name: str) -> str:
    """Where a new SealedSecret goes."""
    return f"{entry.folder}/{name}.sealed.yaml"


def changed(found: SealedFile, sealed: SealedSecret) -> ChangedFile:
    """The file with the values, annotations and template of `sealed`, and all else as it was."""
    value = _with(found.document.value, sealed)
    if value == found.document.value:
        return ChangedFile(found.content)
    return _edited(found.document, found.content, value)


def _edited(document: Document, content: bytes, value: dict[str, Any]) -> ChangedFile:
    made = edited(document, value)
    return ChangedFile(made.encoded(content), made.rewritten)


def read_file_of(path: str, name: str, *, alone: bool) -> SealedFile:
    """A SealedSecret in a file: the one of this name, or the only one there is."""
    content = bytes(read_file(path))
    found = [
        SealedFile(document, content, read_sealed_secret(document))
        for document in read_documents(content, path)
        if is_sealed_secret(document.value)
    ]
    chosen = found if alone and len(found) == 1 else [f for f in found if f.sealed.name == name]
    if len(chosen) != 1:
        raise SealingError(
            f"there is no SealedSecret {name} in this file"
            if not chosen
            else f"there are several SealedSecrets {name} in this file",
            where=Place(path),
        )
    return chosen[0]


def write_file(path: str, content: bytes, before: bytes | None) -> bool:
    """Did the file change?"""
    if content == before:
        return False
    replace_file(path, content, before=before)
    return True


def write(tree: WorkTree, path: str, content: bytes, before: bytes | None) -> bool:
    return write_file(os.path.join(tree.root, path), content, before)


def create(tree: WorkTree, home: AppSecrets, sealed: SealedSecret) -> tuple[list[str], list[str]]:
    """A new file, named in the kustomization of the app; the paths that changed, by rewriting."""
    path = sealed_path(home.entry, sealed.name)
    content = read(tree, home.kustomization) if home.kustomization else b""
    listed = _listed(home, content, path)  # before anything is written: it may not be possible
    write(tree, path, as_yaml(sealed.object()).encode(), None)
    named = home.kustomization and write(tree, home.kustomization, listed.content, content)
    paths = [path, home.kustomization] if named else [path]
    return paths, [home.kustomization] if listed.rewritten else []


def rotate_file(root: str, home: AppSecrets, path: str, again: Again) -> RotatedFile:
    """Seal the values of a file again."""
    with only_writer(root):
        tree = WorkTree(root)
        content = read(tree, path)
        made = rotated(content, path, lambda sealed: again(home.placed(sealed)))
        write(tree, path, made.content, content)
        return made


def rotated(content: bytes, path: str, again: Again) -> RotatedFile:
    """All SealedSecrets of a text sealed again."""
    count, rewritten = 0, False
    for i, document in enumerate(read_documents(content, path)):
        if is_sealed_secret(document.value):
            # What was edited before has moved the lines of this one.
            now = SealedFile(
                read_documents(content, path)[i], content, read_sealed_secret(document)
            )
            sealed = again(now.sealed)
            before = now.sealed.encrypted
            count += sum(text != before[key] for key, text in sealed.encrypted.items())
            made = changed(now, sealed)
            content, rewritten = made.content, rewritten or made.rewritten
    return RotatedFile(content, count, rewritten)


def _listed(home: AppSecrets, kustomization: bytes, path: str) -> ChangedFile:
    """The app's kustomization, with a file among its resources."""
    if not home.kustomization:
        return ChangedFile(kustomization)
    document = as_kustomization(kustomization, home.kustomization)
    name = os.path.relpath(path, home.entry.folder)
    resources = document.value.get("resources") or []
    if name in resources:
        return ChangedFile(kustomization)
    value = {**document.value, "resources": [*resources, name]}
    return _edited(document, kustomization, value)


def as_kustomization(content: bytes, path: str) -> Document:
    found = read_documents(content, path)
    if len(found) != 1 or not isinstance(found[0].value, dict):
        raise SealingError("this is not a kustomization", where=Place(path))
    if not isinstance(found[0].value.get("resources") or [], list):
        raise found[0].error(
            ("resources",), "this is not a list", hint="write - PATH in a line each"
        )
    return found[0]


def _with(value: dict[str, Any], sealed: SealedSecret) -> dict[str, Any]:
    metadata, spec = dict(value["metadata"]), dict(value["spec"])
    if sealed.annotations:
        metadata["annotations"] = dict(sealed.annotations)
    else:
        metadata.pop("annotations", None)
    spec["encryptedData"] = dict(sealed.encrypted)
    if sealed.template or spec.get("template"):
        spec["template"] = dict(sealed.template)
    return {**value, "metadata": metadata, "spec": spec}


def manifests_in(files: Files, folder: str) -> Iterator[str]:
    """The files below a folder that may hold objects."""
    for name in files.names(folder):
        path = f"{folder}/{name}"
        kind = files.look(path).kind
        if kind == FOLDER:
            yield from manifests_in(files, path)
        elif kind == FILE and name.endswith(ENDS):
            yield path
