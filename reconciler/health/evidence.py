"""What is asked of a source of health, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from reconciler.health.rendered_release import RenderedRelease
from reconciler.health.spans import Spans
from reconciler.model.entry import Entry

ANSWER_SECONDS = 10
MAX_ANSWER_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class HealthQuestion:
    """Is a release healthy that an entry has had from `since` to `until`?"""

    entry: Entry
    since: datetime
    until: datetime
    is_same: Callable[[str], bool | None]
    """Does the entry have the release at this commit of the main branch?"""
    release: Callable[[], RenderedRelease]
    """What it renders; raises what keeps it from that."""

    def named(self, pattern: str) -> str:
        """With the names in place."""
        return named(pattern, self.entry)


def named(pattern: str, entry: Entry) -> str:
    return pattern.replace("{app}", entry.app).replace("{environment}", entry.environment)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one source says.

    `healthy` is none while that is not known, and `spans` if the source remembers nothing. It is
    `blind` where nobody could be asked, or who was knows nothing: that says nothing of the release.
    """

    healthy: bool | None
    said: str
    spans: Spans | None = ()
    hint: str = ""
    blind: bool = False


def of_another_release(asked: HealthQuestion, commit: str, at: str, hint: str) -> Evidence | None:
    """What there is to say where what runs is not the release; `at` says what runs."""
    same = asked.is_same(commit) if commit else False
    if same is None:
        return unseen(f"{at}, which this clone does not hold", "git fetch")
    return None if same else Evidence(None, f"{at}, which is another release", hint=hint)


def unseen(said: str, hint: str = "", spans: Spans = ()) -> Evidence:
    """Nobody can tell, and why."""
    return Evidence(None, said, spans, hint, blind=True)
