"""The four methods of Argo CD's plugin protocol."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial
from threading import Lock

from reconciler.argocd.generate import Engine, announce, generate, supports
from reconciler.argocd.parameters import VARIABLE, read_parameters
from reconciler.argocd.plugin_pb2 import (
    CheckPluginConfigurationResponse,
    ManifestResponse,
    ParameterAnnouncement,
    ParametersAnnouncementResponse,
    RepositoryResponse,
)
from reconciler.argocd.repository_places import SOURCE_PATH, in_repository
from reconciler.argocd.server.allowed_repositories import follow_pins
from reconciler.argocd.server.archives import Archives
from reconciler.argocd.server.plugin_events import PluginEvent, PluginObserver
from reconciler.argocd.server.request_limits import RequestLimits
from reconciler.argocd.server.rpc import Code, Methods, Refused
from reconciler.argocd.server.upload import ReceivedFiles, Upload
from reconciler.errors import (
    CheckFailed,
    InternalError,
    ReconcilerError,
    RenderError,
    RenderTimeout,
)
from reconciler.git.mirrors import Mirrors
from reconciler.render.turns import SLOW_SECONDS, Owner, Turns
from reconciler.trees.tree import Tree, checked_path

SERVICE = "/plugin.ConfigManagementPluginService/"
# To Argo CD every status is a failure of the app's generation: after three it stops asking for an
# hour, and of each it shows the text, without line ends, to whoever looks at the app. So the text
# carries all four parts of an error in one paragraph, with paths as they are in the repository and
# not as they were sent. The codes say whose fault it is, in our metrics and logs: of the
# repository (FAILED_PRECONDITION), of the Application (INVALID_ARGUMENT) or ours (INTERNAL).
# UNAVAILABLE and RESOURCE_EXHAUSTED, which Argo CD's client asks again, are for what may be
# otherwise the next time: a render that fails, fails again.
REFUSED: dict[type[ReconcilerError], Code] = {
    RenderTimeout: Code.DEADLINE_EXCEEDED,
    RenderError: Code.FAILED_PRECONDITION,
    CheckFailed: Code.FAILED_PRECONDITION,
    InternalError: Code.INTERNAL,
}


@dataclass(slots=True)
class PluginService:
    """What all requests share."""

    engine: Callable[[], Engine]
    archives: Archives
    observer: PluginObserver
    limits: RequestLimits
    discovery: bool = False
    repositories: tuple[str, ...] = ()
    mirrors: Callable[[], Mirrors] | None = None
    open: int = 0
    held: int = 0
    turns: Turns = field(init=False)
    pool: ThreadPoolExecutor = field(init=False)
    looking: asyncio.TimerHandle | None = None

    def __post_init__(self) -> None:
        self.turns = Turns(self.limits.workers)
        # Who has a turn has a thread, and slow ones hold up no turn.
        self.pool = ThreadPoolExecutor(self.limits.requests, thread_name_prefix="generate")

    async def run(self, owner: Owner, work: Callable[[], bytes]) -> bytes:
        """In a thread, when it is this owner's turn."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self.turns.put(owner, turn)
        self.go_on()
        try:
            await turn
        except asyncio.CancelledError:
            self.turns.drop(turn)
            self._done(turn)
            raise
        running = self.pool.submit(work)
        running.add_done_callback(lambda _: _tell(loop, self._done, turn))
        return await asyncio.wrap_future(running)

    def go_on(self) -> None:
        """Now, and again as long as somebody waits: what is under way may become slow."""
        if self.looking:
            self.looking.cancel()
            self.looking = None
        while turn := self.turns.take():
            if turn.done():
                self.turns.done(turn)
            else:
                turn.set_result(None)
        if self.turns:
            self.looking = asyncio.get_running_loop().call_later(SLOW_SECONDS / 4, self.go_on)

    def _done(self, turn: asyncio.Future[None]) -> None:
        self.turns.done(turn)
        self.go_on()

    def methods(self) -> Methods:
        works: dict[str, Work] = {
            "GenerateManifest": _generate,
            "MatchRepository": partial(_match, self.discovery),
            "GetParametersAnnouncement": _announce,
        }
        found: Methods = {
            SERVICE + "CheckPluginConfiguration": lambda _: PluginConfiguration(self.discovery),
            **{
                SERVICE + name: partial(PluginRequest, self, name, work)
                for name, work in works.items()
            },
        }
        return found


