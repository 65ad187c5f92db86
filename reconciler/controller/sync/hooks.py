"""The hooks of a sync, phase after phase: their lines are written before they are made."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from reconciler.cluster.inventory.record import About, InventoryItem, ItemState
from reconciler.cluster.inventory.store import Inventory
from reconciler.cluster.treatment import HookDeletion, HookPhase
from reconciler.controller.sync.hook_plan import OF_REMOVAL, line_after, line_before, run_key
from reconciler.controller.sync.hook_run import delete_hook, key_of, run_hook
from reconciler.controller.sync.object_done import ObjectDone, all_good
from reconciler.controller.sync.sync_context import SyncContext
from reconciler.controller.sync.sync_plan import KEPT_KINDS, PlannedHook, SyncPlan
from reconciler.errors import ApiError
from reconciler.kubernetes.identity import Identity


class SyncHooks:
    """Those that the plan says are due."""

    def __init__(
        self, context: SyncContext, inventory: Inventory, about: About, plan: SyncPlan
    ) -> None:
        self._context = context
        self._inventory = inventory
        self._about = about
        self._hooks = plan.hooks

    def due(self, *phases: HookPhase) -> list[PlannedHook]:
        return [hook for hook in self._hooks if hook.phase in phases]

    def lines(self, *phases: HookPhase) -> dict[Identity, InventoryItem]:
        """What the inventory must say before hooks of these phases are made."""
        return self._begun(self.due(*phases))

    async def run(self, phase: HookPhase, wave: int | None = None) -> list[ObjectDone]:
        """Wave after wave, or those of one; what comes after one that fails does not run."""
        due = [hook for hook in self.due(phase) if wave in (None, hook.wave)]
        if not due:
            return []
        await self._write(self._begun(due))
        done: list[ObjectDone] = []
        commit = run_key(self._about.commit)
        for _, hooks in groupby(sorted(due, key=lambda h: h.wave), key=lambda h: h.wave):
            work = (run_hook(self._context, hook, commit) for hook in hooks)
            done += await asyncio.gather(*work)
            if not all_good(done):
                break
        await self._end(due, done)
        return done

    def _begun(self, hooks: Sequence[PlannedHook]) -> dict[Identity, InventoryItem]:
        known = self._inventory.items
        return {h.identity: line_before(known.get(h.identity), h.item) for h in hooks}

    async def clear(self) -> None:
        """Of what ran while the app was taken away nothing is left, but of kinds that stay."""
        lines: dict[Identity, InventoryItem | None] = {}
        for hook in self.due(*OF_REMOVAL):
            if key_of(hook.identity) in KEPT_KINDS:
                lines[hook.identity] = replace(hook.item, state=ItemState.kept)
            elif await self._is_deleted(hook):
                lines[hook.identity] = None
        if lines:
            await self._write(lines)

    async def _end(self, due: Sequence[PlannedHook], done: Sequence[ObjectDone]) -> None:
        """What a delete policy says goes, once the phase is over: others may have needed it.

        That a hook ran is written before, so that it does not run twice.
        """
        hooks = {hook.identity: hook for hook in due}
        known = self._inventory.items
        ran = [hooks[one.identity] for one in done if one.is_good]
        await self._write(
            {
                hook.identity: line_after(
                    known[hook.identity], hook.phase, is_last=self._is_last(hook)
                )
                for hook in ran
            }
        )
        good = len(ran) == len(done)
        for one in done:
            policy = hooks[one.identity].wanted.treatment.hook_deletion
            has_failed = bool(one.failed) and HookDeletion.failed in policy
            if has_failed or (good and HookDeletion.succeeded in policy):
                await self._is_deleted(hooks[one.identity])

    async def _is_deleted(self, hook: PlannedHook) -> bool:
        try:
            return await delete_hook(self._context, hook)
        except ApiError:
            return False  # its line stays, and so it goes another time

    def _is_last(self, hook: PlannedHook) -> bool:
        order = list(HookPhase)
        return not any(
            other.identity == hook.identity and order.index(other.phase) > order.index(hook.phase)
            for other in self._hooks
            if other.phase is not HookPhase.sync_fail
        )

    async def _write(self, lines: Mapping[Identity, InventoryItem | None]) -> None:
        after = {**self._inventory.items, **lines}
        await self._inventory.write(self._about, [item for item in after.values() if item])
