"""What the kernel says went wrong, and what its death means, as errors."""

from __future__ import annotations

from reconciler.errors import KernelError, Place, ReconcilerError, RenderError, RenderTimeout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from reconciler.render.job import Job

ENDINGS = {
    3: (
        "it needed more memory than a render may use",
        "split the app, or look for a very large file",
    ),
    4: ("it did not stop when its time was over", "look for an endless expansion in this folder"),
}


def place(found: dict[str, Any]) -> Place:
    return Place(found.get("file", ""), found.get("line", 0), found.get("column", 0))


def failure(found: dict[str, Any], path: str) -> ReconcilerError:
    kind = found["kind"]
    where = place(found) if found.get("file") else Place(path or ".")
    if kind == "bug":
        return KernelError(
            f"{path}: {found['what']}",
            hint="please report it, with --debug",
            detail=found.get("detail", ""),
        )
    error = RenderTimeout if kind == "timeout" else RenderError
    return error(
        found["what"], where=where, hint=found.get("hint", ""), detail=found.get("detail", "")
    )


def died(job: Job, code: int | None, last_words: str) -> ReconcilerError:
    why, hint = _ending(code)
    if hint:
        done = "render" if job.header["op"] == "render" else "check"
        return RenderError(
            f"the {done} was stopped",
            where=Place(job.header.get("path") or "."),
            why=why,
            hint=hint,
            detail=last_words,
        )
    return KernelError(
        f"the kernel died twice while it rendered {job.header.get('path')}",
        why=why,
        hint="please report it, with --debug",
        detail=last_words,
    )


def _ending(code: int | None) -> tuple[str, str]:
    if code is None:
        return "its end was not seen", ""
    if code < 0:
        return f"it was killed by signal {-code}", ""
    return ENDINGS.get(code, (f"it ended with code {code}", ""))
