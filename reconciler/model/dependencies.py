"""Apps that wait for others must come to an end of it."""

from __future__ import annotations

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

from reconciler.model.environment import Environment
from reconciler.model.paths import AppName


def in_order_of_need(environment: Environment) -> list[AppName]:
    """What others wait for comes first."""
    settings, names = environment.reconcile, sorted(environment.folders)
    waits = {name: settings.waits_for(name, names) for name in names}
    return [*TopologicalSorter(waits).static_order()]


def check_dependencies(environments: Iterable[Environment]) -> None:
    for environment in environments:
        try:
            in_order_of_need(environment)
        except CycleError as e:
            around = " → ".join(reversed(e.args[1]))
            raise environment.error(
                "reconcile.dependsOn",
                "apps wait for each other, so none of them would ever be changed",
                why=around,
                hint="let one of them not wait",
            ) from None
