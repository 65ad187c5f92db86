"""What a body says to programs: which promotion it is of, and whether all of it is as before."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from hashlib import sha256

from reconciler.model.paths import AppName

UNSAFE = re.compile(r"[^\w {}\[\]:,\"\\.-]|(?<=-)-", re.ASCII)


@dataclass(frozen=True, slots=True)
class Marker:
    """The hash is of all that the report says, of what is not in the body for want of room, too."""

    source: str
    target: str
    apps: tuple[AppName, ...]
    base: str
    hash: str

    def __str__(self) -> str:
        """A comment in HTML, in which no text of anybody's can end it or name anybody."""
        fields = {
            "source": self.source,
            "target": self.target,
            "apps": self.apps,
            "base": self.base,
            "hash": self.hash,
        }
        text = UNSAFE.sub(lambda m: f"\\u{ord(m[0]):04x}", json.dumps(fields))
        return f"<!-- promotion: {text} -->"


def hash_of(*texts: str) -> str:
    return sha256("\0".join(texts).encode(errors="surrogatepass")).hexdigest()[:16]
