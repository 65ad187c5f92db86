"""Secrets of one environment, sealed for another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reconciler.sealing.certificate import Certificate
from reconciler.sealing.digest_memory import DigestMemory
from reconciler.sealing.keys import PrivateKey, opened
from reconciler.sealing.put import SealOutcome, SecretChange, put
from reconciler.sealing.sealed_files import AppSecrets, find, sealed_in
from reconciler.sealing.secret import wipe
from reconciler.trees.worktree import WorkTree


def migrate(
    root: str,
    source: AppSecrets,
    target: AppSecrets,
    keys: Sequence[PrivateKey],
    certificate: Certificate,
    memory: DigestMemory,
    *,
    overwrite: bool,
) -> Iterator[SealOutcome]:
    """Each SealedSecret of an app; values that are there already stay unless told otherwise."""
    for found in sealed_in(WorkTree(root), source.entry.folder):
        sealed = source.placed(found.sealed)
        there = find(WorkTree(root), target, found.sealed.name)
        if there and not overwrite:
            wanted = sealed.encrypted.keys() - there.sealed.encrypted.keys()
            sealed = replace(sealed, encrypted={k: sealed.encrypted[k] for k in wanted})
        values = opened(sealed, keys)
        wish = SecretChange(found.sealed.name, template=sealed.template)
        yield put(root, target, wish, values, certificate, memory)
        for value in values.values():
            wipe(value)
