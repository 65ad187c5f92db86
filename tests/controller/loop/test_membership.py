"""Replicas share the apps, by what a real API server keeps of them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from reconciler.cluster.api_access import access_of
from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.fence import within
from reconciler.cluster.kubeconfig import read_kubeconfig
from reconciler.controller.loop.membership import Membership
from reconciler.controller.loop.shards import SHARDS, shard_of
from reconciler.errors import ClusterError
from tests.testbed.plugin import Cluster

SECONDS = 1.5
# An app for each shard.
APPS = [*{shard_of(name): name for name in (f"app{n}" for n in range(2_000))}.values()]


class Replicas:
    def __init__(self, cluster: Cluster, client: ApiClient) -> None:
        self._cluster = cluster
        self._client = client
        self.members: dict[str, Membership] = {}

    def join(self, name: str) -> asyncio.Task[None]:
        member = self.members.get(name) or Membership(
            self._client, "prod", self._cluster.namespace, name, SECONDS
        )
        self.members[name] = member
        return asyncio.create_task(member.keep(list, lambda: None, lambda _: None))

    def shares(self) -> dict[str, int]:
        return {n: sum(m.has(app) for app in APPS) for n, m in self.members.items()}

    async def until(self, shares: dict[str, int]) -> None:
        for _ in range(200):
            if self.shares() == shares:
                return
            await asyncio.sleep(0.05)
        assert self.shares() == shares


@asynccontextmanager
async def replicas(cluster: Cluster) -> AsyncIterator[Replicas]:
    context = read_kubeconfig([str(cluster.kubeconfig)]).context()
    async with ApiClient(access_of(context, os.environ)) as client:
        yield Replicas(cluster, client)


def test_who_joins_gets_its_share_and_who_leaves_gives_it_back(cluster: Cluster) -> None:
    async def play() -> None:
        async with replicas(cluster) as some:
            one = some.join("one")
            await some.until({"one": SHARDS})
            other = some.join("other")
            await some.until({"one": SHARDS // 2, "other": SHARDS // 2})
            other.cancel()
            await some.members["other"].leave()
            await some.until({"one": SHARDS, "other": 0})
            one.cancel()

    asyncio.run(play())


def test_who_was_away_for_too_long_writes_nothing_until_it_has_looked_anew(
    cluster: Cluster,
) -> None:
    async def play() -> None:
        async with replicas(cluster) as some:
            one, other = some.join("one"), some.join("other")
            await some.until({"one": SHARDS // 2, "other": SHARDS // 2})
            one.cancel()
            await some.until({"one": SHARDS // 2, "other": SHARDS})
            with pytest.raises(ClusterError, match="one could not renew its lease"):
                some.members["one"].check()
            again = some.join("one")
            await some.until({"one": SHARDS // 2, "other": SHARDS // 2})
            assert some.members["one"].check() > 0
            assert not {a for a in APPS if all(m.has(a) for m in some.members.values())}
            for task in (again, other):
                task.cancel()

    asyncio.run(play())


def test_what_is_under_way_is_given_up_when_the_fence_falls() -> None:
    ended: list[str] = []

    async def work(seconds: float) -> str:
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            ended.append("given up")
            raise
        return "done"

    async def play(seconds: float) -> str:
        began = asyncio.get_running_loop().time()

        def fence() -> float:
            """It is renewed once, and then holds for 0.4 s in all."""
            gone = asyncio.get_running_loop().time() - began
            if gone > 0.4:
                raise ClusterError("somebody else may write now")
            return 0.2 if gone < 0.2 else 0.4 - gone

        return await within(fence, work(seconds))

    assert asyncio.run(play(0.3)) == "done"
    with pytest.raises(ClusterError, match="somebody else"):
        asyncio.run(play(5))
    assert ended == ["given up"]
