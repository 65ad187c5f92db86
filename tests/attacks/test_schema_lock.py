"""Nobody waits for a build of somebody else's, whatever it changes and however long it takes."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from tests.argocd.client import archive
from tests.argocd.conftest import start as start
from tests.attacks.sidecar import User, beside, tower

SECONDS = 8
ENDLESS = {
    "openapi": archive(tower(openapi="{version: v1.21.2}")),
    "crds": archive({**tower(crds="[crds.json]"), "top/crds.json": "{}"}),
    "plain": archive(tower()),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_one_small_request_stops_nobody_else(start: Callable[..., Any], what: str) -> None:
    with start("--timeout", str(SECONDS)) as plugin:
        victim, attacker = User(plugin, "shop"), User(plugin, "lab")
        found = beside(victim, [(attacker, ENDLESS[what], "top")])
        assert "DEADLINE_EXCEEDED" in found.answers[0]
        assert found.worst < SECONDS / 2
        assert found.asked > 3


def test_who_changes_the_schema_does_not_wait_for_others_who_do(start: Callable[..., Any]) -> None:
    """Several endless ones of one project, and a build with a schema of another."""
    files = {
        "app/kustomization.yaml": "resources: [c.yaml]\nopenapi: {version: v1.21.2}\n",
        "app/c.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n",
    }
    with start("--timeout", str(SECONDS)) as plugin:
        other = User(plugin, "shop", "crds")

        class Victim(User):
            def deploy(self) -> str:
                found = other.ask(archive({**files, "number": str(id(object()))}), "app")
                assert found == files["app/c.yaml"]
                return super().deploy()

        attackers = [User(plugin, "lab", f"app{n}") for n in range(4)]
        attacks = [(a, ENDLESS["crds"] + bytes(n), "top") for n, a in enumerate(attackers)]
        found = beside(Victim(plugin, "shop"), attacks)
        assert found.worst < SECONDS / 2


def test_nobody_waits_for_a_repository_that_does_not_answer(start: Callable[..., Any]) -> None:
    """It is the first render of all."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/owner/repo"
        pinned = {"top/kustomization.yaml": f"resources: ['{url}//app?ref={'a' * 40}']\n"}
        with start("--timeout", str(SECONDS), "--allow-repository", url) as plugin:
            victim, attacker = User(plugin, "shop"), User(plugin, "lab")
            found = beside(victim, [(attacker, archive(pinned), "top")])
            assert "DEADLINE_EXCEEDED" in found.answers[0]
            assert found.worst < SECONDS / 2
