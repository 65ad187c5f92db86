"""What a promotion to an environment does, and what it waits for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from reconciler.model.notations import (
    Account,
    Clock,
    Day,
    Duration,
    FieldPath,
    Glob,
    Name,
    Zone,
)

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
TYPE = "Which gate it is."


@dataclass(frozen=True, slots=True, kw_only=True)
class Soak:
    """The release has run in the environment before this one for a time."""

    type: Annotated[Literal["soak"], TYPE] = "soak"
    time: Annotated[Duration, "How long; where health is known, only healthy time counts."]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvals:
    """People have approved the pull request."""

    type: Annotated[Literal["approvals"], TYPE] = "approvals"
    count: Annotated[int, "How many."] = 1
    by: Annotated[tuple[Account, ...], "Whose approval counts; otherwise anybody's."] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Changes happen at certain hours; of several windows, one must be open."""

    type: Annotated[Literal["window"], TYPE] = "window"
    days: Annotated[tuple[Weekday, ...], "The days on which it opens; otherwise every day."] = ()
    from_: Annotated[Clock, "When it opens."]
    to: Annotated[Clock, "When it closes; if that is earlier, on the next day."]
    timezone: Annotated[Zone, "Where these days and hours are."] = "UTC"

    def __post_init__(self) -> None:
        if self.from_ == self.to:
            raise ValueError(f"the window closes when it opens, at {self.to:%H:%M}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """No changes on certain days."""

    type: Annotated[Literal["freeze"], TYPE] = "freeze"
    from_: Annotated[Day, "The first day."]
    to: Annotated[Day, "The last day."]
    timezone: Annotated[Zone, "Where these days are."] = "UTC"
    reason: Annotated[str, "Why, for those who wait."] = ""

    def __post_init__(self) -> None:
        if self.to < self.from_:
            raise ValueError(f"the freeze ends on {self.to}, before it begins on {self.from_}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The release is healthy in the environment before this one, as its `health` tells."""

    type: Annotated[Literal["health"], TYPE] = "health"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecksPass:
    """The checks find nothing new in what the promotion makes."""

    type: Annotated[Literal["checks"], TYPE] = "checks"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretsSealed:
    """Every secret that the release needs is sealed for this environment."""

    type: Annotated[Literal["secrets"], TYPE] = "secrets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Previous:
    """Other environments run the release already, and it is healthy there."""

    type: Annotated[Literal["previous"], TYPE] = "previous"
    environments: Annotated[
        tuple[Name, ...], "Which; otherwise all that `promotesFrom` names."
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """No promotion to this environment that is older is still open."""

    type: Annotated[Literal["alone"], TYPE] = "alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """A gate that a package adds by an entry point of the group `reconciler.gates`."""

    type: Annotated[Literal["plugin"], TYPE] = "plugin"
    name: Annotated[Name, "The name of its entry point."]


GATES_BY_DEFAULT = (ChecksPass(), SecretsSealed())

Gate = (
    Soak
    | Approvals
    | Window
    | Freeze
    | Health
    | ChecksPass
    | SecretsSealed
    | Previous
    | Alone
    | Plugin
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """Which fields of an app's kustomization a promotion copies; the last rule that fits counts."""

    app: Annotated[Glob, "The apps that it is for."] = "*"
    promote: Annotated[tuple[FieldPath, ...], "Copied from the environment before."] = ()
    keep: Annotated[tuple[FieldPath, ...], "This environment's own, never touched."] = ()
    review: Annotated[
        tuple[FieldPath, ...], "Copied, and named in the pull request as in need of a person's eye."
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """What a promotion to this environment does, and what it waits for."""

    gates: Annotated[
        tuple[Gate, ...],
        "What it waits for, beside `checks` and `secrets`, which are always there.",
    ] = ()
    without: Annotated[
        tuple[Literal["checks", "secrets"], ...],
        "Of the gates that are always there, those that it does not wait for.",
    ] = ()
    fields: Annotated[
        tuple[FieldRule, ...],
        "What it copies. Without a rule, the pinned revision, the images and the literals of "
        "configMapGenerator are copied, and all else is kept.",
    ] = ()
    propose: Annotated[
        Literal["never", "app", "batch"],
        "What the bot proposes by itself: `app`, a pull request for each app; `batch`, one for all "
        "of them.",
    ] = "never"
    auto_merge: Annotated[
        bool,
        "Merge the pull request once every gate is open; a rollback, or a release that somebody "
        "chose, only if one of `overrides` approves it, or the bot finds that a rollout failed.",
    ] = False
    reviewers: Annotated[tuple[Account, ...], "Who is asked to review the pull request."] = ()
    overrides: Annotated[
        tuple[Account, ...],
        "Who may let a promotion pass a gate that is not open, with a reason.",
    ] = ()
    labels: Annotated[tuple[str, ...], "The labels of the pull request."] = ()
    allow_skip_from: Annotated[
        tuple[Name, ...],
        "Environments further up the chain that may promote to this one directly.",
    ] = ()

    def __post_init__(self) -> None:
        both = [gate.type for gate in self.gates if gate.type in self.without]
        if both:
            raise ValueError(f"{both[0]} is among its gates, and it goes without {both[0]}")
