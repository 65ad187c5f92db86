"""What environment.yaml says of how its cluster is kept as Git says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from reconciler.model.notations import Glob


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictSettings:
    """Fields that Git says and somebody else holds."""

    manager: Annotated[Glob, "The field manager that holds them, such as `argo-rollouts`."]
    field: Annotated[Glob, "The field, such as `spec.replicas` or `metadata.annotations.*`."] = "*"
    do: Annotated[
        Literal["take", "leave", "refuse"],
        "`take`: set it as Git says; `leave`: let them have it; `refuse`: change nothing of the "
        "object, and tell.",
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileSettings:
    """How `apply` and `run` make the cluster what Git says."""

    drift: Annotated[
        Literal["correct", "report"],
        "What `run` does with what somebody changes in the cluster: `correct` sets it back, "
        "`report` only tells.",
    ] = "correct"
    prune: Annotated[bool, "Delete what was applied, and Git says no more."] = True
    conflicts: Annotated[
        tuple[ConflictSettings, ...],
        "Whose fields are taken; the first that fits counts, before the rules that are there "
        "anyway: what `kubectl` wrote is taken, replicas of an autoscaler are left, and all else "
        "is refused.",
    ] = ()
