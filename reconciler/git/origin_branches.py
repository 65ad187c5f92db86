"""The branches of the repository that this one was cloned from."""

from __future__ import annotations

from reconciler.errors import RepositoryError
from reconciler.git.names import BranchName, branch_of, reference_of
from reconciler.git.remote import BranchChange, PushOutcome, Remote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class OriginBranches:
    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    def fetch(self, *names: str) -> None:
        self._remote.fetch(*_patterns(names))

    def tips(self, *names: str) -> dict[str, str]:
        found = self._remote.tips(*_patterns(names))
        return {reference_of(branch): commit for branch, commit in found.items()}

    def move(self, reference: str, new: str | None, old: str | None) -> bool:
        branch = branch_of(reference)
        pushed = self._remote.push([BranchChange(branch, new or "", old or "")])[branch]
        if pushed.outcome is PushOutcome.refused:
            raise RepositoryError(
                f"{self._remote.name} refuses the push of {branch}",
                why=pushed.why,
                hint="allow whoever promotes to push this branch",
            )
        return pushed.outcome is PushOutcome.done

    def create(self, references: Mapping[str, str]) -> None:
        self._remote.push(
            [BranchChange(branch_of(name), commit, "") for name, commit in references.items()]
        )


def _patterns(names: Iterable[str]) -> list[BranchName]:
    return [branch_of(name + "*" if name.endswith("/") else name) for name in names]
