"""Where nothing happens, nothing is asked: watches stand open, and Leases say who lives."""

from __future__ import annotations

import time

import pytest

from tests.faults.conftest import Begin, Fleet, configs
from tests.faults.proxy import FaultProxy

DEPLOYMENT = """---
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME}
spec:
  replicas: 1
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec:
      containers: [{name: web, image: "example.org/web:1"}]
"""


@pytest.mark.usefixtures("definitions")
@pytest.mark.parametrize(
    ("apps", "seconds"),
    [
        (10, 10),
        pytest.param(300, 60, marks=[pytest.mark.soak, pytest.mark.timeout(900)]),
    ],
)
def test_only_watches_and_leases_are_asked_for(
    fleet: Fleet, proxy: FaultProxy, begin: Begin, apps: int, seconds: float
) -> None:
    manifests = {f"a{n}": configs("1", f"c{n}", f"d{n}") for n in range(apps)}
    manifests["a0"] += DEPLOYMENT.replace("NAME", "web")
    fleet.say(**manifests)
    running = begin(proxy, "--interval", "1", "--lease", "3")
    for _ in range(apps):
        running.wait_for("well")
    settle(proxy)
    began = len(proxy.requests)
    time.sleep(seconds)
    asked = proxy.requests.since(began)
    assert [str(r) for r in asked if not (r.is_watch or r.is_lease)] == []
    assert sum(r.is_lease and r.is_write for r in asked) >= seconds - 2
    assert sum(r.is_watch for r in asked) <= 1 + seconds / 60


def settle(proxy: FaultProxy, seconds: float = 6, patience: float = 120) -> None:
    """Until nothing but watches and Leases was asked for a while."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        last = max(r.came for r in proxy.requests if not (r.is_watch or r.is_lease))
        if time.monotonic() > last + seconds:
            return
        time.sleep(0.2)
    raise AssertionError("it never becomes quiet")
