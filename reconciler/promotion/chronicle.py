"""What an environment ran when, and how it came there, as the main branch alone tells it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.git.history import About, Told
from reconciler.git.repository import Repository
from reconciler.model.environment import Environment
from reconciler.promotion.fields import Address, Fields
from reconciler.promotion.merge import ABSENT
from reconciler.promotion.past import Record
from reconciler.promotion.policy import is_released

# Promotion: SOURCE TARGET, Rollback: ENVIRONMENT; a squashed commit may hold it anywhere.
MARK = re.compile(r"^(Promotion|Rollback|Hotfix): (\S+)(?: (\S+))?\s*$", re.MULTILINE)
# GitHub and Gitea number in the subject, and of several numbers the last one is its own.
NUMBER = re.compile(r"^Merge pull request #(\d+)|\(#(\d+)\)")
GITLAB = re.compile(r"^See merge request \S*!(\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Change:
    """A field of a release; ABSENT where it is not there."""

    address: Address
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Chapter:
    """A commit of the main branch that gave an app another release."""

    commit: About
    by: str  # who made that commit: of a merge, who merged
    kind: str  # promotion, rollback or hotfix; nothing if it was done by hand
    origin: str  # the environment that it came from
    promoter: str  # who made the promotion
    pull: int | None
    changes: tuple[Change, ...]
    runs: bool  # false if the app was taken away, or cannot be read


def chapters(
    repository: Repository, tip: str, environment: Environment, app: str, file: str
) -> Iterator[Chapter]:
    """The newest first."""
    later: tuple[About, Mapping[Address, Any] | None] | None = None
    for version, fields in Record(repository.history(tip, [file])).versions(file):
        release = _release(environment, app, fields) if fields else None
        if later and later[1] != release:
            yield _chapter(repository, environment, later[0], release or {}, later[1])
        later = version.commit, release
    if later and later[1] is not None:
        yield _chapter(repository, environment, later[0], {}, later[1])


def _chapter(
    repository: Repository,
    environment: Environment,
    commit: About,
    before: Mapping[Address, Any],
    after: Mapping[Address, Any] | None,
) -> Chapter:
    landed, *others = repository.brought(commit.id)
    kind, origin, promoter = _mark(environment.name, [landed, *others])
    changes = (
        Change(address, before.get(address, ABSENT), (after or {}).get(address, ABSENT))
        for address in dict.fromkeys([*before, *(after or {})])
    )
    return Chapter(
        commit,
        landed.author,
        kind,
        origin,
        promoter,
        _number(landed),
        tuple(change for change in changes if change.before != change.after),
        after is not None,
    )


def _mark(environment: str, commits: list[Told]) -> tuple[str, str, str]:
    for commit in commits:
        for kind, first, second in MARK.findall(commit.message):
            if (second or first) == environment:
                return kind.lower(), first if second else "", commit.author
    return "", "", ""


def _number(commit: Told) -> int | None:
    subject, _, body = commit.message.strip().partition("\n")
    found = [one or other for one, other in NUMBER.findall(subject)] or GITLAB.findall(body)
    return int(found[-1]) if found else None


def _release(environment: Environment, app: str, fields: Fields) -> dict[Address, Any]:
    return {
        address: value
        for address, value in fields.values.items()
        if is_released(environment, app, address)
    }
