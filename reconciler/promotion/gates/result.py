"""What a gate says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reconciler.errors import ReconcilerError
from reconciler.model.paths import AppName
from reconciler.promotion.gates.override_line import Override

WHOLE = AppName("")  # not of one app, but of all that is promoted


class Gate(StrEnum):
    """How a gate stands."""

    open = "open"
    waiting = "waiting"  # it opens by itself, or when somebody does something
    closed = "closed"  # it does not open as things are
    overridden = "overridden"


@dataclass(frozen=True, slots=True)
class GateResult:
    """How one gate stands, why, and the earliest time at which it can open."""

    name: str
    state: Gate
    evidence: str
    opens: datetime | None = None
    hint: str = ""
    app: AppName = WHOLE  # none if it is about the whole promotion
    override: Override | None = None  # what lets it pass

    @property
    def passes(self) -> bool:
        return self.state in (Gate.open, Gate.overridden)

    @property
    def is_closed(self) -> bool:
        return self.state is Gate.closed


def refused(name: str, error: ReconcilerError, app: AppName = WHOLE) -> GateResult:
    """A gate that cannot tell is closed."""
    said = f"{error.what}: {error.why}" if error.why else error.what
    return GateResult(name, Gate.closed, said, hint=error.hint, app=app)
