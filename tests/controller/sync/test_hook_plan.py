"""Which hooks run, decided from what is wanted and known: nobody is asked."""

from __future__ import annotations

import pytest

from reconciler.cluster.inventory.record import InventoryItem, ItemState
from reconciler.cluster.treatment import HookPhase, ObjectTreatment
from reconciler.controller.desired import WantedObject
from reconciler.controller.sync.hook_plan import OF_SYNC, hooks_due, line_after
from reconciler.kubernetes.identity import Identity

JOB = Identity("batch", "Job", "a", "migrate")
OLD, NEW = "1" * 12, "2" * 12
PRE, SYNC, POST = HookPhase.pre_sync, HookPhase.sync, HookPhase.post_sync


def due(
    *phases: HookPhase, state: ItemState | None, want: str = "", has_news: bool = True
) -> list[HookPhase]:
    hook = WantedObject(JOB, "batch/v1", {}, "digest", ObjectTreatment(hooks=phases))
    items = {JOB: InventoryItem(JOB, "batch/v1", state, want=want)} if state else {}
    found = hooks_due([hook], items, NEW, OF_SYNC, has_news=has_news)
    return [one.phase for one in found]


@pytest.mark.parametrize(
    ("state", "want", "has_news", "expected"),
    [
        (None, "", True, [PRE, POST]),
        (None, "", False, []),
        (ItemState.ran, f"{OLD}:PostSync+PreSync", True, [PRE, POST]),
        (ItemState.ran, f"{OLD}:PostSync+PreSync", False, []),
        (ItemState.ran, f"{NEW}:PostSync+PreSync", True, []),
        (ItemState.hook, f"{NEW}:", True, [PRE, POST]),
        (ItemState.hook, f"{NEW}:PreSync", True, [POST]),
        (ItemState.hook, f"{NEW}:PreSync", False, [POST]),
        (ItemState.hook, f"{OLD}:PreSync", False, [POST]),
        (ItemState.hook, f"{OLD}:", False, [POST]),
        (ItemState.applied, "digest", True, [PRE, POST]),
        (ItemState.applied, "digest", False, []),
    ],
)
def test_a_hook_runs_once_for_a_commit_and_what_is_owed_after_a_change(
    state: ItemState | None, want: str, has_news: bool, expected: list[HookPhase]
) -> None:
    assert due(PRE, POST, state=state, want=want, has_news=has_news) == expected


def test_hooks_of_other_times_do_not_run() -> None:
    assert due(HookPhase.pre_delete, HookPhase.post_delete, state=None) == []


def test_its_line_says_in_which_phases_it_ran() -> None:
    line = InventoryItem(JOB, "batch/v1", ItemState.hook, want=f"{NEW}:")
    after = line_after(line, PRE, is_last=False)
    assert (after.state, after.want) == (ItemState.hook, f"{NEW}:PreSync")
    after = line_after(after, SYNC, is_last=True)
    assert (after.state, after.want) == (ItemState.ran, f"{NEW}:PreSync+Sync")
