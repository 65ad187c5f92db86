"""How the commits that two environments pin are related."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.errors import RepositoryError
from reconciler.git.file_history import CommitSummary
from reconciler.git.repository import Repository


class Relation(StrEnum):
    """Of the target's commit to the source's."""

    same = "same"
    behind = "behind"
    ahead = "ahead"
    diverged = "diverged"
    unknown = "unknown"


@dataclass(frozen=True, slots=True)
class Ancestry:
    """Two commits, the last one that both build on, and what each has that the other lacks."""

    source: str
    target: str
    relation: Relation
    ancestor: str | None = None
    coming: tuple[CommitSummary, ...] = ()
    lacking: tuple[CommitSummary, ...] = ()
    why: str = ""


def ancestry_of(repository: Repository, source: str, target: str) -> Ancestry:
    """Of two commits of this repository."""
    if source == target:
        return Ancestry(source, target, Relation.same, source)
    try:
        ancestor = repository.merge_base(source, target)
        coming = tuple(repository.between(target, source))
        lacking = tuple(repository.between(source, target))
    except RepositoryError as e:
        return Ancestry(source, target, Relation.unknown, why=f"{e.what}; {e.hint}")
    if ancestor == target:
        relation = Relation.behind
    else:
        relation = Relation.ahead if ancestor == source else Relation.diverged
    return Ancestry(source, target, relation, ancestor, coming, lacking)
