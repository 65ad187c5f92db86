"""A difference in lines with a sign each: on a terminal in colour, in Markdown as a diff block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reconciler.compare.app_differences import AppDifference
from reconciler.compare.difference import Counts, Difference, ObjectChange, Rename
from reconciler.compare.field_text import block_lines, change_lines
from reconciler.errors import ReconcilerError
from reconciler.kubernetes.identity import Identity
from reconciler.text.diff_lines import ADDED, CHANGED, PLAIN, REMOVED, Line

SIGNS = {
    "added": ADDED,
    "removed": REMOVED,
    "changed": CHANGED,
    "recreated": CHANGED,
    "failed": CHANGED,
}

MOST_NAMES = 4


def counts_text(counts: Counts) -> str:
    text = f"+{counts.added} ~{counts.changed} -{counts.removed}"
    return text + f" ({counts.recreated} recreated)" if counts.recreated else text


def app_lines(app: AppDifference, labels: tuple[str, str]) -> Iterator[Line]:
    """What changes in one app; `labels` say what its two sides are called."""
    for label, error in zip(labels, (app.failed_before, app.failed_after), strict=True):
        if error:
            yield from _failure(label, error)
    if app.change in ("added", "removed"):
        for change in app.difference.objects:
            yield Line(SIGNS[change.kind], str(change.identity))
    else:
        yield from difference_lines(app.difference)


def _failure(label: str, error: ReconcilerError) -> Iterator[Line]:
    first, *rest = error.lines()
    yield Line(CHANGED, f"does not render in {label}: {first}")
    yield from (Line(CHANGED, f"    {line}") for line in rest)


def difference_lines(difference: Difference) -> Iterator[Line]:
    renames = {rename.what: rename for rename in difference.renames}
    for group in _alike(difference.objects):
        yield from _object_lines(group, renames.get(group[0].identity))
    listed = {change.identity for change in difference.objects}
    for rename in difference.renames:
        if rename.what not in listed:
            yield from _rename_lines(rename)
    if difference.reordered:
        yield Line(PLAIN, "the objects stand in another order")


def _alike(objects: Sequence[ObjectChange]) -> Iterable[list[ObjectChange]]:
    """Objects of one kind with the same changes, a group each.

    An object that only names a renamed one is told of there.
    """
    groups: dict[str, list[ObjectChange]] = {}
    for change in objects:
        if change.kind == "follows" and not _is_renamed(change):
            continue
        what = change.identity
        alone = _is_renamed(change) or change.kind in ("added", "removed")
        same = repr(what) if alone else repr(change.changes)
        groups.setdefault(f"{what.group}/{what.kind} {change.kind} {same}", []).append(change)
    return groups.values()


def _is_renamed(change: ObjectChange) -> bool:
    return bool(change.before and change.after and change.before.name != change.after.name)


def _object_lines(group: Sequence[ObjectChange], rename: Rename | None) -> Iterator[Line]:
    change = group[0]
    title = str(change.identity)
    if rename and _is_renamed(change):
        yield from _rename_lines(rename)
    else:
        title += _and(c.identity.name for c in group[1:])
        yield Line(SIGNS.get(change.kind, CHANGED), title)
    if change.recreated:
        fields = ", ".join(change.recreated)
        yield Line(CHANGED, f"  must be deleted and made again: {fields} cannot change in place")
    if change.kind == "added" and change.body is not None:
        yield from block_lines(ADDED, change.body)
    for field in change.changes:
        yield from change_lines(field)


def _rename_lines(rename: Rename) -> Iterator[Line]:
    what = rename.what
    before = Identity(what.group, what.kind, what.namespace, rename.before)
    yield Line(CHANGED, f"{before} → {rename.after}")
    if rename.used_by:
        first, *rest = rename.used_by
        yield Line(PLAIN, f"  used by {first.short}{_and(user.short for user in rest)}")


def _and(names: Iterable[str]) -> str:
    found = list(names)
    shown = found if len(found) <= MOST_NAMES else found[: MOST_NAMES - 1]
    text = "".join(f", {name}" for name in shown)
    return text if shown == found else f"{text} and {len(found) - len(shown):,} more"
