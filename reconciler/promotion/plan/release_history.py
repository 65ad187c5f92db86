"""What an environment ran when, and how it came there, as the main branch alone tells it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reconciler.git.file_history import CommitMessage, CommitSummary, FileVersion
from reconciler.git.repository import Repository
from reconciler.model.environment import Environment
from reconciler.model.paths import AppName
from reconciler.promotion.plan.entry_fields import FieldAddress
from reconciler.promotion.plan.field_decisions import ABSENT
from reconciler.promotion.plan.field_past import EntryPast
from reconciler.promotion.plan.override_trailer import PassedGate, passed_gates
from reconciler.promotion.plan.release_fields import release_fields
from reconciler.text.markdown import unquiet

# Promotion: SOURCE TARGET, Rollback: ENVIRONMENT; a squashed commit may hold it anywhere.
MARK = re.compile(r"^(Promotion|Rollback|Hotfix): (\S+)(?: (\S+))?\s*$", re.MULTILINE)
# GitHub and Gitea number in the subject, and of several numbers the last one is its own.
NUMBER = re.compile(r"^Merge pull request #(\d+)|\(#(\d+)\)")
# What a repository that is its own forge writes below the message of a merge.
REQUEST = re.compile(r"^Request: (\d+)$", re.MULTILINE)
PROPOSED = re.compile(r"^Proposed-by: (.+)$", re.MULTILINE)
APPROVED = re.compile(r"^Approved-by: (.+)$", re.MULTILINE)
REASON = re.compile(r"^Promotion-Reason: (.+)$", re.MULTILINE)
GITLAB = re.compile(r"^See merge request \S*!(\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ReleaseChange:
    """A field of a release; ABSENT where it is not there."""

    address: FieldAddress
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class ReleasePeriod:
    """A commit of the main branch that gave an app another release."""

    app: AppName
    commit: CommitSummary
    position: (
        int  # how many commits ago: commits of one second, or of a wrong clock, keep their order
    )
    by: str  # who made that commit: of a merge, who merged
    kind: str  # promotion, rollback or hotfix; nothing if it was done by hand
    origin: str  # the environment that it came from
    promoter: str  # who proposed it
    reason: str  # of a rollback
    pull: int | None
    approvers: tuple[str, ...]  # where the forge is the repository itself
    overrides: tuple[PassedGate, ...]  # gates that it did not wait for
    changes: tuple[ReleaseChange, ...]
    is_there: bool  # false if the app was taken away, or cannot be read
    runs: bool = False  # now


def release_history(
    repository: Repository, tip: str, environment: Environment, app: AppName, file: str
) -> Iterator[ReleasePeriod]:
    """The newest first, which is the one that runs."""
    found = _periods(repository, tip, environment, app, file)
    for newest in found:
        yield replace(newest, runs=newest.is_there)
        yield from found


def _periods(
    repository: Repository, tip: str, environment: Environment, app: AppName, file: str
) -> Iterator[ReleasePeriod]:
    later: tuple[FileVersion, Mapping[FieldAddress, Any] | None] | None = None
    for version, fields in EntryPast(repository.history(tip, [file])).versions(file):
        release = release_fields(environment, app, fields) if fields else None
        if later and later[1] != release:
            yield _period(repository, environment, app, later[0], release or {}, later[1])
        later = version, release
    if later and later[1] is not None:
        yield _period(repository, environment, app, later[0], {}, later[1])


def _period(
    repository: Repository,
    environment: Environment,
    app: AppName,
    version: FileVersion,
    before: Mapping[FieldAddress, Any],
    after: Mapping[FieldAddress, Any] | None,
) -> ReleasePeriod:
    landed, *others = repository.brought(version.commit.id)
    kind, origin, promoter, reason = _mark(environment.name, [landed, *others])
    changes = (
        ReleaseChange(address, before.get(address, ABSENT), (after or {}).get(address, ABSENT))
        for address in dict.fromkeys([*before, *(after or {})])
    )
    return ReleasePeriod(
        app,
        version.commit,
        version.position,
        landed.author,
        kind,
        origin,
        promoter,
        reason,
        _number(landed),
        tuple(APPROVED.findall(landed.message)),
        tuple(passed_gates(landed.message)),
        tuple(change for change in changes if change.before != change.after),
        after is not None,
    )


def _mark(environment: str, commits: list[CommitMessage]) -> tuple[str, str, str, str]:
    for commit in commits:
        for kind, first, second in MARK.findall(commit.message):
            if (second or first) == environment:
                why = REASON.search(commit.message)
                origin = first if second else ""
                reason = unquiet(why[1]) if why else ""
                return kind.lower(), origin, _promoter(commits, environment), reason
    return "", "", "", ""


def _promoter(commits: Sequence[CommitMessage], environment: str) -> str:
    """Who merges may repeat what the promotion's own commit says, and may have made it anew."""
    landed, *others = commits
    proposed = PROPOSED.findall(landed.message)
    if proposed:
        return str(proposed[-1])
    made = (commit.author for commit in others if _is_for(commit, environment))
    return next(made, landed.author)


def _is_for(commit: CommitMessage, environment: str) -> bool:
    found = MARK.findall(commit.message)
    return any((second or first) == environment for _, first, second in found)


def _number(commit: CommitMessage) -> int | None:
    subject, _, body = commit.message.strip().partition("\n")
    found = [one or other for one, other in NUMBER.findall(subject)] or GITLAB.findall(body)
    found = found or REQUEST.findall(body)
    return int(found[-1]) if found else None
