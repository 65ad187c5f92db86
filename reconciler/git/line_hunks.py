"""Which lines of two texts differ, as Git sees it."""

from __future__ import annotations

from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    import pygit2

CONTEXT = 3
UNENDED = "\\ no newline at the end"


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that differ, with some around them; each begins with a space, a - or a +."""

    before: int
    after: int
    lines: tuple[str, ...]


def hunks(before: str, after: str) -> tuple[Hunk, ...]:
    """The differing parts of two texts; numbers of lines count from 1."""
    return tuple(
        Hunk(
            part.old_start,
            part.new_start,
            tuple(
                UNENDED if sign in "=<>" else sign + content.removesuffix("\n")
                for sign, content, _, _ in lines
            ),
        )
        for part, lines in _compare(before, after, CONTEXT)
    )


def common(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Where two sequences of lines go together: positions in both, as many as can be."""
    found = _compare("".join(f"{x}\n" for x in before), "".join(f"{x}\n" for x in after), 0)
    lines = [line for _, some in found for line in some]
    removed = {old - 1 for sign, _, old, _ in lines if sign == "-"}
    added = {new - 1 for sign, _, _, new in lines if sign == "+"}
    return list(
        zip(
            (i for i in range(len(before)) if i not in removed),
            (j for j in range(len(after)) if j not in added),
            strict=True,
        )
    )


def _compare(
    before: str, after: str, context: int
) -> list[tuple[pygit2.DiffHunk, list[tuple[str, str, int, int]]]]:
    import pygit2
    from pygit2.enums import DiffOption

    old = before.encode(errors="surrogatepass")
    new = after.encode(errors="surrogatepass")
    # A patch does not keep the two texts alive that its lines are parts of.
    patch = pygit2.Patch.create_from(old, new, flag=DiffOption.FORCE_TEXT, context_lines=context)
    return [
        (
            hunk,
            [
                (x.origin, x.raw_content.decode(errors="surrogatepass"), x.old_lineno, x.new_lineno)
                for x in hunk.lines
            ],
        )
        for hunk in patch.hunks
    ]
