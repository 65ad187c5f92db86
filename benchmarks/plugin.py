"""Argo CD's plugin protocol on the socket: ours beside the stock server that runs kustomize.

The client here is a bare socket, so that what is measured is the server: for each request a
connection, the archive in the pieces of 1 KiB in which the repo-server sends it, and the answer.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import socket
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median

from hpack import Encoder

from benchmarks.fleet import entry, write_fleet
from benchmarks.measure import resident_mib, seconds
from benchmarks.plugin_servers import ours, stock
from reconciler.argocd.plugin_pb2 import AppStreamRequest, File, ManifestRequestMetadata
from reconciler.argocd.server import http2_frames
from reconciler.argocd.server.http2_frames import frame
from reconciler.argocd.server.service import SERVICE

CHUNK = 1024
SAMPLE = 16
# By the name of a server: the median seconds of a request, and requests a second.
Compared = dict[str, tuple[float, float]]
AT_ONCE = (1, 16)
# An app that is alone is asked for so many times, each time after another commit.
COMMITS = 40

HEADERS = Encoder().encode(
    [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", f"{SERVICE}GenerateManifest"),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ]
)
GREETING = (
    http2_frames.PREFACE
    + frame(http2_frames.SETTINGS, 0, 0, b"\0\4" + (1 << 30).to_bytes(4, "big"))
    + frame(http2_frames.WINDOW_UPDATE, 0, 0, (1 << 30).to_bytes(4, "big"))
    + frame(http2_frames.HEADERS, http2_frames.END_HEADERS, 1, HEADERS)
)


def archive(folder: Path, marker: str = "") -> bytes:
    """A repository as the repo-server packs it, without .git; a marker makes it another one."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder)
            if ".git" in name.parts:
                continue
            info = tar.gettarinfo(path, str(name))
            info.mtime = int(info.mtime)  # as Go does, which makes plain headers
            if not path.is_file():
                tar.addfile(info)
                continue
            content = path.read_bytes()
            if marker and path.name == "patch.yaml":
                content = content.replace(b"2Gi", marker.encode())
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), 6, mtime=0)


class Request:
    """All frames of one call, made before the clock runs."""

    def __init__(self, content: bytes, path: str) -> None:
        about = ManifestRequestMetadata(
            appName=path.rpartition("/")[2],
            appRelPath=path,
            checksum=hashlib.sha256(content).hexdigest(),
            size=len(content),
        )
        messages = [AppStreamRequest(metadata=about).SerializeToString()]
        messages += [
            AppStreamRequest(file=File(chunk=content[at : at + CHUNK])).SerializeToString()
            for at in range(0, len(content), CHUNK)
        ]
        self.frames = [
            frame(http2_frames.DATA, 0, 1, b"\0" + len(m).to_bytes(4, "big") + m) for m in messages
        ]
        self.frames.append(frame(http2_frames.DATA, http2_frames.END_STREAM, 1))

    def send(self, address: Path) -> int:
        """The bytes of the manifests that came back."""
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(address))
            client.sendall(GREETING)
            window = {0: http2_frames.FIRST_WINDOW, 1: http2_frames.FIRST_WINDOW}
            reader = _read(client, window)
            held: list[bytes] = []
            for piece in self.frames:
                size = len(piece) - http2_frames.HEAD
                if size > min(window.values()) or len(held) == 16:
                    client.sendall(b"".join(held))
                    held = []
                while size > min(window.values()):
                    next(reader)
                for number in window:
                    window[number] -= size
                held.append(piece)
            client.sendall(b"".join(held))
            got = 0
            for size, last in reader:
                got += size
                if last:
                    break
            if not got:
                raise RuntimeError("the plugin refused a request")
            return got


def _read(client: socket.socket, window: dict[int, int]) -> Iterator[tuple[int, bool]]:
    """Frame by frame: how much of an answer is in it, and whether it is the last."""
    got = b""
    while True:
        while len(got) >= http2_frames.HEAD:
            upper, lower, kind, flags, number = http2_frames.FRAME.unpack_from(got)
            end = http2_frames.HEAD + (upper << 8 | lower)
            if len(got) < end:
                break
            payload, got = got[http2_frames.HEAD : end], got[end:]
            if kind == http2_frames.WINDOW_UPDATE:
                window[number] = window.get(number, 0) + int.from_bytes(payload, "big")
            elif kind == http2_frames.SETTINGS and not flags & http2_frames.ACK:
                for at in range(0, len(payload), 6):
                    if int.from_bytes(payload[at : at + 2], "big") == http2_frames.INITIAL_WINDOW:
                        value = int.from_bytes(payload[at + 2 : at + 6], "big")
                        window[1] += value - http2_frames.FIRST_WINDOW
                client.sendall(frame(http2_frames.SETTINGS, http2_frames.ACK, 0))
            elif kind == http2_frames.PING and not flags & http2_frames.ACK:
                client.sendall(frame(http2_frames.PING, http2_frames.ACK, 0, payload))
            last = kind == http2_frames.HEADERS and bool(flags & http2_frames.END_STREAM)
            yield (len(payload) if kind == http2_frames.DATA else 0), last
        more = client.recv(1 << 18)
        if not more:
            raise ConnectionError("the plugin hung up")
        got += more


