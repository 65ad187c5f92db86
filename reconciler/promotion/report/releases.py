"""The table of apps: which release each has now, which it gets, and what lies between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from reconciler.git.addresses import is_full_name
from reconciler.model.paths import AppName
from reconciler.promotion.plan.as_text import sides
from reconciler.promotion.plan.commit_trails import CommitTrail
from reconciler.promotion.plan.field_decisions import Decision
from reconciler.promotion.plan.plan import Plan, PromotionStep
from reconciler.promotion.report.counts_in_words import in_words
from reconciler.text.markdown_lists import count, name, table

HEADS = ("App", "Now", "After", "Commits", "Objects")
MOST_VALUES = 3


class Links(Protocol):
    """What a forge knows of addresses."""

    def commit_url(self, commit: str) -> str: ...

    def compare_url(self, old: str, new: str) -> str: ...


def apps_table(
    plan: Plan, trails: Mapping[AppName, Sequence[CommitTrail]], links: Links | None, most: int
) -> str:
    rows = [
        (
            name(step.app),
            _values([(d.target, sides(d)[0]) for d in release_of(step)], links),
            _values([(d.source, sides(d)[1]) for d in release_of(step)], links),
            ", ".join(_between(trail, links) for trail in trails.get(step.app, ())) or "none",
            _objects(step),
        )
        for step in plan.due
    ]
    return table(HEADS, rows, most)


def release_of(step: PromotionStep) -> list[Decision]:
    """What tells it from another; all that changes, if that is something else."""
    return [decision for decision in step.edits if decision.address.names_release] or step.edits


def is_page(url: str) -> bool:
    return url.startswith(("https://", "http://"))


def linked(text: str, url: str) -> str:
    """The text is markup already. What only Git knows, no browser opens."""
    if not is_page(url):
        return text
    safe = url.replace("<", "%3C").replace(">", "%3E").replace("\\", "%5C").replace("\n", "")
    return f"[{text}](<{safe}>)"


def _values(values: Sequence[tuple[Any, str]], links: Links | None) -> str:
    texts = []
    for value, seen in values:
        is_commit = isinstance(value, str) and is_full_name(value)
        text = name(seen)
        texts.append(linked(text, links.commit_url(value)) if links and is_commit else text)
    texts = list(dict.fromkeys(texts))
    return "<br>".join(texts[:MOST_VALUES]) + ("<br>…" if len(texts) > MOST_VALUES else "")


def _between(trail: CommitTrail, links: Links | None) -> str:
    text = count(len(trail.commits), "commit")
    if trail.others:
        text += f", {trail.others:,} more outside of {name(trail.folder)}"
    return linked(text, links.compare_url(trail.old, trail.new)) if links else text


def _objects(step: PromotionStep) -> str:
    if not step.difference:
        return "none"
    return in_words(step.difference.difference.counts())
