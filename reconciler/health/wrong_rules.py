"""Mistakes in an environment's own rules of health: said before anything goes by them."""

from __future__ import annotations

import json

from reconciler.errors import FleetError, Place
from reconciler.kubernetes.built_in import is_built_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.cluster.status.state import Kind
    from reconciler.model.environment import Environment
    from reconciler.render.kernel_process import Kernel


def refuse_wrong_rules(environment: Environment, kernel: Kernel) -> None:
    """Raises the first mistake, at its place in environment.yaml."""
    seen: set[Kind] = set()
    for i, rule in enumerate(environment.reconcile.health):
        path = f"reconcile.health[{i}]"
        group, kind = rule.key
        if is_built_in(group):
            raise environment.error(
                f"{path}.kind",
                f"{kind} is a kind of Kubernetes itself, and judged by what is known of it",
                hint="rules are for custom kinds: remove this one",
            )
        if rule.key in seen:
            raise environment.error(
                f"{path}.kind",
                f"there is a rule for {kind} of {group} already",
                why="a rule is for all versions of a group",
                hint="make one of the two",
            )
        seen.add(rule.key)
        for fault in json.loads(kernel.health(rule.expressions).result())["faults"]:
            at = f"{path}.{fault['expression']}"
            raise FleetError(
                f"{at} is not right: {fault['what']}",
                where=_within(environment.places[at], fault["line"], fault["column"]),
                hint=fault.get("hint") or "write it in CEL, as the expressions of a guard are",
            )


def _within(text: Place, line: int, column: int) -> Place:
    """A place in a text that begins there; of one that is broken otherwise only the beginning."""
    if not text.column:
        return text
    return Place(text.file, text.line + line - 1, text.column + column)
