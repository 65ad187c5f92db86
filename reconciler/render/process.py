"""The kernel as a child process: started when first needed, started again when it dies.

Many renders are under way at once over one pair of pipes. When the process dies, nobody
knows which render killed it: each that was under way is tried again alone, so the one that
kills it again is found and the others never notice.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time
import weakref
from collections import deque

from reconciler.errors import KernelError, Place, ReconcilerError, RenderError, RenderTimeout
from reconciler.git.pins import is_reference
from reconciler.git.tree import FILE, LINK, REFUSED, is_utf8
from reconciler.render.binary import BINARY
from reconciler.render.wire import READ_BYTES, Decoder, encode, write_all

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from reconciler.git.tree import Tree
    from reconciler.render.options import RenderOptions

# A kernel answers every request within its time; silence for this much longer means that
# it is stopped or lost.
SILENCE = 10.0

MEMORY = 96 << 20
MEMORY_LIMIT = 1 << 30

ENDINGS = {
    3: (
        "it needed more memory than a render may use",
        "split the app, or look for a very large file",
    ),
    4: ("it did not stop when its time was over", "look for an endless expansion in this folder"),
}


class Notice:
    """Something to tell the user about a render that worked."""

    __slots__ = ("what", "where")

    def __init__(self, what: str, where: Place) -> None:
        self.what = what
        self.where = where


class Rendered:
    """What the kernel made of a folder, and every path that it looked at."""

    __slots__ = ("manifest", "notices", "paths", "secret")

    def __init__(
        self, manifest: bytes, paths: list[str], notices: list[Notice], secret: bool
    ) -> None:
        self.manifest = manifest
        self.paths = paths
        self.notices = notices
        self.secret = secret


class Job:
    """One render that was asked for; result() waits for it."""

    __slots__ = ("_done", "_kernel", "alone", "body", "header", "outcome", "paths", "tree")

    def __init__(self, kernel: Kernel, header: dict[str, Any], tree: Tree | None) -> None:
        self.header = header
        self.body = b""
        self.tree = tree
        self.alone = False
        self.outcome: Any = None
        self.paths: list[str] = []
        self._kernel = kernel
        self._done = threading.Event()

    def finish(self, outcome: Any) -> None:
        self.outcome = outcome
        self._done.set()

    def result(self) -> Any:
        self._done.wait()
        if isinstance(self.outcome, ReconcilerError):
            raise self.outcome.again()
        return self.outcome

    def done(self) -> bool:
        return self._done.is_set()

    def cancel(self) -> None:
        self._kernel.cancel(self)


_alive: weakref.WeakSet[Kernel] = weakref.WeakSet()


class Kernel:
    """A handle on the kernel, safe to share between threads; a fork starts its own."""

    def __init__(
        self, binary: str = BINARY, *, memory: int = MEMORY, memory_limit: int = MEMORY_LIMIT
    ) -> None:
        """The process takes so much memory before it collects garbage, and gives up at the limit.

        It collects less often where the renders themselves need much of it.
        """
        self.binary = binary
        self.memory = memory
        self.memory_limit = memory_limit
        self.starts = 0
        self.renders = 0
        self._reset()
        _alive.add(self)

    def _reset(self) -> None:
        self._lock = threading.RLock()
        self._writing = threading.Lock()
        self._pid = 0
        self._in = self._out = self._err = -1
        self._serial = 0
        self._waiting: deque[Job] = deque()
        self._suspects: deque[Job] = deque()
        self._open: dict[int, Job] = {}
        self._trees: weakref.WeakValueDictionary[int, Tree] = weakref.WeakValueDictionary()
        self._forgotten: deque[int] = deque()
        self._heard = 0.0

    # What callers do

    def __enter__(self) -> Kernel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the process now rather than with the first render."""
        with self._lock:
            self._ensure_started()

    def render(self, tree: Tree, path: str, options: RenderOptions) -> Job:
        header = {
            "op": "render",
            "tree": tree.number,
            "path": path,
            "reorder": options.reorder,
            "unbounded": options.unbounded,
            "timeout": options.timeout,
            "max_output": options.max_output,
        }
        if not is_utf8(path):
            job = Job(self, header, None)
            job.finish(
                RenderError("this name is not UTF-8", where=Place(path), hint="rename the folder")
            )
            return job
        self._show(tree)
        return self._submit(Job(self, header, tree))

    def check(
        self, tree: Tree, rules: dict[str, Any], manifest: bytes, path: str, timeout: float
    ) -> Job:
        """Judge a manifest by files of rules in a tree; the kernel must be one that checks."""
        return self._judge("check", tree, rules, manifest, path, timeout)

    def check_rules(self, tree: Tree, rules: dict[str, Any], timeout: float) -> Job:
        """What is wrong with the files of rules themselves."""
        return self._judge("rules", tree, rules, b"", "", timeout)

    def _judge(
        self, op: str, tree: Tree, rules: dict[str, Any], body: bytes, path: str, timeout: float
    ) -> Job:
        self._show(tree)
        header = {"op": op, "tree": tree.number, "path": path, "rules": rules, "timeout": timeout}
        job = Job(self, header, tree)
        job.body = body
        return self._submit(job)

    def _show(self, tree: Tree) -> None:
        """Let the kernel ask for what is in this tree, for as long as anybody holds it."""
        with self._lock:
            if tree.number not in self._trees:
                self._trees[tree.number] = tree
                weakref.finalize(tree, self._forgotten.append, tree.number).atexit = False

    def versions(self) -> dict[str, str]:
        found: dict[str, str] = self._submit(Job(self, {"op": "version"}, None)).result()
        return found

    def objects(self, manifest: bytes) -> bytes:
        """A manifest's objects as a JSON list."""
        found: bytes = self.read_objects(manifest).result()
        return found

    def read_objects(self, manifest: bytes) -> Job:
        """The same, to be waited for."""
        job = Job(self, {"op": "objects"}, None)
        job.body = manifest
        return self._submit(job)

    def documents(self, content: bytes) -> bytes:
        """A YAML file's documents as JSON, with where each part of them stands."""
        job = Job(self, {"op": "documents"}, None)
        job.body = content
        found: bytes = self._submit(job).result()
        return found

    def structure(self) -> bytes:
        """What upstream's schema says of lists and quantities, as JSON."""
        found: bytes = self._submit(Job(self, {"op": "structure"}, None)).result()
        return found

    def cancel(self, job: Job) -> None:
        with self._lock:
            if job.done():
                return
            for queue in (self._waiting, self._suspects):
                if job in queue:
                    queue.remove(job)
            number = next((n for n, j in self._open.items() if j is job), None)
            if number is not None:
                del self._open[number]
                self._send({"op": "cancel", "id": number})
            job.finish(RenderError(f"{job.header.get('path')} was cancelled"))
            self._dispatch()

    def pid(self) -> int:
        """The process that runs now, or 0."""
        return self._pid

    def close(self) -> None:
        """End the process; what is under way fails."""
        with self._lock:
            pid, self._pid = self._pid, 0
            jobs = [*self._open.values(), *self._suspects, *self._waiting]
            self._open.clear()
            self._suspects.clear()
            self._waiting.clear()
            if pid:
                self._hang_up()
                _stop(pid)
            for job in jobs:
                job.finish(KernelError("the kernel was closed"))

    # The queue

    def _submit(self, job: Job) -> Job:
        with self._lock:
            self._ensure_started()
            self._waiting.append(job)
            self._dispatch()
        return job

    def _dispatch(self) -> None:
        """Send what may run now: one suspect alone, or else everything."""
        while self._forgotten:
            self._send({"op": "forget", "tree": self._forgotten.popleft()})
        if self._suspects:
            if not self._open:
                job = self._suspects.popleft()
                job.alone = True
                self._launch(job)
            return
        if any(job.alone for job in self._open.values()):
            return
        while self._waiting:
            self._launch(self._waiting.popleft())

    def _launch(self, job: Job) -> None:
        self._serial += 1
        self._heard = time.monotonic()
        self._open[self._serial] = job
        self._send({**job.header, "id": self._serial}, job.body)

    def _send(self, header: dict[str, Any], body: bytes = b"") -> None:
        frame = encode(header, body)
        try:
            with self._writing:
                if self._in >= 0:
                    write_all(self._in, frame)
        except OSError:
            pass  # the reader notices the death and says so

    # The process

    def _ensure_started(self) -> None:
        if self._pid:
            return
        child_in, self._in = os.pipe()
        self._out, child_out = os.pipe()
        self._err, child_err = os.pipe()
        try:
            self._pid = os.posix_spawn(
                self.binary,
                [self.binary],
                {
                    "RECONCILER_KERNEL_MEMORY": str(self.memory),
                    "RECONCILER_KERNEL_MEMORY_LIMIT": str(self.memory_limit),
                },
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, child_in, 0),
                    (os.POSIX_SPAWN_DUP2, child_out, 1),
                    (os.POSIX_SPAWN_DUP2, child_err, 2),
                ],
                setsigmask=[],
            )
        except OSError as e:
            os.close(self._out)
            os.close(self._err)
            self._hang_up()
            raise KernelError(
                f"the kernel {self.binary} cannot be started",
                why=e.strerror or str(e),
                hint="install the package again; in a checkout, run make kernel",
            ) from e
        finally:
            for descriptor in (child_in, child_out, child_err):
                os.close(descriptor)
        self.starts += 1
        self._heard = time.monotonic()
        threading.Thread(
            target=self._listen,
            args=(self._pid, self._out, self._err),
            name="kernel",
            daemon=True,
        ).start()

    def _hang_up(self) -> None:
        """What the kernel writes is closed by who listens: its number must not be another's yet."""
        with self._writing:
            if self._in >= 0:
                os.close(self._in)
            self._in = self._out = self._err = -1

    def _listen(self, pid: int, out: int, err: int) -> None:
        try:
            self._hear(pid, out, err)
        finally:
            os.close(out)
            os.close(err)

    def _hear(self, pid: int, out: int, err: int) -> None:
        decoder = Decoder()
        poll = select.poll()
        poll.register(out, select.POLLIN)
        while True:
            if not poll.poll(1000):
                self._check_silence(pid)
                continue
            data = os.read(out, READ_BYTES)
            if self._pid != pid:
                return
            if not data:
                self._bury(pid, err)
                return
            self._heard = time.monotonic()
            for header, body in decoder.feed(data):
                self._receive(header, body)

    def _receive(self, header: dict[str, Any], body: bytes) -> None:
        if header["op"] == "get":
            if self._may_fetch(header):
                threading.Thread(target=self._serve, args=(header,), daemon=True).start()
            else:
                self._serve(header)
            return
        with self._lock:
            job = self._open.pop(header["id"], None)
            if header["op"] == "rendered":
                self.renders += 1
            self._dispatch()
        if job is None:
            return
        job.paths = header.get("paths") or []
        if header["op"] == "rendered":
            notices = [Notice(w["what"], _place(w)) for w in header.get("warnings") or []]
            job.finish(Rendered(body, job.paths, notices, header.get("secret", False)))
        elif header["op"] in ("objects", "told"):
            job.finish(body)
        elif header["op"] == "version":
            job.finish(header["versions"])
        else:
            job.finish(_failure(header["failure"], job.header.get("path", "")))

    def _may_fetch(self, header: dict[str, Any]) -> bool:
        """Does an answer lead to a commit that nobody has looked for yet?"""
        tree = self._trees.get(header["tree"])
        pins = tree.pins if tree else None
        return any(is_reference(p) and not (pins and pins.has(p)) for p in header["paths"])

    def _serve(self, header: dict[str, Any]) -> None:
        """Answer what the kernel wants to know of a tree."""
        tree = self._trees.get(header["tree"])
        entries: list[dict[str, Any]] = []
        contents: list[bytes] = []
        for path in header["paths"]:
            if tree is None:
                entries.append({"k": REFUSED, "why": "the tree is gone"})
                continue
            try:
                entry, content = tree.fetch(path)
            except Exception as e:  # a broken tree must not stop the others' answers
                why = e.what if isinstance(e, ReconcilerError) else f"it cannot be read: {e}"
                hint = e.hint if isinstance(e, ReconcilerError) else ""
                entries.append({"k": REFUSED, "why": why, "hint": hint})
                continue
            if entry.kind == FILE:
                entries.append({"k": FILE, "n": len(content)})
                contents.append(content)
            elif entry.kind == LINK:
                entries.append({"k": LINK, "at": entry.at, "target": entry.target})
            elif entry.kind == REFUSED:
                entries.append({"k": REFUSED, "why": entry.why, "hint": entry.hint})
            else:
                entries.append({"k": entry.kind})
        self._send(
            {"op": "entries", "call": header["call"], "entries": entries}, b"".join(contents)
        )

    def _check_silence(self, pid: int) -> None:
        with self._lock:
            longest = max((j.header.get("timeout", 0.0) for j in self._open.values()), default=None)
            if longest is None:
                self._heard = time.monotonic()
            elif self._pid == pid and time.monotonic() - self._heard > longest + SILENCE:
                os.kill(pid, signal.SIGKILL)

    def _bury(self, pid: int, err: int) -> None:
        """The process is dead: find out why, and go on without what killed it."""
        with self._lock:
            if self._pid != pid:
                return
            last_words = _drain(err)
            self._pid = 0
            self._hang_up()
            ending = _ending(_reap(pid))
            open_jobs, self._open = list(self._open.values()), {}
            for job in open_jobs:
                if job.alone:
                    job.finish(_died(job, ending, last_words))
                else:
                    self._suspects.append(job)
            try:
                if self._suspects or self._waiting:
                    self._ensure_started()
                    self._dispatch()
            except KernelError as e:
                for job in (*self._suspects, *self._waiting):
                    job.finish(e)
                self._suspects.clear()
                self._waiting.clear()

    def _abandon(self) -> None:
        """In a forked child: the process belongs to the parent."""
        descriptors = (self._in, self._out, self._err)
        self._reset()
        for descriptor in descriptors:
            if descriptor >= 0:
                os.close(descriptor)


