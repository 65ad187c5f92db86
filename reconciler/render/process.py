"""The kernel as a child process: started when first needed, started again when it dies.

Many renders are under way at once over one pair of pipes. When the process dies, nobody
knows which render killed it: each that was under way is tried again alone, so the one that
kills it again is found and the others never notice.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections import deque

from reconciler.errors import KernelError, Place, RenderError
from reconciler.git.tree import is_utf8
from reconciler.render.binary import BINARY
from reconciler.render.child import Child
from reconciler.render.job import Job
from reconciler.render.options import DEFAULTS
from reconciler.render.told import may_fetch, told
from reconciler.render.trouble import cannot_start, died, unheard

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
        self._child: Child | None = None
        self._serial = 0
        self._waiting: deque[Job] = deque()
        self._suspects: deque[Job] = deque()
        self._open: dict[int, Job] = {}
        self._trees: weakref.WeakValueDictionary[int, Tree] = weakref.WeakValueDictionary()
        self._forgotten: deque[int] = deque()

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
        return self._submit(Job(self, header, tree, body))

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
        return self._submit(Job(self, _reading("objects"), None, manifest))

    def documents(self, content: bytes) -> bytes:
        """A YAML file's documents as JSON, with where each part of them stands."""
        found: bytes = self._submit(Job(self, _reading("documents"), None, content)).result()
        return found

    def structure(self) -> bytes:
        """What upstream's schema says of lists and quantities, as JSON."""
        found: bytes = self._submit(Job(self, _reading("structure"), None)).result()
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
                if self._child:
                    self._child.overrun = True
                    self._child.send({"op": "cancel", "id": number})
            job.finish(RenderError(f"{job.header.get('path') or job.header['op']} was cancelled"))
            self._dispatch()

    def pid(self) -> int:
        """The process that runs now, or 0."""
        return self._child.pid if self._child else 0

    def close(self) -> None:
        """End the process; what is under way fails."""
        with self._lock:
            child, self._child = self._child, None
            if child:
                child.stop()
            self._fail(KernelError("the kernel was closed"))

    def _fail(self, error: KernelError) -> None:
        """All that was asked for ends with this error."""
        jobs = [*self._open.values(), *self._suspects, *self._waiting]
        self._open.clear()
        self._suspects.clear()
        self._waiting.clear()
        for job in jobs:
            job.finish(error)

    # The queue

    def _submit(self, job: Job) -> Job:
        with self._lock:
            self._ensure_started()
            self._waiting.append(job)
            self._dispatch()
        return job

    def _dispatch(self) -> None:
        """Send what may run now: one suspect alone, or else everything."""
        child = self._child
        if child is None:
            return
        while self._forgotten:
            child.send({"op": "forget", "tree": self._forgotten.popleft()})
        if self._suspects:
            if not self._open:
                job = self._suspects.popleft()
                job.alone = True
                self._launch(job, child)
            return
        if any(job.alone for job in self._open.values()):
            return
        while self._waiting:
            self._launch(self._waiting.popleft(), child)

    def _launch(self, job: Job, child: Child) -> None:
        self._serial += 1
        child.heard = time.monotonic()
        self._open[self._serial] = job
        child.send({**job.header, "id": self._serial}, job.body)

    # The process

    def _ensure_started(self) -> None:
        if self._child:
            return
        self._child = child = Child(
            self.binary,
            {
                "RECONCILER_KERNEL_MEMORY": str(self.memory),
                "RECONCILER_KERNEL_MEMORY_LIMIT": str(self.memory_limit),
            },
            SILENCE,
        )
        try:
            threading.Thread(target=self._listen, args=(child,), name="kernel", daemon=True).start()
        except RuntimeError as e:
            self._child = None
            child.stop()
            child.let_go()
            raise cannot_start(self.binary, e) from e
        self.starts += 1

    def _listen(self, child: Child) -> None:
        try:
            for header, body in child.frames(lambda: self._check_silence(child)):
                if self._child is not child:
                    return
                self._receive(child, header, body)
            self._bury(child)
        except Exception as e:
            self._give_up(child, e)
        finally:
            child.let_go()

    def _give_up(self, child: Child, problem: Exception) -> None:
        """Nobody will listen to the child any more: an error is the answer to all."""
        with self._lock:
            if self._child is child:
                self._child = None
                child.end()
            if self._child is None:
                self._fail(unheard(problem))

    def _receive(self, child: Child, header: dict[str, Any], body: bytes) -> None:
        if header["op"] == "get":
            if may_fetch(self._trees.get(header["tree"]), header["paths"]):
                threading.Thread(target=self._tell, args=(child, header), daemon=True).start()
            else:
                self._tell(child, header)
            return
        with self._lock:
            if header["op"] == "rendered":
                self.renders += 1
            if header["op"] == "failed" and header["failure"]["kind"] == "timeout":
                child.overrun = True
            if header["id"] in self._open:
                self._open[header["id"]].answer(header, body)
                del self._open[header["id"]]
            self._dispatch()

    def _tell(self, child: Child, header: dict[str, Any]) -> None:
        """Only who asked gets the answer: another child counts its questions anew."""
        entries, contents = told(self._trees.get(header["tree"]), header["paths"])
        child.send({"op": "entries", "call": header["call"], "entries": entries}, contents)

    def _check_silence(self, child: Child) -> None:
        with self._lock:
            longest = max((j.header.get("timeout", 0.0) for j in self._open.values()), default=None)
            if longest is None:
                child.heard = time.monotonic()
            elif self._child is child and time.monotonic() - child.heard > longest + SILENCE:
                child.kill()

    def _bury(self, child: Child) -> None:
        """The process is dead: find out why, and go on without what killed it."""
        with self._lock:
            if self._child is not child:
                return
            child.hang_up()
            last_words, code = child.last_words(), child.reap()
            self._child = None
            open_jobs, self._open = list(self._open.values()), {}
            for job in open_jobs:
                if job.alone and not child.overrun:
                    job.finish(died(job, code, last_words))
                else:
                    self._suspects.append(job)
            try:
                if self._suspects or self._waiting:
                    self._ensure_started()
                    self._dispatch()
            except KernelError as e:
                self._fail(e)

    def _abandon(self) -> None:
        """In a forked child: the process belongs to the parent."""
        child = self._child
        self._reset()
        if child:
            child.forget()


def _reading(op: str) -> dict[str, Any]:
    """The kernel takes its time for this; it is silent as long as a render may be."""
    return {"op": op, "timeout": DEFAULTS.timeout}


def _abandon_all() -> None:
    for kernel in list(_alive):
        kernel._abandon()


os.register_at_fork(after_in_child=_abandon_all)
