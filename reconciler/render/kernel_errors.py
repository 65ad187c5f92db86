"""What the kernel says went wrong, and what its death means, as errors."""

from __future__ import annotations

import errno

from reconciler.errors import (
    KernelError,
    Place,
    ReconcilerError,
    RenderError,
    RenderLimit,
    RenderTimeout,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ENDINGS = {
    3: (
        "it needed more memory than a render may use",
        "split the app, or look for a very large file",
    ),
    4: ("it did not stop when its time was over", "look for an endless expansion in this folder"),
}

WORK = {"render": "render", "check": "check", "rules": "check", "health": "check"}

# What keeps a process from having another file, process or thread.
LIMITS = (errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM)


def place(found: dict[str, Any]) -> Place:
    return Place(found.get("file", ""), found.get("line", 0), found.get("column", 0))


def failure(found: dict[str, Any], path: str) -> ReconcilerError:
    kind = found["kind"]
    where = place(found) if found.get("file") else Place(path or ".")
    if kind == "bug":
        return KernelError(
            f"{path}: {found['what']}" if path else found["what"],
            hint="please report it, with what --debug prints",
            detail=found.get("detail", ""),
        )
    error = RenderTimeout if kind == "timeout" else RenderError
    return error(
        found["what"], where=where, hint=found.get("hint", ""), detail=found.get("detail", "")
    )


def cannot_start(binary: str, problem: OSError | RuntimeError) -> KernelError:
    """Its pipes and process, or the thread that listens to it: then Python raises RuntimeError."""
    limited = not isinstance(problem, OSError) or problem.errno in LIMITS
    return KernelError(
        f"the kernel {binary} cannot be started",
        why=getattr(problem, "strerror", "") or str(problem),
        hint="allow more files and processes here (ulimit -n and -u, a container's limit of pids)"
        if limited
        else "install the package again; in a checkout, run make kernel",
    )


def unheard(problem: Exception) -> KernelError:
    """What goes wrong where the answers come in leaves nobody to hear any other."""
    import traceback  # loaded for trouble alone

    return KernelError(
        "the kernel's answers cannot be read",
        why=f"{type(problem).__name__}: {problem}",
        hint="try again; if it stays, please report it, with what --debug prints",
        detail="".join(traceback.format_exception(problem)),
    )


def overdue(header: dict[str, Any]) -> ReconcilerError:
    """As the kernel says it, of what was asked for and whose time ended with a process."""
    done = "rendered" if header["op"] == "render" else "checked"
    return RenderTimeout(
        f"not {done} within {header['timeout']:g} s",
        where=Place(header.get("path") or "."),
        hint="raise --timeout, or look for something endless in this folder",
    )


def died(header: dict[str, Any], code: int | None, last_words: str) -> ReconcilerError:
    why, hint = _ending(code)
    op = header["op"]
    work = WORK.get(op, f"reading of {op}")
    where = Place(header["path"] or ".") if "path" in header else None
    if hint:
        return RenderLimit(
            f"the {work} was stopped", where=where, why=why, hint=hint, detail=last_words
        )
    return KernelError(
        f"the kernel died twice in the {work}",
        where=where,
        why=why,
        hint="please report it, with what --debug prints",
        detail=last_words,
    )


def _ending(code: int | None) -> tuple[str, str]:
    if code is None:
        return "its end was not seen", ""
    if code < 0:
        return f"it was killed by signal {-code}", ""
    return ENDINGS.get(code, (f"it ended with code {code}", ""))