def _tell(loop: asyncio.AbstractEventLoop, what: Callable[..., None], *about: object) -> None:
    """From a thread, which may outlive the loop."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(what, *about)


@dataclass(frozen=True, slots=True)
class Task:
    """All that the work for one request needs."""

    engine: Engine
    tree: Tree
    folder: str
    environment: dict[str, str]
    seconds: float
    event: PluginEvent


Work = Callable[[Task], bytes]

# There are several copies of an answer while it is made.
LARGE_REQUEST_BYTES = 4 << 20
_one_large_answer = Lock()


def _generate(task: Task) -> bytes:
    parameters = read_parameters(task.environment.get(VARIABLE, ""))
    made = generate(task.engine, task.tree, task.folder, parameters, task.seconds)
    task.event.renders = len(made.renders)
    task.event.cached = sum(r.cached for r in made.renders)
    task.event.warnings = made.warnings
    with _one_large_answer if len(made.manifest) > LARGE_REQUEST_BYTES else nullcontext():
        manifests = [made.manifest.decode()] if made.manifest else []
        return ManifestResponse(manifests=manifests, sourceType="Plugin").SerializeToString()


def _match(discovery: bool, task: Task) -> bytes:
    found = supports(task.tree, task.folder)
    return RepositoryResponse(isSupported=found, isDiscoveryEnabled=discovery).SerializeToString()


def _announce(task: Task) -> bytes:
    return ParametersAnnouncementResponse(
        parameterAnnouncements=[
            ParameterAnnouncement(
                name=a.name,
                title=a.title,
                tooltip=a.tooltip,
                itemType=a.item,
                collectionType=a.collection,
                string=a.string,
                array=a.array,
                map=a.map,
            )
            for a in announce(task.engine, task.tree, task.folder, task.seconds)
        ]
    ).SerializeToString()


class PluginConfiguration:
    """The answer to what the plugin can do; nothing is asked along with it."""

    def __init__(self, discovery: bool) -> None:
        self._discovery = discovery

    def take(self, message: bytes) -> None:
        pass

    def hold(self, size: int) -> None:
        pass

    async def answer(self) -> bytes:
        return CheckPluginConfigurationResponse(
            isDiscoveryConfigured=self._discovery
        ).SerializeToString()

    def stop(self) -> None:
        pass

    def ended(self, code: Code, text: str) -> None:
        pass


class PluginRequest:
    """One streamed repository, and what is to be done with it."""

    def __init__(self, service: PluginService, name: str, work: Work, seconds: float) -> None:
        self._service = service
        self._work = work
        self._intake = Upload(service.archives, service.limits, self.hold)
        self._engine = service.engine()
        self._received: ReceivedFiles | None = None
        self._held = 0
        self._seconds = seconds
        self._began = time.monotonic()
        self._event = PluginEvent(name)
        self._one_too_many = service.open >= service.limits.requests
        service.open += 1
        service.observer.waiting(service.open)

    def take(self, message: bytes) -> None:
        if self._one_too_many:
            raise Refused(
                Code.RESOURCE_EXHAUSTED,
                f"{self._service.limits.requests} requests are under way already; try again",
            )
        self._intake.take(message)

    async def answer(self) -> bytes:
        self._event.arrival = time.monotonic() - self._began
        received = self._received = self._intake.received()
        self._event.describe(received.environment, received.path, received.size, received.known)
        self._loop = asyncio.get_running_loop()
        owner = received.owner
        del received
        return await self._service.run(owner, self._run)

    def stop(self) -> None:
        self._engine.stop()

    def ended(self, code: Code, text: str) -> None:
        self._intake.drop()
        self._received = None
        self._let_go()
        self._service.open -= 1
        self._event.seconds = time.monotonic() - self._began
        self._event.code = code.name
        self._event.text = text
        self._service.observer.saw(self._event, self._service.open)

    def hold(self, size: int) -> None:
        """So many bytes more wait in memory to be read, or fewer."""
        self._held += size
        self._service.held += size
        if size > 0 and self._service.held > self._service.limits.waiting_bytes:
            raise Refused(
                Code.RESOURCE_EXHAUSTED, "too many large repositories arrive at once; try again"
            )

    def _let_go(self) -> None:
        self._service.held -= self._held
        self._held = 0

    def _run(self) -> bytes:
        """In a thread of its own, whose queue keeps this request even after it has ended."""
        received = self._received
        if received is None:
            return b""
        folder = ""
        environment = received.environment
        try:
            path, owner = received.path, received.owner
            until = self._began + self._seconds
            tree = received.tree(self._service.archives, until).again()
            del received
            self._received = None
            _tell(self._loop, self._let_go)  # the archive is not needed any more
            tree.owner = owner
            follow_pins(tree, self._service.repositories, self._service.mirrors)
            folder = checked_path(path)
            left = self._seconds - (time.monotonic() - self._began)
            return self._work(Task(self._engine, tree, folder, environment, left, self._event))
        except ReconcilerError as e:
            self._event.detail = e.detail
            code = next((c for kind, c in REFUSED.items() if isinstance(e, kind)), None)
            text = paragraph(in_repository(e, environment.get(SOURCE_PATH, ""), folder))
            raise Refused(code or Code.INVALID_ARGUMENT, text) from e


def paragraph(error: ReconcilerError) -> str:
    """What Argo CD shows on its page, which knows no lines."""
    return ". ".join(
        line[:1].upper() + line[1:] if n else line for n, line in enumerate(error.lines())
    )
