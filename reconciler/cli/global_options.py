"""Options that may stand anywhere, before a command as well as after it."""

from __future__ import annotations

from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

DEBUG, ROOT, END = "--debug", "--root", "--"


@dataclass(frozen=True, slots=True)
class GlobalOptions:
    debug: bool = False
    root: str | None = None


def taken_out(arguments: Sequence[str]) -> tuple[GlobalOptions, list[str]]:
    """These options, and the arguments without them; the last root counts."""
    end = arguments.index(END) if END in arguments else len(arguments)
    rest, root, debug = [], None, False
    words = iter(arguments[:end])
    for word in words:
        if word == DEBUG:
            debug = True
        elif word.startswith(f"{ROOT}="):
            root = word.removeprefix(f"{ROOT}=")
        elif word == ROOT and (folder := next(words, None)) is not None:
            root = folder
        else:
            rest.append(word)
    return GlobalOptions(debug, root), [*rest, *arguments[end:]]
