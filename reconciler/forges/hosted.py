"""What forges that are reached by HTTP have in common: how not to do a thing twice."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import PurePosixPath
from types import FunctionType
from typing import Any

from reconciler.errors import ForgeError, ForgeUncertain
from reconciler.forges.client import ForgeAnswer, ForgeClient, understood
from reconciler.forges.forge import (
    Approval,
    Comment,
    CommitStatus,
    Forge,
    MergeOutcome,
    PullRequest,
    PullRequestState,
    WantedPullRequest,
)
from reconciler.forges.owners import owners_by_pattern
from reconciler.git.names import BranchName

SETTLE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class ForgeProject:
    """A repository of a forge: `web` is what browsers open, `path` is OWNER/NAME."""

    web: str
    path: str

    @property
    def url(self) -> str:
        return f"{self.web}/{self.path}"


class HostedForge(Forge, ABC):
    """One repository of a forge; each forge fills in the calls of its API."""

    name: str
    needs: str
    """What a token has to have."""
    needs_for_teams: str
    headers: Mapping[str, str] = {}
    longest_description: int
    owner_files: tuple[str, ...]
    """Where it looks for code owners; the first that is there counts."""
    owners = staticmethod(owners_by_pattern)

    def __init_subclass__(cls) -> None:
        """Whatever is asked of it, an answer that cannot be read is told as the forge's fault."""
        for name, method in {**vars(Forge), **vars(cls)}.items():
            if isinstance(method, FunctionType) and not name.startswith("_"):
                setattr(cls, name, understood(cls.name)(getattr(cls, name)))

    def __init__(self, client: ForgeClient, project: ForgeProject) -> None:
        self.client = client
        self.project = project
        self._user = ""

    def user(self) -> str:
        self._user = self._user or self._who()
        return self._user

    def create(
        self, branch: BranchName, base: BranchName, wanted: WantedPullRequest
    ) -> PullRequest:
        wanted = replace(wanted, body=self._safe(wanted.body))
        try:
            made = self._open(branch, base, wanted)
        except ForgeUncertain:
            made = self._opened(branch, base)
            if not made:
                raise
        made = made or self._opened(branch, base)
        if not made:
            raise ForgeError(
                f"{self.name} has a pull request from {branch} to {base}, and does not list it",
                hint="somebody may have closed it just now: run it again",
            )
        return self._bring_to(made, wanted)

    def update(self, pull: PullRequest, wanted: WantedPullRequest) -> PullRequest:
        return self._bring_to(pull, replace(wanted, body=self._safe(wanted.body)))

    def _bring_to(self, pull: PullRequest, wanted: WantedPullRequest) -> PullRequest:
        shown = (pull.title, _plain(pull.body), pull.draft)
        if shown != (wanted.title, _plain(wanted.body), wanted.draft):
            pull = self._edit(pull, wanted)
        lacking = tuple(label for label in wanted.labels if label not in pull.labels)
        if lacking:
            self._add_labels(pull, lacking)
            pull = replace(pull, labels=pull.labels + lacking)
        if wanted.reviewers:
            asked = {name.lower() for name in self._asked(pull)} | {pull.author.lower()}
            new = [name for name in wanted.reviewers if name.lower() not in asked]
            if new and not self._ask(pull, new):
                for name in new if len(new) > 1 else ():
                    self._ask(pull, [name])
        return pull

    def say(self, pull: PullRequest, mark: str, text: str) -> None:
        sign = f"<!-- {mark} -->"
        body = f"{self._safe(text)}\n\n{sign}"
        mine = self._said(pull, sign)
        if mine is None:
            try:
                self._comment(pull, body)
            except ForgeUncertain:
                if not self._said(pull, sign):
                    raise
        elif _plain(mine.body) != _plain(body):
            self._rewrite(pull, mine, body)

    def say_once(self, pull: PullRequest, text: str) -> None:
        body = self._safe(text)
        if self._has_said(pull, body):
            return
        try:
            self._comment(pull, body)
        except ForgeUncertain:
            if not self._has_said(pull, body):
                raise

    def set_status(self, commit: str, status: CommitStatus) -> None:
        status = replace(
            status, description=shortened(status.description, self.longest_description)
        )
        if status not in self.statuses(commit):
            self._report(commit, status)

    def witness(self, commit: str, status: CommitStatus) -> datetime:
        found = self._first(commit, status.context)
        if found is None:
            self._report(commit, status)
            found = self._first(commit, status.context)
        if found is None:
            raise ForgeError(
                f"{self.name} does not let us set the status {status.context} of {commit[:10]}",
                why="somebody else has set it before",
                hint="let only the user of the token set statuses that are called so",
            )
        return found

    def _first(self, commit: str, context: str) -> datetime | None:
        ours = (time for user, time in self._given(commit, context) if user == self.user())
        return min(ours, default=None)

    def members(self, team: str) -> frozenset[str]:
        found = self._members(team)
        if found is None:
            raise ForgeError(
                f"{self.name} shows no team {team}",
                hint=f"check the name; to see teams, the token needs {self.needs_for_teams}",
            )
        return frozenset(found)

    def code_owners(self, paths: Sequence[str], base: BranchName) -> tuple[str, ...]:
        for place in self.owner_files:
            found = self._file(place, base)
            if found.status == 200:
                return self.owners(found.text, paths)
        return ()

    def _delete_if_at(self, path: str, commit: str) -> None:
        """For a forge that cannot be told what it is to expect."""
        found = self.client.find(path)
        if found and found["commit"]["id"] == commit:
            self.client.send("DELETE", path, accept=(404,))

    def _after_all(self, pull: PullRequest) -> MergeOutcome:
        """What became of a merge of which the forge said nothing; it is not sent again."""
        self.client.pause(SETTLE_SECONDS)
        return settled(pull, self.pull(pull.number)) or MergeOutcome.waiting

    def _opened(self, branch: BranchName, base: BranchName) -> PullRequest | None:
        found = self.last_pull(branch, base)
        return found if found and found.state is PullRequestState.open else None

    def _said(self, pull: PullRequest, sign: str) -> Comment | None:
        ours = (c for c in self.comments(pull) if c.author == self.user())
        return next((c for c in ours if c.body.rstrip().endswith(sign)), None)

    def _has_said(self, pull: PullRequest, body: str) -> bool:
        ours = (c for c in self.comments(pull) if c.author == self.user() and not c.edited)
        return any(_plain(c.body) == _plain(body) for c in ours)

    def _safe(self, text: str) -> str:
        """The text without what the forge would take for an order."""
        return text

    @abstractmethod
    def _who(self) -> str: ...

    @abstractmethod
    def _open(
        self, branch: BranchName, base: BranchName, wanted: WantedPullRequest
    ) -> PullRequest | None:
        """A new pull request, or none if there is one already."""

    @abstractmethod
    def _edit(self, pull: PullRequest, wanted: WantedPullRequest) -> PullRequest:
        """Title, body and whether it is a draft."""

    @abstractmethod
    def _add_labels(self, pull: PullRequest, labels: Sequence[str]) -> None: ...

    @abstractmethod
    def _asked(self, pull: PullRequest) -> set[str]:
        """Who was asked for a review, or gave one."""

    @abstractmethod
    def _ask(self, pull: PullRequest, reviewers: Sequence[str]) -> bool:
        """Ask these for a review; false if the forge does not take one of them."""

    @abstractmethod
    def _comment(self, pull: PullRequest, body: str) -> None: ...

    @abstractmethod
    def _rewrite(self, pull: PullRequest, comment: Comment, body: str) -> None: ...

    @abstractmethod
    def _report(self, commit: str, status: CommitStatus) -> None: ...

    @abstractmethod
    def _given(self, commit: str, context: str) -> Iterable[tuple[str, datetime]]:
        """Who gave a commit a status of this context, and when: all that ever did."""

    @abstractmethod
    def _members(self, team: str) -> Iterable[str] | None:
        """None if there is no such team, or none that the token may see."""

    @abstractmethod
    def _file(self, place: str, base: BranchName) -> ForgeAnswer:
        """A file of a branch as it is, or that there is none (404)."""


