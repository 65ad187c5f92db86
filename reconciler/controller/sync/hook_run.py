"""One hook: made, and waited for until it has succeeded or failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reconciler.cluster.apply import apply_object
from reconciler.cluster.reconciled_apps import APP_LABEL
from reconciler.cluster.status.rules import WITHOUT_STATUS
from reconciler.cluster.status.state import LiveObject, ObjectState, ObjectStatus
from reconciler.cluster.treatment import HookDeletion
from reconciler.controller.sync.object_done import GOOD, ObjectDone
from reconciler.controller.sync.sync_context import SyncContext
from reconciler.controller.sync.sync_plan import KEPT_KINDS, PlannedHook, SyncStep
from reconciler.errors import ApiError
from reconciler.kubernetes.access import text
from reconciler.kubernetes.domain import DOMAIN
from reconciler.kubernetes.identity import Identity

PHASE, COMMIT = f"{DOMAIN}/hook", f"{DOMAIN}/hook-commit"
POD = ("", "Pod")
RUNS = {POD, ("batch", "Job")}  # what runs once, and cannot be told to run again


@dataclass(frozen=True, slots=True)
class HookEnd:
    """What became of a run; while it goes on, `waits_for` says for what."""

    failed: str = ""
    waits_for: str = ""
    error: ApiError | None = None


async def run_hook(context: SyncContext, hook: PlannedHook, commit: str) -> ObjectDone:
    """One of this commit and phase that is under way, or has succeeded, is not made again."""
    try:
        end = await _run(context, hook, commit)
    except ApiError as e:
        end = HookEnd(error=e)
    return context.say(
        ObjectDone(
            *(hook.identity, SyncStep.run),
            error=end.error,
            waits_for=end.waits_for,
            failed=end.failed,
            hook=hook.phase,
            is_running=bool(end.waits_for),
        )
    )


async def delete_hook(context: SyncContext, hook: PlannedHook) -> bool:
    """Whether it is gone. Only what is ours: the inventory has a line for it."""
    client = context.client
    path = await client.discovery.path_of(hook.wanted.body)
    live = await client.get(path, metadata_only=True)
    if live is None:
        return True
    if key_of(hook.identity) in KEPT_KINDS or not _is_ours(context, live):
        return False
    uid = str(live["metadata"]["uid"])
    await client.delete(path, uid=uid, propagation="Background")
    return await context.gone(path, uid)


def key_of(identity: Identity) -> tuple[str, str]:
    return identity.group, identity.kind


def hook_end(o: LiveObject, status: ObjectStatus) -> HookEnd | None:
    """None while it goes on. A pod that runs is none that has succeeded."""
    if text(o, "metadata", "deletionTimestamp"):
        return HookEnd(failed="it was deleted before it ended")
    if (text(o, "apiVersion"), text(o, "kind")) == ("v1", "Pod"):
        phase = text(o, "status", "phase")
        if phase not in ("Succeeded", "Failed"):
            return None
    if status.state is ObjectState.healthy:
        return HookEnd()
    return HookEnd(failed=status.reason) if status.state is ObjectState.degraded else None


async def _run(context: SyncContext, hook: PlannedHook, commit: str) -> HookEnd:
    client, key = context.client, key_of(hook.identity)
    path = await client.discovery.path_of(hook.wanted.body)
    alone = key in WITHOUT_STATUS
    live = await client.get(path, metadata_only=alone)
    if live:
        if not _is_ours(context, live):
            return HookEnd(failed="there is one of its name already, which is not of this app")
        known = None if alone else hook_end(live, await context.status_rules.of_one(live))
        if _is_of(live, hook, commit) and not (known and known.failed):
            return known or (HookEnd() if alone else await _ended(context, path))
        if _may_be_deleted(hook, known):
            if key not in KEPT_KINDS and not await delete_hook(context, hook):
                return HookEnd(waits_for="that of an earlier run, which is being deleted")
        elif key in RUNS:
            return HookEnd(
                failed="one of an earlier run is there: delete it, or let its delete policy have "
                "BeforeHookCreation"
            )
    body = _marked(hook, commit)
    async with context.free:
        applied = await apply_object(client, body, context.manager, context.rules)
    if applied.error:
        return HookEnd(error=applied.error)
    if applied.outcome not in GOOD:
        held = ", ".join(f"{c.manager} holds {c.field}" for c in applied.conflicts)
        return HookEnd(failed=held)
    return HookEnd() if alone else await _ended(context, path)


def _may_be_deleted(hook: PlannedHook, known: HookEnd | None) -> bool:
    """By its policy; what that says of the end of a run may have been cut off then."""
    policy = hook.wanted.treatment.hook_deletion
    if HookDeletion.before_creation in policy:
        return True
    return (
        known is not None
        and (HookDeletion.failed if known.failed else HookDeletion.succeeded) in policy
    )


async def _ended(context: SyncContext, path: str) -> HookEnd:
    end: HookEnd | None = None
    reason = ""

    async def look() -> bool:
        nonlocal end, reason
        live = await context.client.get(path)
        if live is None:
            end = HookEnd(failed="somebody deleted it before it ended")
        else:
            status = await context.status_rules.of_one(live)
            end, reason = hook_end(live, status), status.reason
        return end is not None

    await context.until(look)
    return end or HookEnd(waits_for=f"its end: {reason or 'it has not begun'}")


def _marked(hook: PlannedHook, commit: str) -> dict[str, Any]:
    body = hook.wanted.body
    metadata = dict(body["metadata"])
    marks = {PHASE: str(hook.phase), COMMIT: commit}
    metadata["annotations"] = {**(metadata.get("annotations") or {}), **marks}
    return {**body, "metadata": metadata}


def _is_ours(context: SyncContext, live: LiveObject) -> bool:
    return (live["metadata"].get("labels") or {}).get(APP_LABEL) == context.app


def _is_of(live: LiveObject, hook: PlannedHook, commit: str) -> bool:
    annotations = live["metadata"].get("annotations") or {}
    return (annotations.get(PHASE), annotations.get(COMMIT)) == (str(hook.phase), commit)
