"""A comparison of many apps as a value, with what its two sides are called."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add

from reconciler.compare.app_differences import AppDifference
from reconciler.compare.difference import Counts


@dataclass(frozen=True, slots=True)
class Side:
    """Where one side of a comparison was read."""

    label: str
    revision: str | None = None  # as it was asked for; None for the files on disk
    commit: str | None = None
    environment: str | None = None


@dataclass(frozen=True, slots=True)
class NewCertificate:
    """Who has its key reads what is sealed next; or why it cannot be said which are new."""

    environment: str
    file: str
    fingerprint: str = ""
    why: str = ""

    @property
    def what(self) -> str:
        return f"{self.fingerprint} is new: whoever has its key can read what is sealed from now on"

    @property
    def command(self) -> str:
        """What asks the controller whether it is its own."""
        return f"reconciler seal cert fetch {self.environment} --fingerprint {self.fingerprint}"


@dataclass(frozen=True, slots=True)
class ComparisonReport:
    before: Side
    after: Side
    compared: int  # apps that were looked for, the unchanged ones among them
    apps: tuple[AppDifference, ...]
    certificates: tuple[NewCertificate, ...] = ()

    def counts(self) -> Counts:
        return reduce(add, (app.difference.counts() for app in self.apps), Counts())

    @property
    def labels(self) -> tuple[str, str]:
        return self.before.label, self.after.label
