"""reconciler logs, through a real API server from a kubelet that answers as one does."""

from __future__ import annotations

import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from reconciler.testbed.authority import CertificateAuthority
from tests.cli.test_tree import OBJECTS, Look
from tests.cli.test_tree import app as app
from tests.cli.test_tree import apply as apply
from tests.cli.test_tree import look as look
from tests.conftest import Repo
from tests.testbed.plugin import Cluster

LINES = {
    "one": ["2026-11-30T10:00:01.5Z first\tof one", "2026-11-30T10:00:03Z \x1b[31mthird\x1b[0m"],
    "two": ["2026-11-30T10:00:02.25Z second \x1b]0;title\x07", ""],
}


class Kubelet(BaseHTTPRequestHandler):
    """Tells lines by container; one that is called late has not begun."""

    asked: list[dict[str, list[str]]]

    def do_GET(self) -> None:
        place = urlsplit(self.path)
        container = place.path.rpartition("/")[2]
        query = parse_qs(place.query)
        self.asked.append(query)
        if container == "late":
            self._answer(400, b'container "late" is waiting to start: ContainerCreating')
            return
        self.send_response(200)
        self.end_headers()
        for line in LINES[container]:
            self.wfile.write(f"{line}\n".encode())
            self.wfile.flush()
        if "follow" in query:
            with suppress(OSError):
                time.sleep(1)
                self.wfile.write(b"2026-11-30T10:00:09Z later\n")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def kubelet(tmp_path: Path) -> Iterator[ThreadingHTTPServer]:
    pair = CertificateAuthority(tmp_path / "kubelet").server()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    Kubelet.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Kubelet)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def pod(
    kubelet: ThreadingHTTPServer, cluster: Cluster, app: str, apply: Callable[[str], int]
) -> Iterator[str]:
    """On a node of its own, to which nothing is scheduled."""
    cluster.kubectl("create", "-f", "-", stdin=NODE.format(name=app))
    status = STATUS.format(port=kubelet.server_port)
    cluster.kubectl("patch", "node", app, "--subresource=status", "--type=merge", "-p", status)
    apply(POD.format(node=app))
    yield "talker"
    cluster.kubectl("delete", "node", app)


NODE = """apiVersion: v1
kind: Node
metadata: {{name: {name}}}
spec: {{taints: [{{key: test, effect: NoSchedule}}]}}
"""
STATUS = (
    '{{"status":{{"addresses":[{{"type":"InternalIP","address":"127.0.0.1"}}],'
    '"daemonEndpoints":{{"kubeletEndpoint":{{"Port":{port}}}}},'
    '"conditions":[{{"type":"Ready","status":"True","reason":"Test"}}]}}}}'
)
POD = """apiVersion: v1
kind: Pod
metadata: {{name: talker}}
spec:
  nodeName: {node}
  tolerations: [{{operator: Exists}}]
  containers:
  - {{name: one, image: "one:1"}}
  - {{name: two, image: "two:1"}}
  - {{name: late, image: "late:1"}}
"""


def test_lines_of_all_containers_come_in_the_order_of_their_times(pod: str, look: Look) -> None:
    code, shown, said = look("logs", "--since", "10m", "--tail", "7", "--previous")
    assert shown.splitlines() == [
        "talker/one first   of one",
        "talker/two second \\x1b]0;title\\x07",
        "talker/two ",
        "talker/one third",
    ]
    assert said.startswith("warning: talker/late has no log: ")
    assert code == 0
    asked = Kubelet.asked[0]
    assert (asked["tailLines"], asked["sinceSeconds"], asked["previous"]) == (
        ["7"],
        ["600"],
        ["true"],
    )
    one = look("logs", "--container", "one")[1]
    assert {line.split()[0] for line in one.splitlines()} == {"talker/one"}
    code, _, said = look("logs", "--container", "three")
    assert (code, "there are late, one and two" in said) == (2, True)


def test_what_is_written_later_is_followed(
    pod: str, repo: Repo, app: str, there: list[str]
) -> None:
    words = ["logs", f"prod/{app}", "--follow", "--container", "one", *there]
    command = [sys.executable, "-m", "reconciler", *words]
    with subprocess.Popen(command, cwd=repo.path, stdout=subprocess.PIPE) as process:
        assert process.stdout
        begun = process.stdout.readline(), time.monotonic()
        rest = process.stdout.read().splitlines()
        assert begun[0] == b"talker/one first   of one\n"
        assert rest[-1] == b"talker/one later"
        assert time.monotonic() - begun[1] > 0.5
    assert process.returncode == 0


def test_what_a_server_refuses_is_told_with_the_pod(
    apply: Callable[[str], int], look: Look
) -> None:
    """The simulated nodes have no kubelet."""
    apply(OBJECTS)
    code, shown, said = look("logs")
    assert (code, shown) == (1, "")
    assert said.count("/web has no log: ") == 1
    assert said.count("/db has no log: ") == 1


def test_an_app_without_pods(apply: Callable[[str], int], look: Look, app: str) -> None:
    apply(OBJECTS.partition("---")[2].partition("---")[0])
    assert look("logs") == (0, "", f"warning: prod/{app} has no pods\n")
