"""One replica among several: it says that it lives, and knows which apps are its own.

A Lease of its own says that it lives, and one ConfigMap says who has which apps, which changes
only by compare-and-swap. Clocks may differ: each counts by its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from hashlib import sha256

from reconciler.cluster.api_client import CONFLICT, NOT_FOUND, ApiClient
from reconciler.cluster.reconciled_apps import SYSTEM_NAMESPACE
from reconciler.cluster.system_namespace import create_in_system
from reconciler.controller.shards import (
    SHARDS,
    holders_text,
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
        self._seconds = seconds
        self._renewed_at = -1e9  # by our own clock
        self._shards: frozenset[int] = frozenset()
        self._among: set[str] = (
            set()
        )  # when the shares were settled, and who lives is the same since
        self._seen: dict[str, tuple[str, float]] = {}  # each lease: its renewal, and since when

    def has(self, app: str) -> bool:
        return shard_of(app) in self._shards

    def check(self) -> None:
        """Raises once somebody else might take over: then nothing more is written."""
        if self._now() > self._renewed_at + self._seconds * SAFE_PART:
            raise ClusterError(
                f"{self.name} could not renew its lease, and writes nothing until it can",
                hint="is the API server reached?",
            )

    async def keep(self, busy: Callable[[], Collection[str]], moved: Callable[[], None]) -> None:
        """Until it is cancelled. `moved` is told when its share became another."""
        while True:
            before = self._shards
            try:
                await self._renew()
                await self._take_share({shard_of(app) for app in busy()})
            except ClusterError:
                pass  # what follows of it, `check` says
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
        began, now = self._now(), datetime.now(UTC).isoformat(timespec="microseconds")
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
        self._renewed_at = began

    async def _take_share(self, busy: Collection[int]) -> None:
        """Where all is as it was, nobody is asked: what one lives for, nobody takes."""
        living = await self._living()
        if living == self._among:
            return
        path = f"{MAPS}/shards.{self._group}"
        found = await self._client.get(path)
        holders = read_holders(text(found or {}, "data", "holders"))
        wanted = next_holders(holders, living, self.name, busy)
        if wanted != holders or found is None:
            try:
                await self._write(found, holders_text(wanted))
            except ApiError as e:
                if e.status != CONFLICT:
                    raise
                return  # somebody else was first: it is looked at anew in the next round
        self._shards = frozenset(s for s, who in wanted.items() if who == self.name)
        self._among = living if wanted == holders and len(wanted) == SHARDS else set()

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
        metadata = {"name": f"shards.{self._group}", "namespace": SYSTEM_NAMESPACE}
        body: JsonObject = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"holders": holders}}
        if found is None:
            await create_in_system(self._client, MAPS, {**body, "metadata": metadata})
            return
        version = found["metadata"]["resourceVersion"]
        change = {"metadata": {"resourceVersion": version}, "data": {"holders": holders}}
        await self._client.merge_patch(f"{MAPS}/{metadata['name']}", change)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
