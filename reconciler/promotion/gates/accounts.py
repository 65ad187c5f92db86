"""Whose word counts: accounts, and the members of teams."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

from reconciler.forges.forge import Forge


def one_of(names: Iterable[str], forge: Forge) -> Callable[[str], bool]:
    """Is an account among these? The forge is asked for a team only if that decides it."""
    named = {name.casefold() for name in names}
    teams = sorted(name for name in named if "/" in name)
    accounts = named.difference(teams)

    @cache
    def members(team: str) -> set[str]:
        return {account.casefold() for account in forge.members(team)}

    def is_one(account: str) -> bool:
        account = account.casefold()
        return account in accounts or any(account in members(team) for team in teams)

    return is_one
