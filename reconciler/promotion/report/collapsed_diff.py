"""The rendered difference: an app to unfold each, and all of it as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.compare.as_text import app_lines
from reconciler.compare.markdown_report import part
from reconciler.errors import printable
from reconciler.git.file_history import CommitSummary
from reconciler.model.paths import AppName
from reconciler.promotion.plan.as_text import REWRITTEN, SHORT, decision_text
from reconciler.promotion.plan.commit_trails import CommitTrail
from reconciler.promotion.plan.plan import Plan, PromotionStep
from reconciler.promotion.report.counts_in_words import in_words
from reconciler.promotion.report.releases import Links, linked
from reconciler.text.diff_lines import CHANGED, PLAIN, Line
from reconciler.text.markdown import fence
from reconciler.text.markdown_lists import count, more, name, short

MOST_COMMITS = 10
WORTH_A_PART = 500
PullUrls = Mapping[str, Sequence[tuple[int, str]]]


@dataclass(frozen=True, slots=True)
class CollapsedDiff:
    """What there was room for, and how many lines of how many that is."""

    text: str
    shown: int
    lines: int
    apps: int  # that are not unfolded


def difference_lines(plan: Plan, step: PromotionStep) -> list[str]:
    """The fields of the entry that are edited, and what that does to the objects."""
    edits = [str(Line(CHANGED, decision_text(decision))) for decision in step.edits]
    if step.edit and step.edit.rewritten:
        edits.append(str(Line(PLAIN, REWRITTEN.format(printable(step.edit.path)))))
    if not step.difference:
        return [*edits, "no object changes"]
    return [*edits, "", *map(str, app_lines(step.difference, (plan.target, "the promotion")))]


def whole_difference(plan: Plan) -> str:
    """For a file: nothing is cut, and nothing is escaped but what a terminal would act on."""
    lines = []
    for step in plan.due:
        lines += [printable(step.entry.folder), *difference_lines(plan, step), ""]
    return "".join(f"{line}\n" for line in lines)


def folded(
    plan: Plan,
    trails: Mapping[AppName, Sequence[CommitTrail]],
    pulls: PullUrls,
    links: Links | None,
    room: int,
) -> CollapsedDiff:
    text, shown, total, unfolded = "", 0, 0, 0
    for step in plan.due:
        lines = difference_lines(plan, step)
        total += len(lines)
        commits = "".join(_trail(trail, pulls, links) for trail in trails.get(step.app, ()))
        block, fitted = "", 0
        if not unfolded:
            block, fitted = _fold(step, commits, lines, room - len(text))
        text, shown = text + block, shown + fitted
        unfolded += not block
    return CollapsedDiff(text, shown, total, unfolded)


def _fold(step: PromotionStep, commits: str, lines: list[str], room: int) -> tuple[str, int]:
    """As many lines as there is room for; nothing at all if that is hardly any."""
    begin, end = fence(lines, "diff")
    title = f"{name(step.app)}, {_counts(step)}"
    head = f"<details>\n<summary>{title}</summary>\n\n{commits}\n{begin}"
    tail = f"{end}\n</details>\n\n"
    room -= len(head) + len(tail)
    whole = sum(len(line) + 1 for line in lines)
    fitted = len(lines)
    if whole > room:
        if room < WORTH_A_PART:
            return "", 0
        lines = part(lines, room)
        fitted = len(lines) - 1
    return head + "".join(f"{line}\n" for line in lines) + tail, fitted


def _counts(step: PromotionStep) -> str:
    if not step.difference:
        return "no object changes"
    return f"objects: {in_words(step.difference.difference.counts())}"


def _trail(trail: CommitTrail, pulls: PullUrls, links: Links | None) -> str:
    lines = [_commit(commit, pulls, links) for commit in trail.commits[:MOST_COMMITS]]
    text = "".join(f"- {line}\n" for line in lines)
    text += more(len(trail.commits) - MOST_COMMITS, "- ")
    if trail.others:
        text += f"- {count(trail.others, 'other commit')} outside of {name(trail.folder)}\n"
    return text


def _commit(commit: CommitSummary, pulls: PullUrls, links: Links | None) -> str:
    text = name(commit.id[:SHORT])
    text = linked(text, links.commit_url(commit.id)) if links else text
    brought = [linked(f"pull request {number}", url) for number, url in pulls.get(commit.id, ())]
    return ", ".join([f"{text} {short(commit.subject)}", short(commit.author), *brought])
