"""Files of KEY=VALUE lines, read as kubectl and Kustomize read them: quotes are part of a value."""

from __future__ import annotations

from reconciler.errors import Place, SealingError
from reconciler.sealing.secret import check_key


def read_env_file(content: bytearray, file: str) -> dict[str, bytearray]:
    found: dict[str, bytearray] = {}
    for number, raw in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        line = raw.removesuffix(b"\r").lstrip()
        if not line or line.startswith(b"#"):
            continue
        where = Place(file, number)
        name, joint, value = line.partition(b"=")
        key = name.decode("ascii", errors="replace").strip()
        if not joint:
            raise SealingError("this line has no =", where=where, hint="write KEY=VALUE")
        check_key(key, where)
        if key in found:
            raise SealingError(f"{key} is here twice", where=where, hint="remove one of the two")
        found[key] = bytearray(value)
    return found
