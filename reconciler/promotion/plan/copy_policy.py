"""Which fields of an entry are copied, which stay the environment's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from reconciler.model.environment import Environment
from reconciler.model.globs import matches
from reconciler.model.paths import AppName
from reconciler.promotion.plan.entry_fields import BASES, EntryField, FieldAddress

STEP = re.compile(r"\[([^\[\]]+)\]|([^.\[\]]+)")


class Treatment(StrEnum):
    promote = "promote"
    keep = "keep"
    review = "review"


@dataclass(frozen=True, slots=True)
class CopyPolicy:
    """What is to be done with a field, and what says so."""

    treatment: Treatment
    why: str
    declared: bool  # in environment.yaml


def policy_of(environment: Environment, app: AppName, address: FieldAddress) -> CopyPolicy:
    """Of several rules the last one counts; without one, what a release is made of is copied."""
    for i, rule in reversed(list(enumerate(environment.promotion.fields))):
        if matches(rule.app, app):
            for treatment in (Treatment.keep, Treatment.review, Treatment.promote):
                for pattern in getattr(rule, treatment):
                    if covers(pattern, address):
                        why = f"promotion.fields[{i}].{treatment} of {environment.name}: {pattern}"
                        return CopyPolicy(treatment, why, declared=True)
    if _is_release(address.steps):
        return CopyPolicy(Treatment.promote, "it is a part of the release", declared=False)
    return CopyPolicy(Treatment.keep, "it is not a part of a release", declared=False)


def is_released(environment: Environment, app: AppName, address: FieldAddress) -> bool:
    """Is the field a part of what is promoted to an environment? A secret in the clear never is."""
    if address.steps[0] == "secretGenerator":
        return False
    return policy_of(environment, app, address).treatment is not Treatment.keep


def covers(pattern: str, address: FieldAddress) -> bool:
    """Is the field what a path of environment.yaml names, or inside of it?

    Without brackets a list means all of its items.
    """
    steps = list(address.steps)
    for name, key in STEP.findall(pattern):
        while key and steps and isinstance(steps[0], EntryField):
            steps.pop(0)
        if not steps:
            return False
        step = steps.pop(0)
        if name and not (isinstance(step, EntryField) and fnmatchcase(step.name, name)):
            return False
        if key and step != key:
            return False
    return True


def _is_release(steps: Sequence[str | EntryField]) -> bool:
    return steps[0] in (*BASES, "images") or (
        steps[0] == "configMapGenerator" and "literals" in steps
    )
