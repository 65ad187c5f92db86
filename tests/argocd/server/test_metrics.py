"""What Prometheus and the log are told of requests."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.argocd.client import DEPLOYMENT, FLEET, WEB, Plugin, archive, messages

GOOD = archive(FLEET)
SLOWLY = 0.6


def slow() -> Iterator[Any]:
    stream = messages(GOOD, WEB)
    yield next(stream)
    time.sleep(SLOWLY)
    yield from stream


def metrics(plugin: Plugin, done: int) -> dict[str, float]:
    """Once so many requests are counted, which happens after their answers."""
    count = 'reconciler_plugin_answer_seconds_count{method="GenerateManifest"}'
    for _ in range(100):
        page = urllib.request.urlopen(f"{plugin.http}/metrics").read().decode()
        lines = [line for line in page.splitlines() if not line.startswith("#")]
        found = {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}
        if found.get(count, 0) >= done:
            return found
        time.sleep(0.05)
    raise AssertionError("the request is not counted")


@pytest.fixture(scope="module")
def told(plugin: Plugin) -> tuple[dict[str, float], list[dict[str, Any]]]:
    """After one request for an app that is not known, one for what is, and one that is refused."""
    assert plugin.call("GenerateManifest", slow()).manifests == [DEPLOYMENT]
    assert plugin.generate(GOOD) == DEPLOYMENT
    plugin.refusal(messages(GOOD, "environments/dev/nothing", {"ARGOCD_APP_NAME": "nothing"}))
    found = metrics(plugin, 3)
    lines = [json.loads(line) for line in plugin.log.read_text().splitlines()]
    return found, [line for line in lines if line["message"] == "GenerateManifest"]


def test_requests_archives_and_renders_are_counted(told: Any) -> None:
    found, _ = told
    requests = 'reconciler_plugin_requests_total{{code="{}",method="GenerateManifest"}}'
    assert found[requests.format("OK")] == 2
    assert found[requests.format("INVALID_ARGUMENT")] == 1
    assert found['reconciler_plugin_archives_total{cache="hit"}'] == 2
    assert found['reconciler_plugin_archives_total{cache="miss"}'] == 1
    assert found['reconciler_plugin_renders_total{cache="hit"}'] == 1
    assert found['reconciler_plugin_renders_total{cache="miss"}'] == 1
    assert found["reconciler_plugin_open_requests"] == 0


def test_what_the_repo_server_takes_to_send_is_told_apart(told: Any) -> None:
    found, log = told
    whole, own = (
        found[f'reconciler_plugin_{name}_seconds_sum{{method="GenerateManifest"}}']
        for name in ("request", "answer")
    )
    assert whole - own >= SLOWLY / 2
    assert log[0]["arrival_milliseconds"] >= SLOWLY / 2 * 1000
    assert log[0]["milliseconds"] >= log[0]["arrival_milliseconds"]


def test_the_log_has_a_line_for_each_request(told: Any) -> None:
    _, (first, second, refused) = told
    assert (first["code"], first["path"], first["archive_known"]) == ("OK", WEB, False)
    assert (second["archive_known"], second["cached"]) == (True, 1)
    assert (refused["level"], refused["app"]) == ("warning", "nothing")
    assert "environments/dev/nothing is not in what Argo CD sent" in refused["error"]
