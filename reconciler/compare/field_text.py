"""One changed field in lines with signs."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.compare.difference import ChangeKind, FieldChange, path_text
from reconciler.compare.outline import HIDDEN, LONGEST, cut, is_block, outline, scalar
from reconciler.git.line_hunks import UNENDED
from reconciler.kubernetes.values import Absent, Value, hides
from reconciler.text.diff_lines import ADDED, CHANGED, MOST_LINES, PLACE, PLAIN, REMOVED, Line

ON_ONE_LINE = 90
LEADING = 40


def change_lines(change: FieldChange) -> Iterator[Line]:
    path = cut(path_text(change.path))
    note = f" ({change.note})" if change.note else ""
    match change.kind:
        case ChangeKind.added:
            yield from _whole(ADDED, path, change.after)
        case ChangeKind.removed:
            yield from _whole(REMOVED, path, change.before)
        case ChangeKind.reordered:
            yield Line(CHANGED, f"  {path}: another order{note}")
            yield Line(REMOVED, f"    {_names(change.before)}")
            yield Line(ADDED, f"    {_names(change.after)}")
        case _ if change.hunks:
            yield Line(CHANGED, f"  {path}:{note}")
            yield from _hunks(change)
        case _ if hides(change.before) and hides(change.after):
            yield Line(CHANGED, f"  {path}: {HIDDEN} changed")
        case _:
            yield from _both(path, change, note)


def _both(path: str, change: FieldChange, note: str) -> Iterator[Line]:
    sign = PLAIN if change.kind == ChangeKind.respelled else CHANGED
    sides = ((REMOVED, change.before), (ADDED, change.after))
    if any(is_block(value) for _, value in sides):
        yield Line(sign, f"  {path}:{note}")
        for side, value in sides:
            yield from block_lines(side, value)
        return
    before, after = _close_up(change.before, change.after)
    line = f"  {path}: {before} → {after}{note}"
    if len(line) <= ON_ONE_LINE or len(before) + len(after) <= ON_ONE_LINE // 2:
        yield Line(sign, line)
        return
    yield Line(sign, f"  {path}:{note}")
    yield Line(REMOVED, f"    {before}")
    yield Line(ADDED, f"    {after}")


def _close_up(before: Value | Absent, after: Value | Absent) -> tuple[str, str]:
    """Two single values; of long texts what is around the first place where they differ."""
    if isinstance(before, str) and isinstance(after, str):
        alike = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
        if max(len(before), len(after)) > LONGEST and alike > LEADING:
            start = alike - LEADING
            old, new = (
                f"…{cut(text[start : start + LONGEST])} ({len(text):,} characters)"
                for text in (before, after)
            )
            return old, new
    return scalar(before), scalar(after)


def _whole(sign: str, path: str, value: Value | Absent) -> Iterator[Line]:
    if is_block(value):
        yield Line(sign, f"  {path}:")
        yield from block_lines(sign, value)
    else:
        yield Line(sign, f"  {path}: {scalar(value)}")


def block_lines(sign: str, value: Value | Absent) -> Iterator[Line]:
    """All of a value, or as much of it as anybody reads."""
    lines = list(outline(value))
    yield from (Line(sign, f"    {line}") for line in lines[:MOST_LINES])
    if len(lines) > MOST_LINES:
        yield Line(PLAIN, f"    … {len(lines) - MOST_LINES:,} lines more")


def _hunks(change: FieldChange) -> Iterator[Line]:
    lines = [
        line
        for hunk in change.hunks
        for line in [
            Line(PLACE, f"@@ line {hunk.after} @@"),
            *(_line(text) for text in hunk.lines),
        ]
    ]
    yield from lines[:MOST_LINES]
    if len(lines) > MOST_LINES:
        yield Line(PLAIN, f"    … {len(lines) - MOST_LINES:,} lines more")


def _line(text: str) -> Line:
    if text == UNENDED:
        return Line(PLAIN, f"    {text}")
    return Line(text[:1], f"    {cut(text[1:])}")


def _names(value: Value | Absent) -> str:
    return cut(", ".join(map(scalar, value))) if isinstance(value, tuple) else scalar(value)
