"""Which environment comes after which."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from reconciler.errors import FleetError
from reconciler.model.environment import Environment
from reconciler.model.promotion import Previous
from reconciler.text.suggestions import did_you_mean


def in_order(environments: Mapping[str, Environment]) -> tuple[Environment, ...]:
    """From the beginnings of the chains to their ends; by name where that leaves a choice."""
    for environment in environments.values():
        for i, name in enumerate(environment.promotes_from):
            _known(environment, f"promotesFrom[{i}]", name, environments)
    sorter = TopologicalSorter({e.name: e.promotes_from for e in environments.values()})
    try:
        sorter.prepare()
    except CycleError as e:
        raise _cycle(e.args[1], environments) from None
    ordered: list[Environment] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        ordered += [environments[name] for name in ready]
        sorter.done(*ready)
    for environment in ordered:
        _check_skips(environment, environments)
        _check_gates(environment, environments)
    return tuple(ordered)


def upstream(name: str, environments: Mapping[str, Environment]) -> set[str]:
    """All environments that a release can come from to reach this one."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        fresh = set(environments[waiting.pop()].promotes_from) - found
        found |= fresh
        waiting += fresh
    return found


def _check_skips(environment: Environment, environments: Mapping[str, Environment]) -> None:
    before = upstream(environment.name, environments)
    for i, name in enumerate(environment.promotion.allow_skip_from):
        path = f"promotion.allowSkipFrom[{i}]"
        _known(environment, path, name, environments)
        if name in environment.promotes_from:
            raise environment.error(
                path, f"{environment.name} promotes from {name} anyway", hint="remove it here"
            )
        if name not in before:
            raise environment.error(
                path,
                f"{name} is not before {environment.name} in the chain",
                hint="only a promotion from further up the chain skips something",
            )


def _check_gates(environment: Environment, environments: Mapping[str, Environment]) -> None:
    for i, gate in enumerate(environment.promotion.gates):
        if not isinstance(gate, Previous):
            continue
        for j, name in enumerate(gate.environments):
            path = f"promotion.gates[{i}].environments[{j}]"
            _known(environment, path, name, environments)
            if name == environment.name or environment.name in upstream(name, environments):
                raise environment.error(
                    path,
                    f"{environment.name} waits for {name}, which is not before it",
                    hint="a release comes to the other one first",
                )


def _known(
    environment: Environment, path: str, name: str, environments: Mapping[str, Environment]
) -> None:
    if name not in environments:
        others = [e for e in environments if e != environment.name]
        raise environment.error(
            path, f"there is no environment {name}", hint=did_you_mean(name, others)
        )


def _cycle(names: list[str], environments: Mapping[str, Environment]) -> FleetError:
    """The names of a circle, each before the one that promotes from it; the last is the first."""
    circle = names[:-1]
    first = circle.index(min(circle))
    circle = circle[first:] + circle[:first]
    environment = environments[circle[0]]
    at = environment.promotes_from.index(circle[-1])
    return environment.error(
        f"promotesFrom[{at}]",
        f"the chain goes in a circle: {' → '.join([*circle, circle[0]])}",
        hint="the first environment of a chain has no promotesFrom",
    )
