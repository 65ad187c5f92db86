"""The trailer of a merge that says which gates it passed by somebody's word, and why."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.promotion.gates.override_line import Override
from reconciler.promotion.gates.result import GateResult
from reconciler.text.markdown import quiet, unquiet

NAME = "Promotion-Override"
SAID = re.compile(rf"^{NAME}: (\S+) by (.+?): (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PassedGate:
    """A gate that was not open, and who let the promotion pass it."""

    gate: str
    by: str
    reason: str


def with_overrides(message: str, results: Iterable[GateResult]) -> str:
    """The message ends with trailers. A gate is named once, of however many apps it is."""
    lines = dict.fromkeys(_line(r.name, r.override) for r in results if r.override)
    return "\n".join([message, *lines])


def _line(gate: str, override: Override) -> str:
    said = " ".join(unquiet(f"{override.by}: {override.reason}").split())
    return f"{NAME}: {gate} by {quiet(said)}"


def overrides_in(message: str) -> list[PassedGate]:
    found = SAID.findall(message)
    return [PassedGate(gate, unquiet(by), unquiet(why).strip()) for gate, by, why in found]