def _abandon_all() -> None:
    for kernel in list(_alive):
        kernel._abandon()


os.register_at_fork(after_in_child=_abandon_all)


def _place(found: dict[str, Any]) -> Place:
    return Place(found.get("file", ""), found.get("line", 0), found.get("column", 0))


def _failure(found: dict[str, Any], path: str) -> ReconcilerError:
    kind = found["kind"]
    where = _place(found) if found.get("file") else Place(path or ".")
    if kind == "bug":
        return KernelError(
            f"{path}: {found['what']}",
            hint="please report it, with --debug",
            detail=found.get("detail", ""),
        )
    error = RenderTimeout if kind == "timeout" else RenderError
    return error(
        found["what"], where=where, hint=found.get("hint", ""), detail=found.get("detail", "")
    )


def _died(job: Job, ending: tuple[str, str], last_words: str) -> ReconcilerError:
    why, hint = ending
    if hint:
        done = "render" if job.header["op"] == "render" else "check"
        return RenderError(
            f"the {done} was stopped",
            where=Place(job.header.get("path") or "."),
            why=why,
            hint=hint,
            detail=last_words,
        )
    return KernelError(
        f"the kernel died twice while it rendered {job.header.get('path')}",
        why=why,
        hint="please report it, with --debug",
        detail=last_words,
    )


def _ending(status: int | None) -> tuple[str, str]:
    if status is None:
        return "its end was not seen", ""
    if status < 0:
        return f"it was killed by signal {-status}", ""
    return ENDINGS.get(status, (f"it ended with code {status}", ""))


def _reap(pid: int) -> int | None:
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:
        return None


def _stop(pid: int) -> None:
    """The closed pipe ends it; a stuck one is killed."""
    for _ in range(200):
        try:
            if os.waitpid(pid, os.WNOHANG)[0]:
                return
        except ChildProcessError:
            return
        time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    _reap(pid)


def _drain(descriptor: int) -> str:
    data = b""
    while len(data) < READ_BYTES and select.select([descriptor], [], [], 0)[0]:
        piece = os.read(descriptor, READ_BYTES)
        if not piece:
            break
        data += piece
    return data.decode(errors="replace")


if sys.platform == "win32":  # pragma: no cover
    raise KernelError("the kernel runs on Linux and macOS", hint="use WSL on Windows")
