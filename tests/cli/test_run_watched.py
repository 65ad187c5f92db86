"""What others see of `reconciler run`: Prometheus, the kubelet, the forge, and kubectl's events."""

from __future__ import annotations

import hmac
import json
import re
import socket
import urllib.request
from hashlib import sha256
from pathlib import Path

import pytest

from tests.cli.test_apply import app as app
from tests.cli.test_apply import files
from tests.cli.test_apply import fleet as fleet
from tests.cli.test_run import Begin, value_of
from tests.cli.test_run import begin as begin
from tests.cli.test_run_settings import definitions as definitions
from tests.cli.test_run_settings import eventually
from tests.conftest import Repo
from tests.testbed.plugin import Cluster

SECRET = b"s3cret"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def text_of(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        found: bytes = answer.read()
    return found.decode()


def value(metrics: str, series: str) -> float:
    found = re.search(rf"^{re.escape(series)} (.*)$", metrics, re.MULTILINE)
    assert found, metrics
    return float(found[1])


def test_it_is_measured_woken_and_told_of(
    fleet: Repo, app: str, begin: Begin, cluster: Cluster, tmp_path: Path
) -> None:
    own, public = free_port(), free_port()
    (tmp_path / "secret").write_bytes(SECRET)
    running = begin(
        *("--interval", "3600", "--metrics", f"127.0.0.1:{own}", "--http", f"127.0.0.1:{public}"),
        *("--webhook-secret-file", str(tmp_path / "secret")),
    )
    running.wait_for("well", app=f"prod/{app}")
    assert (text_of(own, "/healthz"), text_of(own, "/readyz")) == ("ok\n", "ok\n")
    cluster.kubectl("-n", app, "patch", "configmap/one", "--type=merge", "-p", '{"data":{"k":"x"}}')
    running.wait_for("applied", app=f"prod/{app}", changed=1)
    ready = f'reconciler_run_app_ready{{app="{app}",environment="prod",reason="Ready"}}'
    eventually(lambda: ready in text_of(own, "/metrics"), wanted=True)
    metrics = text_of(own, "/metrics")
    assert value(metrics, ready) == 1
    drift = 'reconciler_run_drift_total{environment="prod",manager="kubectl-patch"}'
    assert value(metrics, drift) == 1

    # Nobody looks at Git for an hour, unless the forge says that there is news.
    fleet.commit(files(app, "2"))
    body = json.dumps({"action": "push"}).encode()
    signed = {"X-Gitea-Signature": hmac.new(SECRET, body, sha256).hexdigest()}
    request = urllib.request.Request(
        f"http://127.0.0.1:{public}/webhook", body, {**signed, "X-Gitea-Delivery": "1"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 202
    running.wait_for("applied", app=f"prod/{app}", changed=2)
    assert value_of(cluster) == "2"
    assert value(text_of(own, "/metrics"), 'reconciler_run_webhooks_total{answer="taken"}') == 1

    events = json.loads(cluster.kubectl("get", "events.v1.events.k8s.io", "-n", app, "-o", "json"))
    (drifted,) = (e for e in events["items"] if e["reason"] == "DriftDetected")
    assert (drifted["regarding"]["name"], drifted["type"]) == ("one", "Warning")
    assert "kubectl-patch" in drifted["note"]
    described = cluster.kubectl("-n", "reconciler-system", "describe", "rapp", f"prod.{app}")
    assert "Applied" in described
    assert "DriftDetected" in described


@pytest.mark.parametrize("half", [False, True], ids=["empty", "half a clone"])
def test_an_empty_disk_gets_the_repository_first(
    fleet: Repo, app: str, begin: Begin, cluster: Cluster, tmp_path: Path, half: bool
) -> None:
    root = tmp_path / "data" / "fleet"
    if half:
        (root / ".clone/.git/objects").mkdir(parents=True)
    begin("--root", str(root), "--clone", str(fleet.path), "--interval", "1").wait_for(
        "applied", app=f"prod/{app}"
    )
    assert value_of(cluster) == "1"
    fleet.commit(files(app, "2"))
    eventually(lambda: value_of(cluster), "2")
