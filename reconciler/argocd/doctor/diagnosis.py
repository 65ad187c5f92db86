"""One thing that is wrong with an installation, what it costs, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DiagnosisKind(StrEnum):
    unsafe = "unsafe"
    broken = "broken"
    slow = "slow"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`about` is the object, or how many there are of which this is true."""

    id: str
    kind: DiagnosisKind
    about: str
    what: str
    cost: str
    remedy: str
