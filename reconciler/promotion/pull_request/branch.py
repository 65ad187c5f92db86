"""The branch of a promotion: brought up to date, and never at the cost of somebody's commit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import pygit2

from reconciler.errors import RepositoryError
from reconciler.git.branches import HEADS, Branches
from reconciler.git.commit_builder import EDIT, CommitBuilder, words_of
from reconciler.git.file_history import CommitSummary, about
from reconciler.git.trailers import trailers
from reconciler.model.paths import folders_above
from reconciler.promotion.plan.commit_text import message_of
from reconciler.promotion.plan.plan import Plan
from reconciler.promotion.promotion_request import PromotionRequest, claims

BASE = "Promotion-Base"


class BranchOutcome(StrEnum):
    created = "created"
    updated = "updated"
    unchanged = "unchanged"
    left = "left"  # as somebody else's commits made it


@dataclass(frozen=True, slots=True)
class Proposal:
    """A branch that holds what a plan wants, and what others put on it."""

    branch: str
    commit: str
    outcome: BranchOutcome
    theirs: tuple[CommitSummary, ...] = ()


@dataclass(frozen=True, slots=True)
class Shop:
    """What branches are made with."""

    workbench: CommitBuilder
    branches: Branches


@dataclass(frozen=True, slots=True)
class BranchWork:
    """What is to be on the branch."""

    plan: Plan
    errand: PromotionRequest
    more: Sequence[tuple[str, str]] = field(default=())  # trailers

    def message(self, digest: str, base: str) -> str:
        ends = ((BASE, base), (EDIT, digest))
        return message_of(self.plan, self.errand, [*self.more, *ends])


def publish(shop: Shop, work: BranchWork, *, renew: bool = False, merged: str = "") -> Proposal:
    """Let the branch hold the plan in one commit on its base.

    It stays as it is while a merge would give just that and no other commit, unless it is to be
    `renew`ed: a review counts for the commit that was seen. `merged` is a tip that is done with.
    """
    bench, branch = shop.workbench, work.errand.branch
    reference = HEADS + branch
    tip = shop.branches.tips(reference).get(reference)
    if tip is None:
        _require_room(shop, reference)
        return _moved(shop, work, reference, _on_base(bench, work), None)
    between = bench.between(work.plan.base, tip)
    theirs = tuple(foreign(bench, work.plan.base, tip))
    if not between or tip == merged:
        return _moved(shop, work, reference, _on_base(bench, work), tip)
    wanted = bench.tree_with(work.plan.base, work.plan.edits)
    ours = ours_of(bench, between)
    same = _gives(bench, work, tip, wanted, bool(theirs)) and _says(bench, work, ours)
    alone = [commit.id for commit in between if not _is_update(bench, commit)]
    if same and (theirs or (not renew and ours is not None and alone == [ours.id])):
        return Proposal(branch, tip, BranchOutcome.unchanged, theirs)
    if not theirs:
        return _moved(shop, work, reference, _on_base(bench, work), tip)
    made = _on_top(bench, work, tip, ours)
    if made is None:
        return Proposal(branch, tip, BranchOutcome.left, theirs)
    return _moved(shop, work, reference, made, tip, theirs)


def push_branches(shop: Shop, works: Iterable[BranchWork]) -> None:
    """Branches that are not there yet, all of them in one go: `publish` finds them as they are."""
    made = {}
    for work in works:
        reference = HEADS + work.errand.branch
        if reference not in shop.branches.tips(reference):
            made[reference] = _on_base(shop.workbench, work)
    shop.branches.create(made)


def ours_of(bench: CommitBuilder, commits: Iterable[pygit2.Commit]) -> pygit2.Commit | None:
    """The last one that we made, as we made it, of the newest first."""
    return next((commit for commit in commits if bench.is_ours(commit)), None)


def foreign(bench: CommitBuilder, base: str, tip: str) -> list[CommitSummary]:
    """The commits of others on a branch: none of these may be lost with it.

    What the main branch had when ours was made is no work on the branch, even if it is gone from
    there since.
    """
    found = bench.between(base, tip)
    ours = [commit for commit in found if bench.is_ours(commit)]
    bases = {name for commit in ours for name in trailers(words_of(commit)).get(BASE, [])}
    before = {c.id for name in bases if bench.has(name) for c in bench.between(base, name)}
    return [
        about(commit)
        for commit in found
        if commit.id not in before and not (commit in ours or _is_update(bench, commit))
    ]


def _is_update(bench: CommitBuilder, commit: pygit2.Commit) -> bool:
    """A merge that changes nothing by itself, and does not say that it promotes anything either."""
    return bench.is_mere_merge(commit) and not claims(words_of(commit))


def _require_room(shop: Shop, reference: str) -> None:
    """Git keeps no branch beside one whose name goes on from it."""
    above = [folder for folder in folders_above(reference) if folder.startswith(HEADS)]
    tips = shop.branches.tips(*above, reference + "/")
    for found in tips:
        if found in above or found.startswith(reference + "/"):
            name = found.removeprefix(HEADS)
            raise RepositoryError(
                f"the branch {name} is in the way of {reference.removeprefix(HEADS)}",
                why="Git cannot have both a branch and a folder of branches under one name",
                hint=f"rename {name}; a clone forgets the old name with git fetch --prune",
            )


def _moved(
    shop: Shop,
    work: BranchWork,
    reference: str,
    made: str,
    tip: str | None,
    theirs: tuple[CommitSummary, ...] = (),
) -> Proposal:
    if not shop.branches.move(reference, made, tip):
        raise RepositoryError(
            f"somebody else changed the branch {work.errand.branch} just now",
            hint="run it again: it takes that into account",
        )
    outcome = BranchOutcome.updated if tip else BranchOutcome.created
    return Proposal(work.errand.branch, made, outcome, theirs)


def _on_base(bench: CommitBuilder, work: BranchWork) -> str:
    tree = bench.tree_with(work.plan.base, work.plan.edits)
    message = work.message(bench.digest(tree, work.plan.base), work.plan.base)
    return bench.make(tree, [work.plan.base], message)


def _gives(
    bench: CommitBuilder, work: BranchWork, tip: str, wanted: pygit2.Oid, shared: bool
) -> bool:
    """Would merging the branch now give what is planned now?"""
    merged = bench.merged(work.plan.base, tip)
    if merged is None:
        return False
    if not shared:
        return merged == wanted
    return all(bench.at(merged, path) == bench.at(wanted, path) for path in work.plan.edits)


def _says(bench: CommitBuilder, work: BranchWork, ours: pygit2.Commit | None) -> bool:
    """Does our last commit tell the errand as it is now? A forge may have cut its last line end."""
    if ours is None:
        return True
    said = words_of(ours)
    found = trailers(said)
    now = work.message(found[EDIT][0], found.get(BASE, [""])[0])
    return said.rstrip() == now.rstrip()


def _on_top(
    bench: CommitBuilder, work: BranchWork, tip: str, ours: pygit2.Commit | None
) -> str | None:
    """A commit after theirs; none if they, or the main branch, touched the same files."""
    base = work.plan.base
    parted = bench.git.merge_base(bench.git[base].id, bench.git[tip].id)
    if ours is None or parted is None:
        return None
    edits = dict(work.plan.edits)
    for path in bench.files_of(ours):
        if path not in edits and (content := bench.content(base, path)) is not None:
            edits[path] = content  # what is not promoted any more
    for path in edits:
        untouched = bench.content(tip, path) in (
            bench.content(str(ours.id), path),
            bench.content(str(parted), path),
        )
        if not untouched or bench.content(str(parted), path) != bench.content(base, path):
            return None
    tree = bench.tree_with(tip, edits)
    return bench.make(tree, [tip], work.message(bench.digest(tree, tip), base))
