"""What is to be done, decided from what is wanted, known and seen: nobody is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.cluster.inventory.record import InventoryItem, ItemState
from reconciler.cluster.treatment import PLAIN, Applying, Going, MayGo, ObjectTreatment
from reconciler.controller.desired import WantedObject
from reconciler.controller.sync.sync_plan import (
    SeenObject,
    SyncStep,
    sync_plan,
    without_drift,
)
from reconciler.kubernetes.identity import Identity

POD = Identity("", "Pod", "a", "one")
CLAIM = Identity("", "PersistentVolumeClaim", "a", "data")
NO, OLD, NEW = None, "old", "new"


def wanted(identity: Identity, want: str | None) -> list[WantedObject]:
    return [WantedObject(identity, "v1", {}, want)] if want else []


def known(
    identity: Identity, want: str | None, state: ItemState = ItemState.applied
) -> dict[Identity, InventoryItem]:
    return {identity: InventoryItem(identity, "v1", state, "u", want, "own")} if want else {}


def seen(identity: Identity, own: str | None, uid: str = "u") -> dict[Identity, SeenObject]:
    return {identity: SeenObject(uid, "7", own)} if own is not None else {}


@pytest.mark.parametrize(
    ("want", "item", "own", "step", "is_drift"),
    [
        (NEW, NO, NO, SyncStep.create, False),
        (NEW, NO, "", SyncStep.change, False),
        (NEW, OLD, "own", SyncStep.change, False),
        (NEW, NEW, "own", SyncStep.same, False),
        (NEW, NEW, "moved", SyncStep.change, True),
        (NEW, NEW, "", SyncStep.change, True),
        (NEW, NEW, NO, SyncStep.create, True),
        (NO, OLD, "own", SyncStep.delete, False),
        (NO, OLD, NO, SyncStep.forget, False),
    ],
)
def test_each_object_has_its_step(
    want: str | None, item: str | None, own: str | None, step: SyncStep, is_drift: bool
) -> None:
    plan = sync_plan(wanted(POD, want), known(POD, item), seen(POD, own))
    (planned,) = plan.objects
    assert (planned.step, planned.is_drift) == (step, is_drift)
    (told,) = without_drift(plan).objects
    assert told.step is (SyncStep.same if is_drift else step)


def test_what_cannot_be_brought_back_is_kept() -> None:
    (planned,) = sync_plan([], known(CLAIM, OLD), seen(CLAIM, "own")).objects
    assert planned.step is SyncStep.keep


def test_an_object_that_somebody_made_anew_is_not_deleted() -> None:
    (planned,) = sync_plan([], known(POD, OLD), seen(POD, "own", uid="another")).objects
    assert planned.step is SyncStep.forget


def test_what_may_have_been_made_is_applied_again() -> None:
    items = known(POD, NEW, ItemState.intended)
    (planned,) = sync_plan(wanted(POD, NEW), items, seen(POD, "own")).objects
    assert (planned.step, planned.is_drift) == (SyncStep.change, False)


NEVER = ObjectTreatment(applies=Applying.never, applies_by="it says so")
ONCE = ObjectTreatment(applies=Applying.once)
STAYS = ObjectTreatment(prune=Going(MayGo.no, "it says so"))
ASKS = ObjectTreatment(prune=Going(MayGo.confirm, "it says so"))
APPROVED = replace(ASKS, is_approved=True)


@pytest.mark.parametrize(
    ("treatment", "in_cluster", "item", "there", "step"),
    [
        (NEVER, PLAIN, NO, False, SyncStep.skip),
        (NEVER, PLAIN, OLD, True, SyncStep.skip),
        (PLAIN, NEVER, OLD, True, SyncStep.skip),
        (ONCE, ONCE, NO, False, SyncStep.create),
        (ONCE, ONCE, OLD, True, SyncStep.same),
        (ONCE, ONCE, OLD, False, SyncStep.create),
        (PLAIN, ONCE, OLD, True, SyncStep.change),
        (None, STAYS, OLD, True, SyncStep.keep),
        (None, ASKS, OLD, True, SyncStep.ask),
        (None, APPROVED, OLD, True, SyncStep.delete),
        (None, STAYS, OLD, False, SyncStep.forget),
    ],
)
def test_an_object_may_say_otherwise(
    treatment: ObjectTreatment | None,
    in_cluster: ObjectTreatment,
    item: str | None,
    there: bool,
    step: SyncStep,
) -> None:
    said = [WantedObject(POD, "v1", {}, NEW, treatment)] if treatment else []
    live = {POD: SeenObject("u", "7", "own", in_cluster)} if there else {}
    (planned,) = sync_plan(said, known(POD, item), live).objects
    assert planned.step is step


def test_what_is_there_already_is_not_made_once_more() -> None:
    once = WantedObject(POD, "v1", {}, NEW, ONCE)
    (planned,) = sync_plan([once], {}, {}, present={POD}).objects
    assert planned.step is SyncStep.skip


def test_when_all_goes_another_annotation_counts() -> None:
    stays = ObjectTreatment(uninstall=Going(MayGo.no, "it says so"))
    live = {POD: SeenObject("u", "7", "own", stays)}
    (gone,) = sync_plan([], known(POD, OLD), live).objects
    (kept,) = sync_plan([], known(POD, OLD), live, removes=True).objects
    assert (gone.step, kept.step) == (SyncStep.delete, SyncStep.keep)


@pytest.mark.parametrize(
    ("own", "everywhere", "is_told"),
    [(None, True, True), (None, False, False), (True, False, True), (False, True, False)],
)
def test_an_object_says_whether_its_drift_is_only_told(
    own: bool | None, everywhere: bool, is_told: bool
) -> None:
    said = WantedObject(POD, "v1", {}, NEW, ObjectTreatment(reports_drift=own))
    plan = sync_plan([said], known(POD, NEW), seen(POD, "moved"))
    (planned,) = without_drift(plan, reports=everywhere).objects
    assert (planned.step is SyncStep.same) == is_told


def test_hooks_that_git_says_no_more_go_only_with_news() -> None:
    items = known(CLAIM, OLD) | known(POD, OLD, ItemState.ran)
    quiet = sync_plan(wanted(CLAIM, OLD), items, seen(CLAIM, "own") | seen(POD, ""))
    assert quiet.is_empty
    loud = sync_plan(wanted(CLAIM, NEW), items, seen(CLAIM, "own") | seen(POD, ""))
    assert [p.identity for p in loud.of(SyncStep.delete)] == [POD]
    named = sync_plan(wanted(CLAIM, NEW), items, seen(CLAIM, "own"), hooks={POD})
    assert not named.of(SyncStep.delete, SyncStep.forget)


NAMES = st.sets(st.sampled_from("abcdef"))


@given(NAMES, NAMES, NAMES)
def test_nothing_is_deleted_that_no_line_names_or_that_git_says(
    in_git: set[str], in_lines: set[str], there: set[str]
) -> None:
    def of(name: str) -> Identity:
        return Identity("", "Pod", "a", name)

    items = {i: item for n in in_lines for i, item in known(of(n), OLD).items()}
    live = {i: s for n in there for i, s in seen(of(n), "own").items()}
    plan = sync_plan([w for n in in_git for w in wanted(of(n), OLD)], items, live)
    deleted = {p.identity.name for p in plan.of(SyncStep.delete)}
    assert deleted == (in_lines & there) - in_git
    assert {p.identity.name for p in plan.objects} == in_git | in_lines
