"""Who wants a promotion, and whether that is reason enough to merge it without a person.

A pull request of ours says by its branch what it promotes, and whoever can push that branch can
write there what they like. So what a branch alone asks for is merged if every gate was asked about
it; and if it chooses a way around them, then somebody has to stand behind it who may.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from reconciler.forges.forge import Forge, PullRequest
from reconciler.model.environment import Environment
from reconciler.promotion.gates.accounts import one_of
from reconciler.promotion.gates.result import Gate, GateResult
from reconciler.promotion.promotion_request import PromotionKind, PromotionRequest


class Asker(StrEnum):
    """On whose behalf a promotion goes on."""

    person = "person"  # who runs this, with rights of their own
    bot = "bot"  # that has found just now that it is due
    branch = "branch"  # nobody but what is on it


def goes_along(request: PromotionRequest, target: Environment) -> bool:
    """Is it what anybody would promote: what the environment before runs now?

    A rollback is asked about few gates; another release, and a skip, are a choice.
    """
    chosen = request.release or request.unheld or request.source not in target.promotes_from
    return request.kind is PromotionKind.promotion and not chosen


def has_backing(
    forge: Forge, pull: PullRequest, target: Environment, results: Iterable[GateResult]
) -> bool:
    """Has somebody who may override approved this commit, or let it pass a gate?"""
    if any(result.state is Gate.overridden for result in results):
        return True
    may = one_of(target.promotion.overrides, forge)
    return any(given.commit == pull.commit and may(given.user) for given in forge.approvals(pull))
