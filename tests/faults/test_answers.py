"""What the API server, or the way to it, may do to a request: run goes on, and tells of it."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest

from tests.cli.test_run_settings import eventually
from tests.faults.conftest import Begin, Fleet, configs
from tests.faults.faults import Answer, Fault, Send, answer_lost, never_sent, refused, too_old
from tests.faults.judge import deleted_twice, uids_of_lines, uids_there, written_without_a_line
from tests.faults.proxy import FaultProxy, Which
from tests.faults.requests import SeenRequest
from tests.faults.test_quiet import settle

OPTIONS = ("--interval", "1", "--lease", "3")


def of_one(method: str) -> Which:
    """A write of the object that is in the app named one."""
    return lambda r: r.method == method and r.path.endswith("/configmaps/one-x")


@dataclass(frozen=True, slots=True)
class Row:
    """What is met, and what is told of it; nothing where it is only done once more."""

    name: str
    which: Which
    fault: Fault
    told: str = ""


ROWS = [
    Row("the answer to a PATCH is lost", of_one("PATCH"), answer_lost),
    Row("the answer to a DELETE is lost", of_one("DELETE"), answer_lost),
    Row("a PATCH is lost", of_one("PATCH"), never_sent),
    Row("busy", of_one("PATCH"), refused(429, "TooManyRequests", Retry_After="1")),
    Row("busy, and not for how long", of_one("PATCH"), refused(429, "TooManyRequests")),
    Row("overloaded", of_one("DELETE"), refused(503, "ServiceUnavailable", Retry_After="1")),
    Row("broken", of_one("PATCH"), refused(500, "InternalError"), "refused"),
    Row("unavailable", of_one("PATCH"), refused(503, "ServiceUnavailable"), "refused"),
    Row("too slow", of_one("DELETE"), refused(504, "Timeout"), "refused"),
    Row(
        "the inventory cannot be written",
        lambda r: r.is_inventory and b".one" in r.body and r.method == "PATCH",
        refused(500, "InternalError"),
        "not applied",
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_fails_once_is_done_once_more_and_holds_up_no_other(
    row: Row, fleet: Fleet, proxy: FaultProxy, begin: Begin
) -> None:
    fleet.say(one=configs("1", "one-x", "one-y"), other=configs("1", "other-x"))
    running = begin(proxy, *OPTIONS)
    running.wait_for("well")
    running.wait_for("well")
    settle(proxy, 0.5)
    is_deletion = "DELETE" in row.name or row.which(request("DELETE"))
    planned = proxy.meet(row.which, row.fault)
    names = ["one-y", "one-z"] if is_deletion else ["one-x", "one-y", "one-z"]
    fleet.say(one=configs("2", *names), other=configs("2", "other-x"))
    if row.told:
        told = running.wait_for(row.told, app=f"{fleet.name}/one")
        assert told["error"]
        eventually(lambda: fleet.values("other"), {"other-x": "2"}, 30)
    eventually(lambda: fleet.values("one"), dict.fromkeys(names, "2"))
    eventually(lambda: fleet.values("other"), {"other-x": "2"})
    assert planned.times == 0
    eventually(lambda: uids_of_lines(fleet, "one") == uids_there(fleet, "one"), True)
    assert written_without_a_line(proxy.requests) == []
    assert deleted_twice(proxy.requests) == []
    assert running.process.poll() is None


def request(method: str) -> SeenRequest:
    return SeenRequest("", method, "/api/v1/namespaces/n/configmaps/one-x", {}, "", b"", 0)


def test_an_inventory_that_somebody_else_wrote_meanwhile_is_read_anew(
    fleet: Fleet, proxy: FaultProxy, begin: Begin
) -> None:
    fleet.say(one=configs("1", "one-x"))
    running = begin(proxy, *OPTIONS)
    running.wait_for("well")
    inventory = f"configmap/inventory.{fleet.name}.one"

    async def between(send: Send) -> Answer:
        fleet.cluster.kubectl("annotate", "-n", "reconciler-system", inventory, "theirs=1")
        return await send()

    settle(proxy, 0.5)
    proxy.meet(lambda r: r.is_inventory and r.is_write, between)
    fleet.say(one=configs("2", "one-x", "one-y"))
    told = running.wait_for("not applied")
    assert "changed by somebody else meanwhile" in told["error"]
    eventually(lambda: fleet.values("one"), {"one-x": "2", "one-y": "2"})
    assert [r.result for r in proxy.requests if r.is_inventory and r.is_write].count(409) == 1


@pytest.mark.parametrize("fault", [None, too_old])
def test_what_a_broken_watch_missed_is_found_and_set_back(
    fault: Fault | None, fleet: Fleet, proxy: FaultProxy, begin: Begin
) -> None:
    """It goes on where it was, or lists anew where the server has forgotten that."""
    fleet.say(one=configs("1", "one-x", "one-y"))
    running = begin(proxy, *OPTIONS)
    running.wait_for("well")
    eventually(lambda: any(watches_objects(r) for r in proxy.requests), True)
    # Until it may begin again, nothing is heard.
    proxy.meet(watches_objects, never_sent, times=2)
    if fault:
        proxy.meet(watches_objects, fault)
    lists = len(proxy.requests.of(lists_objects))
    proxy.cut_watches()
    kubectl = fleet.cluster.kubectl
    kubectl("-n", fleet.name, "delete", "configmap", "one-y")
    kubectl(
        "-n", fleet.name, "patch", "configmap/one-x", "--type=merge", "-p", '{"data":{"k":"x"}}'
    )
    running.wait_for("applied")
    eventually(lambda: fleet.values("one"), {"one-x": "1", "one-y": "1"})
    anew = [r for r in proxy.requests.of(lists_objects)[lists:] if not r.query.get("watch")]
    assert any(r.query.get("labelSelector") == "reconciler.dev/app" for r in anew) == bool(fault)


def watches_objects(r: SeenRequest) -> bool:
    return r.is_watch and r.path == "/api/v1/configmaps"


def lists_objects(r: SeenRequest) -> bool:
    return r.method == "GET" and not r.is_watch and r.path == "/api/v1/configmaps"


@pytest.mark.usefixtures("definitions")
def test_a_server_that_is_away_for_a_while_is_caught_up_with(
    fleet: Fleet, proxy: FaultProxy, begin: Begin
) -> None:
    fleet.say(one=configs("1", "one-x"), other=configs("1", "other-x"))
    running = begin(proxy, *OPTIONS)
    running.wait_for("well")
    running.wait_for("well")
    proxy.away()
    fleet.say(one=configs("2", "one-x"))
    fleet.cluster.kubectl("-n", fleet.name, "delete", "configmap", "other-x")
    told = running.wait_for("its lease cannot be renewed, so nothing is written")
    assert "does not answer" in told["error"]
    time.sleep(2)
    proxy.back()
    eventually(lambda: (fleet.values("one"), fleet.values("other")),
               ({"one-x": "2"}, {"other-x": "1"}))  # fmt: skip
    eventually(lambda: ready(fleet), "True True")
    assert running.process.poll() is None


@pytest.mark.usefixtures("definitions")
def test_definitions_of_an_older_version_are_told_of_once_and_hold_up_nothing(
    fleet: Fleet, proxy: FaultProxy, begin: Begin
) -> None:
    words = (
        f"failed to create typed patch object (reconciler-system/{fleet.name}.one; reconciler.dev"
        "/v1alpha1, Kind=ReconciledApp): .status.history: field not declared in schema"
    )
    proxy.meet(
        lambda r: r.method == "PATCH" and "/reconciledapps/" in r.path and "/status" in r.path,
        refused(500, "", words),
        times=100,
    )
    fleet.say(one=configs("1", "one-x"), other=configs("1", "other-x"))
    running = begin(proxy, *OPTIONS)
    told = running.wait_for("how apps are cannot be shown in the cluster")
    assert ".status.history: field not declared in schema" in told["why"]
    fleet.say(one=configs("2", "one-x"), other=configs("2", "other-x"))
    eventually(lambda: (fleet.values("one"), fleet.values("other")),
               ({"one-x": "2"}, {"other-x": "2"}))  # fmt: skip
    settle(proxy, 6)
    assert running.log.read_text().count("cannot be shown") == 1


def ready(fleet: Fleet) -> str:
    return fleet.cluster.kubectl(
        *(
            "get",
            "rapp",
            "-n",
            "reconciler-system",
            "-l",
            f"reconciler.dev/environment={fleet.name}",
        ),
        *("-o", 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}'),
    )


@pytest.mark.parametrize("fault", [answer_lost, refused(500, "InternalError")])
def test_the_last_release_that_was_well_is_written_in_the_end(
    fault: Fault, fleet: Fleet, proxy: FaultProxy, begin: Begin
) -> None:
    def says_well(r: SeenRequest) -> bool:
        return r.is_inventory and b"well: \\n" not in r.body and r.method == "PATCH"

    commit = fleet.say(one=configs("1", "one-x"))
    proxy.meet(says_well, fault)
    running = begin(proxy, *OPTIONS)
    running.wait_for("well, and that could not be written")
    inventory = ("-n", "reconciler-system", "get", "configmap", f"inventory.{fleet.name}.one")
    eventually(lambda: f"well: {commit}" in fleet.cluster.kubectl(*inventory, "-o", "yaml"), True)
    settle(proxy, 6)
    assert len(proxy.requests.of(says_well)) == (1 if fault is answer_lost else 2)


def test_a_rollback_that_cannot_be_written_down_is_done_once_it_can(
    fleet: Fleet, proxy: FaultProxy, begin: Begin
) -> None:
    claim = (
        "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: one-disk}\n"
        "spec: {storageClassName: nobody-has-it, accessModes: [ReadWriteOnce],"
        " resources: {requests: {storage: 1Gi}}}\n"
    )
    settings = "reconcile:\n  rollback: [{after: 1s}]\n"
    fleet.say(settings, one=configs("1", "one-x"))
    running = begin(proxy, *OPTIONS)
    running.wait_for("well")
    settle(proxy, 0.5)
    proxy.meet(
        lambda r: r.is_inventory and b"held: \\n" not in r.body and r.is_write,
        refused(500, "InternalError"),
        times=2,
    )
    fleet.say(settings, one=configs("2", "one-x") + claim)
    running.wait_for("rolled back")
    eventually(lambda: fleet.values("one"), {"one-x": "1"})
    assert running.process.poll() is None
