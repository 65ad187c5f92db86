"""All that a gate may need to know of a promotion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from reconciler.checks.finding import Finding
from reconciler.errors import ReconcilerError
from reconciler.forges.forge import Forge, PullRequest
from reconciler.git.file_history import CommitSummary
from reconciler.git.repository import Repository
from reconciler.health.sources import HealthSources
from reconciler.model.environment import Environment
from reconciler.model.fleet import Fleet
from reconciler.model.paths import AppName
from reconciler.model.promotion import Gate
from reconciler.promotion.gates.override_line import Override
from reconciler.promotion.plan.plan import Plan
from reconciler.render.renderer import Renderer
from reconciler.trees.commit import CommitTree


@dataclass(frozen=True, slots=True)
class MissingSecret:
    """A secret that the target needs and has not, or not sealed for it; and what seals it."""

    app: AppName
    what: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GateQuestion:
    """Does this promotion have to wait?

    `fleet` and `tree` are those of the main branch at the commit that the plan is based on.
    """

    fleet: Fleet
    source: Environment
    target: Environment
    gates: Sequence[Gate]  # those that are asked
    plan: Plan
    repository: Repository
    tree: CommitTree
    renderer: Renderer
    sources: HealthSources
    now: datetime
    forge: Forge | None = None
    pull: PullRequest | None = None
    open_pulls: Sequence[PullRequest] = ()
    findings: Sequence[Finding] | None = None  # new with the promotion; none: not looked for
    unchecked: Sequence[tuple[AppName, ReconcilerError]] = ()  # apps that could not be looked at
    lacks: Sequence[MissingSecret] | None = None
    overrides: Sequence[Override] = ()  # beside those that comments hold
    theirs: Sequence[CommitSummary] = ()  # commits of others on its branch
    unheld: Sequence[tuple[AppName, str]] = ()  # apps whose release was taken away, and how
    seen: Callable[[str], datetime] | None = None  # when a commit was seen on the main branch
