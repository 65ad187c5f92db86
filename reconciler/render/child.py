"""One process of the kernel, and the pipes to it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
import time

from reconciler.errors import KernelError
from reconciler.render.kernel_errors import cannot_start
from reconciler.render.wire import READ_BYTES, Decoder, head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

LOOKED_AFTER = 1.0


class Child:
    """Many may send to it; one listens, and is who lets go of it.

    A pipe whose number is free again may be another child's: so what it writes is closed by who
    listens alone.
    """

    def __init__(self, binary: str, environment: Mapping[str, str], patience: float) -> None:
        """A process that reads nothing of a frame for as long as that patience is killed."""
        self.heard = time.monotonic()
        self._reaped = False
        self._patience = patience
        self._writing = threading.Lock()
        pipes: list[int] = []
        try:
            for _ in range(3):
                pipes += os.pipe()
            child_in, self._in, self._out, child_out, self._err, child_err = pipes
            os.set_blocking(self._in, False)
            self.pid = os.posix_spawn(
                binary,
                [binary],
                environment,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, child_in, 0),
                    (os.POSIX_SPAWN_DUP2, child_out, 1),
                    (os.POSIX_SPAWN_DUP2, child_err, 2),
                ],
                setsigmask=[],
            )
        except OSError as e:
            for descriptor in pipes:
                os.close(descriptor)
            raise cannot_start(binary, e) from e
        for descriptor in (child_in, child_out, child_err):
            os.close(descriptor)

    def send(self, header: dict[str, Any], body: bytes = b"") -> None:
        try:
            with self._writing:
                if self._in >= 0:
                    self._write(memoryview(head(header, body)))
                    self._write(memoryview(body))
        except OSError:
            pass  # who listens notices the death and says so

    def _write(self, rest: memoryview) -> None:
        room = select.poll()
        room.register(self._in, select.POLLOUT)
        while rest:
            try:
                rest = rest[os.write(self._in, rest) :]
            except BlockingIOError:
                if not room.poll(self._patience * 1000):
                    self.kill()
                    return

    def frames(self, when_silent: Callable[[], None]) -> Iterator[tuple[dict[str, Any], bytes]]:
        """All that it says until it hangs up."""
        decoder = Decoder()
        poll = select.poll()
        poll.register(self._out, select.POLLIN)
        while True:
            if not poll.poll(LOOKED_AFTER * 1000):
                when_silent()
                continue
            data = os.read(self._out, READ_BYTES)
            if not data:
                return
            self.heard = time.monotonic()
            yield from decoder.feed(data)

    def hang_up(self) -> None:
        with self._writing:
            if self._in >= 0:
                os.close(self._in)
            self._in = -1

    def kill(self) -> None:
        """One that has ended: its number may be another's by now."""
        if not self._reaped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def stop(self) -> None:
        """The closed pipe ends it; a stuck one is killed."""
        self.hang_up()
        for _ in range(200):
            try:
                if os.waitpid(self.pid, os.WNOHANG)[0]:
                    self._reaped = True
                    return
            except ChildProcessError:
                return
            time.sleep(0.005)
        self.end()

    def end(self) -> None:
        """Killed first: somebody may wait for it to read."""
        self.kill()
        self.hang_up()
        self.reap()

    def reap(self) -> int | None:
        """The code with which it ended, if nobody else was told."""
        try:
            return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        except ChildProcessError:
            return None
        finally:
            self._reaped = True

    def last_words(self) -> str:
        data = b""
        poll = select.poll()
        poll.register(self._err, select.POLLIN)
        while len(data) < READ_BYTES and poll.poll(0):
            piece = os.read(self._err, READ_BYTES)
            if not piece:
                break
            data += piece
        return data.decode(errors="replace")

    def let_go(self) -> None:
        """For who listened to it."""
        os.close(self._out)
        os.close(self._err)

    def forget(self) -> None:
        """In a fork of this process the child is the parent's, and its locks are anybody's."""
        if self._in >= 0:
            os.close(self._in)
            self._in = -1
        self.let_go()


if sys.platform == "win32":  # pragma: no cover
    raise KernelError("the kernel runs on Linux and macOS", hint="use WSL on Windows")
