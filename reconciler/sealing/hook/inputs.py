"""Files that hold nothing but secrets: sealed into another, and no longer part of the commit."""

from __future__ import annotations

import posixpath
import re

from reconciler.errors import Place, SealingError
from reconciler.model.files import read
from reconciler.sealing.env_file import read_env_file
from reconciler.sealing.hook.staged_edits import StagedEdits
from reconciler.sealing.secret import Secret, is_secret, read_secret
from reconciler.yaml.read import read_documents

ENV_FILE = re.compile(r"\.env(?:\.(?P<after>.+))?|(?P<before>.+)\.secret\.env")


def seal_manifest(work: StagedEdits, file: str) -> list[tuple[Secret, str]]:
    """Each Secret of the file, cleared, and where it is now."""
    home = work.home(file)
    sealed = []
    for document in read_documents(read(work.files, file), file):
        if not is_secret(document.value):
            raise document.error(
                (),
                "this is not a Secret, and only Secrets are sealed",
                hint="keep other objects in a file of another name",
            )
        sealed.append((secret := read_secret(document), work.put(home, secret)))
        secret.clear()
    work.edits[file] = None
    for _, path in sealed:
        work.name_in_kustomization(home, path, gone=file)
    return sealed


def seal_env_file(work: StagedEdits, file: str) -> list[tuple[Secret, str]]:
    """`.env` is the secret of the app; `.env.NAME` and `NAME.secret.env` that of this name."""
    home = work.home(file)
    named = ENV_FILE.fullmatch(posixpath.basename(file))
    if named is None:
        raise SealingError("this file's name gives no name for a Secret", where=Place(file))
    name = named["after"] or named["before"] or home.entry.app
    values = read_env_file(bytearray(read(work.files, file)), file)
    secret = Secret(name.replace("_", "-").lower(), values=values, place=Place(file, 1))
    path = work.put(home, secret)
    secret.clear()
    work.edits[file] = None
    work.name_in_kustomization(home, path, gone=file)
    return [(secret, path)]
