"""The certificates of an environment: the newest seals, older ones are known by name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.errors import Place, SealingError
from reconciler.git.file_lock import only_writer
from reconciler.git.whole_files import read_file, replace_file
from reconciler.model.environment import Environment
from reconciler.model.files import FILE, Files, read
from reconciler.sealing.certificate import Certificate, check_usable, read_certificates
from reconciler.sealing.sealed_files import AppSecrets, sealed_in
from reconciler.trees.worktree import WorkTree


@dataclass(frozen=True, slots=True)
class Certificates:
    """All certificates that an environment's file holds, the newest first."""

    file: str
    all: tuple[Certificate, ...]

    @property
    def newest(self) -> Certificate:
        return self.all[0]

    def usable(self) -> Certificate:
        """The newest, if it may seal."""
        check_usable(self.newest, self.file)
        return self.newest

    def find(self, fingerprint: str) -> Certificate | None:
        return next((c for c in self.all if c.fingerprint == fingerprint), None)


def find_certificates(files: Files, environment: Environment) -> Certificates | None:
    """The certificates of an environment, if it has any."""
    file = environment.certificates_file
    if files.look(file).kind != FILE:
        return None
    return Certificates(file, tuple(read_certificates(read(files, file), file)))


def certificates_of(files: Files, environment: Environment) -> Certificates:
    found = find_certificates(files, environment)
    if found is None:
        file = environment.certificates_file
        raise SealingError(
            f"{environment.name} has no certificate to seal with",
            where=Place(file),
            hint=f"reconciler seal cert fetch {environment.name} asks the controller; "
            f"reconciler seal cert add {environment.name} FILE takes it from a file",
        )
    return found


def add_certificate(
    root: str, environment: Environment, certificate: Certificate
) -> tuple[str, bool]:
    """The file of an environment, and whether the certificate is new in it."""
    file = environment.certificates_file
    with only_writer(root):
        known = find_certificates(WorkTree(root), environment)
        if known and known.find(certificate.fingerprint):
            return file, False
        _write(root, file, [certificate, *(known.all if known else ())], known)
        return file, True


def check_seals(root: str, environment: Environment, certificate: Certificate) -> None:
    """A controller's own is its newest: what says to be newer is somebody else's."""
    found = certificates_of(WorkTree(root), environment)
    if found.newest.fingerprint != certificate.fingerprint:
        raise SealingError(
            f"{found.newest.fingerprint} says that it is newer than the controller's, and would "
            "seal",
            where=Place(found.file),
            why="the controller does not have its key, or has not made it yet",
            hint="take it out of the file, and ask who put it there",
        )


def drop_unused(
    root: str, environment: Environment, homes: Iterable[AppSecrets]
) -> list[Certificate]:
    """Take out the older certificates that no value was sealed with; those that were dropped."""
    with only_writer(root):
        return _drop_unused(WorkTree(root), environment, homes)


def _drop_unused(
    tree: WorkTree, environment: Environment, homes: Iterable[AppSecrets]
) -> list[Certificate]:
    known = find_certificates(tree, environment)
    if known is None:
        return []
    used = {known.newest.fingerprint}
    for home in homes:
        for found in sealed_in(tree, home.entry.folder):
            record = found.sealed.record
            used |= {item.fingerprint for item in record.items.values()} if record else set()
    kept = [c for c in known.all if c.fingerprint in used]
    if len(kept) < len(known.all):
        _write(tree.root, known.file, kept, known)
    return [c for c in known.all if c.fingerprint not in used]


def _write(
    root: str, file: str, certificates: Sequence[Certificate], known: Certificates | None
) -> None:
    path = os.path.join(root, file)
    content = "".join(c.pem for c in certificates).encode()
    replace_file(path, content, before=bytes(read_file(path)) if known else None)
