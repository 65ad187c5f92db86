"""What is done about fields that Git says and somebody else holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from reconciler.cluster.conflicts import FieldConflict
from reconciler.cluster.field_paths import way_to
from reconciler.cluster.status.state import kind_of
from reconciler.kubernetes.access import text
from reconciler.kubernetes.domain import METRICS_PREFIX
from reconciler.model.environment import Environment

OURS = f"{METRICS_PREFIX}/"

Decision = Literal["take", "leave", "refuse"]
DECISIONS: tuple[Decision, ...] = ("take", "leave", "refuse")  # the safest last


@dataclass(frozen=True, slots=True)
class ConflictRule:
    """Of fields by who holds them, in whichever object."""

    manager: str
    field: str  # as spec.replicas
    do: Decision

    def __str__(self) -> str:
        """As people name it: kubectl*: take"""
        field = "" if self.field == "*" else f" {self.field}"
        return f"{self.manager}{field}: {self.do}"

    def fits(self, conflict: FieldConflict, body: Mapping[str, Any]) -> bool:
        field = conflict.field.removeprefix(".")
        wanted = self.field.replace("[", "[[]")  # a list's bracket, and no choice of characters
        return fnmatchcase(conflict.manager, self.manager) and fnmatchcase(field, wanted)


@dataclass(frozen=True, slots=True)
class IgnoredFields:
    """Of some objects, as Argo CD names them: left to whoever holds them."""

    group: str
    kind: str
    name: str = ""  # any
    namespace: str = ""
    pointers: tuple[str, ...] = ()  # as RFC 6901 writes them
    managers: tuple[str, ...] = ()
    do: Decision = "leave"

    def __str__(self) -> str:
        named = "/".join(filter(None, (self.group, self.kind, self.name)))
        return f"ignoreDifferences of {named}"

    def fits(self, conflict: FieldConflict, body: Mapping[str, Any]) -> bool:
        if not self._means(body):
            return False
        if conflict.manager in self.managers:
            return True
        steps_to = way_to(body, conflict.field) or conflict.field.strip(".").split(".")
        way = [str(step) for step in steps_to]
        return any(way[: len(steps)] == steps for steps in map(_steps, self.pointers))

    def _means(self, body: Mapping[str, Any]) -> bool:
        group, kind = kind_of(body)
        name, namespace = text(body, "metadata", "name"), text(body, "metadata", "namespace")
        return (
            fnmatchcase(group, self.group)
            and fnmatchcase(kind, self.kind)
            and self.name in ("", name)
            and self.namespace in ("", namespace)
        )


Rule = ConflictRule | IgnoredFields

# Two apps that want one object cannot both have it, whatever else is said.
FIRST_RULES = (ConflictRule(f"{OURS}*", "*", "refuse"),)
ANY_OTHER = ConflictRule("*", "*", "refuse")
DEFAULT_RULES = (
    ConflictRule("kubectl*", "*", "take"),  # by hand
    ConflictRule("before-first-apply", "*", "take"),  # as the server calls what nobody holds
    ConflictRule("kube-controller-manager", "spec.replicas", "leave"),  # an autoscaler
    ANY_OTHER,
)


def conflict_rules(environment: Environment) -> tuple[Rule, ...]:
    """Those of the environment, then those that are there anyway."""
    settings = environment.reconcile
    ignored = (
        IgnoredFields(
            *(one.group, one.kind, one.name, one.namespace),
            *(one.json_pointers, one.managed_fields_managers),
        )
        for one in settings.ignore_differences
    )
    own = (ConflictRule(rule.manager, rule.field, rule.do) for rule in settings.conflicts)
    return (*ignored, *own, *DEFAULT_RULES)


def rule_for(rules: Sequence[Rule], conflict: FieldConflict, body: Mapping[str, Any]) -> Rule:
    """The first that fits a conflict about what `body` says; what is decided by none is refused."""
    fitting = (rule for rule in (*FIRST_RULES, *rules) if rule.fits(conflict, body))
    return next(fitting, ANY_OTHER)


def _steps(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
