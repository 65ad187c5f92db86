"""Which releases of an app ran in a cluster, the newest first: as its object keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from reconciler.controller.app_record import AppRecord
from reconciler.kubernetes.access import items, text
from reconciler.text.json_object import JsonObject

MAX_RELEASES = 10


@dataclass(frozen=True, slots=True)
class AppliedRelease:
    commit: str
    digest: str  # of what it renders: a commit that changes nothing of the app is no release
    applied_at: str
    healthy_at: str = ""  # when it first was
    instead_of: str = ""  # the commit that did not become well, or was taken back

    @property
    def as_json(self) -> JsonObject:
        said = {
            "commit": self.commit,
            "digest": self.digest,
            "appliedAt": self.applied_at,
            "healthyAt": self.healthy_at,
            "insteadOf": self.instead_of,
        }
        return {name: value for name, value in said.items() if value}


AppliedReleases = tuple[AppliedRelease, ...]


def releases_of(found: Mapping[str, Any]) -> AppliedReleases:
    """As another process may have written them."""
    names = ("commit", "digest", "appliedAt", "healthyAt", "insteadOf")
    return tuple(
        AppliedRelease(*(text(one, name) for name in names))
        for _, one in items(found, "status", "history")
    )


def with_release(before: AppliedReleases, app: AppRecord) -> AppliedReleases:
    """With what runs now, once all of it is applied."""
    if app.rendered != app.synced or not app.began:
        return before
    instead_of = app.gone_back.failed if app.gone_back else ""
    last = before[0] if before else None
    if last is None or (last.digest, last.instead_of) != (app.synced, instead_of):
        last = AppliedRelease(app.commit, app.synced, written_time(app.began), "", instead_of)
        before = (last, *before)
    if app.well_since and not last.healthy_at:
        before = (replace(last, healthy_at=written_time(app.well_since)), *before[1:])
    return before[:MAX_RELEASES]


def written_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
