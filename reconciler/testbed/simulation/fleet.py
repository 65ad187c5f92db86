"""Simulated nodes that listen, each on a port of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from reconciler.errors import UsageError
from reconciler.testbed.simulation import beacon, comet, execution
from reconciler.testbed.simulation.answers import SimulatedAnswer, SimulatedRequest
from reconciler.testbed.simulation.node import Fault, SimulatedChain, SimulatedNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

KINDS: dict[str, Callable[[SimulatedNode, SimulatedRequest], SimulatedAnswer]] = {
    "cometbft": comet.answer,
    "geth": execution.answer,
    "lighthouse": beacon.answer,
    "reth": execution.answer,
}
SLOW_SECONDS = 20.0
GARBAGE = SimulatedAnswer(200, b"<html>not what you asked for")
MAX_REQUEST_BYTES = 1 << 20


def nodes_of(words: Sequence[str]) -> dict[str, str]:
    """The names of the nodes that words like geth:2 and cometbft ask for, with their kinds."""
    found: dict[str, str] = {}
    for word in words:
        kind, _, count = word.partition(":")
        if kind not in KINDS or not (count or "1").isdigit():
            raise UsageError(
                f"{word} is not a simulated node",
                hint=f"write a kind and how many, as geth:2; kinds are {', '.join(KINDS)}",
            )
        found |= {f"{kind}-{number}": kind for number in range(int(count or 1))}
    return found


class SimulatedFleet:
    """Nodes by their names; those of one kind follow one chain."""

    def __init__(self, *words: str) -> None:
        wanted = nodes_of(words)
        chains = {kind: SimulatedChain() for kind in wanted.values()}
        self.nodes = {
            name: SimulatedNode(name, kind, chains[kind]) for name, kind in wanted.items()
        }
        self._listeners = {name: _Listener(node) for name, node in self.nodes.items()}

    def __getitem__(self, name: str) -> SimulatedNode:
        return self.nodes[name]

    def break_down(self, name: str, fault: Fault) -> None:
        """Give a node this fault; none heals it."""
        self.nodes[name].fault = fault
        self._listeners[name].listen(fault is not Fault.down)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for listener in self._listeners.values():
            listener.listen(False)


class _Listener:
    """A server on one port, which it takes again when it comes back."""

    def __init__(self, node: SimulatedNode) -> None:
        self._node = node
        self._port = 0
        self._server: ThreadingHTTPServer | None = None
        self.listen(True)

    def listen(self, wanted: bool) -> None:
        if wanted and self._server is None:
            self._server = _Server(("127.0.0.1", self._port), _handler(self._node))
            self._port = self._server.server_address[1]
            self._node.url = f"http://127.0.0.1:{self._port}"
            threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        elif not wanted and self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


def _handler(node: SimulatedNode) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        server_version = "simulated-node"
        sys_version = ""

        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self._answer(self.rfile.read(min(length, MAX_REQUEST_BYTES)))

        def _answer(self, body: bytes) -> None:
            if node.fault is Fault.slow:
                threading.Event().wait(SLOW_SECONDS)
            path = self.path.partition("?")[0]
            asked = SimulatedRequest(self.command, path, body)
            answer = GARBAGE if node.fault is Fault.garbage else KINDS[node.kind](node, asked)
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content)
            self.send_header("Content-Length", str(len(answer.body)))
            self.send_header("X-Simulation", "this is no real node")
            self.end_headers()
            self.wfile.write(answer.body)

        def handle(self) -> None:
            with suppress(ConnectionError):  # whoever asked did not wait
                super().handle()

        def log_message(self, *_: object) -> None:
            pass

    return Handler
