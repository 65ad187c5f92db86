"""One thing that is wrong with an installation, what it costs, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    unsafe = "unsafe"
    broken = "broken"
    slow = "slow"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`about` is the object, or how many there are of which this is true."""

    id: str
    kind: Kind
    about: str
    what: str
    cost: str
    remedy: str
