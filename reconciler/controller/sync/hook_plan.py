"""Which hooks a sync has to run: nothing is asked of a server for it.

The line of a hook in the inventory says for which commit it ran, and in which of its phases.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.cluster.inventory.record import InventoryItem, ItemState
from reconciler.cluster.treatment import HookPhase
from reconciler.controller.desired import WantedObject
from reconciler.controller.sync.sync_plan import HOOK_STATES, PlannedHook
from reconciler.kubernetes.identity import Identity

OF_SYNC = (HookPhase.pre_sync, HookPhase.sync, HookPhase.post_sync, HookPhase.sync_fail)
OF_REMOVAL = (HookPhase.pre_delete, HookPhase.post_delete)
# What follows a change is still owed when the process was killed after the change.
OWED = (HookPhase.sync, HookPhase.post_sync, HookPhase.post_delete)
COMMIT_CHARACTERS = 12


def run_key(commit: str) -> str:
    return commit[:COMMIT_CHARACTERS]


def hooks_due(
    hooks: Iterable[WantedObject],
    items: Mapping[Identity, InventoryItem],
    commit: str,
    phases: Sequence[HookPhase],
    *,
    has_news: bool,
) -> tuple[PlannedHook, ...]:
    """With news, all that did not run for this commit yet; without, what is owed."""
    return tuple(_due(hooks, items, run_key(commit), phases, has_news=has_news))


def line_before(known: InventoryItem | None, planned: InventoryItem) -> InventoryItem:
    """That of a hook which is to run; what it ran in for this commit meanwhile stays said."""
    if known and known.state in HOOK_STATES and _ran(known)[0] == _ran(planned)[0]:
        return replace(known, state=ItemState.hook)
    return planned


def line_after(line: InventoryItem, phase: HookPhase, *, is_last: bool) -> InventoryItem:
    """That of a hook which succeeded in a phase; `is_last`: it is to run in no other."""
    commit, ran = _ran(line)
    state = ItemState.ran if is_last else ItemState.hook
    return replace(line, state=state, want=_want(commit, {*ran, phase}))


def _due(
    hooks: Iterable[WantedObject],
    items: Mapping[Identity, InventoryItem],
    commit: str,
    phases: Sequence[HookPhase],
    *,
    has_news: bool,
) -> Iterator[PlannedHook]:
    for one in sorted(hooks, key=lambda w: w.identity):
        item = items.get(one.identity)
        of, ran = _ran(item) if item and item.state in HOOK_STATES else ("", frozenset())
        is_owed = item is not None and item.state is ItemState.hook
        counts = ran if of == commit or not has_news else frozenset()
        line = InventoryItem(one.identity, one.version, ItemState.hook, want=_want(commit, counts))
        for phase in one.treatment.hooks:
            is_due = has_news or (is_owed and phase in OWED)
            if is_due and phase in phases and phase not in counts:
                yield PlannedHook(phase, one, line)


def _ran(item: InventoryItem) -> tuple[str, frozenset[str]]:
    commit, _, phases = item.want.partition(":")
    return commit, frozenset(phases.split("+")) - {""}


def _want(commit: str, phases: Iterable[str]) -> str:
    return f"{commit}:{'+'.join(sorted(phases))}"
