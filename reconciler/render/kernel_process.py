"""The kernel as a child process: started when first needed, started again when it dies.

Many renders are under way at once over one pair of pipes. When the process dies, nobody
knows which render killed it: each that was under way is tried again in a process apart, so the
one that kills it again is found, and the others never notice.

One child that lives long, because Kustomize's libraries take most of a short render's time to start
and to load their schema: 46 ms a process, 9 ms warm. A pool of them would load and keep that once
for each, and need no fewer rules for one that dies.

A restart, because nothing gentler works. Some of upstream's code paths end the process rather than
return an error, Go cannot free what a goroutine holds that never returns, and the memory limit is
the process's: when it is passed, nobody can say for which of the renders. So what breaks a limit
costs the others a second try, never an error, and that try has what was left of their own time:
somebody who sends a killer again and again cannot make others wait for ever. Those that were under
way for the longest are tried last, as they are the likeliest to have been the reason.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections import deque

from reconciler.daemon.machine import cores
from reconciler.errors import KernelError, Place, RenderError
from reconciler.render.binary import BINARY
from reconciler.render.job import Job
from reconciler.render.kernel_errors import unheard
from reconciler.render.lane import Lane
from reconciler.render.one_job_kernels import OneJobKernels
from reconciler.render.render_options import DEFAULTS
from reconciler.render.turns import Turns
from reconciler.trees.tree import is_utf8

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from reconciler.render.render_options import RenderOptions
    from reconciler.trees.tree import Tree

KERNEL_MEMORY_BYTES = 96 << 20
MAX_KERNEL_MEMORY_BYTES = 1 << 30

_alive: weakref.WeakSet[Kernel] = weakref.WeakSet()


class Kernel:
    """A handle on the kernel, safe to share between threads; a fork starts its own."""

    def __init__(
        self,
        binary: str = BINARY,
        *,
        memory: int = KERNEL_MEMORY_BYTES,
        memory_limit: int = MAX_KERNEL_MEMORY_BYTES,
        eager: bool = False,
        apart: OneJobKernels | None = None,
    ) -> None:
        """The process takes so much memory before it collects garbage, and gives up at the limit.

        It collects less often where the renders themselves need much of it. An eager one is ready
        for many when it begins, so that nobody waits for the first render of all.
        """
        self.binary = binary
        self.limits = {
            "RECONCILER_KERNEL_MEMORY": str(memory),
            "RECONCILER_KERNEL_MEMORY_LIMIT": str(memory_limit),
        }
        self.starts = 0
        self.renders = 0
        self._eager = {"RECONCILER_KERNEL_EAGER": "1"} if eager else {}
        self._apart = apart or OneJobKernels()
        self._reset()
        _alive.add(self)

    def _reset(self) -> None:
        self._lock = threading.RLock()
        self._lane: Lane | None = None
        # One application gets all cores; others need not wait until it is done with them.
        self._turns = Turns(4 * (cores() + 1))
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

    def health(self, expressions: dict[str, str], objects: bytes = b"[]") -> Job:
        """How objects of a JSON list are, or what is wrong with the expressions."""
        header = {**_reading("health"), "rules": expressions}
        return self._submit(Job(self, header, None, objects))

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
            if job.apart:
                self._apart.cancel(job)
            self._turns.drop(job)
            self._turns.done(job)
            if self._lane:
                self._lane.cancel(job)
            job.finish(RenderError(f"{job.header.get('path') or job.header['op']} was cancelled"))
            self._dispatch()

    def pid(self) -> int:
        """The process that runs now, or 0."""
        return self._lane.child.pid if self._lane else 0

    def close(self) -> None:
        """End the process; what is under way fails."""
        closed = KernelError("the kernel was closed")
        with self._lock:
            lane, self._lane = self._lane, None
            self._apart.close(self, closed)
            self._fail(lane.stop() if lane else [], closed)

    def _fail(self, jobs: list[Job], error: KernelError) -> None:
        """All that was asked for ends with this error."""
        for job in [*jobs, *self._turns.waiting()]:
            self._turns.drop(job)
            self._turns.done(job)
            job.finish(error)

    # The queue

    def _submit(self, job: Job) -> Job:
        with self._lock:
            self._ensure_started()
            self._turns.put(job.owner, job)
            self._dispatch()
        return job

    def _dispatch(self) -> None:
        if self._lane is None:
            return
        while self._forgotten:
            self._lane.child.send({"op": "forget", "tree": self._forgotten.popleft()})
        while job := self._turns.take():
            self._lane.launch(job)

    def _ensure_started(self) -> None:
        if self._lane is None:
            self._lane = Lane(
                self, self.binary, self.limits | self._eager, self._trees, self._look_again
            )
            self.starts += 1

    def _look_again(self) -> None:
        """What is under way may have become slow."""
        if self._turns:
            with self._lock:
                self._dispatch()

    # What the process does

    def answered(self, lane: Lane, job: Job, header: dict[str, Any], body: bytes) -> None:
        with self._lock:
            if self._lane is not lane or job.done():
                return
            if header["op"] == "apart":
                self._apart.add(job)
            else:
                job.answer(header, body)
            self._turns.done(job)
            self._dispatch()

    def died(self, lane: Lane, code: int | None, words: str) -> None:
        """What had been under way for the longest is tried after the others."""
        with self._lock:
            if self._lane is not lane:
                return
            self._lane = None
            jobs = lane.take_back()
            for job in jobs:
                self._turns.done(job)
                job.interrupted()
            for job in sorted(jobs, key=lambda job: job.spent):
                self._apart.add(job)
            try:
                if self._turns:
                    self._ensure_started()
                    self._dispatch()
            except KernelError as e:
                self._fail([], e)

    def unheard(self, lane: Lane, problem: Exception) -> None:
        """Nobody will listen to the process any more: an error is the answer to all."""
        with self._lock:
            if self._lane is lane:
                self._lane = None
                self._fail(lane.take_back(), unheard(problem))

    def _abandon(self) -> None:
        """In a forked child: the process belongs to the parent."""
        lane = self._lane
        self._reset()
        if lane:
            lane.child.forget()


def _reading(op: str) -> dict[str, Any]:
    """The kernel takes its time for this; it is silent as long as a render may be."""
    return {"op": op, "timeout": DEFAULTS.timeout}


def _abandon_all() -> None:
    for kernel in list(_alive):
        kernel._abandon()


os.register_at_fork(after_in_child=_abandon_all)
