"""Title and body of a promotion's pull request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.errors import ForgeError
from reconciler.forges.forge import Forge
from reconciler.git.repository import Repository
from reconciler.model.paths import AppName
from reconciler.promotion.gates.result import GateResult
from reconciler.promotion.plan.commit_text import headline
from reconciler.promotion.plan.commit_trails import CommitTrail, commit_trails
from reconciler.promotion.plan.plan import Plan
from reconciler.promotion.report.body_marker import Marker, hash_of
from reconciler.promotion.report.body_parts import (
    blocked_part,
    checks_part,
    gates_part,
    risks_part,
    rollback_part,
    secrets_part,
)
from reconciler.promotion.report.collapsed_diff import (
    MOST_COMMITS,
    PullUrls,
    folded,
    whole_difference,
)
from reconciler.promotion.report.inspection import Inspection
from reconciler.promotion.report.releases import apps_table, is_page, linked
from reconciler.promotion.report.summary import summary
from reconciler.text.markdown import quiet
from reconciler.text.markdown_lists import count

FILE = "promotion.diff"
LONGEST = 60_000  # longer ones are read by nobody
SMALLEST = 5_000
FOR_DIFFERENCE = 1_500
FOR_NOTE = 500
FEWER = (50, 20, 5, 2)  # so many lines a list, until all fits
MOST_ASKED = 30  # commits that a forge is asked about


@dataclass(frozen=True, slots=True)
class PromotionReport:
    """`whole` is the full difference, for a file called FILE; if `cut` the body lacks some."""

    title: str
    body: str
    whole: str
    cut: bool
    marker: Marker


@dataclass(frozen=True, slots=True)
class _Facts:
    plan: Plan
    inspection: Inspection
    gates: Sequence[GateResult]
    trails: Mapping[AppName, Sequence[CommitTrail]]
    pulls: PullUrls
    forge: Forge | None
    to_pass: str


def report_of(
    plan: Plan,
    inspection: Inspection,
    gates: Sequence[GateResult] = (),
    *,
    repository: Repository | None = None,
    forge: Forge | None = None,
    attached: str = "",
    to_pass: str = "",
) -> PromotionReport:
    """What a reviewer needs comes first. `attached` is the URL of the file with the whole.

    The marker's hash leaves that out. `to_pass` is the line that overrides what is not open.
    """
    longest = max(min(forge.longest_body, LONGEST) if forge else LONGEST, SMALLEST)
    paths = {s.app: list(commit_trails(repository, s, plan.target)) for s in plan.due if repository}
    facts = _Facts(plan, inspection, gates, paths, _pulls(paths, forge), forge, to_pass)
    title, whole = quiet(headline(plan)), whole_difference(plan)
    apps = tuple(step.app for step in plan.due)
    room = longest - len(str(Marker(plan.source, plan.target, apps, plan.base, hash_of()))) - 2
    text, cut = _body(facts, "", room)
    marker = Marker(
        plan.source, plan.target, apps, plan.base, hash_of(title, text, whole, plan.base)
    )
    if attached:
        text, cut = _body(facts, attached, room)
    return PromotionReport(title, f"{text}\n{marker}\n", whole, cut, marker)


def _body(facts: _Facts, attached: str, room: int) -> tuple[str, bool]:
    parts = _parts(facts, room - FOR_DIFFERENCE)
    rest = room - sum(len(part) + 1 for part in parts) - FOR_NOTE
    folds = folded(facts.plan, facts.trails, facts.pulls, facts.forge, rest)
    cut = folds.shown < folds.lines
    difference = "### Difference\n\n" + folds.text
    if cut:
        where = _whole(attached)
        left = f"{folds.lines - folds.shown:,} of {folds.lines:,} lines"
        apps = f" and {count(folds.apps, 'app')}" if folds.apps else ""
        difference += f"**{left}{apps} are left out here for want of room.** All of it: {where}.\n"
    if facts.plan.goes_back:
        return "\n".join([*parts, difference]), cut
    *others, last = parts
    return "\n".join([*others, difference, last]), cut


def _whole(attached: str) -> str:
    """Where the difference is to be had, uncut."""
    if not attached or is_page(attached):
        return linked(f"`{FILE}`", attached)
    return f"`git show {attached}`"


def _parts(facts: _Facts, room: int) -> list[str]:
    """All but the difference, with as many lines in each as there is room for."""
    plan, inspection = facts.plan, facts.inspection
    first = summary(plan, inspection, facts.gates)
    lists: tuple[Callable[[int], str], ...] = (
        lambda most: "### Apps\n\n" + apps_table(plan, facts.trails, facts.forge, most),
        lambda most: risks_part(plan, inspection, most),
        lambda most: secrets_part(plan, inspection, most),
        lambda most: gates_part(facts.gates, most, facts.to_pass),
        lambda most: checks_part(inspection, most),
        lambda most: blocked_part(plan, most),
        lambda most: rollback_part(plan, most),
    )
    found: list[str] = []
    for most in FEWER:
        found = [part for part in (first, *(write(most) for write in lists)) if part]
        if sum(len(part) + 1 for part in found) <= room:
            return found
    return _most_of(found, room)


def _most_of(parts: list[str], room: int) -> list[str]:
    """Each of them may still be long: those that do not fit are named."""
    first, *others = parts
    kept: list[str] = []
    left: list[str] = []
    for part in others:
        fits = len(first) + FOR_NOTE + sum(len(p) + 1 for p in [*kept, part]) <= room
        (kept if fits else left).append(part)
    names = ", ".join(part.partition("\n")[0].removeprefix("### ") for part in left)
    return [f"{first}- **Left out for want of room**: {names}\n", *kept, ""]


def _pulls(paths: Mapping[AppName, Sequence[CommitTrail]], forge: Forge | None) -> PullUrls:
    """Which brought the commits that are listed, as far as the forge says so."""
    listed = [c.id for found in paths.values() for t in found for c in t.commits[:MOST_COMMITS]]
    found: dict[str, list[tuple[int, str]]] = {}
    if forge is None:
        return found
    for commit in list(dict.fromkeys(listed))[:MOST_ASKED]:
        try:
            found[commit] = [(pull.number, pull.url) for pull in forge.pulls_of(commit)]
        except ForgeError:
            break
    return found
