"""What people want of an app, said in its object in the cluster, which `run` follows."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.api_errors import NOT_FOUND
from reconciler.cluster.reconciled_apps import APP, SYSTEM_NAMESPACE, VERSION, path_of_app
from reconciler.controller.reporting.report_objects import REQUESTED, app_object, suspension_of
from reconciler.controller.why_held import Suspension
from reconciler.errors import ApiError, CheckFailed, ClusterError
from reconciler.kubernetes.access import text
from reconciler.kubernetes.domain import METRICS_PREFIX
from reconciler.model.entry import Entry
from reconciler.text.json_object import JsonObject

PAUSE_SECONDS = 0.5


async def app_in_cluster(client: ApiClient, entry: Entry) -> JsonObject | None:
    """None where nobody said or showed anything of it yet."""
    return await client.get(path_of_app(entry))


async def suspension_in_force(client: ApiClient, entry: Entry) -> Suspension | None:
    suspension = await _suspension(client, entry)
    return suspension if suspension and suspension.holds(datetime.now(UTC)) else None


async def suspend(client: ApiClient, entry: Entry, suspension: Suspension) -> Suspension | None:
    """How it was suspended before."""
    before = await _suspension(client, entry)
    until = suspension.until and suspension.until.astimezone(UTC).isoformat(timespec="seconds")
    said = {"by": suspension.by, "reason": suspension.reason, "until": until}
    await _have_object(client, entry)
    await client.merge_patch(path_of_app(entry), {"spec": {"suspend": said}})
    return before


async def resume(client: ApiClient, entry: Entry) -> Suspension | None:
    """How it was suspended."""
    before = await _suspension(client, entry)
    if before is not None:
        await client.merge_patch(path_of_app(entry), {"spec": {"suspend": None}})
    return before


async def _suspension(client: ApiClient, entry: Entry) -> Suspension | None:
    found = await app_in_cluster(client, entry)
    return suspension_of(found) if found else None


async def request_sync(client: ApiClient, entry: Entry) -> str:
    """The mark by which it is known when that was done."""
    mark = datetime.now(UTC).isoformat()
    await _have_object(client, entry)
    await client.merge_patch(path_of_app(entry), {"metadata": {"annotations": {REQUESTED: mark}}})
    return mark


async def wait_for_sync(client: ApiClient, entry: Entry, mark: str, seconds: float) -> JsonObject:
    """The app's object, once a running reconciler has done what was asked for."""
    end = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < end:
        found = await app_in_cluster(client, entry) or {}
        if text(found, "status", "lastHandledReconcileAt") == mark:
            return found
        await asyncio.sleep(PAUSE_SECONDS)
    raise CheckFailed(
        f"nobody synced {entry} within {seconds:g} seconds",
        hint="is reconciler run up for this environment? reconciler apply does it from here",
    )


async def _have_object(client: ApiClient, entry: Entry) -> None:
    try:
        await client.apply(app_object(entry), METRICS_PREFIX, force=True)
    except ApiError as e:
        if e.status != NOT_FOUND:
            raise
        raise ClusterError(
            f"the cluster has no {APP} of {VERSION}, or no namespace {SYSTEM_NAMESPACE}",
            why="what people want of an app stands in an object of its own there",
            hint="docs/how-to/run-the-reconciler.md says how its definition is installed",
        ) from e
