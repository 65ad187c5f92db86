"""What is done to an app in a cluster, for programs: docs/reference/json.md has the shapes."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.compare.as_json import identity_document, object_document
from reconciler.controller.sync.adopt import ObjectAdopted
from reconciler.controller.sync.object_done import ObjectDone, all_good
from reconciler.controller.sync.preview import HeldField, Preview
from reconciler.controller.sync.sync_plan import PlannedObject, SyncPlan, SyncStep
from reconciler.errors import ReconcilerError
from reconciler.model.entry import Entry
from reconciler.text.json_object import JsonObject

STAYING = (SyncStep.keep, SyncStep.ask, SyncStep.wait, SyncStep.skip)


def plan_document(entry: Entry, commit: str, plan: SyncPlan, found: Preview) -> JsonObject:
    return {
        **_about(entry, commit),
        "changes": not plan.is_empty,
        "objects": [_planned(planned) for planned in plan.objects],
        "hooks": [{**identity_document(h.identity), "phase": h.phase} for h in plan.hooks],
        "differences": [object_document(change) for change in found.difference.objects],
        "held": [_held(field) for field in found.held],
        "anew": [identity_document(identity) for identity in found.anew],
        "refused": [
            {**identity_document(identity), "error": error.as_json()}
            for identity, error in found.refused
        ],
    }


def done_document(
    entry: Entry,
    commit: str,
    plan: SyncPlan | None,
    done: Sequence[ObjectDone],
    error: ReconcilerError | None,
) -> JsonObject:
    """Without a plan where the error came before there was one."""
    stays = plan.of(*STAYING) if plan else ()
    return {
        **_about(entry, commit),
        "good": error is None and all_good(done),
        "error": error.as_json() if error else None,
        "objects": [_done(one) for one in done],
        "stays": [_planned(planned) for planned in stays],
    }


def adopted_document(
    entry: Entry,
    commit: str,
    done: Sequence[ObjectAdopted],
    error: ReconcilerError | None,
    *,
    dry_run: bool,
) -> JsonObject:
    return {
        **_about(entry, commit),
        "dry_run": dry_run,
        "error": error.as_json() if error else None,
        "objects": [
            {
                **identity_document(one.identity),
                "taken": list(one.adopted.managers),
                "left": list(one.adopted.left),
                "beside": list(one.adopted.beside),
            }
            for one in done
        ],
    }


def _about(entry: Entry, commit: str) -> JsonObject:
    return {"environment": entry.environment, "app": entry.app, "commit": commit}


def _planned(planned: PlannedObject) -> JsonObject:
    return {
        **identity_document(planned.identity),
        "step": planned.step,
        "drift": planned.is_drift,
        "why": planned.why or None,
    }


def _held(field: HeldField) -> JsonObject:
    about = {"field": field.field, "by": field.manager, "at": field.time or None}
    return {**identity_document(field.identity), **about}


def _done(done: ObjectDone) -> JsonObject:
    return {
        **identity_document(done.identity),
        "step": done.step,
        "result": done.result,
        "hook": done.hook,
        "error": done.error.as_json() if done.error else None,
        "waits_for": done.waits_for or None,
        "held": [{"field": c.field.removeprefix("."), "by": c.manager} for c in done.conflicts],
    }
