"""Objects with a field that cannot be changed: deleted and made anew, where that is allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from reconciler.cluster.apply import ApplyOutcome, ObjectApplied, apply_object
from reconciler.compare.recreation import frozen_in
from reconciler.controller.desired import WantedObject
from reconciler.controller.sync.sync_context import SyncContext
from reconciler.controller.sync.sync_plan import KEPT_KINDS, PlannedObject
from reconciler.errors import ApiError
from reconciler.kubernetes.identity import Identity

# Its pods go on, and the new one takes them over.
ORPHANS = {("apps", "StatefulSet")}


def may_be_made_anew(wanted: WantedObject, allowed: Sequence[str]) -> bool:
    """`allowed`: KIND or KIND/NAME, as globs."""
    identity = wanted.identity
    if (identity.group, identity.kind) in KEPT_KINDS:
        return False
    names = (identity.kind, f"{identity.kind}/{identity.name}")
    return wanted.treatment.may_be_made_anew or any(
        fnmatchcase(name, glob) for glob in allowed for name in names
    )


def cannot_change(
    wanted: WantedObject, error: ApiError, live: Mapping[str, Any] | None
) -> ApiError:
    """What the server says, with the fields as far as they are known, and the way out."""
    identity = wanted.identity
    hint = (
        "let it be deleted and made anew: say reconcile.recreate: "
        f"[{identity.kind}/{identity.name}] in environment.yaml, or annotate it with "
        "kustomize.toolkit.fluxcd.io/force: enabled"
    )
    if (identity.group, identity.kind) in KEPT_KINDS:
        hint = f"a {identity.kind} is never deleted, so give the new one another name"
    fields = error.frozen
    if live and "spec" in fields:  # the server does not say what in it
        fields = frozen_in(identity, live, wanted.body) or fields
    return ApiError(
        f"{identity} cannot be changed in {', '.join(fields)}",
        status=error.status,
        reason=error.reason,
        why=error.why,
        hint=hint,
        frozen=fields,
    )


async def made_anew(
    context: SyncContext, planned: PlannedObject, wanted: WantedObject, error: ApiError
) -> ObjectApplied:
    """Only what is there as ours: its line in the inventory stays while it is gone."""
    client = context.client
    if planned.seen is None or not may_be_made_anew(wanted, context.recreate):
        alone = planned.identity.kind == "Secret"
        live = await client.get(await client.discovery.path_of(wanted.body), metadata_only=alone)
        return ObjectApplied(ApplyOutcome.refused, error=cannot_change(wanted, error, live))
    identity = planned.identity
    propagation = "Orphan" if (identity.group, identity.kind) in ORPHANS else "Background"
    uid = planned.seen.uid
    try:
        path = await client.discovery.path_of(wanted.body)
        await client.delete(path, uid=uid, propagation=propagation)
        if not await context.gone(path, uid):
            return ObjectApplied(ApplyOutcome.refused, error=_still_there(identity))
    except ApiError as e:
        return ObjectApplied(ApplyOutcome.refused, error=e)
    applied = await apply_object(client, wanted.body, context.manager, context.rules)
    if applied.outcome is not ApplyOutcome.created:
        return applied
    return ObjectApplied(ApplyOutcome.recreated, applied.metadata, applied.own)


def _still_there(identity: Identity) -> ApiError:
    return ApiError(
        f"{identity} is deleted, and something else has to finish with it first",
        transient=True,
        hint="it is made anew by the next sync: look at its finalizers",
    )
