"""A process that is killed between two requests: what is there then, and after the next sync."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest

from reconciler.cluster.api_call import ApiAnswer, ApiCall
from reconciler.cluster.api_client import ApiClient
from tests.controller.conftest import RealApp, annotated, config

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: SELECTOR}}
  template:
    metadata: {labels: {app: SELECTOR}}
    spec: {containers: [{name: web, image: "web:1"}]}
---
"""
BRIEF = "ConfigMap brief"
KINDS = "configmaps,deployments"


class ProcessKilled(BaseException):
    """As if it were gone: nothing of ours runs after it."""


class KillingClient:
    """Counts what is written, and dies before or after the n-th request is answered."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.dies_at = -1
        self.before = False
        self.written = 0
        self.dead = False
        ask = ApiClient._answer

        async def answer(client: ApiClient, call: ApiCall) -> ApiAnswer:
            if self.dead:
                raise ProcessKilled
            counts = call.method != "GET"
            self.written += counts
            dies = counts and self.written == self.dies_at
            if dies and self.before:
                self.dead = True
                raise ProcessKilled
            found = await ask(client, call)
            if dies:
                self.dead = True
                raise ProcessKilled
            return found

        monkeypatch.setattr(ApiClient, "_answer", answer)

    def lives(self) -> None:
        self.dies_at, self.written, self.dead = -1, 0, False


def old(app: RealApp) -> None:
    app.commit = "1" * 40
    app.settings = "reconcile: {recreate: [Deployment]}\n"
    app.sync(
        config("a", k="1")
        + config("gone", k="1")
        + annotated(config("before", k="1"), ARGO__hook="PreSync")
        + DEPLOYMENT.replace("SELECTOR", "one")
    )


def new(app: RealApp) -> None:
    app.commit = "2" * 40
    app.sync(
        config("a", k="2")
        + annotated(config("b", k="2"), ARGO__sync_wave="1")
        + annotated(config("before", k="2"), ARGO__hook="PreSync")
        + annotated(config("after", k="2"), ARGO__hook="PostSync")
        + annotated(
            config("brief", k="2"), ARGO__hook="Sync", ARGO__hook_delete_policy="HookSucceeded"
        )
        + DEPLOYMENT.replace("SELECTOR", "two")
    )


def live(app: RealApp) -> dict[str, Any]:
    found = app.cluster.get(KINDS, "-l", f"reconciler.dev/app=prod.{app.name}")
    return {f"{item['kind']} {item['metadata']['name']}": item for item in found["items"]}


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_whatever_was_done_the_inventory_names_it_and_the_next_sync_ends_it(
    real_app: RealApp, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    client = KillingClient(monkeypatch)
    for number in count(1):
        client.lives()
        old(real_app)
        client.lives()
        client.dies_at, client.before = number, before
        try:
            new(real_app)
        except ProcessKilled:
            pass
        else:
            break
        lines, there = real_app.lines(), live(real_app)
        assert there.keys() <= lines.keys(), (number, json.dumps(lines))
        client.lives()
        new(real_app)
        there = live(real_app)
        there.pop(BRIEF, None)  # if it was to go when the process died, it goes with its next run
        assert {*there} == {
            *("ConfigMap a", "ConfigMap b", "ConfigMap before", "ConfigMap after"),
            "Deployment web",
        }, number
        assert {there[name]["data"]["k"] for name in there if "ConfigMap" in name} == {"2"}, number
        assert set(real_app.lines()) == {*there, BRIEF}, number
        assert set(real_app.lines().values()) == {"applied", "ran"}, number
        assert real_app.sync() == [], number
    assert number > 10
