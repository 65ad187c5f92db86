"""What somebody wants to have promoted, and how a branch and its commits tell it again.

Nothing else remembers it: from the branch alone, a run goes on where an earlier one was ended.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from reconciler.git.addresses import is_full_name
from reconciler.git.names import BranchName
from reconciler.git.trailers import trailers
from reconciler.model.paths import AppName

LONGEST_NAMES = 100
PREFIXES = ("promote/", "rollback/")
BRANCH = re.compile(r"(?:promote/[^/]+|rollback)/(?P<target>[^/]+)/.+")
CLAIM = re.compile(r"\s*(Promotion|Rollback|Hotfix)[A-Za-z-]*:")


class PromotionKind(StrEnum):
    """Also the name of the trailer that says which environments it is about."""

    promotion = "Promotion"
    rollback = "Rollback"
    hotfix = "Hotfix"  # against the direction of the chain


@dataclass(frozen=True, slots=True)
class PromotionRequest:
    """`release` is the full name of a commit."""

    kind: PromotionKind
    source: str  # of a rollback, the environment itself
    target: str
    apps: tuple[AppName, ...] = ()  # none for all
    release: str = ""
    reason: str = ""
    unheld: str = ""  # why a hold does not count

    @property
    def branch(self) -> BranchName:
        """The same for the same promotion, whatever it promotes by now."""
        rolls_back = self.kind is PromotionKind.rollback
        way = f"rollback/{self.target}" if rolls_back else f"promote/{self.source}/{self.target}"
        names = sorted(set(self.apps))
        if not names:
            return BranchName(f"{way}/all")
        if len(names) == 1:
            return BranchName(f"{way}/app/{names[0]}")
        joined = "+".join(names)
        if len(joined) > LONGEST_NAMES:
            joined = sha256(joined.encode()).hexdigest()[:12]
        return BranchName(f"{way}/apps/{joined}")

    @property
    def mark(self) -> tuple[str, str]:
        """The trailer that a commit of it has."""
        ends = [self.target] if self.kind is PromotionKind.rollback else [self.source, self.target]
        return self.kind.value, " ".join(ends)

    def trailers(self) -> list[tuple[str, str]]:
        return [
            self.mark,
            *((("Promotion-Apps", " ".join(sorted(set(self.apps)))),) if self.apps else ()),
            *((("Promotion-Release", self.release),) if self.release else ()),
            *((("Promotion-Reason", self.reason),) if self.reason else ()),
            *((("Promotion-Unhold", self.unheld),) if self.unheld else ()),
        ]


def target_of(branch: BranchName) -> str:
    """The environment that a branch of ours is for; nothing if it is none of ours."""
    match = BRANCH.fullmatch(branch)
    return match["target"] if match else ""


def claims(message: str) -> bool:
    """Does it say anything that a promotion's commit says, and that is believed on the branch?"""
    return any(map(CLAIM.match, message.splitlines()))


def request_of_commit(message: str) -> PromotionRequest | None:
    """What a commit was made for; none if it is no promotion's."""
    found = trailers(message)
    for kind in PromotionKind:
        ends = found.get(kind.value, [""])[0].split()
        release = found.get("Promotion-Release", [""])[0]
        if release and not is_full_name(release):
            return None  # it would mean one thing today and another tomorrow
        if len(ends) == (1 if kind is PromotionKind.rollback else 2):
            return PromotionRequest(
                kind,
                ends[0],
                ends[-1],
                tuple(map(AppName, found.get("Promotion-Apps", [""])[0].split())),
                release,
                found.get("Promotion-Reason", [""])[0],
                found.get("Promotion-Unhold", [""])[0],
            )
    return None
