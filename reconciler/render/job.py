"""What the kernel was asked for, and what came of it."""

from __future__ import annotations

import threading
import time

from reconciler.errors import Place, ReconcilerError
from reconciler.render.kernel_errors import failure, place
from reconciler.render.turns import NOBODY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from reconciler.render.kernel_process import Kernel
    from reconciler.trees.tree import Tree


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
    """One thing that was asked for; result() waits for it."""

    __slots__ = (
        "_done", "apart", "body", "deaths", "header", "kernel", "launched", "outcome", "owner",
        "paths", "spent", "tree",
    )  # fmt: skip

    def __init__(
        self, kernel: Kernel, header: dict[str, Any], tree: Tree | None, body: bytes = b""
    ) -> None:
        self.header = header
        self.body = body
        self.tree = tree
        self.owner = tree.owner if tree else NOBODY
        self.apart = False
        self.deaths = 0  # of processes in which it was under way
        self.launched = 0.0
        self.spent = 0.0  # seconds, in processes that died
        self.outcome: Any = None
        self.paths: list[str] = []
        self.kernel = kernel
        self._done = threading.Event()

    @property
    def left(self) -> float:
        """The seconds that it may still take: a second try has no more than the first left over."""
        return float(self.header["timeout"]) - self.spent

    @property
    def late(self) -> bool:
        return "timeout" in self.header and self.left <= 0

    def interrupted(self) -> None:
        """Its process died."""
        self.deaths += 1
        self.spent += time.monotonic() - self.launched

    def answer(self, header: dict[str, Any], body: bytes) -> None:
        """The kernel's answer is the outcome."""
        self.paths = header.get("paths") or []
        if header["op"] == "rendered":
            self.kernel.renders += 1
            notices = [Notice(w["what"], place(w)) for w in header.get("warnings") or []]
            self.finish(Rendered(body, self.paths, notices, header.get("secret", False)))
        elif header["op"] in ("objects", "told"):
            self.finish(body)
        elif header["op"] == "version":
            self.finish(header["versions"])
        else:
            self.finish(failure(header["failure"], self.header.get("path", "")))

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
        self.kernel.cancel(self)
