"""From where to where: which promotions the chain allows."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.errors import UsageError
from reconciler.model.chain import upstream
from reconciler.model.environment import Environment
from reconciler.model.fleet import Fleet
from reconciler.model.globs import is_pattern, matches
from reconciler.model.paths import AppName
from reconciler.text.suggestions import did_you_mean, listing


def routes(fleet: Fleet, source: str, target: str) -> list[tuple[Environment, Environment]]:
    """The environment to promote from, with each to promote to, in the order of the chain."""
    begin = fleet.environment(source)
    if not is_pattern(target):
        return [(begin, _allowed(fleet, begin, fleet.environment(target)))]
    after = [e for e in fleet.environments if matches(target, e.name) and _leads(begin, e)]
    if not after:
        known = [e.name for e in fleet.environments if _leads(begin, e)]
        raise UsageError(
            f"no environment called {target} promotes from {source}",
            hint=f"these do: {listing(known)}" if known else f"{source} is the end of its chain",
        )
    return [(begin, environment) for environment in after]


def apps_between(fleet: Fleet, source: str, target: str, names: Sequence[AppName]) -> list[AppName]:
    """These apps, or all that both environments run."""
    here, there = (
        {entry.app for entry in fleet.entries if entry.environment == name}
        for name in (source, target)
    )
    for name in names:
        if name not in here:
            raise UsageError(f"{source} runs no app {name}", hint=did_you_mean(name, sorted(here)))
        if name not in there:
            raise UsageError(
                f"{target} runs no app {name}",
                why="a promotion changes the release of what is there",
                hint=f"make environments/{target}/{name} first, with what {target} owns of it",
            )
    return sorted(set(names)) if names else sorted(here & there)


def _leads(source: Environment, target: Environment) -> bool:
    return source.name in (*target.promotes_from, *target.promotion.allow_skip_from)


def _allowed(fleet: Fleet, source: Environment, target: Environment) -> Environment:
    if _leads(source, target):
        return target
    if source.name == target.name:
        raise UsageError(f"{source.name} cannot promote to itself", hint=_comes_from(target))
    by_name = {environment.name: environment for environment in fleet.environments}
    if source.name in upstream(target.name, by_name):
        way = listing(target.promotes_from, "or")
        raise target.error(
            "promotion.allowSkipFrom" if target.promotion.allow_skip_from else "promotesFrom",
            f"a promotion from {source.name} to {target.name} would skip {way}",
            hint=f"promote to {way} first, or list {source.name} in promotion.allowSkipFrom",
        )
    if target.name in upstream(source.name, by_name):
        raise UsageError(
            f"{target.name} is before {source.name} in the chain, and releases go the other way",
            hint=f"reconciler promote {target.name} {source.name}",
        )
    raise UsageError(f"{target.name} does not promote from {source.name}", hint=_comes_from(target))


def _comes_from(target: Environment) -> str:
    if target.promotes_from:
        return f"{target.name} promotes from {listing(target.promotes_from, 'or')}"
    return f"{target.name} is the beginning of its chain: promotesFrom in its environment.yaml"
