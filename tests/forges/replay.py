"""A forge on loopback that answers as it is told to, and holds every request against a contract."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        is_json = self.headers.get("content-type") == "application/json"
        return json.loads(self.content) if is_json else None


@dataclass(frozen=True, slots=True)
class Answer:
    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""
    """cut: it ends in the middle; silent: the connection is closed; slow: it drips."""


class Contract(Protocol):
    """The forge's published description."""

    def check(self, request: Request, answer: Answer) -> None: ...


class Free:
    """No description: for what all forges have in common."""

    def check(self, request: Request, answer: Answer) -> None:
        return None


class Replay(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, contract: Contract, prefix: str = "") -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.contract = contract
        self.prefix = prefix
        self.requests: list[Request] = []
        self.problems: list[str] = []
        self.ended = threading.Event()
        self._answers: dict[tuple[str, str], list[Answer | Callable[[Request], Answer]]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}{self.prefix}"

    def give(self, method: str, path: str, *answers: Any, status: int = 200) -> None:
        """One after the other; the last one for ever. Some are made for each request."""
        made = [a if callable(a) or isinstance(a, Answer) else Answer(a, status) for a in answers]
        self._answers[method, path] = made

    def calls(self, method: str, path: str) -> list[Request]:
        return [r for r in self.requests if (r.method, r.path) == (method, path)]

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        found = self.found(request)
        if found is None:
            self.problems.append(f"nobody expects {request.method} {request.path}")
            return Answer({"message": "not expected"}, 501)
        try:
            self.contract.check(request, found)
        except Exception as e:
            self.problems.append(f"{request.method} {request.path}: {e!r}")
        return found

    def found(self, request: Request) -> Answer | None:
        there = self._answers.get((request.method, request.path))
        if not there:
            return None
        found = there.pop(0) if len(there) > 1 else there[0]
        return found(request) if callable(found) else found


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Replay

    def handle_any(self) -> None:
        parts = urlsplit(self.path)
        above = self.server.prefix.rpartition("/")[0]  # where GitHub has its other API
        length = int(self.headers.get("content-length") or 0)
        request = Request(
            self.command,
            parts.path.removeprefix(self.server.prefix).removeprefix(above),
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(length),
        )
        answer = self.server.answer(request)
        if answer.fault == "silent":
            self.close_connection = True
            return
        body = answer.body
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if answer.fault == "cut":
            self.wfile.write(content[: len(content) // 2])
            self.close_connection = True
        elif answer.fault == "slow":
            self._drip(content)
        else:
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

    def _drip(self, content: bytes) -> None:
        for position in range(len(content)):
            if self.server.ended.wait(0.05):
                return
            try:
                self.wfile.write(content[position : position + 1])
            except OSError:
                self.close_connection = True
                return

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        return None


@contextmanager
def replay(contract: Contract, prefix: str = "") -> Iterator[Replay]:
    """Afterwards there must have been no problem."""
    server = Replay(contract, prefix)
    with running(server):
        yield server


@contextmanager
def running(server: Replay) -> Iterator[None]:
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield
        finally:
            server.ended.set()
            server.shutdown()
            thread.join()
        assert not server.problems, "\n".join(server.problems)
