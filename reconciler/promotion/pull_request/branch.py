"""The branch of a promotion: brought up to date, and never at the cost of somebody's commit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import pygit2

from reconciler.errors import RepositoryError
from reconciler.git.branches import Branches
from reconciler.git.commit_builder import EDIT, CommitBuilder, words_of
from reconciler.git.file_history import CommitSummary, about
from reconciler.git.names import HEADS, BranchName, branch_of
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

    branch: BranchName
    commit: str
    outcome: BranchOutcome
    theirs: tuple[CommitSummary, ...] = ()


@dataclass(frozen=True, slots=True)
class BranchWork:
    """What is to be on the branch."""

    plan: Plan
    request: PromotionRequest
    more: Sequence[tuple[str, str]] = field(default=())  # trailers

    def message(self, digest: str, base: str) -> str:
        ends = ((BASE, base), (EDIT, digest))
        return message_of(self.plan, self.request, [*self.more, *ends])


@dataclass(frozen=True, slots=True)
class BranchState:
    """What is on a branch, seen from the plan that is to be on it."""

    name: BranchName
    tip: str | None
    theirs: tuple[CommitSummary, ...] = ()  # commits of others, none of which may be lost
    says: str = ""  # the message of our last commit on it
    is_current: bool = False  # a merge would give just what is planned
    fits_on_top: bool = False  # what is planned touches no file that others changed
    base_is_parent: bool = False

    @property
    def needs_push(self) -> bool:
        """What others put there stays, even if nothing of ours can go on top of it."""
        return not self.is_current and (not self.theirs or self.fits_on_top)


def observe_branch(
    builder: CommitBuilder, branches: Branches, work: BranchWork, merged: str = ""
) -> BranchState:
    """A branch is current while a merge would give just the plan and no other commit.

    So it stays as it is though the main branch moves: a review counts for the commit that was
    seen. `merged` is a tip that is done with.
    """
    name, base = work.request.branch, work.plan.base
    tip = branches.tips(HEADS + name).get(HEADS + name)
    if tip is None:
        return BranchState(name, None)
    between = builder.between(base, tip)
    ours = ours_of(builder, between)
    says = words_of(ours) if ours else ""
    if not between or tip == merged:
        return BranchState(name, tip, says=says)
    theirs = tuple(foreign(builder, base, tip))
    found = BranchState(
        name,
        tip,
        theirs,
        says,
        base_is_parent=base in map(str, builder.commit(tip).parent_ids),
    )
    if not work.plan.due:
        return found
    wanted = builder.tree_with(base, work.plan.edits)
    alone = [commit.id for commit in between if not _is_update(builder, commit)]
    same = _gives(builder, work, tip, wanted, bool(theirs)) and _says(builder, work, ours)
    return replace(
        found,
        is_current=same and (bool(theirs) or (ours is not None and alone == [ours.id])),
        fits_on_top=bool(theirs) and _edits_on_top(builder, work, tip, ours) is not None,
    )


def push_branch(
    builder: CommitBuilder,
    branches: Branches,
    work: BranchWork,
    tip: str | None,
    *,
    on_top: bool = False,
) -> str:
    """Let the branch hold the plan in one commit: on its base, or on top of what others did."""
    reference = HEADS + work.request.branch
    if tip is None:
        _require_room(branches, reference)
    made = _on_top(builder, work, tip) if on_top and tip else _on_base(builder, work)
    if not branches.move(reference, made, tip):
        raise RepositoryError(
            f"somebody else changed the branch {work.request.branch} just now",
            hint="run it again: it takes that into account",
        )
    return made


def propose_branch(
    builder: CommitBuilder, branches: Branches, work: BranchWork, merged: str = ""
) -> Proposal:
    """Bring a branch up to date where there is no pull request."""
    found = observe_branch(builder, branches, work, merged)
    if not found.needs_push:
        outcome = BranchOutcome.unchanged if found.is_current else BranchOutcome.left
        return Proposal(found.name, found.tip or "", outcome, found.theirs)
    made = push_branch(builder, branches, work, found.tip, on_top=bool(found.theirs))
    outcome = BranchOutcome.updated if found.tip else BranchOutcome.created
    return Proposal(found.name, made, outcome, found.theirs)


def push_new_branches(
    builder: CommitBuilder, branches: Branches, works: Iterable[BranchWork]
) -> list[str]:
    """Those that are not there yet, all of them in one go; the commits that they are at now."""
    made = {}
    for work in works:
        reference = HEADS + work.request.branch
        if reference not in branches.tips(reference):
            made[reference] = _on_base(builder, work)
    branches.create(made)
    tips = branches.tips(*made) if made else {}
    return [commit for reference, commit in made.items() if tips.get(reference) == commit]


def ours_of(builder: CommitBuilder, commits: Iterable[pygit2.Commit]) -> pygit2.Commit | None:
    """The last one that we made, as we made it, of the newest first."""
    return next((commit for commit in commits if builder.is_ours(commit)), None)


def foreign(builder: CommitBuilder, base: str, tip: str) -> list[CommitSummary]:
    """The commits of others on a branch: none of these may be lost with it.

    What the main branch had when ours was made is no work on the branch, even if it is gone from
    there since.
    """
    found = builder.between(base, tip)
    ours = [commit for commit in found if builder.is_ours(commit)]
    bases = {name for commit in ours for name in trailers(words_of(commit)).get(BASE, [])}
    before = {c.id for name in bases if builder.has(name) for c in builder.between(base, name)}
    return [
        about(commit)
        for commit in found
        if commit.id not in before and not (commit in ours or _is_update(builder, commit))
    ]


def _is_update(builder: CommitBuilder, commit: pygit2.Commit) -> bool:
    """A merge that changes nothing by itself, and does not say that it promotes anything either."""
    return builder.is_mere_merge(commit) and not claims(words_of(commit))


def _require_room(branches: Branches, reference: str) -> None:
    """Git keeps no branch beside one whose name goes on from it."""
    above = [folder for folder in folders_above(reference) if folder.startswith(HEADS)]
    tips = branches.tips(*above, reference + "/")
    for found in tips:
        if found in above or found.startswith(reference + "/"):
            name = branch_of(found)
            raise RepositoryError(
                f"the branch {name} is in the way of {branch_of(reference)}",
                why="Git cannot have both a branch and a folder of branches under one name",
                hint=f"rename {name}; a clone forgets the old name with git fetch --prune",
            )


def _on_base(builder: CommitBuilder, work: BranchWork) -> str:
    tree = builder.tree_with(work.plan.base, work.plan.edits)
    message = work.message(builder.digest(tree, work.plan.base), work.plan.base)
    return builder.make(tree, [work.plan.base], message)


def _gives(
    builder: CommitBuilder, work: BranchWork, tip: str, wanted: pygit2.Oid, shared: bool
) -> bool:
    """Would merging the branch now give what is planned now?"""
    merged = builder.merged(work.plan.base, tip)
    if merged is None:
        return False
    if not shared:
        return merged == wanted
    return all(builder.at(merged, path) == builder.at(wanted, path) for path in work.plan.edits)


def _says(builder: CommitBuilder, work: BranchWork, ours: pygit2.Commit | None) -> bool:
    """Does our last commit tell the request as it is? A forge may have cut its last line end."""
    if ours is None:
        return True
    said = words_of(ours)
    found = trailers(said)
    now = work.message(found[EDIT][0], found.get(BASE, [""])[0])
    return said.rstrip() == now.rstrip()


def _on_top(builder: CommitBuilder, work: BranchWork, tip: str) -> str:
    """A commit after those of others."""
    base = work.plan.base
    edits = _edits_on_top(builder, work, tip, ours_of(builder, builder.between(base, tip)))
    assert edits is not None  # noqa: S101
    tree = builder.tree_with(tip, edits)
    return builder.make(tree, [tip], work.message(builder.digest(tree, tip), base))


def _edits_on_top(
    builder: CommitBuilder, work: BranchWork, tip: str, ours: pygit2.Commit | None
) -> dict[str, bytes] | None:
    """None if others, or the main branch, touched the same files."""
    base = work.plan.base
    parted = builder.git.merge_base(builder.git[base].id, builder.git[tip].id)
    if ours is None or parted is None:
        return None
    edits = dict(work.plan.edits)
    for path in builder.files_of(ours):
        if path not in edits and (content := builder.content(base, path)) is not None:
            edits[path] = content  # what is not promoted any more
    for path in edits:
        untouched = builder.content(tip, path) in (
            builder.content(str(ours.id), path),
            builder.content(str(parted), path),
        )
        if not untouched or builder.content(str(parted), path) != builder.content(base, path):
            return None
    return edits
