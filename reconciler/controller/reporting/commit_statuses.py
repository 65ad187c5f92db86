"""What became of a commit in each environment, said on the forge, where people look at commits."""

from __future__ import annotations

import logging
from queue import Empty, Queue
from threading import Event, Thread
from types import TracebackType
from typing import Self

from reconciler.controller.app_event import AppEvent, Happening
from reconciler.daemon.logs import error_fields
from reconciler.errors import ForgeError
from reconciler.forges.forge import CommitStatus, Forge, StatusVerdict
from reconciler.kubernetes.domain import METRICS_PREFIX

MAX_WAITING = 1_000
MAX_DESCRIPTION = 140  # what every forge takes
LOOK_SECONDS = 0.5

VERDICTS = {
    Happening.applied: StatusVerdict.pending,
    Happening.well: StatusVerdict.success,
    Happening.applied_in_part: StatusVerdict.failure,
    Happening.refused: StatusVerdict.failure,
    Happening.not_applied: StatusVerdict.failure,
    Happening.unwell: StatusVerdict.failure,
    Happening.rolled_back: StatusVerdict.failure,
}


def status_of(event: AppEvent) -> tuple[str, CommitStatus] | None:
    """The commit, and what there is to say of it; nothing of what no commit is to blame for."""
    commit = str(event.fields.get("failed") or event.fields.get("commit") or "")
    verdict = VERDICTS.get(event.what)
    if verdict is None or not commit:
        return None
    why = event.fields.get("why") or event.fields.get("object") or event.error or ""
    said = f"{event.what.value}: {why}" if why else event.what.value
    context = f"{METRICS_PREFIX}/{event.entry}"
    return commit, CommitStatus(context, verdict, said[:MAX_DESCRIPTION])


class CommitStatusWriter:
    """A thread of its own, since a forge may be slow. What it cannot say, it says in the log."""

    def __init__(self, forge: Forge, log: logging.Logger) -> None:
        self._forge = forge
        self._log = log
        self._queue: Queue[tuple[str, CommitStatus]] = Queue(MAX_WAITING)
        self._ended = Event()
        self._said: dict[tuple[str, str], CommitStatus] = {}
        self._thread = Thread(target=self._write_all, name="statuses", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def happened(self, event: AppEvent) -> None:
        found = status_of(event)
        if found and not self._queue.full():
            self._queue.put_nowait(found)

    def _write_all(self) -> None:
        while not (self._ended.is_set() and self._queue.empty()):
            try:
                commit, status = self._queue.get(timeout=LOOK_SECONDS)
            except Empty:
                continue
            key = commit, status.context
            if self._said.get(key) == status:
                continue
            try:
                self._forge.set_status(commit, status)
                self._said[key] = status
            except ForgeError as e:
                fields = {"commit": commit, **error_fields(e)}
                self._log.warning("a commit status could not be set", extra={"fields": fields})
