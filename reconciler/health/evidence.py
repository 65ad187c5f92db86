"""What is asked of a source of health, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from reconciler.health.spans import Spans
from reconciler.model.entry import Entry

SECONDS = 10
LARGEST_ANSWER = 16 << 20


@dataclass(frozen=True, slots=True)
class HealthQuestion:
    """Is a release healthy that an entry has had from `since` to `until`?"""

    entry: Entry
    since: datetime
    until: datetime
    is_same: Callable[[str], bool | None]
    """Does the entry have the release at this commit of the main branch?"""

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


def unseen(said: str, hint: str = "", spans: Spans = ()) -> Evidence:
    """Nobody can tell, and why."""
    return Evidence(None, said, spans, hint, blind=True)
