"""One app of an environment in one cluster: planned, synced, and taken away again."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from reconciler.cluster.adoption import release_object
from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.api_errors import NOT_FOUND, accepting
from reconciler.cluster.conflict_rules import conflict_rules
from reconciler.cluster.inventory.record import About, InventoryItem, ItemState
from reconciler.cluster.inventory.store import Inventory
from reconciler.cluster.reconciled_apps import SYSTEM_NAMESPACE, app_key
from reconciler.cluster.status.status_rules import StatusRules
from reconciler.controller.desired import WantedObject, manager_of, wanted_objects
from reconciler.controller.sync.app_status import AppStatus, app_status
from reconciler.controller.sync.hook_plan import OF_REMOVAL, OF_SYNC, hooks_due
from reconciler.controller.sync.neighbours import Neighbours, without_what_moved
from reconciler.controller.sync.object_done import ObjectDone, Told
from reconciler.controller.sync.observe import observed, present
from reconciler.controller.sync.pruning import pruned_as, refuse_what_is_dangerous
from reconciler.controller.sync.sync_context import Patience, SyncContext
from reconciler.controller.sync.sync_plan import SyncPlan, sync_plan
from reconciler.controller.sync.syncer import Syncer
from reconciler.errors import ClusterError
from reconciler.git.addresses import address
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


class AppInCluster:
    """Everything is asked anew for each plan: nothing is remembered between two."""

    def __init__(
        self,
        client: ApiClient,
        environment: Environment,
        entry: Entry,
        status_rules: StatusRules,
    ) -> None:
        self.entry = entry
        self.status_rules = status_rules
        self._client = client
        self._environment = environment
        self._acting = client.acting_as(environment.reconcile.account_of(entry.app))
        self._inventory = Inventory(client, app_key(entry))
        self._neighbours: Neighbours | None = None  # as they were when it was planned
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
        if about := self._inventory.about:
            await self._note(replace(about, well=commit))

    async def hold(self, rendered: str, instead: str) -> None:
        """Have a commit applied in place of what Git renders, until that is something else."""
        if about := self._inventory.about:
            await self._note(replace(about, held=rendered, instead=instead))

    async def _note(self, about: About) -> None:
        """If that fails it is not known what is written there, so that it is read."""
        if about == self._inventory.about:
            return
        try:
            await self._inventory.write(about, self.items.values())
        except ClusterError:
            await self._inventory.read()
            raise

    async def doubt(self, identities: Collection[Identity], desired: Desired) -> None:
        """Have the next sync look at these anew: what is ours of them is about to change."""
        if about := await self.read(desired):
            items = self.items.items()
            unsure = [replace(o, own="") if i in identities else o for i, o in items]
            await self._inventory.write(about, unsure)

    async def plan(self, renderer: Renderer, desired: Desired) -> SyncPlan:
        """What a sync would do. Raises where the app is another repository's, or another app's."""
        wanted = await self._wanted(renderer, desired)
        plan = await self._planned(wanted, desired)
        self._neighbours = Neighbours(
            *(renderer, desired.tree, self._environment, self.entry, self._client.discovery)
        )
        return await without_what_moved(plan, self._neighbours)

    async def plan_removal(self, renderer: Renderer, desired: Desired) -> SyncPlan:
        """As if Git had nothing of it any more but the hooks that come with that."""
        is_there = self.entry.app in self._environment.folders
        wanted = await self._wanted(renderer, desired) if is_there else []
        hooks = [one for one in wanted if {*one.treatment.hooks} & {*OF_REMOVAL}]
        return await self._planned(hooks, desired, removes=True)

    async def sync(
        self,
        plan: SyncPlan,
        desired: Desired,
        *,
        all_may_go: bool = False,
        instead_of: str = "",
        told: Told = lambda _: None,
        stopping: asyncio.Event | None = None,
    ) -> list[ObjectDone]:
        """`instead_of` is the digest of what Git renders by now, where this is no longer that.

        `stopping`: nothing is waited for once it is set.
        """
        settings = self._environment.reconcile
        refuse_what_is_dangerous(plan, settings.prune, all_may_go=all_may_go)
        mine = await self.place(desired)
        about = replace(
            mine,
            commit=desired.commit,
            well=self.last_well,
            held=instead_of,
            instead=desired.commit if instead_of else "",
        )
        context = SyncContext(
            self._acting,
            self._client,
            app_key(self.entry),
            manager_of(self.entry),
            Patience(settings.timeout.total_seconds(), settings.degraded_after.total_seconds()),
            self.status_rules,
            conflict_rules(self._environment),
            settings.recreate,
            told,
            stopping or asyncio.Event(),
            neighbours=self._neighbours,
        )
        return await Syncer(context, self._inventory).sync(plan, about)

    async def status(self, desired: Desired) -> AppStatus:
        """Of what the inventory names."""
        await self.read(desired)
        return await self.status_of_known()

    async def status_of_known(self) -> AppStatus:
        """As the inventory was last read or written."""
        items = self._inventory.items.values()
        there = (ItemState.applied, ItemState.intended)  # of these, some may not be there yet
        named = [(i.identity, i.version) for i in items if i.state in there]
        return await app_status(self._client, named, app_key(self.entry), self.status_rules)

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
        """What stays for good is let go; the inventory, too, once nothing else is left."""
        items = self._inventory.items.values()
        kept = [item for item in items if item.state in (ItemState.kept, ItemState.ignored)]
        for item in kept:
            with accepting(NOT_FOUND):  # its kind may have gone
                path = await self._client.discovery.path_of(item.reference)
                await release_object(self._acting, path, manager_of(self.entry))
        if len(kept) == len(items):
            await self._inventory.remove()

    async def _wanted(self, renderer: Renderer, desired: Desired) -> list[WantedObject]:
        return await wanted_objects(
            renderer, desired.tree, self._environment, self.entry, self._client.discovery
        )

    async def _planned(
        self, said: Sequence[WantedObject], desired: Desired, *, removes: bool = False
    ) -> SyncPlan:
        await self.read(desired)
        items = self._inventory.items
        named = [(one.identity, one.version) for one in said]
        named += [(item.identity, item.version) for item in items.values()]
        seen = await observed(self._client, named, app_key(self.entry), manager_of(self.entry))
        hooks = [one for one in said if one.treatment.hooks]
        wanted = [one for one in said if not one.treatment.hooks]
        there = await present(self._client, wanted, seen)
        in_git = {hook.identity for hook in hooks}
        plan = sync_plan(wanted, items, seen, hooks=in_git, present=there, removes=removes)
        if not removes:
            plan = pruned_as(plan, self._environment.reconcile.prune, datetime.now(UTC))
        phases = OF_REMOVAL if removes else OF_SYNC
        due = hooks_due(hooks, items, desired.commit, phases, has_news=plan.has_news)
        if removes and not due:  # what is left of them goes too
            return sync_plan([], items, seen, removes=True)
        return replace(plan, hooks=due)

    async def _check_owner(self, desired: Desired) -> None:
        """An inventory that somebody restored, or another repository's app of the same name."""
        about = self._inventory.about
        if about is None:
            return
        mine = await self.place(desired)
        place = f"the inventory of {self.entry} in {SYSTEM_NAMESPACE}"
        if about.cluster != mine.cluster:
            raise ClusterError(
                f"{place} is of another cluster",
                why=f"it was written for {about.cluster}, and this one is {mine.cluster}",
                hint="delete it: nothing that is there is deleted with it",
            )
        same = address(about.repository) == address(mine.repository)  # by SSH or HTTPS, say
        if not same or about.entry != mine.entry:
            raise ClusterError(
                f"{self.entry} is applied from elsewhere",
                why=f"{place} is of {about.entry} in {about.repository}",
                hint="name the environment or the app otherwise, or delete that inventory",
            )

    async def place(self, desired: Desired) -> About:
        """What tells this app in this cluster from any other."""
        if self._uid is None:
            found = await self._client.get(EVERY_CLUSTER_HAS, metadata_only=True)
            self._uid = str(found["metadata"]["uid"]) if found else ""
        return About(desired.repository, self.entry.folder, self._uid)
