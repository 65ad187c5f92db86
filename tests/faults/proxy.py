"""A proxy before a real API server that breaks what a test says, and remembers what was asked.

What no fault is planned for is the real server's own answer.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any, Self, TypeVar

import aiohttp
from aiohttp import web
from yarl import URL

from reconciler.cluster.api_access import access_of
from reconciler.cluster.auth import Proof
from reconciler.cluster.kubeconfig import certificate_of, read_kubeconfig
from reconciler.cluster.trust import tls_context
from tests.faults.faults import Answer, Dropped, Fault, no_fault
from tests.faults.requests import Requests, SeenRequest

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}
MAX_BODY = 64 << 20

Which = Callable[[SeenRequest], bool]
T = TypeVar("T")


@dataclass(slots=True)
class PlannedFault:
    """For some of the requests that come: after the first `skips`, for `times` of them."""

    which: Which
    fault: Fault
    times: int
    skips: int

    def takes(self, request: SeenRequest) -> bool:
        if self.times <= 0 or not self.which(request):
            return False
        if self.skips:
            self.skips -= 1
            return False
        self.times -= 1
        return True


class FaultProxy:
    """Listens in a thread of its own, and asks with the credentials of a kubeconfig."""

    def __init__(self, kubeconfig: Path, name: str = "proxy") -> None:
        context = read_kubeconfig([str(kubeconfig)]).context()
        self._server = context.server
        access = access_of(context, os.environ)
        certificate, key = certificate_of(context)
        self._tls = tls_context(access, Proof(certificate=certificate, key=key))
        self.name = name
        self.requests = Requests()
        self._port = 0
        self._planned: list[PlannedFault] = []
        self._open: list[web.Request] = []
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name=name)
        self._session: aiohttp.ClientSession
        self._runner: web.AppRunner | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self._do(self._begin())
            self.back()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.away()
        self._do(self._finish())
        self._end()

    def meet(self, which: Which, fault: Fault, *, times: int = 1, skips: int = 0) -> PlannedFault:
        planned = PlannedFault(which, fault, times, skips)
        self._planned.append(planned)
        return planned

    def cut_watches(self) -> int:
        """All that are open; how many those were."""
        return self._do(self._cut(lambda request: "watch" in request.query))

    def away(self) -> None:
        """Connections are refused, and those that are open break."""
        self._do(self._stop())

    def back(self) -> None:
        """At the same port as before."""
        self._do(self._listen())

    def kubeconfig(self, folder: Path) -> Path:
        """For a process that shall speak to this instead of the server."""
        named = {"cluster": self.name, "user": self.name}
        cluster = {"server": f"http://127.0.0.1:{self._port}"}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": self.name, "cluster": cluster}],
            "users": [{"name": self.name, "user": {}}],
            "contexts": [{"name": self.name, "context": named}],
            "current-context": self.name,
        }
        file = folder / f"{self.name}.kubeconfig"
        file.write_text(json.dumps(config))
        return file

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _begin(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=self._tls),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("User-Agent", "Accept", "Content-Type"),
            timeout=aiohttp.ClientTimeout(total=None),
        )

    async def _finish(self) -> None:
        await self._session.close()
        await asyncio.sleep(0.05)  # connections take a few turns to be closed

    async def _listen(self) -> None:
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_route("*", "/{path:.*}", self._handle)
        # As an API server does it: what nobody waits for any more is given up.
        self._runner = web.AppRunner(
            app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = int(self._runner.addresses[0][1])

    async def _stop(self) -> None:
        if self._runner:
            await self._cut(lambda _: True)
            await self._runner.cleanup()
            self._runner = None

    async def _cut(self, which: Callable[[web.Request], bool]) -> int:
        cut = [request for request in self._open if which(request)]
        for request in cut:
            _abort(request)
        return len(cut)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        came = time.monotonic()
        seen = SeenRequest(
            self.name,
            request.method,
            request.path,
            dict(request.query),
            request.headers.get("User-Agent", ""),
            await request.read(),
            came,
        )
        self.requests.add(seen)
        self._open.append(request)
        try:
            fault = next((one.fault for one in self._planned if one.takes(seen)), None)
            if seen.is_watch and fault is None:
                return await self._streamed(request, seen)
            answer = await (fault or no_fault)(lambda: self._sent(request, seen))
            seen.status = answer.status
            return web.Response(status=answer.status, headers=answer.headers, body=answer.content)
        except (Dropped, aiohttp.ClientError):
            _abort(request)
            raise asyncio.CancelledError from None
        finally:
            self._open.remove(request)

    def _asked(self, request: web.Request, seen: SeenRequest) -> Any:
        url = URL(self._server + request.raw_path, encoded=True)
        headers = _kept(request.headers)
        seen.sent = time.monotonic()
        return self._session.request(
            seen.method, url, headers=headers, data=BytesIO(seen.body) if seen.body else None
        )

    async def _sent(self, request: web.Request, seen: SeenRequest) -> Answer:
        async with self._asked(request, seen) as found:
            content = await found.read()
            seen.done, seen.result = time.monotonic(), found.status
            return Answer(found.status, content, _kept(found.headers))

    async def _streamed(self, request: web.Request, seen: SeenRequest) -> web.StreamResponse:
        async with self._asked(request, seen) as found:
            seen.status = seen.result = found.status
            response = web.StreamResponse(status=found.status, headers=_kept(found.headers))
            await response.prepare(request)
            async for piece in found.content.iter_any():
                await response.write(piece)
            return response


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in HOP_BY_HOP}


def _abort(request: web.Request) -> None:
    if request.transport:
        request.transport.abort()
