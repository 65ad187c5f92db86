"""One app of a cluster made what Git says, so that a kill at any request does no harm."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from reconciler.cluster.inventory.record import About
from reconciler.cluster.inventory.store import Inventory
from reconciler.cluster.treatment import HookPhase
from reconciler.controller.sync.applying import apply_all, named
from reconciler.controller.sync.deleting import delete_all, still_there
from reconciler.controller.sync.hooks import SyncHooks
from reconciler.controller.sync.inventory_lines import Lines, intended, recorded
from reconciler.controller.sync.object_done import ObjectDone, all_good
from reconciler.controller.sync.sync_context import SyncContext
from reconciler.controller.sync.sync_plan import SyncPlan, SyncStep


class Syncer:
    """Carries a plan out for one app."""

    def __init__(self, context: SyncContext, inventory: Inventory) -> None:
        self._context = context
        self._inventory = inventory

    async def sync(self, plan: SyncPlan, about: About) -> list[ObjectDone]:
        """Everything that can be done is done, whatever is refused; deleted is only after that."""
        items = self._inventory.items
        is_said = self._inventory.about == about and recorded(plan, items, []) == items
        if plan.is_empty and is_said:
            return []
        hooks = SyncHooks(self._context, self._inventory, about, plan)
        done = await hooks.run(HookPhase.pre_sync) + await hooks.run(HookPhase.pre_delete)
        if all_good(done):
            done += await self._carried_out(plan, about, hooks)
        if all_good(done):
            await hooks.clear()
        elif self._has_failed(done):
            done += await hooks.run(HookPhase.sync_fail)
        return done

    async def _carried_out(
        self, plan: SyncPlan, about: About, hooks: SyncHooks
    ) -> list[ObjectDone]:
        before = self._inventory.items
        after = (HookPhase.sync, HookPhase.post_sync, HookPhase.post_delete)
        if new := {**intended(plan, before), **hooks.lines(*after)}:
            await self._write(about, {**before, **new})

        async def record(done: Sequence[ObjectDone]) -> None:
            await self._write(about, recorded(plan, self._inventory.items, done))

        done = await apply_all(self._context, plan, partial(hooks.run, HookPhase.sync), record)
        if all_good(done):
            done += await delete_all(self._context, plan)
        await record(done)
        return done + await self._after(plan, hooks) if all_good(done) else done

    async def _after(self, plan: SyncPlan, hooks: SyncHooks) -> list[ObjectDone]:
        """Hooks that follow once all is well, or gone."""
        waits_for = ""
        if hooks.due(HookPhase.post_sync):
            waits_for = await self._context.unwell(named(plan))
        if hooks.due(HookPhase.post_delete):
            waits_for = await still_there(self._context, plan.of(SyncStep.delete))
        if not waits_for:
            return await hooks.run(HookPhase.post_sync) + await hooks.run(HookPhase.post_delete)
        return [
            self._context.say(
                ObjectDone(hook.identity, SyncStep.run, waits_for=waits_for, hook=hook.phase)
            )
            for hook in hooks.due(HookPhase.post_sync, HookPhase.post_delete)
        ]

    def _has_failed(self, done: Sequence[ObjectDone]) -> bool:
        """What is not over yet has not failed."""
        bad = [one for one in done if not one.is_good]
        return not self._context.stopping.is_set() and not all(one.is_running for one in bad)

    async def _write(self, about: About, lines: Lines) -> None:
        await self._inventory.write(about, lines.values())
