"""One app of an environment in one cluster: planned, synced, and taken away again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.apply import DEFAULT_RULES, ConflictRule
from reconciler.cluster.inventory.record import About, InventoryItem, ItemState
from reconciler.cluster.inventory.store import Inventory
from reconciler.cluster.reconciled_apps import SYSTEM_NAMESPACE, app_key
from reconciler.controller.app_status import AppStatus, app_status
from reconciler.controller.desired import WantedObject, manager_of, wanted_objects
from reconciler.controller.observe import observed
from reconciler.controller.sync import ObjectDone, Syncer, Told
from reconciler.controller.sync_plan import (
    SyncPlan,
    refuse_what_is_dangerous,
    sync_plan,
    without_prune,
)
from reconciler.errors import ClusterError
from reconciler.kubernetes.identity import Identity
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.render.renderer import Renderer
from reconciler.trees.tree import Tree

EVERY_CLUSTER_HAS = "/api/v1/namespaces/kube-system"


@dataclass(frozen=True, slots=True)
class Desired:
    """Where what is wanted stands: a tree of a repository, and the commit that it is."""

    tree: Tree
    repository: str
    commit: str


def conflict_rules(environment: Environment) -> tuple[ConflictRule, ...]:
    """Those of the environment, then those that are there anyway."""
    own = environment.reconcile.conflicts
    return (*(ConflictRule(rule.manager, rule.field, rule.do) for rule in own), *DEFAULT_RULES)


class AppInCluster:
    """Everything is asked anew for each plan: nothing is remembered between two."""

    def __init__(self, client: ApiClient, environment: Environment, entry: Entry) -> None:
        self.entry = entry
        self._client = client
        self._environment = environment
        self._acting = client.acting_as(environment.reconcile.account_of(entry.app))
        self._inventory = Inventory(client, app_key(entry))
        self._uid: str | None = None  # of the cluster, once it was asked

    @property
    def items(self) -> dict[Identity, InventoryItem]:
        """What is known to be there, as it was last read or written."""
        return self._inventory.items

    @property
    def last_well(self) -> str:
        """The last commit with which all was well; nothing if there was none yet."""
        return self._inventory.about.well if self._inventory.about else ""

    def instead_of(self, rendered: str) -> str:
        """The commit that somebody, or `run`, had applied instead of what Git renders now."""
        about = self._inventory.about
        return about.instead if about and rendered and about.held == rendered else ""

    async def remember_well(self, commit: str) -> None:
        """So that there is something to go back to, for whoever comes next, too."""
        about = self._inventory.about
        if about and about.well != commit:
            await self._inventory.write(replace(about, well=commit), self.items.values())

    async def hold(self, rendered: str, instead: str) -> None:
        """Have a commit applied in place of what Git renders, until that is something else."""
        about = self._inventory.about
        if about:
            about = replace(about, held=rendered, instead=instead)
            await self._inventory.write(about, self.items.values())

    async def plan(self, renderer: Renderer, desired: Desired) -> SyncPlan:
        """What a sync would do. Raises where the app is another repository's, or another app's."""
        wanted = await wanted_objects(
            renderer, desired.tree, self._environment, self.entry, self._client.discovery
        )
        return await self._planned(wanted, desired, prunes=self._environment.reconcile.prune)

    async def plan_removal(self, desired: Desired) -> SyncPlan:
        """As if Git had nothing of it any more."""
        return await self._planned([], desired, prunes=True)

    async def sync(
        self,
        plan: SyncPlan,
        desired: Desired,
        *,
        all_may_go: bool = False,
        instead_of: str = "",
        told: Told = lambda _: None,
    ) -> list[ObjectDone]:
        """`instead_of` is the digest of what Git renders by now, where this is no longer that."""
        refuse_what_is_dangerous(plan, all_may_go=all_may_go)
        mine = await self._about(desired)
        about = replace(
            mine,
            commit=desired.commit,
            well=self.last_well,
            held=instead_of,
            instead=desired.commit if instead_of else "",
        )
        rules = conflict_rules(self._environment)
        syncer = Syncer(self._acting, self._inventory, manager_of(self.entry), rules, told)
        return await syncer.sync(plan, about)

    async def status(self, desired: Desired) -> AppStatus:
        """Of what the inventory names."""
        await self.read(desired)
        return await self.status_of_known()

    async def status_of_known(self) -> AppStatus:
        """As the inventory was last read or written."""
        items = self._inventory.items.values()
        named = [(i.identity, i.version) for i in items if i.state is ItemState.applied]
        return await app_status(self._client, named, app_key(self.entry))

    async def read(self, desired: Desired) -> About | None:
        """The inventory; None where nothing was ever applied. Raises where it is another's."""
        await self._inventory.read()
        await self._check_owner(desired)
        return self._inventory.about

    async def read_applied(self, desired: Desired) -> About:
        """The same, for those who can do nothing where there is none."""
        about = await self.read(desired)
        if about is None:
            raise ClusterError(
                f"nothing of {self.entry} is applied", hint=f"reconciler apply {self.entry}"
            )
        return about

    async def forget(self) -> None:
        """The inventory, once nothing is left of the app but what stays for good."""
        left = self._inventory.items.values()
        if all(item.state is ItemState.kept for item in left):
            await self._inventory.remove()

    async def _planned(
        self, wanted: Sequence[WantedObject], desired: Desired, *, prunes: bool
    ) -> SyncPlan:
        await self.read(desired)
        items = self._inventory.items
        kinds = {(one.version, one.identity.kind) for one in wanted}
        kinds |= {(item.version, item.identity.kind) for item in items.values()}
        seen = await observed(self._client, kinds, app_key(self.entry), manager_of(self.entry))
        plan = sync_plan(wanted, items, seen)
        return plan if prunes else without_prune(plan)

    async def _check_owner(self, desired: Desired) -> None:
        """An inventory that somebody restored, or another repository's app of the same name."""
        about = self._inventory.about
        if about is None:
            return
        mine = await self._about(desired)
        place = f"the inventory of {self.entry} in {SYSTEM_NAMESPACE}"
        if about.cluster != mine.cluster:
            raise ClusterError(
                f"{place} is of another cluster",
                why=f"it was written for {about.cluster}, and this one is {mine.cluster}",
                hint="delete it: nothing that is there is deleted with it",
            )
        if (about.repository, about.entry) != (mine.repository, mine.entry):
            raise ClusterError(
                f"{self.entry} is applied from elsewhere",
                why=f"{place} is of {about.entry} in {about.repository}",
                hint="name the environment or the app otherwise, or delete that inventory",
            )

    async def _about(self, desired: Desired) -> About:
        if self._uid is None:
            found = await self._client.get(EVERY_CLUSTER_HAS, metadata_only=True)
            self._uid = str(found["metadata"]["uid"]) if found else ""
        return About(desired.repository, self.entry.folder, self._uid)