def asked(requests: Sequence[Request], address: Path, at_once: int) -> tuple[float, float]:
    """The median seconds of a request, and how many were answered in a second."""
    return timed([partial(request.send, address) for request in requests], at_once)


def timed(works: Sequence[Callable[[], object]], at_once: int) -> tuple[float, float]:
    began = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        times = list(pool.map(seconds, works))
    return median(times), len(works) / (time.perf_counter() - began)


def plugin(place: Path, kustomize: Path) -> Iterator[str]:
    """Generations on the plugin's socket, beside argocd-cmp-server with kustomize build."""
    for count in (1, 50, 500):
        root = place / f"fleet-{count}"
        folders = write_fleet(root, count)[:SAMPLE]
        content = archive(root)
        yield f"{count} apps, an archive of {len(content) / 1024:,.0f} KiB"
        yield from _beside(place / f"servers-{count}", kustomize, root, folders)
    root = place / "files"
    write_small_files(root, 5000)
    yield f"5,000 small files, an archive of {len(archive(root)) / 1024:,.0f} KiB"
    yield from _beside(place / "servers-files", kustomize, root, [entry(0)])


def _beside(place: Path, kustomize: Path, root: Path, folders: list[str]) -> Iterator[str]:
    place.mkdir()
    alone = len(folders) == 1
    with ExitStack() as stack:
        mine, pid = stack.enter_context(ours(place / "ours"))
        theirs, _ = stack.enter_context(stock(place / "stock", kustomize))
        for address in (mine, theirs):
            asked([Request(archive(root), folders[0])], address, 1)
        for at_once in AT_ONCE:
            cold: Compared = {}
            warm: Compared = {}
            rounds = [f"{at_once}{n}Gi" for n in range(COMMITS if alone else 1)]
            for name, address in (("ours", mine), ("stock", theirs)):
                new = [Request(archive(root, m), f) for m in rounds for f in folders]
                cold[name] = asked(new, address, at_once)
                same = [Request(archive(root), f) for f in folders] * (20 if alone else 1)
                asked(same[: len(folders)], address, at_once)
                warm[name] = asked(same, address, at_once)
            yield f"  {at_once} at a time, after a commit: {compared(cold)}"
            yield f"  {at_once} at a time, again: {compared(warm)}"
        yield f"  ours: {resident_mib(pid):,.0f} MiB, kernel {_kernels(pid):,.0f} MiB"


def compared(found: Compared) -> str:
    (mine, rate), (theirs, their_rate) = found["ours"], found["stock"]
    return (
        f"{mine * 1000:,.1f} ms, stock {theirs * 1000:,.1f} ms = {theirs / mine:,.1f} x;"
        f" {rate:,.0f} a second, stock {their_rate:,.1f} = {rate / their_rate:,.1f} x"
    )


def plugin_memory(place: Path, _: Path) -> Iterator[str]:
    """What the plugin takes over 10,000 generations, every tenth of a new commit."""
    root = place / "fleet"
    folders = write_fleet(root, 50)
    with ours(place / "ours") as (address, pid):
        for number in range(10):
            for variant in range(100):
                content = archive(root, f"{number}{variant:02}Mi")
                requests = [Request(content, folders[(variant + n) % 50]) for n in range(10)]
                asked(requests, address, 4)
            yield (
                f"after {(number + 1) * 1000:,}: {resident_mib(pid):,.0f} MiB,"
                f" kernel {_kernels(pid):,.0f} MiB"
            )


def _kernels(pid: int) -> float:
    children = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True
    ).stdout.split()
    return sum(resident_mib(int(child)) for child in children)


def write_small_files(root: Path, count: int) -> None:
    write_fleet(root, 1)
    for number in range(count):
        file = root / f"data/{number % 100:02}/{number}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"number: {number}\n")
