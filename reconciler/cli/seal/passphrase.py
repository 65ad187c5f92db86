"""Private keys as a user names them, and what opens a backup of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from reconciler.errors import UsageError
from reconciler.git.whole_files import read_file

if TYPE_CHECKING:
    from reconciler.sealing.keys import PrivateKey

FILE_VARIABLE = "RECONCILER_PASSPHRASE_FILE"


def ask_passphrase(*, twice: bool) -> str:
    """From the file that a variable names, or from a person."""
    file = os.environ.get(FILE_VARIABLE)
    if file:
        return bytes(read_file(file)).decode().removesuffix("\n")
    if not (sys.stdin and sys.stdin.isatty()):
        raise UsageError(
            "there is no terminal to ask for the passphrase at",
            hint=f"name a file that holds it in {FILE_VARIABLE}, or use a recipient of age",
        )
    text: str = typer.prompt("passphrase", hide_input=True, err=True, confirmation_prompt=twice)
    return text


def plain_backup(path: str, identities: Sequence[str]) -> bytes:
    """What a file of keys holds; a backup is opened."""
    from reconciler.sealing.backup import decrypted, is_encrypted, is_for_passphrase

    content = bytes(read_file(path))
    if not is_encrypted(content):
        return content
    if is_for_passphrase(content):
        return decrypted(content, path, [], ask_passphrase(twice=False))
    if not identities:
        raise UsageError(f"{path} is a backup for recipients of age", hint="name an --identity")
    return decrypted(content, path, [bytes(read_file(i)) for i in identities])


def private_keys(paths: Sequence[str], identities: Sequence[str]) -> list[PrivateKey]:
    from reconciler.sealing.keys import read_keys

    return [key for path in paths for key in read_keys(plain_backup(path, identities), path)]
