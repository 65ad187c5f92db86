"""Three processes share the apps of an environment: one dies, and one stands still and wakes."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from tests.cli.test_run_settings import eventually
from tests.faults.conftest import Begin, Fleet, configs
from tests.faults.proxy import FaultProxy
from tests.faults.writers import app_of, two_writers, wrote_before_it_looked

LEASE = 2.0


@pytest.mark.usefixtures("definitions")
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("apps", "still", "pause"),
    [(12, 6, 1), pytest.param(300, 20, 15, marks=pytest.mark.soak)],
)
def test_no_app_ever_has_two_writers(
    fleet: Fleet,
    proxies: Callable[[str], FaultProxy],
    begin: Begin,
    apps: int,
    still: float,
    pause: float,
) -> None:
    names = [f"app{n}" for n in range(apps)]
    one, other, third = (proxies(name) for name in ("one", "other", "third"))

    def say(value: int) -> None:
        fleet.say(**{app: configs(str(value), f"{app}-x", f"{app}-y") for app in names})

    def settled(value: int) -> Callable[[], bool]:
        return lambda: values(fleet) == {f"{app}-{x}": str(value) for app in names for x in "xy"}

    say(0)
    started = {p: begin(p, "--interval", "1", "--lease", str(LEASE)) for p in (one, other, third)}
    eventually(settled(0), True, 60 + apps)
    with commits(say, pause) as last:
        time.sleep(3 * pause)
        started[third].process.kill()
        time.sleep(3 * pause)
        started[other].process.send_signal(signal.SIGSTOP)
        time.sleep(still)
        started[other].process.send_signal(signal.SIGCONT)
        woke = time.monotonic()
        time.sleep(max(3 * LEASE, 3 * pause))
    eventually(settled(last()), True, 60 + apps)
    both = [*one.requests, *other.requests, *third.requests]
    assert two_writers(both) == []
    assert wrote_before_it_looked(other.requests, woke) == []

    counts = [len(one.requests), len(other.requests)]
    say(last() + 1)
    eventually(settled(last() + 1), True, 60 + apps)
    since = [p.requests.since(n) for p, n in zip((one, other), counts, strict=True)]
    assert all(any(app_of(r) for r in seen) for seen in since), "one of the two has no share"
    assert two_writers([*one.requests, *other.requests]) == []


def values(fleet: Fleet) -> dict[str, str]:
    items = fleet.cluster.get("configmaps", "-l", "reconciler.dev/app")["items"]
    return {item["metadata"]["name"]: item["data"]["k"] for item in items}


@contextmanager
def commits(say: Callable[[int], None], pause: float) -> Iterator[Callable[[], int]]:
    """One after the other, until it is left; what the last one said."""
    said, ends = [0], Event()

    def go_on() -> None:
        while not ends.wait(pause):
            say(said[-1] + 1)
            said.append(said[-1] + 1)

    thread = Thread(target=go_on)
    thread.start()
    try:
        yield lambda: said[-1]
    finally:
        ends.set()
        thread.join()
