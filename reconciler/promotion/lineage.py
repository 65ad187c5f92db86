"""How the commits that two environments pin are related."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.errors import RepositoryError
from reconciler.git.history import About
from reconciler.git.repository import Repository


class Relation(StrEnum):
    """Of the target's commit to the source's."""

    same = "same"
    behind = "behind"
    ahead = "ahead"
    diverged = "diverged"
    unknown = "unknown"


@dataclass(frozen=True, slots=True)
class Lineage:
    """Two commits, the last one that both build on, and what each has that the other lacks."""

    source: str
    target: str
    relation: Relation
    ancestor: str | None = None
    coming: tuple[About, ...] = ()
    lacking: tuple[About, ...] = ()
    why: str = ""


def lineage(repository: Repository, source: str, target: str) -> Lineage:
    """Of two commits of this repository."""
    if source == target:
        return Lineage(source, target, Relation.same, source)
    try:
        ancestor = repository.merge_base(source, target)
        coming = tuple(repository.between(target, source))
        lacking = tuple(repository.between(source, target))
    except RepositoryError as e:
        return Lineage(source, target, Relation.unknown, why=f"{e.what}; {e.hint}")
    if ancestor == target:
        relation = Relation.behind
    else:
        relation = Relation.ahead if ancestor == source else Relation.diverged
    return Lineage(source, target, relation, ancestor, coming, lacking)
