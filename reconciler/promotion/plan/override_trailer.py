"""The trailer of a merge that says which gates it passed by somebody's word, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reconciler.text.markdown import quiet, unquiet

NAME = "Promotion-Override"
SAID = re.compile(rf"^{NAME}: (\S+) by (.+?): (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PassedGate:
    """A gate that was not open, and who let the promotion pass it."""

    gate: str
    by: str
    reason: str

    def __str__(self) -> str:
        said = " ".join(unquiet(f"{self.by}: {self.reason}").split())
        return f"{NAME}: {self.gate} by {quiet(said)}"


def passed_gates(message: str) -> list[PassedGate]:
    found = SAID.findall(message)
    return [PassedGate(gate, unquiet(by), unquiet(why).strip()) for gate, by, why in found]
