"""Secrets of one environment, sealed for another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reconciler.git.worktree import WorkTree
from reconciler.sealing.certificate import Certificate
from reconciler.sealing.files import Home, find, sealed_in
from reconciler.sealing.keys import PrivateKey, opened
from reconciler.sealing.memory import Memory
from reconciler.sealing.put import Outcome, Wish, put
from reconciler.sealing.secret import wipe


def migrate(
    root: str,
    source: Home,
    target: Home,
    keys: Sequence[PrivateKey],
    certificate: Certificate,
    memory: Memory,
    *,
    overwrite: bool,
) -> Iterator[Outcome]:
    """Each SealedSecret of an app; values that are there already stay unless told otherwise."""
    for found in sealed_in(WorkTree(root), source.entry.folder):
        sealed = source.placed(found.sealed)
        there = find(WorkTree(root), target, found.sealed.name)
        if there and not overwrite:
            wanted = sealed.encrypted.keys() - there.sealed.encrypted.keys()
            sealed = replace(sealed, encrypted={k: sealed.encrypted[k] for k in wanted})
        values = opened(sealed, keys)
        wish = Wish(found.sealed.name, template=sealed.template)
        yield put(root, target, wish, values, certificate, memory)
        for value in values.values():
            wipe(value)
