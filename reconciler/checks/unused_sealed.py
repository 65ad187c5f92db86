"""SealedSecrets in the folder of an app that its render does not read."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule
from reconciler.errors import Place, ReconcilerError
from reconciler.model.files import read
from reconciler.model.paths import KUSTOMIZATION_NAMES, kustomization_in
from reconciler.sealing.sealed_files import manifests_in
from reconciler.sealing.sealed_secret import KIND, is_sealed_secret
from reconciler.trees.tree import Tree
from reconciler.yaml.read import read_documents

UNUSED_SEALED = CheckRule(
    "sealing/unused",
    Severity.warning,
    """A file in an app's folder holds a SealedSecret, and no kustomization names it.

It is sealed and committed, and reaches no cluster: whatever waits for the Secret goes on waiting.
Name the file under `resources`, or remove it.
""",
)


def unused_sealed(tree: Tree, folder: str, looked_at: Collection[str]) -> Iterator[Finding]:
    """By what the renders of the environment looked at, this app's among them."""
    for path in manifests_in(tree, folder):
        if path not in looked_at and (place := _sealed_at(tree, path)):
            kustomization = kustomization_in(tree, folder) or f"{folder}/{KUSTOMIZATION_NAMES[0]}"
            yield Finding(
                UNUSED_SEALED.id,
                UNUSED_SEALED.severity,
                "no kustomization names it, so it reaches no cluster",
                f"write - {os.path.relpath(path, folder)} under resources in {kustomization}, "
                "or remove the file",
                folder=folder,
                where=place,
            )


def _sealed_at(tree: Tree, path: str) -> Place | None:
    """Where the first SealedSecret is; a file that nobody reads need not be readable."""
    try:
        content = read(tree, path)
        if KIND.encode() in content:
            for document in read_documents(content, path):
                if is_sealed_secret(document.value):
                    return document.place()
    except ReconcilerError:
        return None
    return None
