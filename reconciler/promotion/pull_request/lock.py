"""One writer at a time, by a reference that only one can create.

What it points at, the mark, says who it is, and for how long. One that lives renews its mark three
times in that time. So a mark that stands as it is for all of that time is of one that died: whoever
waits measures it with their own clock, for what the mark itself says may be of a clock that is
wrong, or of somebody who wants to keep all others out. Only one that is long over, by whatever
clock, is not waited for.
"""

# Why a reference, and not a file or the forge: writers are on several machines, and all that they
# surely share is the repository. Git moves a reference from one commit to another only if it still
# is at the first, over every transport, so that move is the one step that decides:
#
#   nothing there   → mark of A       A has it: of two that push, one is refused
#   mark of A       → next mark of A  A lives, and has renewed it
#   mark of A       → mark of B       A has said nothing for its time, and B takes over
#   mark of A       → nothing there   A is done
#
# One that died leaves its mark, and nothing else: what it had done is a beginning of its list of
# actions, which the next holder completes. One that was only slow finds, by `check` before each
# action, that its last renewal is too long ago or was refused, and stops. It stops before its time
# is over (SURE), for between the check and the write the time goes on, and no forge knows of the
# lock: a write that was sent may still arrive, and so each action is safe to be done twice.
# The mark is a commit without files or history. It is not signed: nothing is built on it.

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType

import pygit2

from reconciler.errors import LockTaken, ReconcilerError, RepositoryError
from reconciler.git.branches import Branches
from reconciler.git.commit_builder import words_of
from reconciler.git.names import OUR_REFS
from reconciler.git.repository import open_repository
from reconciler.git.trailers import trailers, with_trailers

REFERENCE = f"{OUR_REFS}/lock"
PAUSE = 0.3
SURE = 0.9  # of its time: what was checked still has to be written
MANY = 10  # times of our own that another may say at most, and that clocks may differ by
NOBODY = pygit2.Signature("reconciler", "reconciler@users.noreply.invalid")


@dataclass(frozen=True, slots=True)
class Holder:
    owner: str
    until: datetime  # by its own clock
    seconds: float


@dataclass(slots=True)
class Watch:
    """The mark that was last seen, and since when: a bot keeps it from one round to the next."""

    mark: str = ""
    since: float = 0.0

    def unchanged(self, mark: str) -> float:
        """For how many seconds it has been seen to stand there."""
        if mark != self.mark:
            self.mark, self.since = mark, time.monotonic()
        return time.monotonic() - self.since


class Lock:
    """Taken by entering; `check` tells whether it still is ours."""

    def __init__(
        self,
        branches: Branches,
        root: str,
        owner: str,
        *,
        seconds: float = 60.0,
        patience: float = 90.0,
        watch: Watch | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._branches = branches
        self._git = open_repository(root)
        self._owner = owner
        self._seconds = seconds
        self._patience = patience
        self._watch = watch or Watch()
        self._now = now
        self._empty = self._git.TreeBuilder().write()
        self._at: str | None = None
        self._lost = ""
        self._trouble = ""
        self._renewed = time.monotonic()
        self._done = threading.Event()
        self._alive = threading.Thread(target=self._stay, daemon=True)

    def __enter__(self) -> Lock:
        limit = time.monotonic() + self._patience
        while True:
            holder = self._try()
            if holder is None:
                self._alive.start()
                return self
            if time.monotonic() > limit:
                raise LockTaken(
                    f"{holder.owner} is writing promotions in this repository",
                    why=f"its lock, {REFERENCE}, is good for {holder.seconds:g} s, and it goes on "
                    "renewing it as long as it lives",
                    hint="wait until it is done; the lock of one that died is taken over",
                )
            time.sleep(PAUSE)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._alive.join()
        try:
            self._branches.move(REFERENCE, None, self._at)
        except ReconcilerError:
            if error is None:
                raise

    def check(self) -> None:
        """Raises if somebody else may be writing by now, or soon."""
        why = self._lost or self._overdue()
        if why:
            raise RepositoryError(
                "the lock on this repository's promotions was lost",
                why=why,
                hint="run it again: it goes on where it was",
            )

    def _overdue(self) -> str:
        """Why it may not be ours any more, though nobody has told us: a renewal may still hang."""
        passed = time.monotonic() - self._renewed
        if passed < self._seconds * SURE:
            return ""
        late = f"it is good for {self._seconds:g} s, and was last renewed {passed:.0f} s ago"
        return f"{late}: {self._trouble}" if self._trouble else late

    def _try(self) -> Holder | None:
        """Who has it; none if we do."""
        there = self._branches.tips(REFERENCE).get(REFERENCE)
        if there is not None:
            holder = self._read(there)
            if holder and not self._is_dead(there, holder):
                return holder
        begun, mark = time.monotonic(), self._mark()
        if self._branches.move(REFERENCE, mark, there):
            self._at, self._renewed = mark, begun
            return None
        return self._somebody()

    def _is_dead(self, mark: str, holder: Holder) -> bool:
        if self._now() - holder.until > timedelta(seconds=MANY * self._seconds):
            return True
        believed = 0 < holder.seconds <= MANY * self._seconds
        return self._watch.unchanged(mark) >= (holder.seconds if believed else self._seconds)

    def _read(self, mark: str) -> Holder | None:
        """None if it was not made by this program."""
        try:
            self._branches.fetch(REFERENCE)
            found = trailers(words_of(self._git[mark].peel(pygit2.Commit)))
        except (ReconcilerError, KeyError):  # it is gone by now, or does not come
            return self._somebody()
        except (ValueError, pygit2.GitError):  # it is no commit
            return None
        try:
            until = datetime.fromtimestamp(float(found["Until"][0]), UTC)
            return Holder(found["Owner"][0], until, float(found["Seconds"][0]))
        except (KeyError, ValueError, OverflowError):
            return None

    def _somebody(self) -> Holder:
        return Holder("somebody else", self._now(), self._seconds)

    def _mark(self) -> str:
        until = (self._now() + timedelta(seconds=self._seconds)).timestamp()
        words = [
            ("Owner", self._owner),
            ("Until", f"{until:.3f}"),
            ("Seconds", f"{self._seconds:g}"),
        ]
        text = with_trailers("promotions are being written", words)
        return str(self._git.create_commit(None, NOBODY, NOBODY, text, self._empty, []))

    def _stay(self) -> None:
        while not self._lost and not self._done.wait(self._seconds / 3):
            self._renew()

    def _renew(self) -> None:
        try:
            begun, mark = time.monotonic(), self._mark()
            if self._branches.move(REFERENCE, mark, self._at):
                self._at, self._renewed, self._trouble = mark, begun, ""
            else:
                self._lost = "another has taken it over"
        except ReconcilerError as e:
            self._trouble = str(e)
