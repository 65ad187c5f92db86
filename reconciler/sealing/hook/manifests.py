"""Secrets in a manifest: each is replaced by what it is when it is sealed, where it stands."""

from __future__ import annotations

import re
from dataclasses import replace

from reconciler.errors import Place, SealingError
from reconciler.model.files import read
from reconciler.sealing.hook.staged_edits import StagedEdits
from reconciler.sealing.plaintext.yaml_nodes import documents
from reconciler.sealing.sealed_files import AppSecrets, SealedFile, find
from reconciler.sealing.secret import Secret, is_secret, read_secret
from reconciler.yaml.read import is_json, read_documents
from reconciler.yaml.write import as_json, as_yaml

BOM = "\ufeff"
HEAD = re.compile(r"(?:---[ \t]*\n)?(?:[ \t]*(?:#.*)?\n)*")


def seal_in_place(work: StagedEdits, file: str) -> list[Secret]:
    """Everything else in the file stays as it is; the secrets that were sealed, now cleared."""
    home = work.home(file)
    try:
        text = read(work.files, file).decode()
    except UnicodeDecodeError:
        raise SealingError("this is not text in UTF-8", where=Place(file)) from None
    plain = text.removeprefix(BOM).replace("\r\n", "\n")
    sealed: list[Secret] = []
    parts = [_part(work, home, file, part.text, part.above, sealed) for part in documents(plain)]
    made = "".join(parts)
    if "\r\n" in text:
        made = made.replace("\n", "\r\n")
    work.edits[file] = (BOM * text.startswith(BOM) + made).encode()
    return sealed


def _part(
    work: StagedEdits, home: AppSecrets, file: str, text: str, above: int, sealed: list[Secret]
) -> str:
    if "Secret" not in text:
        return text
    # The lines above keep the places that a message names.
    found = read_documents(("\n" * above + text).encode(), file)
    secrets = [document for document in found if is_secret(document.value)]
    if not secrets:
        return text
    if len(found) > 1:
        raise SealingError(
            "a Secret among others in one list cannot be sealed where it stands",
            where=secrets[0].place(),
            hint="give each object a document of its own",
        )
    secret = read_secret(secrets[0])
    elsewhere = find(work.files, home, secret.name)
    if elsewhere:
        secret.clear()
        raise SealingError(
            f"{secret.name} is sealed already, in {elsewhere.path}",
            where=Place(file, above + 1),
            hint=f"reconciler seal {home.entry} {secret.name} changes it there",
        )
    made = work.sealed(home, secret, _earlier(work, home, file, secret)).object()
    secret.clear()
    sealed.append(secret)
    if is_json(text):
        return as_json(made)
    head = HEAD.match(text)
    return f"{head[0] if head else ''}{as_yaml(made)}"


def _earlier(work: StagedEdits, home: AppSecrets, file: str, secret: Secret) -> SealedFile | None:
    """What stood here in the last commit: values that are the same keep their ciphertext."""
    found = find(work.before, home, secret.name)
    if found is None or found.path != file:
        return None
    kept = {key: text for key, text in found.sealed.encrypted.items() if key in secret.values}
    return replace(found, sealed=replace(found.sealed, encrypted=kept))
