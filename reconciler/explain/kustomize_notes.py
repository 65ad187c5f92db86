"""What Kustomize notes down of objects: where each begins, and who changed it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from posixpath import join, normpath
from typing import Any

from reconciler.explain.kustomization_chain import KustomizationChain
from reconciler.render.kernel_process import Kernel

ORIGIN = "config.kubernetes.io/origin"
TRANSFORMATIONS = "alpha.config.kubernetes.io/transformations"


class KustomizeNotes:
    """Reads the annotations, and says what the files in them are called in the tree."""

    def __init__(self, kernel: Kernel, folder: str, chain: KustomizationChain) -> None:
        self._kernel = kernel
        self._folder = folder
        self._chain = chain

    def origin(self, found: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
        """The note, and the file where the object begins; nothing where that is not known."""
        said = self._read(found, ORIGIN)
        note = said if isinstance(said, dict) else {}
        return note, self._file(note, "configuredIn") or self._file(note, "path")

    def changers(self, found: Mapping[str, Any]) -> set[str]:
        """The files whose steps an object went through."""
        said = self._read(found, TRANSFORMATIONS)
        notes = said if isinstance(said, list) else []
        return {self._file(note, "configuredIn") for note in notes if isinstance(note, dict)}

    def _read(self, found: Mapping[str, Any], name: str) -> Any:
        annotations = (found.get("metadata") or {}).get("annotations") or {}
        documents = json.loads(self._kernel.documents(str(annotations.get(name, "")).encode()))
        return documents[0]["value"] if documents else None

    def _file(self, note: Mapping[str, Any], field: str) -> str:
        name = note.get(field)
        if not isinstance(name, str):
            return ""
        if "repo" not in note:
            return normpath(join(self._folder, name))
        commit = self._chain.commit(str(note["repo"]), str(note.get("ref", "")))
        return normpath(f"//{commit}/{name}") if commit else ""
