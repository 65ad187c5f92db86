"""What the other apps of an environment have in Git: objects move between apps, and stay there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reconciler.cluster.discovery import Discovery
from reconciler.controller.desired import manager_of, wanted_objects
from reconciler.controller.sync.sync_plan import SyncPlan, SyncStep
from reconciler.errors import ReconcilerError
from reconciler.kubernetes.identity import Identity
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.render.renderer import Renderer
from reconciler.trees.tree import Tree


class Neighbours:
    """Of one app, at one commit. Nothing is rendered before somebody asks."""

    def __init__(
        self,
        renderer: Renderer,
        tree: Tree,
        environment: Environment,
        entry: Entry,
        discovery: Discovery,
    ) -> None:
        self._renderer = renderer
        self._tree = tree
        self._environment = environment
        self._entry = entry
        self._discovery = discovery
        self._wants: dict[Identity, Entry] | None = None

    async def owner_of(self, identity: Identity) -> Entry | None:
        """The other app that has it in Git; one that does not render has nothing."""
        if self._wants is None:
            self._wants = {}
            for entry in self._others():
                try:
                    wanted = await wanted_objects(
                        self._renderer, self._tree, self._environment, entry, self._discovery
                    )
                except ReconcilerError:
                    continue
                self._wants.update((one.identity, entry) for one in wanted)
        return self._wants.get(identity)

    async def lets_go_of(self, identity: Identity, managers: Sequence[str]) -> bool:
        """Are these managers apps of this environment that have it in Git no more?"""
        ours = manager_of(self._entry).partition(".")[0] + "."
        if not managers or not all(manager.startswith(ours) for manager in managers):
            return False
        return await self.owner_of(identity) is None

    def _others(self) -> list[Entry]:
        entries = map(self._environment.entry, self._environment.folders)
        return [entry for entry in entries if entry != self._entry]


async def without_what_moved(plan: SyncPlan, neighbours: Neighbours) -> SyncPlan:
    """What another app has by now is not deleted: that one takes it over as it is."""
    moved = {}
    for planned in plan.of(SyncStep.delete):
        if owner := await neighbours.owner_of(planned.identity):
            moved[planned.identity] = f"{owner} has it in Git now"
    kept = (
        replace(p, step=SyncStep.keep, why=moved[p.identity]) if p.identity in moved else p
        for p in plan.objects
    )
    return replace(plan, objects=tuple(kept)) if moved else plan
