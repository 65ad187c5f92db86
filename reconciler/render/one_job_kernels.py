"""Processes of the kernel for one job each, which end with it.

They are for builds that change the schema of their process, and for what was under way where a
process died: nobody knows which of it was the reason, and here it is found without the others.
"""

from __future__ import annotations

import os
import threading
import weakref

from reconciler.errors import KernelError
from reconciler.render.kernel_errors import ENDINGS, died, overdue, unheard
from reconciler.render.lane import Lane
from reconciler.render.turns import Turns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from reconciler.render.job import Job
    from reconciler.render.kernel_process import Kernel

AT_ONCE = 3

_alive: weakref.WeakSet[OneJobKernels] = weakref.WeakSet()


class OneJobKernels:
    """Kernels may share it, and then have so many such processes together."""

    def __init__(self) -> None:
        self._reset()
        _alive.add(self)

    def _reset(self) -> None:
        self._lock = threading.RLock()
        self._turns = Turns(AT_ONCE, long=float("inf"))
        self._lanes: dict[Job, Lane] = {}

    def add(self, job: Job) -> None:
        with self._lock:
            job.apart = True
            self._turns.put(job.owner, job)
            self._go_on()

    def cancel(self, job: Job) -> None:
        with self._lock:
            self._turns.drop(job)
            if job in self._lanes:
                self._end(job)
            self._go_on()

    def close(self, kernel: Kernel, error: KernelError) -> None:
        """All that this kernel has here ends with the error."""
        with self._lock:
            for job in [*self._turns.waiting(), *self._lanes]:
                if job.kernel is kernel:
                    self.cancel(job)
                    job.finish(error)

    def answered(self, lane: Lane, job: Job, header: dict[str, Any], body: bytes) -> None:
        with self._lock:
            if self._lanes.get(job) is lane:
                job.answer(header, body)
                self._end(job)
                self._go_on()

    def died(self, lane: Lane, code: int | None, words: str) -> None:
        with self._lock:
            for job in lane.take_back():
                self._end(job)
                job.interrupted()
                if code in ENDINGS or job.deaths > 1:
                    job.finish(died(job, code, words))
                else:
                    self.add(job)
            self._go_on()

    def unheard(self, lane: Lane, problem: Exception) -> None:
        with self._lock:
            for job in lane.take_back():
                self._end(job)
                job.finish(unheard(problem))
            self._go_on()

    def _go_on(self) -> None:
        while job := self._turns.take():
            if job.late:
                self._turns.done(job)
                job.finish(overdue(job))
                continue
            try:
                trees = {job.tree.number: job.tree} if job.tree else {}
                lane = self._lanes[job] = Lane(self, job.kernel.binary, job.kernel.limits, trees)
                lane.launch(job, alone=True)
            except KernelError as e:
                self._turns.done(job)
                job.finish(e)

    def _end(self, job: Job) -> None:
        self._turns.done(job)
        self._lanes.pop(job).end()

    def _abandon(self) -> None:
        """In a forked child: the processes belong to the parent."""
        lanes = self._lanes
        self._reset()
        for lane in lanes.values():
            lane.child.forget()


def _abandon_all() -> None:
    for apart in list(_alive):
        apart._abandon()


os.register_at_fork(after_in_child=_abandon_all)
