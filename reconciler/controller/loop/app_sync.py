"""One app's sync by `run`: what may be done now is done, and what came of it is remembered."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.inventory.record import ItemState
from reconciler.cluster.status.status_rules import StatusRules
from reconciler.controller.app import AppInCluster, Desired
from reconciler.controller.app_event import AppEvent, Happening
from reconciler.controller.app_record import AppRecord, GoneBack
from reconciler.controller.loop.commit_checks import CommitChecks
from reconciler.controller.sync.object_done import ObjectDone
from reconciler.controller.sync.sync_plan import (
    PlannedObject,
    SyncPlan,
    SyncStep,
    with_refusals,
    without_drift,
)
from reconciler.kubernetes.access import text
from reconciler.kubernetes.identity import Identity
from reconciler.model.environment import Environment
from reconciler.render.renderer import Renderer


@dataclass(frozen=True, slots=True)
class SyncGround:
    """What a sync stands on."""

    client: ApiClient
    environment: Environment
    status_rules: StatusRules
    renderer: Renderer
    desired: Desired
    at: Callable[[str], Desired]  # an earlier commit
    checks: CommitChecks
    stopping: asyncio.Event


async def sync_app(app: AppRecord, ground: SyncGround) -> list[AppEvent]:
    """What there is to tell of it. Raises where nothing could be applied."""
    started, rendered = datetime.now(UTC), app.rendered  # Git may have something newer by the end
    there = AppInCluster(ground.client, ground.environment, app.entry, ground.status_rules)
    await there.read(ground.desired)
    instead = there.instead_of(rendered)
    desired = ground.at(instead) if instead else ground.desired
    plan = _spared(await there.plan(ground.renderer, desired), app, ground.environment)
    if not instead and any(_is_new(planned) for planned in plan.objects):
        plan = with_refusals(plan, await ground.checks.refusals(app.entry.folder))
    done = await there.sync(
        plan, desired, instead_of=rendered if instead else "", stopping=ground.stopping
    )
    app.there = there
    app.gone_back = GoneBack(ground.desired.commit, desired.commit) if instead else None
    if not app.began or (done and app.commit != desired.commit):
        app.began = started
    app.commit = desired.commit
    bad = [one for one in done if not one.is_good]
    app.refused = tuple((one.identity, _why(one)) for one in bad if not one.is_running)
    app.waits = next((f"{one.hook} {one.identity} runs" for one in bad if one.is_running), "")
    app.synced = app.synced if bad else rendered
    app.written = {
        one.identity: text(one.applied.metadata, "resourceVersion")
        for one in done
        if one.applied and one.applied.metadata
    }
    for one in done:
        if one.is_good:
            app.drift.pop(one.identity, None)
    return [*_asked(app, plan), *_events(app, done)]


def correction_seconds(app: AppRecord, environment: Environment) -> float | None:
    """When the next change of somebody's is to be set back; None if none is."""
    settings = environment.reconcile
    if settings.drift == "report" or not app.drift:
        return None
    first = min(drift.seen_at for drift in app.drift.values())
    left = first + settings.correct_after - datetime.now(UTC)
    return max(left, timedelta()).total_seconds()


def deletion_seconds(app: AppRecord, environment: Environment) -> float | None:
    """When the next of what Git says no more is to be deleted; None if nothing is."""
    since = [when for item in app.items.values() if (when := item.leaving_since)]
    if not since:
        return None
    left = min(since) + environment.reconcile.prune.after - datetime.now(UTC)
    return max(left, timedelta()).total_seconds()


def _spared(plan: SyncPlan, app: AppRecord, environment: Environment) -> SyncPlan:
    """Without what somebody changed, where that is only told, or may stand for a while yet."""
    settings, now = environment.reconcile, datetime.now(UTC)

    def stands(identity: Identity) -> bool:
        seen = app.drift.get(identity)
        return bool(settings.correct_after) and (
            seen is None or now < seen.seen_at + settings.correct_after
        )

    return without_drift(plan, reports=settings.drift == "report", stands=stands)


def _is_new(planned: PlannedObject) -> bool:
    """Does Git say something that was not applied yet?"""
    return planned.step in (SyncStep.create, SyncStep.change) and not planned.is_drift


def _asked(app: AppRecord, plan: SyncPlan) -> Iterator[AppEvent]:
    """What somebody has to confirm before it is deleted, once."""
    for planned in plan.of(SyncStep.ask):
        if planned.item and planned.item.state is not ItemState.asked:
            fields = {"object": str(planned.identity), "why": planned.why}
            yield AppEvent(app.entry, Happening.asked, fields, object=planned.identity)


def _events(app: AppRecord, done: Sequence[ObjectDone]) -> Iterator[AppEvent]:
    if not done:
        return
    good = all(one.is_good for one in done)
    what = Happening.applied if good else Happening.applied_in_part
    counts = Counter(one.result for one in done)
    yield AppEvent(app.entry, what, {**counts, "commit": app.commit})
    for one in done:
        if not one.is_good:
            fields = _refused(one)
            yield AppEvent(app.entry, Happening.refused, fields, one.error, one.identity)


def _why(done: ObjectDone) -> str:
    if done.error:
        return done.error.in_a_line
    if done.waits_for:
        return f"waits for {done.waits_for}"
    if done.failed:
        return f"{done.hook} failed: {done.failed}"
    held = (f"{c.field.removeprefix('.')} is held by {c.manager}" for c in done.conflicts)
    return ", ".join(held)


def _refused(done: ObjectDone) -> dict[str, Any]:
    found: dict[str, Any] = {"object": str(done.identity)}
    if done.conflicts:
        found["held"] = [f"{c.field.removeprefix('.')} by {c.manager}" for c in done.conflicts]
    if done.waits_for:
        found["waits"] = done.waits_for
    if done.failed:
        found["hook"] = f"{done.hook} failed: {done.failed}"
    return found
