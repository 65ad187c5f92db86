"""How a pull request ends that is not merged: with a word, and without its branch."""

from __future__ import annotations

from dataclasses import replace

from reconciler.forges.forge import PullRequest, PullRequestState, WantedPullRequest
from reconciler.git.branches import HEADS
from reconciler.promotion.plan.planner import PlannedPromotion
from reconciler.promotion.promotion_request import PromotionRequest
from reconciler.promotion.pull_request.branch import foreign
from reconciler.promotion.pull_request.desk import Desk, OurPullRequest
from reconciler.promotion.pull_request.release_marker import unmarked
from reconciler.text.suggestions import listing


def close(desk: Desk, pull: PullRequest, words: str) -> None:
    desk.check()
    desk.forge.say(pull, "closing", words)
    wanted = WantedPullRequest(pull.title, unmarked(pull.body), draft=pull.draft)
    pull = desk.forge.update(pull, wanted)
    desk.forge.close(pull)
    desk.saw(replace(pull, state=PullRequestState.closed))
    remove_branch(desk, pull)


def remove_branch(desk: Desk, pull: PullRequest) -> bool:
    """Unless there is a commit of somebody else on it that would be lost."""
    reference = HEADS + pull.branch
    tip = desk.shop.branches.tips(reference).get(reference)
    if tip is None:
        return False
    if pull.state is not PullRequestState.merged or tip != pull.commit:
        base = desk.planner.opened(pull.base).commit
        if foreign(desk.shop.workbench, base, tip):
            return False
    desk.check()
    return desk.shop.branches.move(reference, None, tip)


def delete_stale_branch(desk: Desk, scene: PlannedPromotion) -> None:
    """Remove a branch for which there is nothing left to propose."""
    reference = HEADS + scene.errand.branch
    tip = desk.shop.branches.tips(reference).get(reference)
    if tip and not foreign(desk.shop.workbench, scene.plan.base, tip):
        desk.check()
        desk.shop.branches.move(reference, None, tip)


def covered_by(desk: Desk, errand: PromotionRequest) -> dict[str, PullRequest]:
    """The apps for which something newer of the same kind is open."""
    offers = [offer for offer in desk.offers() if _is_alike(offer.errand, errand)]
    own = next((o.pull.number for o in offers if o.pull.branch == errand.branch), 0)
    return {
        app: offer.pull
        for offer in offers
        if offer.pull.branch != errand.branch and offer.pull.number > own
        for app in offer.apps
    }


def _is_alike(one: PromotionRequest, other: PromotionRequest) -> bool:
    """The way forward and the way back do not exclude each other while both are open."""
    return (one.kind, one.target) == (other.kind, other.target)


def supersede(desk: Desk, scene: PlannedPromotion, pull: PullRequest) -> tuple[int, ...]:
    """Close what is open for the same apps, with a word."""
    apps = {step.app for step in scene.plan.due}
    older = [
        offer
        for offer in desk.offers()
        if _is_alike(offer.errand, scene.errand)
        and offer.pull.branch != pull.branch
        and offer.pull.base == pull.base
        and offer.apps & apps
    ]
    for offer in older:
        close(desk, offer.pull, _successor(offer, apps, pull))
    return tuple(offer.pull.number for offer in older)


def _successor(offer: OurPullRequest, apps: set[str], pull: PullRequest) -> str:
    words = f"Superseded by {pull.url}, which is newer."
    left = sorted(offer.apps - apps)
    if not left:
        return words
    ends = f"{offer.errand.source} {offer.errand.target}"
    return (
        f"{words} It does without {listing(left)}: "
        f"`reconciler promote {ends} {' '.join(left)}` proposes them again."
    )
