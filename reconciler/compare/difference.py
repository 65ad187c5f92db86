"""A difference as a value: text, Markdown and JSON are three ways to write it down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from reconciler.git.line_hunks import Hunk
from reconciler.kubernetes.identity import Identity
from reconciler.kubernetes.values import ABSENT, Absent, Value


@dataclass(frozen=True, slots=True)
class ListItem:
    """An item of a list, where it was and where it is."""

    label: str  # what tells it apart for a reader: gethrelay, 30303/UDP, 2
    before: int | None
    after: int | None
    by: tuple[str, ...] = ()  # the fields that the label is made of; none for a position


Path: TypeAlias = tuple[str | ListItem, ...]


class ChangeKind(StrEnum):
    added = "added"
    removed = "removed"
    changed = "changed"
    respelled = "respelled"  # written differently, with the same meaning
    reordered = "reordered"
    follows = "follows"  # names an object that has another name now


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field, before and after."""

    path: Path
    kind: ChangeKind
    before: Value | Absent = ABSENT
    after: Value | Absent = ABSENT
    note: str = ""
    hunks: tuple[Hunk, ...] = ()
    order: tuple[int, ...] = ()  # reordered: the former positions of the items that stayed


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """One object: only on one side, or on both and not the same."""

    before: Identity | None
    after: Identity | None
    changes: tuple[FieldChange, ...] = ()
    follows: tuple[FieldChange, ...] = ()
    recreated: tuple[str, ...] = ()  # the fields that cannot change in place
    body: Mapping[str, Value] | None = None  # what was added or removed

    @property
    def identity(self) -> Identity:
        found = self.after or self.before
        assert found  # noqa: S101
        return found

    @property
    def kind(self) -> str:
        """added, removed, recreated, changed, or follows: only what it refers to has new names."""
        if self.before is None:
            return "added"
        if self.after is None:
            return "removed"
        if self.recreated:
            return "recreated"
        return "changed" if self.changes else "follows"


@dataclass(frozen=True, slots=True)
class Rename:
    """An object whose name changes with its content, and what refers to it."""

    before: str
    after: str
    what: Identity
    used_by: tuple[Identity, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    added: int = 0
    changed: int = 0
    removed: int = 0
    recreated: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.added + other.added,
            self.changed + other.changed,
            self.removed + other.removed,
            self.recreated + other.recreated,
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """Between two lists of objects; false when there is none, but for the namespace."""

    objects: tuple[ObjectChange, ...] = ()
    renames: tuple[Rename, ...] = ()
    reordered: bool = False  # the same objects stand in another order

    def __bool__(self) -> bool:
        real = (change.kind != "follows" for change in self.objects)
        renamed = (rename.what.kind != "Namespace" for rename in self.renames)
        return self.reordered or any(real) or any(renamed)

    def counts(self) -> Counts:
        """Recreated objects are among the changed; those that only follow a rename are not."""
        kinds = [change.kind for change in self.objects]
        recreated = kinds.count("recreated")
        return Counts(
            kinds.count("added"),
            kinds.count("changed") + recreated,
            kinds.count("removed"),
            recreated,
        )


def path_text(path: Path) -> str:
    """A path as people write it: spec.containers[web].env[HOME].value"""
    text = ""
    for step in path:
        if isinstance(step, ListItem):
            text += f"[{step.label}]"
        elif step and all(c.isalnum() or c in "-_" for c in step):
            text += f".{step}" if text else step
        else:
            text += f'["{step}"]'
    return text
