"""When a commit came to the main branch; in doubt later, and as the end of something earlier.

Who makes a commit chooses its date. So it counts for no more than that the commit is no older than
what it builds on; and what others have seen of it counts beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from reconciler.git.file_history import CommitSummary
from reconciler.git.repository import Repository

Seen = Callable[[str], datetime]


@dataclass(frozen=True, slots=True)
class Arrivals:
    """`seen` says when others saw a commit on the main branch."""

    repository: Repository
    now: datetime
    seen: Seen | None = None

    def since(self, commit: CommitSummary) -> datetime | None:
        """The latest that is known; none if all that is known is a date that is to come."""
        dated = self.repository.dated(commit.id, self.now.timestamp())
        earliest = time_of(dated.earliest)
        if self.seen:
            return max(earliest, self.seen(commit.id))
        return earliest if self._is_past(commit) else None

    def until(self, commit: CommitSummary) -> datetime | None:
        """The earliest that is known of it as the end of something; none in the same case."""
        known = [time_of(commit.time)] if self._is_past(commit) else []
        return min([*known, *([self.seen(commit.id)] if self.seen else [])], default=None)

    def _is_past(self, commit: CommitSummary) -> bool:
        return time_of(commit.time) <= self.now


def time_of(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
