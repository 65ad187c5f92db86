"""A rule on the whole set of objects: what it looks for, and how it is explained."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from inspect import cleandoc
from typing import Any

from reconciler.checks.finding import Finding, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.checks.world import World
    from reconciler.kubernetes.objects import Object


@dataclass(frozen=True, slots=True)
class CheckRule:
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

    def finding(self, o: Object, path: str, what: str, hint: str = "", **others: Any) -> Finding:
        """What this rule has against a field of an object."""
        return Finding(
            rule=self.id,
            severity=others.get("severity", self.severity),
            what=what,
            hint=hint,
            folder=o.folder,
            object=o.identity,
            index=o.index,
            path=path,
        )

    def missing(
        self,
        o: Object,
        path: str,
        what: str,
        *,
        namespace: str,
        otherwise: str,
        meant: str = "",
    ) -> Finding:
        """Something is not there, unless what cannot be seen brings it to that namespace.

        Where another name is meant it is a mistake in any case.
        """
        found = self.finding(o, path, what, meant or otherwise)
        return found if meant else replace(found, missing_in=namespace)


def rule(
    name: str, severity: Severity
) -> Callable[[Callable[[CheckRule, World], Iterator[Finding]]], CheckRule]:
    """Makes a rule of a function, whose docstring explains it to users."""

    def made(function: Callable[[CheckRule, World], Iterator[Finding]]) -> CheckRule:
        def find(world: World) -> Iterator[Finding]:
            return function(found, world)

        found = CheckRule(name, severity, cleandoc(function.__doc__ or ""), find)
        return found

    return made
