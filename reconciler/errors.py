"""Every error that a user can see.

ReconcilerError
├── UserError            exit 2: the input is wrong, and the message says where
│   ├── UsageError       a command or an argument
│   ├── RepositoryError  a repository, a revision or a tree
│   │   └── LockTaken    somebody else is writing promotions there
│   ├── FleetError       environments, apps, and the files that describe them
│   ├── RenderError      a kustomization that does not render
│   │   └── RenderLimit
│   │       └── RenderTimeout
│   ├── ClusterError     a kubeconfig, or what proves who one is in a cluster
│   │   └── ApiError     an API server that refuses, or does not answer; never holds a token
│   ├── ForgeError       a forge that refuses, or does not answer; never holds a token
│   │   └── ForgeUncertain   it was asked, and did not say whether it did it
│   ├── DocumentError    a YAML or JSON document; never holds a value of it
│   ├── SealingError     secrets, certificates and keys; never holds a value
│   └── TestbedError     a testbed that does not start, or is not there
│       └── CannotBuild  a program in it that this machine cannot compile
├── CheckFailed          exit 1: the command worked and found what it looks for
└── InternalError        exit 70: our bug, or a broken installation
    └── KernelError      the kernel is missing, died or does not answer
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self


def printable(text: str) -> str:
    """Control characters and bytes that are not UTF-8, which file names may hold, as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(c: str) -> str:
    if "\udc80" <= c <= "\udcff":
        return f"\\x{ord(c) - 0xDC00:02x}"
    return c.encode("unicode_escape", errors="surrogatepass").decode()


class Place:
    """A position in a file; line and column are 0 where they are not known."""

    __slots__ = ("column", "file", "line")

    def __init__(self, file: str, line: int = 0, column: int = 0) -> None:
        self.file = file
        self.line = line
        self.column = column

    def __str__(self) -> str:
        numbers = [str(n) for n in (self.line, self.column) if n]
        return ":".join([self.file, *numbers])

    def as_json(self) -> dict[str, Any]:
        return {"file": self.file, "line": self.line or None, "column": self.column or None}


class ReconcilerError(Exception):
    """What is wrong, where, why, and what to do about it."""

    exit_code = 70

    def __init__(
        self,
        what: str,
        *,
        where: Place | None = None,
        why: str = "",
        hint: str = "",
        detail: str = "",
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.hint = hint
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what

    @property
    def in_a_line(self) -> str:
        """With its reason, where there is room for one line only."""
        return f"{self}: {self.why}" if self.why else str(self)

    def lines(self) -> list[str]:
        """The message as it is printed, a line each, whatever names it holds."""
        found = [str(self)]
        if self.why:
            found.append(f"because: {self.why}")
        if self.hint:
            found.append(f"to do: {self.hint}")
        return [printable(line) for line in found]

    def as_json(self) -> dict[str, Any]:
        """The same four; docs/reference/json.md describes the shape."""
        where = self.where.as_json() if self.where else {}
        return {"what": self.what, **where, "why": self.why or None, "hint": self.hint or None}

    def again(self) -> Self:
        """A fresh copy to raise: one exception object must not be raised in two threads."""
        return type(self)(
            self.what, where=self.where, why=self.why, hint=self.hint, detail=self.detail
        )


class UserError(ReconcilerError):
    exit_code = 2


class UsageError(UserError):
    pass


class RepositoryError(UserError):
    pass


class LockTaken(RepositoryError):
    pass


class FleetError(UserError):
    pass


class RenderError(UserError):
    pass


class RenderLimit(RenderError):
    """It may well come to its end where it may use more."""


class RenderTimeout(RenderLimit):
    pass


class ClusterError(UserError):
    pass


class ApiError(ClusterError):
    """The HTTP status is 0 where nothing was answered; the reason is one of the API's words.

    What is transient may well work if it is asked again, unchanged, a little later. Frozen are
    the fields that are to change, where they are all that is wrong and nobody can change them.
    """

    def __init__(
        self,
        what: str,
        *,
        status: int = 0,
        reason: str = "",
        transient: bool = False,
        frozen: tuple[str, ...] = (),
        where: Place | None = None,
        why: str = "",
        hint: str = "",
        detail: str = "",
    ) -> None:
        super().__init__(what, where=where, why=why, hint=hint, detail=detail)
        self.status = status
        self.reason = reason
        self.transient = transient
        self.frozen = frozen

    def as_json(self) -> dict[str, Any]:
        """The same four; docs/reference/json.md describes the shape."""
        where = self.where.as_json() if self.where else {}
        return {"what": self.what, **where, "why": self.why or None, "hint": self.hint or None}

    def again(self) -> Self:
        fresh = super().again()
        fresh.status, fresh.reason, fresh.transient = self.status, self.reason, self.transient
        fresh.frozen = self.frozen
        return fresh


class ForgeError(UserError):
    pass


class RollbackIsOpen(ForgeError):
    pass


class ForgeUncertain(ForgeError):
    pass


class DocumentError(UserError):
    pass


class SealingError(UserError):
    pass


class TestbedError(UserError):
    pass


class CannotBuild(TestbedError):
    pass


class CheckFailed(ReconcilerError):
    exit_code = 1


class InternalError(ReconcilerError):
    exit_code = 70


class KernelError(InternalError):
    pass
