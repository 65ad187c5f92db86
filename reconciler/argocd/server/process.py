"""The plugin as a process: its socket, what it keeps warm, and how it ends.

Argo CD's own plugin server starts a program for each app, and writes the whole repository to disk
for it before. With 500 apps in a repository that is 1.3 s a request, of which the render is 15 ms.
So this is one process for all of them, and what would be the system's work with a process each is
its own: turns between projects, a share of the memory for each part, a time for each request. What
still needs a process for itself (see render/one_job_kernels.py) is one of the kernel.

It ends slowly for a reason, too. Argo CD takes a request that is cut off for a fault of the app
and shows it to the app's owners, so a sidecar that is replaced finishes what it has begun; and a
repo-server takes a plugin for there as long as its socket is, so the socket goes first.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from reconciler import __version__
from reconciler.argocd.generate import Engine
from reconciler.argocd.server.archives import MAX_UNPACKED_BYTES, Archives
from reconciler.argocd.server.http2 import Http2Connection
from reconciler.argocd.server.log import RequestLog, log
from reconciler.argocd.server.memory_shares import shares
from reconciler.argocd.server.metrics import PluginMetrics
from reconciler.argocd.server.plugin_events import PluginEvent
from reconciler.argocd.server.request_limits import RequestLimits
from reconciler.argocd.server.rpc import accept
from reconciler.argocd.server.service import PluginService
from reconciler.daemon import machine
from reconciler.daemon.http import HttpServer
from reconciler.daemon.probes import Probes
from reconciler.errors import ReconcilerError, UsageError
from reconciler.git.mirrors import Mirrors
from reconciler.render.binary import CHECKING
from reconciler.render.kernel_process import Kernel
from reconciler.render.one_job_kernels import OneJobKernels
from reconciler.render.renderer import Renderer
from reconciler.render.stores.disk import Store
from reconciler.render.stores.memory import MemoryStore

# A path that is longer than this cannot be that of a socket.
MAX_SOCKET_PATH_BYTES = 103
# Argo CD sends all at once; more than the kernel keeps by itself wait there.
BACKLOG = 1024
# How long one thread may keep the interpreter from the others.
SWITCH_SECONDS = 0.001
# A sidecar shares its node with others.
KERNEL_MEMORY_BYTES = 48 << 20


@dataclass(frozen=True, slots=True)
class PluginSettings:
    """What an operator chooses."""

    folder: str
    name: str = "reconciler"
    http: str = ""
    discovery: bool = False
    largest: int = MAX_UNPACKED_BYTES
    memory: int = field(default_factory=machine.memory)
    grace: float = 25.0
    repositories: tuple[str, ...] = ()
    limits: RequestLimits = field(default_factory=RequestLimits)

    @property
    def plugin(self) -> str:
        """What Applications call it. Argo CD caches by this name, so each version has its own."""
        return f"{self.name}-v{__version__}"

    @property
    def socket(self) -> str:
        return os.path.join(self.folder, f"{self.plugin}.sock")


@dataclass(slots=True)
class _Both:
    """Log and metrics are told of the same."""

    metrics: PluginMetrics
    log: RequestLog

    def waiting(self, requests: int) -> None:
        self.metrics.waiting(requests)

    def saw(self, event: PluginEvent, requests: int) -> None:
        self.metrics.saw(event, requests)
        self.log.saw(event, requests)


def serve(
    settings: PluginSettings, store: Store, mirrors: Callable[[], Mirrors] | None = None
) -> None:
    """Answer until told to stop."""
    sys.setswitchinterval(SWITCH_SECONDS)
    with ExitStack() as stack:
        listening = stack.enter_context(_socket(settings.socket))
        share = shares(settings.memory)
        kernels = partial(Kernel, memory_limit=share.kernel, eager=True, apart=OneJobKernels())
        kernel = stack.enter_context(kernels(memory=KERNEL_MEMORY_BYTES))
        checking = stack.enter_context(kernels(CHECKING))
        store = MemoryStore(store)
        stack.callback(store.close)
        metrics = PluginMetrics(__version__, lambda: kernel.starts + checking.starts)
        kernel.versions()  # a kernel that does not start is found now
        service = PluginService(
            engine=lambda: Engine(
                lambda: Renderer(store, kernel), lambda: Renderer(store, checking), share.answer
            ),
            archives=Archives(largest=settings.largest, room=share.unpacked),
            observer=_Both(metrics, RequestLog()),
            limits=replace(settings.limits, waiting_bytes=share.arriving),
            discovery=settings.discovery,
            repositories=settings.repositories,
            mirrors=mirrors,
        )
        stack.callback(service.pool.shutdown, wait=False, cancel_futures=True)
        asyncio.run(_answer(settings, service, metrics, listening, kernel))


async def _answer(
    settings: PluginSettings,
    service: PluginService,
    metrics: PluginMetrics,
    listening: socket.socket,
    kernel: Kernel,
) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, what: _bug(what))
    told = asyncio.Event()
    connections: set[Http2Connection] = set()
    take = partial(accept, service.methods(), settings.limits.seconds)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)

    def ready() -> str:
        if told.is_set():
            return "the plugin is stopping"
        try:
            kernel.start()
        except ReconcilerError as e:
            return str(e)
        return ""

    server = await loop.create_unix_server(
        lambda: Http2Connection(take, connections), sock=listening, backlog=BACKLOG
    )
    probes = Probes(metrics.registry, ready)
    with HttpServer(settings.http, probes, log, "--http") if settings.http else nullcontext():
        log.info("serving", extra={"fields": {"plugin": settings.plugin}})
        await told.wait()
        log.info("stopping", extra={"fields": {"open": service.open}})
        server.close()
        _remove(settings.socket)
        for connection in list(connections):
            connection.finish()
        await _gone(connections, settings.grace)
    if connections:
        log.warning("requests were cut off", extra={"fields": {"open": service.open}})


def _bug(what: dict[str, Any]) -> None:
    log.error(what["message"], exc_info=what.get("exception"))


async def _gone(connections: set[Http2Connection], seconds: float) -> None:
    limit = asyncio.get_running_loop().time() + seconds
    while connections and asyncio.get_running_loop().time() < limit:
        await asyncio.sleep(0.02)


@contextmanager
def _socket(path: str) -> Iterator[socket.socket]:
    """A socket that the owner alone can use, in the place of one that a crash left."""
    if len(os.fsencode(path)) > MAX_SOCKET_PATH_BYTES:
        raise UsageError(
            f"{path} is too long for a socket", hint="name a shorter folder in --socket-folder"
        )
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        if _somebody_answers(path):
            raise UsageError(
                f"another plugin answers on {path}", hint="stop it, or give this one another --name"
            )
        _remove(path)
        mask = os.umask(0o077)
        try:
            listening.bind(path)
        except OSError as e:
            raise UsageError(
                f"there can be no socket {path}",
                why=e.strerror or str(e),
                hint="the folder is the volume that the repo-server and this plugin share;"
                " both must run as the same user",
            ) from e
        finally:
            os.umask(mask)
        mine = _identity(path)
        try:
            yield listening
        finally:
            if _identity(path) == mine:
                _remove(path)


def _somebody_answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
        try:
            trial.connect(path)
        except OSError:
            return False
        return True


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _remove(path: str) -> None:
    """Whatever keeps it there, the attempt to bind will name."""
    try:
        os.unlink(path)
    except OSError:
        return
