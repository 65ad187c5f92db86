"""The life of one promotion, from wherever it is to wherever it can get now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from reconciler.compare.escape import fence
from reconciler.forges.forge import Outcome, PullRequest, State, Status, Verdict, Wanted
from reconciler.git.branches import HEADS
from reconciler.git.trailers import trailers
from reconciler.model.suggest import listing
from reconciler.promotion.conduct.assessment import Assessment
from reconciler.promotion.conduct.branch import Proposal, Work, foreign, publish
from reconciler.promotion.conduct.desk import Desk, Offer, at, merged_into
from reconciler.promotion.conduct.marker import marked, release_in, unmarked
from reconciler.promotion.conduct.planning import Scene
from reconciler.promotion.errand import Errand, Kind
from reconciler.promotion.fingerprint import of_plan
from reconciler.promotion.gates.override import COMMAND, Override
from reconciler.promotion.gates.result import Gate, Result
from reconciler.promotion.gates.statuses import PREFIX, statuses_of
from reconciler.promotion.holds import HOLD
from reconciler.promotion.layout import step_lines, title
from reconciler.promotion.plan import Plan

ALL, PLAN = "all", "plan"
STOPPED = "Not to be merged as it is:"
Assess = Callable[[Scene, PullRequest | None, Proposal, Sequence[PullRequest]], Assessment]


class End(StrEnum):
    """How far it got."""

    nothing = "nothing"  # there is nothing to promote
    abandoned = "abandoned"  # somebody closed the pull request of this very release
    proposed = "proposed"
    merged = "merged"


@dataclass(frozen=True, slots=True)
class Conducted:
    errand: Errand
    plan: Plan
    end: End
    pull: PullRequest | None = None
    proposal: Proposal | None = None
    results: tuple[Result, ...] = ()
    superseded: tuple[int, ...] = ()
    created: bool = False


def conduct(
    desk: Desk,
    errand: Errand,
    assess: Assess,
    *,
    asked: bool = True,
    again: bool = False,
    override: Override | None = None,
) -> Conducted:
    """`asked` by a person: what is open for the same apps makes way, and else it is left alone.

    What was closed without a merge is opened `again` if that is wanted.
    """
    covered = {} if asked else covered_by(desk, errand)
    scene = desk.scene(errand, covered)
    last = desk.last_pull(errand.branch, scene.main)
    opened = last if last and last.state is State.open else None
    release = of_plan(scene.plan)
    if opened and not asked and _is_overtaken(desk, scene, opened):
        words = f"{errand.target} runs another release than the one that this takes back."
        _close(desk, opened, words)
        return Conducted(errand, scene.plan, End.nothing, replace(opened, state=State.closed))
    if not scene.plan.due:
        return _over(desk, scene, opened, covered)
    if last and not again and is_abandoned(scene, last):
        return Conducted(errand, scene.plan, End.abandoned, last)
    desk.check()
    work = Work(scene.plan, errand, scene.trailers)
    proposal = publish(desk.shop, work, merged=merged_into(last))
    pull, assessment = _pull(desk, scene, opened, proposal, assess, release, override)
    superseded = _supersede(desk, scene, pull)
    found = Conducted(
        *(errand, scene.plan, End.proposed, pull, proposal, assessment.results, superseded),
        created=opened is None,
    )
    return _merged(desk, scene, found, assessment)


def is_abandoned(scene: Scene, last: PullRequest) -> bool:
    """Did somebody close the pull request of this very release?"""
    return last.state is State.closed and release_in(last.body) == of_plan(scene.plan)


def _is_overtaken(desk: Desk, scene: Scene, pull: PullRequest) -> bool:
    """Does a rollback find something else to take back than when it was proposed?"""
    if scene.errand.kind is not Kind.rollback or not scene.plan.due:
        return False
    held = trailers(desk.shop.workbench.commit(pull.commit).message).get(HOLD, [])
    now = [value for name, value in scene.trailers if name == HOLD]
    return bool(held) and [v.split()[:2] for v in held] != [v.split()[:2] for v in now]


def covered_by(desk: Desk, errand: Errand) -> dict[str, PullRequest]:
    """The apps for which something newer of the same kind is open."""
    offers = [offer for offer in desk.offers() if _is_alike(offer.errand, errand)]
    own = next((o.pull.number for o in offers if o.pull.branch == errand.branch), 0)
    return {
        app: offer.pull
        for offer in offers
        if offer.pull.branch != errand.branch and offer.pull.number > own
        for app in offer.apps
    }


def _is_alike(one: Errand, other: Errand) -> bool:
    """The way forward and the way back do not exclude each other while both are open."""
    return (one.kind, one.target) == (other.kind, other.target)


def _pull(
    desk: Desk,
    scene: Scene,
    opened: PullRequest | None,
    proposal: Proposal,
    assess: Assess,
    release: str,
    override: Override | None,
) -> tuple[PullRequest, Assessment]:
    """Exactly one: found, adopted, brought up to date or made."""
    pull = at(opened, proposal.commit) if opened else None
    if pull and override:
        _override(desk, pull, override)
    assessment = assess(scene, pull, proposal, desk.open_pulls())
    wanted = _wanted(scene, assessment, release)
    desk.check()
    if pull is None:
        pull = desk.forge.create(proposal.branch, scene.main, wanted)
        pull = desk.saw(at(pull, proposal.commit))
        if override:
            _override(desk, pull, override)
            assessment = assess(scene, pull, proposal, desk.open_pulls())
            wanted = _wanted(scene, assessment, release)
    pull = desk.saw(at(desk.forge.update(pull, wanted), proposal.commit))
    _post(desk, pull, assessment.results)
    if opened and opened.draft and not pull.draft:
        _reassure(desk, pull)
    return pull, assessment


def _override(desk: Desk, pull: PullRequest, override: Override) -> None:
    """In the words that anybody can say there, and that later runs find again."""
    gates = ",".join(override.gates)
    words = f"{COMMAND} {gates} {pull.commit[:10]} {' '.join(override.reason.split())}"
    desk.check()
    desk.forge.say(pull, f"override {pull.commit}", words)


def _post(desk: Desk, pull: PullRequest, results: Sequence[Result]) -> None:
    """A status for each gate, and one for all of them, which branch protection can ask for."""
    closed = dict.fromkeys(result.name for result in results if not result.passes)
    said = f"waits for {listing(list(closed))}" if closed else "all gates are open"
    statuses = statuses_of(results)
    verdicts = {status.verdict for status in statuses}
    verdict = next(
        (v for v in (Verdict.failure, Verdict.pending) if v in verdicts), Verdict.success
    )
    there = desk.forge.statuses(pull.commit)
    for status in (*statuses, Status(PREFIX + ALL, verdict, said)):
        wanted = replace(status, url=pull.url)
        if wanted not in there:
            desk.forge.set_status(pull.commit, wanted)
    _settle(desk, pull, there, {*(status.context for status in statuses), PREFIX + ALL})


def _reassure(desk: Desk, pull: PullRequest) -> None:
    if any(comment.body.startswith(STOPPED) for comment in desk.forge.comments(pull)):
        desk.forge.say(pull, PLAN, "What stood in the way is gone.")


def _settle(desk: Desk, pull: PullRequest, there: Sequence[Status], known: Collection[str]) -> None:
    """What stood in the way earlier, and is no question any more."""
    for status in there:
        ours = status.context.startswith(PREFIX) and status.context not in known
        if ours and status.verdict is not Verdict.success:
            done = replace(status, verdict=Verdict.success, description="no question any more")
            desk.forge.set_status(pull.commit, done)


def _wanted(scene: Scene, assessment: Assessment, release: str) -> Wanted:
    promotion = scene.target.promotion
    return Wanted(
        assessment.title,
        marked(assessment.body, release),
        promotion.labels,
        assessment.reviewers,
        draft=assessment.is_shut,
    )


def _supersede(desk: Desk, scene: Scene, pull: PullRequest) -> tuple[int, ...]:
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
        _close(desk, offer.pull, _successor(offer, apps, pull))
    return tuple(offer.pull.number for offer in older)


def _successor(offer: Offer, apps: set[str], pull: PullRequest) -> str:
    words = f"Superseded by {pull.url}, which is newer."
    left = sorted(offer.apps - apps)
    if not left:
        return words
    ends = f"{offer.errand.source} {offer.errand.target}"
    return (
        f"{words} It does without {listing(left)}: "
        f"`reconciler promote {ends} {' '.join(left)}` proposes them again."
    )


def _close(desk: Desk, pull: PullRequest, words: str) -> None:
    desk.check()
    desk.forge.say(pull, "closing", words)
    wanted = Wanted(pull.title, unmarked(pull.body), draft=pull.draft)
    pull = desk.forge.update(pull, wanted)
    desk.forge.close(pull)
    desk.saw(replace(pull, state=State.closed))
    remove_branch(desk, pull)


def remove_branch(desk: Desk, pull: PullRequest) -> bool:
    """Unless there is a commit of somebody else on it that would be lost."""
    reference = HEADS + pull.branch
    tip = desk.shop.branches.tips(reference).get(reference)
    if tip is None:
        return False
    if pull.state is not State.merged or tip != pull.commit:
        base = desk.planner.opened(pull.base).commit
        if foreign(desk.shop.workbench, base, tip):
            return False
    desk.check()
    return desk.shop.branches.move(reference, None, tip)


def _over(
    desk: Desk, scene: Scene, opened: PullRequest | None, covered: Mapping[str, PullRequest]
) -> Conducted:
    """There is nothing to do; what is open is closed, or waits for a person."""
    plan, errand = scene.plan, scene.errand
    if opened is None:
        _forsake(desk, scene)
        return Conducted(errand, plan, End.nothing)
    stuck = [step for step in plan.blocked if step.app in _apps_of(desk, opened)]
    if stuck:
        return Conducted(errand, plan, End.nothing, _stop(desk, opened, plan))
    newer = sorted({pull.url for pull in covered.values()})
    words = f"{plan.target} has all of this by now, or {plan.source} has it no more."
    if newer:
        words = f"Superseded by {listing(newer)}."
    _close(desk, opened, words)
    return Conducted(errand, plan, End.nothing, replace(opened, state=State.closed))


def _forsake(desk: Desk, scene: Scene) -> None:
    """Remove a branch for which there is nothing left to propose."""
    reference = HEADS + scene.errand.branch
    tip = desk.shop.branches.tips(reference).get(reference)
    if tip and not foreign(desk.shop.workbench, scene.plan.base, tip):
        desk.check()
        desk.shop.branches.move(reference, None, tip)


def _apps_of(desk: Desk, pull: PullRequest) -> frozenset[str]:
    offer = desk.offer(pull)
    return offer.apps if offer else frozenset()


def _stop(desk: Desk, pull: PullRequest, plan: Plan) -> PullRequest:
    """What it proposes is in question by now: it stays open, and is not to be merged."""
    results = [Result(PLAN, Gate.shut, evidence=title(step), app=step.app) for step in plan.blocked]
    lines = []
    for step in plan.blocked:
        lines += [title(step), *(f"    {line}" for line in step_lines(plan, step, explain=False))]
    begin, end = fence(lines)
    words = "\n".join([f"{STOPPED}\n", begin + "\n".join(lines), end])
    desk.check()
    desk.forge.say(pull, PLAN, words)
    pull = desk.saw(desk.forge.update(pull, Wanted(pull.title, pull.body, draft=True)))
    _post(desk, pull, results)
    return pull


def _merged(desk: Desk, scene: Scene, found: Conducted, assessment: Assessment) -> Conducted:
    """Merged, if the policy says so and nothing is waited for."""
    pull, proposal = found.pull, found.proposal
    assert pull  # noqa: S101
    assert proposal  # noqa: S101
    may = scene.target.promotion.auto_merge and scene.errand.kind is not Kind.hotfix
    if not may or not assessment.passes or proposal.theirs or pull.draft:
        return found
    outcome = merge(desk, found)
    if outcome is Outcome.merged:
        return replace(found, end=End.merged, pull=desk.forge.pull(pull.number))
    if outcome is Outcome.conflict or _is_outdated(desk, scene, proposal, outcome):
        publish(desk.shop, Work(scene.plan, scene.errand, scene.trailers), renew=True)
    return found


def merge(desk: Desk, found: Conducted) -> Outcome:
    """With a message that tells of the promotion even if the forge squashes its commits."""
    pull = found.pull
    assert pull  # noqa: S101
    desk.check()
    message = desk.shop.workbench.commit(pull.commit).message.partition("\n")[2]
    outcome = desk.forge.merge(pull, pull.title, message.strip())
    if outcome is Outcome.merged:
        done = desk.saw(replace(pull, state=State.merged))
        remove_branch(desk, done)
        desk.refresh()
    return outcome


def _is_outdated(desk: Desk, scene: Scene, proposal: Proposal, outcome: Outcome) -> bool:
    """Does the forge wait for nothing that it shows? Then for the branch to be up to date."""
    parents = map(str, desk.shop.workbench.commit(proposal.commit).parent_ids)
    if outcome is not Outcome.waiting or scene.plan.base in parents:
        return False
    statuses = desk.forge.statuses(proposal.commit)
    return all(status.verdict is Verdict.success for status in statuses)
