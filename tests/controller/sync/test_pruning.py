"""What Git says no more: kept, deleted in its time, and never all of it by a slip."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reconciler.cluster.inventory.record import InventoryItem, ItemState
from reconciler.controller.sync.inventory_lines import recorded
from reconciler.controller.sync.pruning import pruned_as, refuse_what_is_dangerous
from reconciler.controller.sync.sync_plan import PlannedObject, SyncPlan, SyncStep
from reconciler.errors import CheckFailed
from reconciler.kubernetes.identity import Identity
from reconciler.model.reconciling import PruneSettings

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def planned(
    step: SyncStep, name: str = "one", state: ItemState = ItemState.applied
) -> PlannedObject:
    identity = Identity("", "ConfigMap", "a", name)
    return PlannedObject(identity, step, item=InventoryItem(identity, "v1", state, "u", "w", "o"))


def plan_of(going: int, staying: int) -> SyncPlan:
    gone = (planned(SyncStep.delete, f"gone-{n}") for n in range(going))
    stays = (planned(SyncStep.same, f"stays-{n}") for n in range(staying))
    return SyncPlan((*gone, *stays))


@pytest.mark.parametrize("step", SyncStep)
def test_nothing_is_deleted_where_the_environment_wants_that(step: SyncStep) -> None:
    (kept,) = pruned_as(SyncPlan((planned(step),)), PruneSettings(delete=False), NOON).objects
    assert kept.step is (SyncStep.keep if step is SyncStep.delete else step)


def test_an_object_is_deleted_once_its_time_has_come() -> None:
    settings, plan = PruneSettings(after=HOUR), SyncPlan((planned(SyncStep.delete),))
    first = pruned_as(plan, settings, NOON)
    (leaving,) = first.objects
    assert (leaving.step, leaving.why) == (
        SyncStep.wait,
        "it is deleted after 2026-12-01T13:00:00Z",
    )
    (line,) = recorded(first, {}, []).values()
    assert line.leaving_since == NOON
    again = SyncPlan((PlannedObject(line.identity, SyncStep.delete, item=line),))
    for later, step in ((HOUR / 2, SyncStep.wait), (HOUR, SyncStep.delete)):
        (found,) = pruned_as(again, settings, NOON + later).objects
        assert found.step is step
        assert found.item == line  # since when does not move


def test_a_hook_that_has_run_waits_for_nothing() -> None:
    hook = planned(SyncStep.delete, state=ItemState.ran)
    assert pruned_as(SyncPlan((hook,)), PruneSettings(after=HOUR), NOON).objects == (hook,)


@pytest.mark.parametrize(
    ("going", "staying", "settings", "refused"),
    [
        (10, 1, PruneSettings(), ""),
        (11, 40, PruneSettings(), "11 of 51 objects would be deleted"),
        (11, 44, PruneSettings(), ""),
        (4, 30, PruneSettings(limit=3, percent=10), "4 of 34 objects would be deleted"),
        (4, 36, PruneSettings(limit=3, percent=10), ""),
        (50, 1, PruneSettings(limit=50), ""),
        (1, 0, PruneSettings(limit=50), "all 1 objects would be deleted"),
    ],
)
@pytest.mark.parametrize("after", [timedelta(), HOUR])
def test_no_more_goes_at_once_than_is_allowed(
    going: int, staying: int, settings: PruneSettings, refused: str, after: timedelta
) -> None:
    plan = pruned_as(plan_of(going, staying), PruneSettings(after=after), NOON)
    refuse_what_is_dangerous(plan, settings, all_may_go=True)
    if not refused:
        return refuse_what_is_dangerous(plan, settings)
    with pytest.raises(CheckFailed, match=refused):
        refuse_what_is_dangerous(plan, settings)
    return None
