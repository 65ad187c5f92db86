"""All that is staged in the clear, sealed as far as it is known for whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.errors import ReconcilerError
from reconciler.model.paths import is_kustomization
from reconciler.sealing.hook.generators import seal_generated
from reconciler.sealing.hook.inputs import seal_env_file, seal_manifest
from reconciler.sealing.hook.manifests import seal_in_place
from reconciler.sealing.hook.staged_edits import StagedEdits
from reconciler.sealing.plaintext.found import Plaintext, shown
from reconciler.sealing.plaintext.inputs import is_env_file, is_manifest
from reconciler.sealing.secret import Secret


@dataclass(frozen=True, slots=True)
class SealedInPlace:
    """A line about what was sealed."""

    file: str
    what: str


def seal_all(
    work: StagedEdits, found: Iterable[Plaintext]
) -> tuple[list[SealedInPlace], list[ReconcilerError]]:
    """What was sealed, and why the rest was not; a file is sealed whole or not at all."""
    done: list[SealedInPlace] = []
    refused: list[ReconcilerError] = []
    for file in dict.fromkeys(plaintext.file for plaintext in found):
        if file in work.edits:
            continue  # what a generator took its values from
        before = dict(work.edits)
        try:
            done += _seal(work, file)
        except ReconcilerError as e:
            work.edits = before
            refused.append(e)
    return done, refused


def _seal(work: StagedEdits, file: str) -> list[SealedInPlace]:
    environment = work.home(file).environment.name
    if is_kustomization(file):
        made = seal_generated(work, file)
    elif is_env_file(file):
        made = seal_env_file(work, file)
    elif is_manifest(file):
        made = seal_manifest(work, file)
    else:
        made = [(secret, file) for secret in seal_in_place(work, file)]
    return [SealedInPlace(file, _said(secret, path, file, environment)) for secret, path in made]


def _said(secret: Secret, path: str, file: str, environment: str) -> str:
    where = "where it stands" if path == file else f"into {path}"
    return f"sealed Secret {secret.name} for {environment} {where}: {shown([*secret.values])}"
