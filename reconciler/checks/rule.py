"""A rule on the whole set of objects: what it looks for, and how it is explained."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import cleandoc
from typing import TYPE_CHECKING

from reconciler.checks.finding import Finding, Severity

if TYPE_CHECKING:
    from reconciler.checks.world import World


@dataclass(frozen=True, slots=True)
class Rule:
    """Its explanation says what is wrong in a line, and in further paragraphs why and what to do.

    Rules that the kernel applies have no function here.
    """

    id: str
    severity: Severity
    explanation: str
    find: Callable[[World], Iterator[Finding]] | None = None

    @property
    def title(self) -> str:
        return self.explanation.partition("\n")[0]

    @property
    def details(self) -> str:
        return self.explanation.partition("\n")[2].strip()


def rule(
    name: str, severity: Severity
) -> Callable[[Callable[[Rule, World], Iterator[Finding]]], Rule]:
    """Makes a rule of a function, whose docstring explains it to users."""

    def made(function: Callable[[Rule, World], Iterator[Finding]]) -> Rule:
        def find(world: World) -> Iterator[Finding]:
            return function(found, world)

        found = Rule(name, severity, cleandoc(function.__doc__ or ""), find)
        return found

    return made
