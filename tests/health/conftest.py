"""A real API server, as sources of health speak to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reconciler.cluster.blocking_client import BlockingApiClient, connect
from reconciler.cluster.kubeconfig import read_kubeconfig
from tests.testbed.plugin import Cluster


@pytest.fixture
def client(cluster: Cluster) -> Iterator[BlockingApiClient]:
    context = read_kubeconfig([str(cluster.kubeconfig)]).context()
    with connect(context, {}) as found:
        yield found
