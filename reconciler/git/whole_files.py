"""Files that are replaced whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress

from reconciler.errors import Place, SealingError
from reconciler.git.file_lock import only_writer

PUBLIC = 0o644
PRIVATE = 0o600


def read_file(path: str) -> bytearray:
    """What a user named: read into memory that can be cleared."""
    content = bytearray()
    try:
        with open(path, "rb", buffering=0) as file:
            while piece := file.read(1 << 20):
                content += piece
    except OSError as e:
        raise SealingError(f"{path} cannot be read", why=e.strerror or "") from None
    return content


def replace_file(path: str, content: bytes, *, before: bytes | None, mode: int = PUBLIC) -> None:
    """Write a file that had this content `before`, or none; whoever changed it since is not undone.

    An interruption leaves the old file as it was. Whoever read it under `only_writer` of its folder
    never comes too late.
    """
    folder = os.path.dirname(path) or "."
    try:
        os.makedirs(folder, exist_ok=True)
        with only_writer(folder):
            _check_unchanged(path, before)
            if before is not None:
                mode = stat.S_IMODE(os.stat(path).st_mode)
            _replace(path, folder, content, mode)
    except OSError as e:
        raise SealingError(
            "the file cannot be written", where=Place(path), why=e.strerror or ""
        ) from e


def _check_unchanged(path: str, before: bytes | None) -> None:
    if os.path.islink(path):
        raise SealingError(
            "this is a symbolic link",
            where=Place(path),
            hint="name the file that it leads to, or put the file itself here",
        )
    if _present(path) != before:
        raise SealingError(
            "the file changed in the meantime", where=Place(path), hint="run it again"
        )


def _present(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _replace(path: str, folder: str, content: bytes, mode: int) -> None:
    descriptor, fresh = tempfile.mkstemp(dir=folder, prefix=f".{os.path.basename(path)}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(fresh, mode)
        os.replace(fresh, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(fresh)
        raise
