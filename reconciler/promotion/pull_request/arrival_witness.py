"""When commits came to the main branch, by those who saw it: the forge, or else we ourselves.

Their own dates are chosen by whoever made them. A pull request has the time of its merge from the
forge. For what came in another way, the time is that of a status of ours, which the first run that
sees the commit there gives it: so it is there for all later runs, wherever they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from reconciler.forges.forge import CommitStatus, Forge, StatusVerdict
from reconciler.promotion.gates.statuses import PREFIX

SEEN = CommitStatus(f"{PREFIX}seen", StatusVerdict.success, "it is on the main branch")

Known = dict[tuple[str, str], datetime]


@dataclass(frozen=True, slots=True)
class Witness:
    """`known` is what was found out before; `check` tells that we may write."""

    forge: Forge
    check: Callable[[], None] = lambda: None
    known: Known = field(default_factory=dict)

    def __call__(self, commit: str, main: str) -> datetime:
        """Of a commit that is on the main branch now."""
        key = commit, main
        if key not in self.known:
            self.known[key] = self._merged(*key) or self._seen(commit)
        return self.known[key]

    def _merged(self, commit: str, main: str) -> datetime | None:
        """Of several requests that brought it, the last: a squashed one did not really."""
        pulls = self.forge.pulls_of(commit)
        times = (pull.merged_at for pull in pulls if pull.base == main and pull.merged_at)
        return max(times, default=None)

    def _seen(self, commit: str) -> datetime:
        self.check()
        return self.forge.witness(commit, SEEN)
