"""Why an app is not changed now, though something is to be done: by the facts alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reconciler.model.promotion import Freeze, Window
from reconciler.promotion.gates.calendar import is_frozen, is_open, opening
from reconciler.text.durations import moment
from reconciler.text.suggestions import listing


class HoldReason(StrEnum):
    suspended = "Suspended"
    hours = "OutsideHours"
    dependency = "DependencyNotReady"


@dataclass(frozen=True, slots=True)
class SyncHold:
    reason: HoldReason
    said: str


@dataclass(frozen=True, slots=True)
class Suspension:
    """Somebody wants nothing of an app to be changed."""

    by: str = ""
    reason: str = ""
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        return self.until is None or now < self.until

    def __str__(self) -> str:
        by = f" by {self.by}" if self.by else ""
        until = f" until {moment(self.until)}" if self.until else ""
        return f"suspended{by}{until}{': ' * bool(self.reason)}{self.reason}"


def suspended(suspension: Suspension | None, now: datetime) -> SyncHold | None:
    if suspension is None or not suspension.holds(now):
        return None
    return SyncHold(HoldReason.suspended, str(suspension))


def outside_hours(hours: Sequence[Window | Freeze], now: datetime) -> SyncHold | None:
    """As a promotion's gates read a calendar."""
    windows = [one for one in hours if isinstance(one, Window)]
    freezes = [one for one in hours if isinstance(one, Freeze)]
    frozen = next((freeze for freeze in freezes if is_frozen(freeze, now)), None)
    if frozen:
        why = f"frozen{': ' * bool(frozen.reason)}{frozen.reason}"
    elif windows and not any(is_open(window, now) for window in windows):
        why = "no window is open"
    else:
        return None
    opens = opening(windows, freezes, now)
    return SyncHold(HoldReason.hours, f"{why}; opens {moment(opens)}" if opens else why)


def waiting_for(not_ready: Sequence[str]) -> SyncHold | None:
    """Apps that it depends on."""
    if not not_ready:
        return None
    return SyncHold(HoldReason.dependency, f"waits for {listing(sorted(not_ready))}")
