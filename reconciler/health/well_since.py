"""Since when an object is as well as it is, as far as it says so itself; in doubt later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from reconciler.cluster.ownership import is_controller, owners_of
from reconciler.health.ready_objects import time_of
from reconciler.kubernetes.access import Data, items, mapping, text

OF_HEALTH = {"Available", "Complete", "Established", "Programmed", "Progressing", "Ready", "Synced"}
# Their status has no conditions, and is written when a pod of theirs comes, goes or turns ready.
WITHOUT_CONDITIONS = {"DaemonSet", "ReplicaSet", "StatefulSet"}


def well_since(o: Data) -> datetime | None:
    """None where nobody noted when it was written."""
    written = [*_written(o)]
    return max([*written, *_turned(o)]) if written else None


def _written(o: Data) -> Iterator[datetime]:
    """By people, and not by what controllers write as their work."""
    for owner in owners_of(mapping(o, "metadata")):
        by_others = owner.subresource != "status" and not is_controller(owner.manager)
        counted = owner.subresource == "status" and text(o, "kind") in WITHOUT_CONDITIONS
        if (by_others or counted) and (time := time_of(owner.time)):
            yield time


def _turned(o: Data) -> Iterator[datetime]:
    """A Deployment's rollout ends with an update of a condition that stays true all the while."""
    for _, condition in items(o, "status", "conditions"):
        if text(condition, "type") in OF_HEALTH:
            for name in ("lastTransitionTime", "lastUpdateTime"):
                if time := time_of(text(condition, name)):
                    yield time
