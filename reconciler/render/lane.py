"""One process of the kernel, and what is under way in it."""

from __future__ import annotations

import threading
import time

from reconciler.render.child import Child
from reconciler.render.kernel_errors import cannot_start
from reconciler.render.tree_answers import may_fetch, tree_answers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Protocol

    from reconciler.render.job import Job
    from reconciler.trees.tree import Tree

    class Listener(Protocol):
        """Who is told what happens in a lane, in a thread of its own."""

        def answered(self, lane: Lane, job: Job, header: dict[str, Any], body: bytes) -> None: ...

        def died(self, lane: Lane, code: int | None, words: str) -> None: ...

        def unheard(self, lane: Lane, problem: Exception) -> None: ...


# A kernel answers every request within its time; silence for this much longer means that
# it is stopped or lost.
SILENCE = 10.0


class Lane:
    """It answers what the process asks of trees, and ends it when it is silent for too long."""

    def __init__(
        self,
        listener: Listener,
        binary: str,
        environment: dict[str, str],
        trees: Mapping[int, Tree],
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self.child = child = Child(binary, environment, SILENCE)
        self._listener = listener
        self._trees = trees
        self._tick = tick
        self._lock = threading.Lock()
        self._open: dict[int, Job] = {}
        self._serial = 0
        self._ended = False
        try:
            threading.Thread(target=self._listen, name="kernel", daemon=True).start()
        except RuntimeError as e:
            child.stop()
            child.let_go()
            raise cannot_start(binary, e) from e

    def launch(self, job: Job, **more: object) -> None:
        with self._lock:
            self._serial += 1
            number = self._serial
            self.child.heard = job.launched = time.monotonic()
            self._open[number] = job
        header = job.header if "timeout" not in job.header else {**job.header, "timeout": job.left}
        self.child.send({**header, **more, "id": number}, job.body)

    def cancel(self, job: Job) -> None:
        with self._lock:
            number = next((n for n, j in self._open.items() if j is job), 0)
            self._open.pop(number, None)
        if number:
            self.child.send({"op": "cancel", "id": number})

    def end(self) -> list[Job]:
        """Kill the process; what was under way in it is given back."""
        jobs = self.take_back()
        self.child.kill()
        return jobs

    def stop(self) -> list[Job]:
        """The same, without haste."""
        jobs = self.take_back()
        self.child.stop()
        return jobs

    def take_back(self) -> list[Job]:
        """What is under way; nobody is told of this lane any more."""
        with self._lock:
            self._ended = True
            jobs, self._open = list(self._open.values()), {}
        return jobs

    # In the thread that listens

    def _listen(self) -> None:
        child = self.child
        try:
            for header, body in child.frames(self._check_silence):
                if self._ended:
                    break
                self._receive(header, body)
                self._tick()
            child.hang_up()
            words = child.last_words()
            if self._ended:
                child.kill()
            code = child.reap()
            if not self._ended:
                self._listener.died(self, code, words)
        except Exception as e:
            child.end()
            if not self._ended:
                self._listener.unheard(self, e)
        finally:
            child.let_go()

    def _receive(self, header: dict[str, Any], body: bytes) -> None:
        if header["op"] == "get":
            if may_fetch(self._trees.get(header["tree"]), header["paths"]):
                threading.Thread(target=self._tell, args=(header,), daemon=True).start()
            else:
                self._tell(header)
            return
        job = self._open.get(header["id"])
        if job:  # it is open until its answer is understood
            self._listener.answered(self, job, header, body)
            with self._lock:
                self._open.pop(header["id"], None)

    def _tell(self, header: dict[str, Any]) -> None:
        """Only who asked gets the answer: another process counts its questions anew."""
        entries, contents = tree_answers(self._trees.get(header["tree"]), header["paths"])
        self.child.send({"op": "entries", "call": header["call"], "entries": entries}, contents)

    def _check_silence(self) -> None:
        self._tick()
        with self._lock:
            longest = max((j.header.get("timeout", 0.0) for j in self._open.values()), default=None)
            if longest is None:
                self.child.heard = time.monotonic()
            elif time.monotonic() - self.child.heard > longest + SILENCE:
                self.child.kill()
