"""The commits that a promotion brings to an app."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.git.file_history import CommitSummary
from reconciler.git.repository import Repository
from reconciler.promotion.plan.entry_fields import EntryField
from reconciler.promotion.plan.plan import PromotionStep


@dataclass(frozen=True, slots=True)
class CommitTrail:
    """From one release to the next: what changed the app's own folder, and how much else there is.

    The others count, too, for a base may be shared; but they are rarely what a reviewer looks for.
    """

    old: str
    new: str
    folder: str
    commits: tuple[CommitSummary, ...]
    others: int


def commit_trails(
    repository: Repository, step: PromotionStep, environment: str
) -> Iterator[CommitTrail]:
    """One for each overlay of this repository that the app is pinned to."""
    seen = set()
    for decision in step.edits:
        name = decision.address.steps[1:2]
        if not decision.address.is_ref or not name or not isinstance(name[0], EntryField):
            continue
        for line in step.ancestries:
            folder = own_folder(name[0].name, environment)
            if line.source == decision.source and (line, folder) not in seen:
                seen.add((line, folder))
                found = tuple(repository.touching(line.coming, folder))
                others = len(line.coming) - len(found)
                yield CommitTrail(line.target, line.source, folder, found, others)


def own_folder(path: str, environment: str) -> str:
    """An overlay without the part that is there for each environment: overlays/paw/prod."""
    parts = path.split("/")
    return "/".join(parts[: parts.index(environment)] if environment in parts[1:] else parts)