def settled(wanted: PullRequest, now: PullRequest) -> MergeOutcome | None:
    """What there is to say of a merge without trying it."""
    match now.state:
        case PullRequestState.merged:
            return MergeOutcome.merged
        case PullRequestState.closed:
            raise ForgeError(f"pull request {now.number} is closed", hint="open it again")
    if now.commit != wanted.commit:
        return MergeOutcome.moved
    return MergeOutcome.waiting if now.draft else None


def titled(draft: str, wanted: WantedPullRequest) -> str:
    """For a forge that knows a draft by how its title begins."""
    return f"{draft}{wanted.title}" if wanted.draft else wanted.title


def named_by_content(name: str, content: bytes) -> str:
    """A name for an attached file: the same content is found again, and another is another."""
    path = PurePosixPath(name)
    return f"{path.stem}-{sha256(content).hexdigest()[:10]}{path.suffix}"


def consents(words: Iterable[tuple[Approval, bool | None]]) -> list[Approval]:
    """The last word of each person, if it is a consent; a mere remark (none) leaves it.

    The words come in the order in which they were said.
    """
    last: dict[str, tuple[Approval, bool]] = {}
    for approval, consent in words:
        if consent is not None:
            last[approval.user] = (approval, consent)
    return [approval for approval, consent in last.values() if consent]


def newest_of_each(statuses: Iterable[CommitStatus]) -> list[CommitStatus]:
    """The first of each context."""
    found: dict[str, CommitStatus] = {}
    for status in statuses:
        found.setdefault(status.context, status)
    return list(found.values())


def shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def creators(statuses: Iterable[Any], context: str) -> list[tuple[str, datetime]]:
    """Who gave those of this context, and when, as GitHub and Gitea say it."""
    return [
        (str((s["creator"] or {}).get("login", "")), moment(s["created_at"]))
        for s in statuses
        if s["context"] == context
    ]


def foreign_branch(owner: str, branch: BranchName) -> BranchName:
    """How a branch of another repository is called here.

    It begins with what no branch can, so whatever its owner is called, it passes for none of ours.
    """
    return BranchName(f":{owner}:{branch}")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _plain(text: str) -> str:
    """As forges keep it, which change line ends and drop spaces around."""
    return text.replace("\r\n", "\n").strip()
