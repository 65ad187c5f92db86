"""One replica among several: it says that it lives, and knows which apps are its own.

A Lease of its own says that it lives, and one ConfigMap says who has which apps, which changes
only by compare-and-swap. Clocks may differ: each counts by its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from hashlib import sha256

from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.api_errors import CONFLICT, NOT_FOUND, accepting
from reconciler.cluster.reconciled_apps import SYSTEM_NAMESPACE
from reconciler.cluster.system_namespace import create_in_system
from reconciler.controller.loop.shards import (
    holders_text,
    is_settled,
    next_holders,
    read_holders,
    shard_of,
)
from reconciler.errors import ApiError, ClusterError
from reconciler.git.addresses import address
from reconciler.kubernetes.access import text
from reconciler.kubernetes.domain import DOMAIN
from reconciler.text.json_object import JsonObject

GROUP_LABEL = f"{DOMAIN}/replicas-of"
LEASES = f"/apis/coordination.k8s.io/v1/namespaces/{SYSTEM_NAMESPACE}/leases"
MAPS = f"/api/v1/namespaces/{SYSTEM_NAMESPACE}/configmaps"
MAX_NAME = 40  # of a label that holds more
RENEWALS = 3  # in the time of a lease
FORGOTTEN = 20  # times of a lease, after which that of somebody who died is deleted
SAFE_PART = 0.6  # of it, after which nothing is written any more
MAX_TRIES = 5  # to write the map, of which each that fails was another replica's success


class Membership:
    """Of one process among those that keep the same environment of the same repository."""

    def __init__(
        self, client: ApiClient, environment: str, repository: str, name: str, seconds: float
    ) -> None:
        self._client = client
        self._group = (
            f"{environment[:MAX_NAME]}.{sha256(address(repository).encode()).hexdigest()[:8]}"
        )
        self.name = name
        self._lease = f"run.{self._group}.{name}"
        self._map = f"shards.{self._group}"
        self._seconds = seconds
        self._renewed_at = -1e9  # by our own clock, and what is ours was looked at since
        self._shards: frozenset[int] = frozenset()
        self._among: set[str] = set()  # among whom the shares were settled, as long as they live
        self._seen: dict[str, tuple[str, float]] = {}  # each lease: its renewal, and since when

    def has(self, app: str) -> bool:
        return shard_of(app) in self._shards

    def check(self) -> float:
        """For how many seconds nobody else can take over; raises once somebody might."""
        left = self._renewed_at + self._seconds * SAFE_PART - self._now()
        if left < 0:
            raise ClusterError(
                f"{self.name} could not renew its lease, and writes nothing until it can",
                hint="is the API server reached?",
            )
        return left

    async def keep(
        self,
        busy: Callable[[], Collection[str]],
        moved: Callable[[], None],
        failed: Callable[[ClusterError], None],
    ) -> None:
        """Until it is cancelled. `moved` is told when its share became another."""
        while True:
            before, began = self._shards, self._now()
            try:
                await self._renew()
                await self._take_share(busy)
                self._renewed_at = began
            except ClusterError as e:
                failed(e)
            if self._shards != before:
                moved()
            await asyncio.sleep(self._seconds / RENEWALS)

    async def leave(self) -> None:
        """So that others need not wait until the lease has run out."""
        self._shards = frozenset()
        self._renewed_at = -1e9
        try:
            await self._client.delete(f"{LEASES}/{self._lease}")
        except ClusterError:
            return

    async def _renew(self) -> None:
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        body: JsonObject = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {
                "name": self._lease,
                "namespace": SYSTEM_NAMESPACE,
                "labels": {GROUP_LABEL: self._group},
            },
            "spec": {
                "holderIdentity": self.name,
                "leaseDurationSeconds": max(round(self._seconds), 1),
                "renewTime": now.replace("+00:00", "Z"),
            },
        }
        try:
            await self._client.apply(body, self._lease, force=True, metadata_only=True)
        except ApiError as e:
            if e.status != NOT_FOUND:
                raise
            await create_in_system(self._client, LEASES, body)

    async def _take_share(self, busy: Callable[[], Collection[str]]) -> None:
        """Where all is as it was, nobody is asked: what one lives for, nobody takes.

        Who was away for too long may have been taken for dead, so what it knows counts no more.
        """
        was_away = self._now() > self._renewed_at + self._seconds * SAFE_PART
        if was_away:
            self._among, self._seen = set(), {}
        living = await self._living()
        if living == self._among:
            return
        self._among = set()
        for _ in range(MAX_TRIES):
            with accepting(CONFLICT):
                await self._settle(living, busy, writes_anyway=was_away)
                return
        raise ClusterError("others write all the time who has which apps")

    async def _settle(
        self, living: set[str], busy: Callable[[], Collection[str]], *, writes_anyway: bool
    ) -> None:
        """What is written anyway makes vain what somebody else was about to write."""
        found = await self._client.get(f"{MAPS}/{self._map}")
        holders = read_holders(text(found or {}, "data", "holders"))
        wanted = next_holders(holders, living, self.name, {shard_of(app) for app in busy()})
        mine = frozenset(shard for shard, who in wanted.items() if who == self.name)
        self._shards &= mine  # nothing is begun any more that is to be given away
        if wanted != holders or found is None or writes_anyway:
            await self._write(found, holders_text(wanted))
        self._shards = mine
        self._among = living if is_settled(wanted, living) else set()

    async def _living(self) -> set[str]:
        """Whose lease moved within its time, as seen from here."""
        labels = f"{GROUP_LABEL}={self._group}"
        listing = await self._client.list(LEASES, labels=labels)
        now, seen = self._now(), self._seen
        self._seen = {}
        living = {self.name}
        for lease in listing.items:
            name, version = text(lease, "metadata", "name"), text(lease, "spec", "renewTime")
            known, since = seen.get(name, ("", now))
            since = since if known == version else now
            self._seen[name] = version, since
            if now < since + self._seconds:
                living.add(text(lease, "spec", "holderIdentity"))
            elif now > since + self._seconds * FORGOTTEN:
                await self._client.delete(f"{LEASES}/{name}", uid=text(lease, "metadata", "uid"))
        return living

    async def _write(self, found: JsonObject | None, holders: str) -> None:
        data = {"holders": holders, "written": f"{datetime.now(UTC).isoformat()} {self.name}"}
        if found is None:
            metadata = {"name": self._map, "namespace": SYSTEM_NAMESPACE}
            body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
            await create_in_system(self._client, MAPS, body)
            return
        version = found["metadata"]["resourceVersion"]
        change = {"metadata": {"resourceVersion": version}, "data": data}
        await self._client.merge_patch(f"{MAPS}/{self._map}", change)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
