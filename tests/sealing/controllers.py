"""Controllers of one's own, which can be given new keys and be restarted."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reconciler.sealing.certificate import Certificate, read_certificate
from reconciler.sealing.certificate_url import fetch
from reconciler.testbed import loopback
from reconciler.testbed.loopback import free_port
from tests.peers import program
from tests.testbed.plugin import Cluster

ROOT = Path(__file__).parents[2]
ACCOUNT = "sealed-secrets-controller"
KEY = "sealedsecrets.bitnami.com/sealed-secrets-key"


class Controller:
    """A real controller that keeps its keys in the cluster's namespace, and looks at no other."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.url = ""

    def certificate(self) -> Certificate:
        return read_certificate(fetch(f"{self.url}/v1/cert.pem"), self.url)

    def renew(self) -> None:
        """Have it make a new key, and use it."""
        before = self.certificate().fingerprint
        time.sleep(1.1)  # the newest key is the one with the latest second
        self._process.send_signal(signal.SIGUSR1)
        _until(lambda: self.certificate().fingerprint != before)

    def keys(self) -> list[dict[str, Any]]:
        """Its private keys, oldest first."""
        found: list[dict[str, Any]] = self.cluster.get("secrets", "-l", KEY)["items"]
        return sorted(found, key=lambda s: base64.b64decode(s["data"]["tls.crt"]))

    def restart(self) -> None:
        self.stop()
        self.start()

    def start(self) -> None:
        port, metrics = free_port(), free_port()
        config = json.loads(self.cluster.kubeconfig.read_text())["clusters"][0]["cluster"]
        host, _, api = config["server"].removeprefix("https://").partition(":")
        account = {
            "token": self.cluster.kubectl("create", "token", ACCOUNT, "-n", "kube-system"),
            "ca": base64.b64decode(config["certificate-authority-data"]).decode(),
            "namespace": self.cluster.namespace,
        }
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", "reconciler.testbed.in_cluster"),
                program("sealed-secrets-controller"),
                *(f"--listen-addr=127.0.0.1:{port}", f"--listen-metrics-addr=127.0.0.1:{metrics}"),
                *("--all-namespaces=false", "--kubeclient-qps=-1", "--key-size=2048"),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={
                **os.environ,
                "KUBERNETES_SERVICE_HOST": host,
                "KUBERNETES_SERVICE_PORT": api,
                "POD_NAMESPACE": self.cluster.namespace,
                "PYTHONPATH": str(ROOT),
            },
        )
        assert self._process.stdin
        self._process.stdin.write(json.dumps(account).encode())
        self._process.stdin.close()
        self.url = f"http://127.0.0.1:{port}"
        _until(lambda: loopback.answers(f"{self.url}/v1/cert.pem"))

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


@contextmanager
def running(cluster: Cluster) -> Iterator[Controller]:
    controller = Controller(cluster)
    controller.start()
    try:
        yield controller
    finally:
        controller.stop()


def _until(true: Any) -> None:
    for _ in range(300):
        if true():
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen")
