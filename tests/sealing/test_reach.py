"""The controller is reached through an API server, and what stands in the way is told apart."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import ClusterError
from reconciler.sealing.controller import Controller, controller_in
from reconciler.sealing.sealed_secret import SealedSecret
from tests.cluster.conftest import Say, Seen, scripted
from tests.cluster.test_auth import context_for

SERVICES = "/api/v1/namespaces/kube-system/services"
SERVICE = f"{SERVICES}/controller"
PROXY = f"{SERVICES}/http:controller:web/proxy"
THERE = {SERVICE: [Say(200, {"spec": {"ports": [{"name": "web"}]}})]}
SEALED = SealedSecret("api", "shop", encrypted={"password": "AgB"})
BUSY = Say(429, headers={"Retry-After": "0"})


def asked(
    folder: Path, answers: Mapping[str, list[Say]], question: Callable[[Controller], Any]
) -> tuple[Any, list[Seen]]:
    left = {path: list(given) for path, given in answers.items()}
    seen: list[Seen] = []

    def answer(request: Seen) -> Say:
        seen.append(request)
        return left[request.path].pop(0)

    with scripted(answer) as url:
        context = context_for(folder, {"token": "t"}, server=url)
        with controller_in(context, "kube-system/controller", {}) as controller:
            return question(controller), seen


@pytest.mark.parametrize(("status", "opens"), [(200, True), (409, False)])
def test_the_controller_says_what_it_can_open(tmp_path: Path, status: int, opens: bool) -> None:
    answers = {**THERE, f"{PROXY}/v1/verify": [BUSY, Say(status, b"")]}
    found, seen = asked(tmp_path, answers, lambda c: c.can_open(SEALED))
    assert found is opens
    assert [s.method for s in seen] == ["GET", "POST", "POST"]
    assert seen[1].headers["Authorization"] == "Bearer t"
    sent = json.loads(seen[2].body)
    assert (sent["metadata"]["name"], sent["spec"]["encryptedData"]) == ("api", SEALED.encrypted)


def test_the_service_is_looked_for_once(tmp_path: Path) -> None:
    answers = {**THERE, f"{PROXY}/v1/verify": [Say(200, b""), Say(200, b"")]}
    _, seen = asked(tmp_path, answers, lambda c: (c.can_open(SEALED), c.can_open(SEALED)))
    assert [s.path for s in seen].count(SERVICE) == 1


@pytest.mark.parametrize(
    ("answers", "what"),
    [
        ({SERVICE: [Say(401), Say(401)]}, "the cluster does not know you"),
        ({SERVICE: [Say(403)]}, "you may not do this in the cluster"),
        ({SERVICE: [Say(404)]}, "there is no controller"),
        ({**THERE, f"{PROXY}/v1/verify": [Say(403)]}, "you may not do this in the cluster"),
        ({**THERE, f"{PROXY}/v1/verify": [Say(503)]}, "the controller has no pod that is ready"),
        ({**THERE, f"{PROXY}/v1/verify": [Say(418)]}, "the controller answers with 418"),
        ({SERVICE: [Say(0), Say(0)]}, "the API server does not answer at http://127.0.0.1:"),
    ],
)
def test_what_stands_in_the_way_is_told_apart(
    tmp_path: Path, answers: Mapping[str, list[Say]], what: str
) -> None:
    with pytest.raises(ClusterError, match=what):
        asked(tmp_path, answers, lambda c: c.can_open(SEALED))
