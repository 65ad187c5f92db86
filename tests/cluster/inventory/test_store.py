"""Inventories in a real cluster: two writers, many lines, and hands."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import pytest

from reconciler.cluster.api_access import access_of
from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.inventory import store
from reconciler.cluster.inventory.record import About, InventoryItem, ItemState
from reconciler.cluster.inventory.store import Inventory
from reconciler.cluster.kubeconfig import read_kubeconfig
from reconciler.errors import ClusterError
from reconciler.kubernetes.identity import Identity
from tests.testbed.plugin import Cluster

T = TypeVar("T")
Work = Callable[[Inventory, Inventory], Awaitable[T]]
ABOUT = About("https://git.example.org/fleet", "environments/prod/web", "uid")


def item(number: int, state: ItemState = ItemState.applied) -> InventoryItem:
    return InventoryItem(Identity("", "ConfigMap", "a", f"c{number}"), "v1", state, f"uid-{number}")


def with_two(cluster: Cluster, work: Work[T]) -> T:
    """Of one app, as two processes would have it."""

    async def connected() -> T:
        context = read_kubeconfig([str(cluster.kubeconfig)]).context()
        async with ApiClient(access_of(context, os.environ)) as client:
            name = f"prod.{cluster.namespace}"
            return await work(Inventory(client, name), Inventory(client, name))

    return asyncio.run(connected())


def test_what_one_wrote_the_next_one_reads(cluster: Cluster) -> None:
    async def work(one: Inventory, other: Inventory) -> None:
        await one.read()
        assert (one.about, one.items) == (None, {})
        await one.write(ABOUT, [item(1), item(2)])
        await other.read()
        assert other.about == ABOUT
        assert other.items == one.items == {i.identity: i for i in (item(1), item(2))}
        await other.write(replace(ABOUT, commit="c"), [item(2)])
        await one.read()
        assert one.items == {item(2).identity: item(2)}
        await one.remove()
        await other.read()
        assert other.items == {}

    with_two(cluster, work)


def test_of_two_writers_one_is_told(cluster: Cluster) -> None:
    async def work(one: Inventory, other: Inventory) -> None:
        await one.write(ABOUT, [item(1)])
        await other.read()
        await one.write(ABOUT, [item(1), item(2)])
        with pytest.raises(ClusterError, match="was changed by somebody else meanwhile"):
            await other.write(ABOUT, [item(3)])
        await other.read()
        assert other.items == one.items

    with_two(cluster, work)


def test_many_lines_stand_in_several_and_none_moves(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MAX_LINES", 3)

    async def work(one: Inventory, other: Inventory) -> None:
        await one.write(ABOUT, [item(n) for n in range(8)])
        await one.write(ABOUT, [item(n) for n in (0, 2, 3, 4, 5, 6, 7, 8, 9)])
        await other.read()
        assert sorted(i.name for i in other.items) == [f"c{n}" for n in (0, 2, 3, 4, 5, 6, 7, 8, 9)]
        assert other.items == one.items

    with_two(cluster, work)


def test_what_somebody_broke_by_hand_is_told(cluster: Cluster) -> None:
    async def write(one: Inventory, _: Inventory) -> None:
        await one.write(ABOUT, [item(1)])

    async def read(one: Inventory, _: Inventory) -> None:
        await one.read()

    with_two(cluster, write)
    name = f"inventory.prod.{cluster.namespace}"
    cluster.kubectl(
        *("-n", "reconciler-system", "patch", "configmap", name, "--type=merge"),
        *("-p", '{"data": {"objects": "nonsense"}}'),
    )
    with pytest.raises(ClusterError, match=f"the inventory {name} is damaged"):
        with_two(cluster, read)
