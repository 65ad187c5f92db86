"""Where each app is shown in the cluster, and where people say what they want of it.

Everything else goes on where that cannot be written: its definitions may be missing, or the right.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from reconciler.cluster.api_client import ApiClient, Listing
from reconciler.cluster.api_errors import FORBIDDEN, NOT_FOUND
from reconciler.cluster.conflicts import Applied
from reconciler.cluster.follow import follow
from reconciler.cluster.ownership import digest
from reconciler.cluster.reconciled_apps import (
    APP,
    ENVIRONMENT_LABEL,
    SYSTEM_NAMESPACE,
    VERSION,
    app_key,
)
from reconciler.cluster.status.state import condition
from reconciler.cluster.watch import WatchEvent, WatchEventKind
from reconciler.controller.app_record import AppRecord
from reconciler.controller.reporting.app_report import Standing, report_of
from reconciler.controller.reporting.release_history import (
    AppliedReleases,
    releases_of,
    with_release,
)
from reconciler.controller.reporting.report_objects import (
    Transitions,
    app_object,
    app_status_object,
    environment_object,
    environment_status_object,
    requested_of,
    suspension_of,
    transitions_of,
)
from reconciler.controller.why_held import Suspension
from reconciler.errors import ApiError, ClusterError
from reconciler.kubernetes.access import text
from reconciler.kubernetes.domain import METRICS_PREFIX
from reconciler.text.json_object import JsonObject

MISSING = (NOT_FOUND, FORBIDDEN)  # the definitions, or the right
REFUSED_SECONDS = 60.0  # after which it is tried anew where it is refused, or something is missing
AGAIN_SECONDS = 2.0  # otherwise


@dataclass(frozen=True, slots=True)
class AppWish:
    """What people say of an app in its object."""

    app: str  # as it is called in the cluster
    suspension: Suspension | None
    requested: str


Heard = Callable[[AppWish], None]


class ReportBoard:
    """Of one environment. What stands there already is not written again."""

    def __init__(
        self,
        client: ApiClient,
        environment: str,
        client_for: Callable[[AppRecord], ApiClient],
        unshown: Callable[[ClusterError], None],
    ) -> None:
        self._client = client
        self._client_for = client_for
        self._unshown = unshown
        self._environment = environment
        self._labels = f"{ENVIRONMENT_LABEL}={environment}"
        self._path = partial(client.discovery.list_path, VERSION, APP, SYSTEM_NAMESPACE)
        self._generations: dict[str, int] = {}
        self._uids: dict[str, str] = {}
        self._standings: dict[str, str] = {}
        self._transitions: dict[str, Transitions] = {}
        self._releases: dict[str, AppliedReleases] = {}
        self._written: dict[str, str] = {}
        self._tried_at = -REFUSED_SECONDS  # in vain
        self._is_told = False

    async def follow(self, heard: Heard) -> None:
        """Until it is cancelled: what people say, at once."""
        async for told in follow(self._client, self._path, self._labels, _pause_after):
            match told:
                case Listing():
                    for found in told.items:
                        heard(self._seen(found))
                case WatchEvent(WatchEventKind.deleted):
                    heard(self._forgotten(told.object))
                case WatchEvent():
                    heard(self._seen(told.object))

    def uid_of(self, app: str) -> str:
        return self._uids.get(app, "")

    async def wishes(self) -> list[AppWish]:
        """As they are now; none where the definitions are missing."""
        try:
            listing = await self._client.list(await self._path(), labels=self._labels)
            return [self._seen(found) for found in listing.items]
        except ClusterError:
            return []

    def shows(self, app: str) -> bool:
        """Is there an object for it? Somebody may have deleted it."""
        return app in self._generations

    async def show(self, app: AppRecord, now: datetime) -> bool:
        """Whether it stands there now."""
        key, client = app_key(app.entry), self._client_for(app)
        if key not in self._generations:
            made = await self._write(client, app_object(app.entry), "")
            if made is None:
                return False
            self._seen(made)
        generation, before = self._generations[key], self._transitions.get(key, {})
        releases = with_release(self._releases.get(key, ()), app)
        body = app_status_object(app, report_of(app), generation, before, releases, now)
        made = await self._write(client, body, "status")
        if made:
            self._transitions[key] = transitions_of(made)
            self._releases[key] = releases
        return made is not None

    async def show_environment(self, commit: str, apps: int, problem: str) -> None:
        """By what all replicas show of their apps."""
        name, shown = self._environment, [*self._standings.values()]
        if await self._write(self._client, environment_object(name), "") is not None:
            body = environment_status_object(name, commit, apps, shown, problem)
            await self._write(self._client, body, "status")

    def is_ready(self, app: str) -> bool:
        return self._standings.get(app) == Standing.ready

    async def _write(
        self, client: ApiClient, body: JsonObject, subresource: str
    ) -> Mapping[str, Any] | None:
        """None where it stands there already, or cannot be written."""
        key, new = f"{body['kind']} {body['metadata']['name']} {subresource}", digest(body)
        if self._written.get(key) == new:
            return {}
        now = asyncio.get_running_loop().time()
        if now < self._tried_at + REFUSED_SECONDS:
            return None
        try:
            done = await client.apply(body, METRICS_PREFIX, force=True, subresource=subresource)
        except ClusterError as e:
            if isinstance(e, ApiError) and not e.transient:
                self._tried_at = now
                self._tell_once(e)
            return None
        self._is_told = False
        self._written[key] = new
        return done.object if isinstance(done, Applied) else None

    def _tell_once(self, error: ClusterError) -> None:
        """Until it works again; the same would be said of each app."""
        if self._is_told:
            return
        self._is_told = True
        self._unshown(
            ClusterError(
                error.what,
                why=error.why,
                hint="apply the definitions of this version, or do without them: everything "
                "else goes on",
            )
        )

    def _seen(self, found: Any) -> AppWish:
        key = text(found, "metadata", "name")
        self._generations[key] = int(found["metadata"].get("generation") or 0)
        self._uids[key] = str(found["metadata"].get("uid") or "")
        ready = condition(found, "Ready")
        self._standings[key] = ready.reason if ready else ""
        self._transitions[key] = transitions_of(found)
        self._releases[key] = releases_of(found)
        return AppWish(key, suspension_of(found), requested_of(found))

    def _forgotten(self, found: Any) -> AppWish:
        """Somebody deleted it: it is made anew with the next thing that there is to say."""
        key = text(found, "metadata", "name")
        self._generations.pop(key, None)
        self._transitions.pop(key, None)
        self._releases.pop(key, None)
        self._standings.pop(key, None)
        for subresource in ("", "status"):
            self._written.pop(f"{APP} {key} {subresource}", None)
        return AppWish(key, None, "")


def _pause_after(status: int) -> float:
    return REFUSED_SECONDS if status in MISSING else AGAIN_SECONDS
