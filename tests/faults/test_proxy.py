"""The proxy breaks what it is told to break, and everything else is the real server's answer."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.cluster.blocking_client import BlockingApiClient, connect
from reconciler.cluster.kubeconfig import read_kubeconfig
from reconciler.cluster.watch import WatchEvent
from reconciler.errors import ApiError
from tests.faults.faults import after, answer_lost, before, late, never_sent, refused, too_old
from tests.faults.proxy import FaultProxy
from tests.testbed.plugin import Cluster


@pytest.fixture
def client(proxy: FaultProxy, tmp_path: Path) -> Iterator[BlockingApiClient]:
    context = read_kubeconfig([str(proxy.kubeconfig(tmp_path))]).context()
    with connect(context, os.environ) as opened:
        yield opened


@pytest.fixture
def path(cluster: Cluster) -> str:
    return f"/api/v1/namespaces/{cluster.namespace}/configmaps"


def config(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}


def test_what_it_answers_is_the_servers_and_it_remembers_it(
    proxy: FaultProxy, client: BlockingApiClient, path: str, cluster: Cluster
) -> None:
    client.create(path, config("a"))
    assert client.get(f"{path}/a", metadata_only=True)
    assert client.get(f"{path}/none") is None
    assert cluster.get("configmap/a")["metadata"]["name"] == "a"
    assert proxy.requests.paths(lambda r: r.is_write) == [f"POST {path}"]
    assert [(r.method, r.status, r.result) for r in proxy.requests] == [
        ("POST", 201, 201),
        ("GET", 200, 200),
        ("GET", 404, 404),
    ]
    assert all(r.agent.startswith("reconciler/") for r in proxy.requests)
    assert all(r.came <= r.sent <= r.done for r in proxy.requests)


def test_requests_are_lost_before_and_after_they_were_done(
    proxy: FaultProxy, client: BlockingApiClient, path: str
) -> None:
    proxy.meet(lambda r: r.method == "POST", never_sent)
    proxy.meet(lambda r: r.method == "POST", answer_lost)
    for name, is_there in (("a", False), ("b", True)):
        with pytest.raises(ApiError) as caught:
            client.create(path, config(name))
        assert (caught.value.status, caught.value.transient) == (0, True)
        assert (client.get(f"{path}/{name}") is not None) == is_there


def test_answers_are_late_or_others(
    proxy: FaultProxy, client: BlockingApiClient, path: str
) -> None:
    proxy.meet(lambda r: r.method == "POST", late(0.5), skips=1)
    began = time.monotonic()
    client.create(path, config("a"))
    assert time.monotonic() - began < 0.5
    client.create(path, config("b"))
    assert time.monotonic() - began > 0.5
    proxy.meet(lambda r: r.method == "POST", refused(429, "TooManyRequests", Retry_After="1"))
    client.create(path, config("c"))
    assert [r.status for r in proxy.requests][-2:] == [429, 201]
    proxy.meet(lambda r: r.method == "POST", refused(500, "InternalError", "no luck"))
    with pytest.raises(ApiError) as caught:
        client.create(path, config("d"))
    assert (caught.value.status, caught.value.why) == (500, "no luck")


def test_something_happens_before_or_after_a_request_is_done(
    proxy: FaultProxy, client: BlockingApiClient, path: str
) -> None:
    happened: list[str] = []
    proxy.meet(lambda r: r.is_write, before(lambda: happened.append("before")))
    proxy.meet(lambda r: r.is_write, after(lambda: happened.append("after")))
    for name in ("a", "b"):
        with pytest.raises(ApiError):
            client.create(path, config(name))
    assert happened == ["before", "after"]
    assert [r.result for r in proxy.requests] == [0, 201]


def test_watches_stream_and_are_cut_or_too_old(
    proxy: FaultProxy, client: BlockingApiClient, path: str
) -> None:
    def events(version: str) -> Iterator[WatchEvent]:
        return iter(client.watch(path, version=version, fields="metadata.name=a", seconds=20))

    since = client.list(path).version
    watching = events(since)
    client.create(path, config("a"))
    assert next(watching).object["metadata"]["name"] == "a"
    assert proxy.cut_watches() == 1
    with pytest.raises(ApiError):
        next(watching)
    proxy.meet(lambda r: r.is_watch, too_old)
    with pytest.raises(ApiError) as caught:
        next(events(since))
    assert caught.value.status == 410
    assert next(events(since)).object["metadata"]["name"] == "a"


def test_it_is_away_and_comes_back(proxy: FaultProxy, client: BlockingApiClient, path: str) -> None:
    client.list(path)
    proxy.away()
    with pytest.raises(ApiError, match="does not answer"):
        client.list(path)
    proxy.back()
    assert client.list(path).version
