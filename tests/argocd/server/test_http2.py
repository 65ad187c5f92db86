"""Whatever bytes come over the socket: an answer or an end, never a fault or a hang.

RECONCILER_FUZZ=100000 makes the hunt as long as that.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import os
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hpack import Decoder, Encoder
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.argocd.generate import Engine
from reconciler.argocd.plugin_pb2 import ManifestResponse
from reconciler.argocd.server import http2_frames
from reconciler.argocd.server.archives import Archives
from reconciler.argocd.server.http2 import Http2Connection
from reconciler.argocd.server.http2_frames import frame
from reconciler.argocd.server.plugin_events import PluginEvent
from reconciler.argocd.server.rpc import accept, seconds_in
from reconciler.argocd.server.service import SERVICE, PluginService, RequestLimits
from reconciler.argocd.server.upload import ReceivedFiles
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Renderer
from reconciler.render.turns import NOBODY, Turns
from tests.argocd.client import DEPLOYMENT, FLEET, WEB, archive, messages
from tests.damage import damaged

HUNT = int(os.environ.get("RECONCILER_FUZZ", "0"))
AT_ONCE = 1000  # Hypothesis remembers each input of a run
pytestmark = pytest.mark.timeout(0 if HUNT else 300)
MARK = b"the-end!"
PONG = frame(http2_frames.PING, http2_frames.ACK, 0, MARK)
GREETING = http2_frames.PREFACE + frame(http2_frames.SETTINGS, 0, 0)


def headers(path: str = f"{SERVICE}GenerateManifest", **more: str) -> bytes:
    fields = {":method": "POST", ":scheme": "http", ":path": path, ":authority": "x"}
    fields |= {"content-type": "application/grpc", "te": "trailers"}
    return Encoder().encode([*fields.items(), *more.items()])


def request(content: bytes, number: int = 1, *, timeout: str = "1H") -> bytes:
    """What a client sends for one call, after its greeting."""
    sent = frame(
        http2_frames.HEADERS, http2_frames.END_HEADERS, number, headers(**{"grpc-timeout": timeout})
    )
    for message in messages(content, WEB):
        data = message.SerializeToString()
        sent += frame(http2_frames.DATA, 0, number, b"\0" + len(data).to_bytes(4, "big") + data)
    return sent + frame(http2_frames.DATA, http2_frames.END_STREAM, number)


async def received(reader: asyncio.StreamReader) -> AsyncIterator[tuple[int, bytes]]:
    """The kind and the payload of each frame that comes back."""
    while True:
        head = await asyncio.wait_for(reader.readexactly(http2_frames.HEAD), 20)
        upper, lower, kind, _, _ = http2_frames.FRAME.unpack(head)
        yield kind, await asyncio.wait_for(reader.readexactly(upper << 8 | lower), 20)


def fields(decoder: Decoder, block: bytes) -> dict[str, str]:
    return {str(name): str(value) for name, value in decoder.decode(block)}


class Quiet:
    def waiting(self, requests: int) -> None:
        pass

    def saw(self, event: PluginEvent, requests: int) -> None:
        pass


class Bench:
    """A server within the test, and what went wrong in it."""

    def __init__(self, kernel: Kernel, socket: Path) -> None:
        self.socket = socket
        self.faults: list[dict[str, Any]] = []
        self.service = PluginService(
            engine=lambda: Engine(lambda: Renderer(None, kernel), lambda: Renderer(None, kernel)),
            archives=Archives(),
            observer=Quiet(),
            limits=RequestLimits(workers=4, seconds=10),
        )
        self.connections: set[Http2Connection] = set()

    def run(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        async def whole() -> Any:
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda _, what: self.faults.append(what))
            take = partial(accept, self.service.methods(), 10.0)
            server = await loop.create_unix_server(
                lambda: Http2Connection(take, self.connections), str(self.socket)
            )
            try:
                return await work()
            finally:
                server.close()

        found = asyncio.run(whole())
        assert not self.faults
        assert self.service.open == self.service.held == 0
        return found

    async def send(self, data: bytes, pieces: int = 1) -> bytes:
        """All that comes back until the server has seen all of it, or has hung up."""
        reader, writer = await asyncio.open_unix_connection(str(self.socket))
        got = b""
        try:
            step = max(1, -(-len(data) // pieces))
            for at in range(0, len(data), step):
                writer.write(data[at : at + step])
                await asyncio.sleep(0)
            writer.write(frame(http2_frames.PING, 0, 0, MARK))
            while PONG not in got:
                more = await asyncio.wait_for(reader.read(1 << 16), 0.1)
                if not more:
                    break
                got += more
        except (ConnectionError, TimeoutError):
            pass  # a frame that was announced and never came
        finally:
            writer.close()
        while self.connections:
            await asyncio.sleep(0)
        return got

    async def ask(self, content: bytes) -> tuple[str, list[str]]:
        """The status and the manifests of a proper call."""
        reader, writer = await asyncio.open_unix_connection(str(self.socket))
        writer.write(GREETING + request(content))
        decoder, message, status = Decoder(), b"", ""
        async for kind, payload in received(reader):
            if kind == http2_frames.HEADERS:
                status = fields(decoder, payload).get("grpc-status", "")
            elif kind == http2_frames.DATA:
                message += payload
            if status:
                break
        writer.close()
        return status, list(ManifestResponse.FromString(message[5:]).manifests)


@pytest.fixture
def bench(kernel: Kernel, tmp_path: Path) -> Bench:
    return Bench(kernel, tmp_path / "s")


GOOD = archive(FLEET)


def test_a_call_is_answered_however_its_bytes_are_cut(bench: Bench) -> None:
    async def work() -> None:
        assert await bench.ask(GOOD) == ("0", [DEPLOYMENT])
        whole = GREETING + request(GOOD, 1) + request(GOOD, 3)
        for pieces in (1, 7, len(whole)):
            assert PONG in await bench.send(whole, pieces)

    bench.run(work)


ANY_FRAME = st.builds(
    frame,
    st.integers(0, 12),
    st.integers(0, 255),
    st.sampled_from([0, 1, 1, 1, 2, 3, 5, 2**31 - 1, 2**32 - 1]),
    st.one_of(st.binary(max_size=40), st.just(headers()), st.just(b"\0\0\0\0\4\0\0\0\0")),
)


def test_any_frames_are_answered_or_the_connection_ends(bench: Bench) -> None:
    @settings(max_examples=min(HUNT or 150, AT_ONCE))
    @given(st.lists(ANY_FRAME, max_size=12), st.integers(1, 5))
    def each(sent: list[bytes], pieces: int) -> None:
        bench.run(lambda: bench.send(GREETING + b"".join(sent), pieces))

    for _ in range(0, HUNT or 1, AT_ONCE):
        each()


def test_any_damage_to_a_real_stream_is_harmless(bench: Bench) -> None:
    """Bytes changed, dropped, doubled and cut; then the next call finds all well."""
    rng = random.Random(7)
    whole = GREETING + request(GOOD, 1) + request(archive({"a": "b"}), 3)

    async def work() -> None:
        for _ in range(HUNT or 150):
            await bench.send(damaged(whole, rng), rng.choice((1, 3)))
        assert await bench.ask(GOOD) == ("0", [DEPLOYMENT])

    bench.run(work)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("1S", 1.0), ("1500m", 1.5), ("2M", 120.0), ("", float("inf")), ("x", float("inf"))],
)
def test_a_deadline_is_read_as_grpc_writes_it(header: str, seconds: float) -> None:
    assert seconds_in(header) == seconds


def large() -> bytes:
    """An archive of which the answer is larger than the first window."""
    lines = "".join(f"  key{n}: {'v' * 90}\n" for n in range(2000))
    config = f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: large\ndata:\n{lines}"
    return archive({**FLEET, "overlays/web/deployment.yaml": config})


def test_a_large_answer_waits_for_a_client_that_is_slow(bench: Bench) -> None:
    async def work() -> None:
        reader, writer = await asyncio.open_unix_connection(str(bench.socket))
        writer.write(GREETING + request(large()))
        got = b""
        while len(got) < http2_frames.FIRST_WINDOW:
            got += await asyncio.wait_for(reader.read(1 << 16), 20)
        writer.write(
            frame(http2_frames.PING, 0, 0, MARK)
        )  # and nothing more comes than was allowed
        while PONG not in got:
            got += await asyncio.wait_for(reader.read(1 << 16), 20)
        assert len(got) < http2_frames.FIRST_WINDOW + 500
        for number in (0, 1):
            writer.write(frame(http2_frames.WINDOW_UPDATE, 0, number, (1 << 20).to_bytes(4, "big")))
        while b"key1999" not in got:
            got += await asyncio.wait_for(reader.read(1 << 16), 20)
        writer.close()
        while bench.connections:
            await asyncio.sleep(0)

    bench.run(work)


def test_an_answer_that_is_cut_off_by_its_deadline_ends_with_trailers(bench: Bench) -> None:
    async def work() -> None:
        reader, writer = await asyncio.open_unix_connection(str(bench.socket))
        writer.write(GREETING + request(large(), timeout="1S"))
        decoder, status = Decoder(), ""
        names: list[str] = []
        async for kind, payload in received(reader):
            if kind == http2_frames.HEADERS:
                found = fields(decoder, payload)
                names += found
                status = found.get("grpc-status", "")
            if status:
                break
        writer.close()
        assert status == "4"
        assert sorted(names) == [":status", "content-type", "grpc-message", "grpc-status"]
        while bench.connections:
            await asyncio.sleep(0)

    bench.run(work)


def test_who_goes_away_while_no_worker_is_free_leaves_no_archive_behind(bench: Bench) -> None:
    content = archive({**FLEET, "rest": "of a request that nobody else makes"})
    checksum = hashlib.sha256(content).hexdigest()

    def waiting() -> int:
        gc.collect()
        return sum(
            isinstance(o, ReceivedFiles) and o.checksum == checksum and o.content == content
            for o in gc.get_objects()
        )

    async def work() -> None:
        _, writer = await asyncio.open_unix_connection(str(bench.socket))
        writer.write(GREETING + request(content))
        while not waiting():
            await asyncio.sleep(0.01)
        writer.close()
        while bench.connections:
            await asyncio.sleep(0)
        for _ in range(50):  # turns of the loop, until the call is through with its cancellation
            await asyncio.sleep(0)
        assert not waiting()

    taken = Turns(1, long=float("inf"))
    taken.put(NOBODY, "somebody")
    assert taken.take() == "somebody"
    bench.service.turns = taken
    bench.run(work)
