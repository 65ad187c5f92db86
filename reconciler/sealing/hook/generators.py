"""Secrets that Kustomize would make: sealed, and no longer made."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from reconciler.errors import Place, SealingError
from reconciler.model.files import FILE, read
from reconciler.sealing.env_file import read_env_file
from reconciler.sealing.hook.staged_edits import StagedEdits
from reconciler.sealing.secret import Secret, check_key, check_name
from reconciler.yaml.read import Document

GENERATOR = "secretGenerator"
Texts = dict[str, str]


def seal_generated(work: StagedEdits, file: str) -> list[tuple[Secret, str]]:
    """Each Secret that the kustomization made, cleared, and where it is now."""
    home = work.home(file)
    if file != home.kustomization:
        raise SealingError(
            "only what the app's own kustomization makes is sealed",
            where=Place(file),
            hint=f"move the generator to {home.kustomization or home.entry.folder}",
        )
    document = work.kustomization(home)
    sealed = []
    inputs: set[str] = set()
    common = document.value.get("generatorOptions") or {}
    for i, item in enumerate(document.value.get(GENERATOR) or []):
        secret = _made(work, document, i, item, common, inputs)
        sealed.append((secret, work.put(home, secret)))
        secret.clear()
    kept = {key: value for key, value in document.value.items() if key != GENERATOR}
    work.edit(document, kept)
    work.edits.update(dict.fromkeys(inputs))
    for _, path in sealed:
        work.name_in_kustomization(home, path)
    return sealed


def _made(
    work: StagedEdits, document: Document, i: int, item: Any, common: Any, inputs: set[str]
) -> Secret:
    at = (GENERATOR, i)
    if not isinstance(item, dict) or not isinstance(item.get("name"), str):
        raise document.error(at, "the generator has no name")
    if item.get("behavior", "create") != "create":
        raise document.error(
            at,
            "a generator that changes another's Secret cannot be sealed",
            hint="seal the whole Secret in one place",
        )
    check_name(item["name"], document.place(*at))
    values: dict[str, bytearray] = {}
    for key, value in _values(work, document, i, item, inputs):
        check_key(key, document.place(*at))
        values[key] = value
    own = item.get("options") or {}
    return Secret(
        item["name"],
        item.get("namespace") or "",
        values,
        item.get("type") or "",
        own.get("immutable", common.get("immutable")),
        {**(common.get("labels") or {}), **(own.get("labels") or {})},
        {**(common.get("annotations") or {}), **(own.get("annotations") or {})},
        place=document.place(*at),
    )


def _values(
    work: StagedEdits, document: Document, i: int, item: dict[str, Any], inputs: set[str]
) -> Iterator[tuple[str, bytearray]]:
    for text in item.get("literals") or []:
        key, _, value = str(text).partition("=")
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
        yield key, bytearray((value[1:-1] if quoted else value).encode())
    for text in item.get("files") or []:
        key, joint, path = str(text).partition("=")
        path = path if joint else key
        content = _content(work, document, i, path, inputs)
        yield (key if joint else posixpath.basename(path)), content
    envs = [*(item.get("envs") or []), *([item["env"]] if item.get("env") else [])]
    for path in map(str, envs):
        content = _content(work, document, i, path, inputs)
        yield from read_env_file(content, path).items()


def _content(
    work: StagedEdits, document: Document, i: int, name: str, inputs: set[str]
) -> bytearray:
    path = posixpath.normpath(posixpath.join(posixpath.dirname(document.file), name))
    if work.files.look(path).kind != FILE:
        raise document.error(
            (GENERATOR, i),
            f"it takes a value from {path}, which is not staged",
            hint="reconciler seal ENV/APP NAME --from-file seals what is on disk",
        )
    inputs.add(path)
    return bytearray(read(work.files, path))
