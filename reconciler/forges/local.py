"""The repository as its own forge: a pull request is a record in Git, for those who have no other.

Records are at refs/reconciler/requests/NUMBER and refs/reconciler/statuses/COMMIT; whoever
fetches these refs has them, too. There are no pages: addresses are names for Git.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from uuid import uuid4

import pygit2
from pygit2.enums import ObjectType

from reconciler.errors import ForgeError, printable
from reconciler.forges.forge import (
    LOCAL,
    OWN_NUMBER,
    Approval,
    Comment,
    CommitStatus,
    MergeOutcome,
    PullRequest,
    PullRequestState,
    StatusVerdict,
    WantedPullRequest,
)
from reconciler.forges.hosted import named_by_content, settled
from reconciler.forges.owners import owners_by_pattern
from reconciler.forges.recorded_pull_request import FILE, RecordedPullRequest, read_request
from reconciler.git.branches import checked_out_in
from reconciler.git.command import run_git
from reconciler.git.commit_builder import words_of
from reconciler.git.names import OUR_REFS, BranchName
from reconciler.git.new_commit import make_commit
from reconciler.git.ref_files import RefFiles

OWNERS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
REQUESTS, STATUSES, SEEN = "requests", "statuses", "seen"
LIST, TIME = "statuses.json", "time"
WORK = "commit or stash what is changed in the files of the base branch"


class LocalForge:
    kind = LOCAL
    longest_body = 1_000_000

    def __init__(self, root: str, user: str = "", clone: str = "") -> None:
        """Whoever works in a `clone` of it is who Git says there."""
        self.root = root
        self._clone = clone or root
        self._records = RefFiles(root)
        self._git = self._records.git
        self._name = user

    def user(self) -> str:
        if not self._name:
            self._name = self._said("user.name") or "unknown"
        return self._name

    def _said(self, setting: str) -> str:
        return run_git(self._clone, "config", setting, may_fail=True).decode().strip()

    def open_pulls(self) -> list[PullRequest]:
        return [pull for pull in self._pulls() if pull.state is PullRequestState.open]

    def pull(self, number: int) -> PullRequest:
        return self._read(number).pull

    def last_pull(self, branch: BranchName, base: BranchName) -> PullRequest | None:
        ours = (p for p in self._pulls() if (p.branch, p.base) == (branch, base))
        return next(ours, None)

    def pulls_of(self, commit: str) -> list[PullRequest]:
        return [pull for pull in self._pulls() if pull.merged_as == commit]

    def create(
        self, branch: BranchName, base: BranchName, wanted: WantedPullRequest
    ) -> PullRequest:
        with self._records.alone():
            there = self.last_pull(branch, base)
            if there is None or there.state is not PullRequestState.open:
                number = max(self._numbers(), default=0) + 1
                self._keep(RecordedPullRequest(self._new(number, branch, base, wanted)), "open")
                there = self.pull(number)
        return self.update(there, wanted)

    def _new(
        self, number: int, branch: BranchName, base: BranchName, wanted: WantedPullRequest
    ) -> PullRequest:
        if not self._tip(branch) or not self._tip(base):
            raise ForgeError(f"there is no branch {branch if self._tip(base) else base}")
        return PullRequest(
            number=number,
            url=f"{OUR_REFS}/{REQUESTS}/{number}:{FILE}",
            title=wanted.title,
            body=wanted.body,
            branch=branch,
            commit=self._tip(branch),
            base=base,
            state=PullRequestState.open,
            draft=wanted.draft,
            labels=(),
            author=self.user(),
            created=_now(),
        )

    def update(self, pull: PullRequest, wanted: WantedPullRequest) -> PullRequest:
        def change(request: RecordedPullRequest) -> RecordedPullRequest:
            now = request.pull
            labels = tuple(dict.fromkeys([*now.labels, *wanted.labels]))
            body = wanted.body.replace(OWN_NUMBER, str(now.number))
            return replace(
                request,
                pull=replace(now, title=wanted.title, body=body, draft=wanted.draft, labels=labels),
                reviewers=tuple(dict.fromkeys([*request.reviewers, *wanted.reviewers])),
            )

        return self._change(pull.number, "update", change)

    def close(self, pull: PullRequest) -> None:
        def change(request: RecordedPullRequest) -> RecordedPullRequest:
            if request.pull.state is PullRequestState.merged:
                raise ForgeError(f"pull request {pull.number} cannot be closed: it is merged")
            return replace(request, pull=replace(request.pull, state=PullRequestState.closed))

        self._change(pull.number, "close", change)

    def approve(self, pull: PullRequest) -> None:
        """Consent to the commit that `pull` names."""

        def change(request: RecordedPullRequest) -> RecordedPullRequest:
            others = tuple(a for a in request.approvals if a.user != self.user())
            mine = Approval(self.user(), pull.commit, _now())
            return replace(request, approvals=(*others, mine))

        self._change(pull.number, "approve", change)

    def approvals(self, pull: PullRequest) -> list[Approval]:
        return list(self._read(pull.number).approvals)

    def comments(self, pull: PullRequest) -> list[Comment]:
        return list(self._read(pull.number).comments)

    def say_once(self, pull: PullRequest, text: str) -> None:
        def change(request: RecordedPullRequest) -> RecordedPullRequest:
            there = request.comments
            if any((c.author, c.body) == (self.user(), text) for c in there):
                return request
            return replace(request, comments=(*there, Comment(uuid4().hex, self.user(), text)))

        self._change(pull.number, "comment", change)

    def say(self, pull: PullRequest, mark: str, text: str) -> None:
        def change(request: RecordedPullRequest) -> RecordedPullRequest:
            mine = Comment(mark, self.user(), text)
            there = request.comments
            if mark in {comment.id for comment in there}:
                return replace(request, comments=tuple(mine if c.id == mark else c for c in there))
            return replace(request, comments=(*there, mine))

        self._change(pull.number, "comment", change)

    def attach(self, pull: PullRequest, name: str, content: bytes) -> str | None:
        name = named_by_content(name, content)

        def change(request: RecordedPullRequest) -> RecordedPullRequest:
            return replace(request, attached={**request.attached, name: content})

        self._change(pull.number, "attach", change)
        return f"{OUR_REFS}/{REQUESTS}/{pull.number}:{name}"

    def statuses(self, commit: str) -> list[CommitStatus]:
        files = self._records.read(f"{STATUSES}/{commit}")
        said = json.loads(files[LIST]) if files else []
        return [
            CommitStatus(**{**status, "verdict": StatusVerdict(status["verdict"])})
            for status in said
        ]

    def set_status(self, commit: str, status: CommitStatus) -> None:
        with self._records.alone():
            there = {known.context: known for known in self.statuses(commit)}
            if there.get(status.context) != status:
                there[status.context] = status
                text = json.dumps([asdict(known) for known in there.values()], indent=2)
                files = {LIST: f"{text}\n".encode()}
                self._records.write(f"{STATUSES}/{commit}", files, self.user(), "status")

    def witness(self, commit: str, status: CommitStatus) -> datetime:
        """Whoever may write to the repository may write this record as well."""
        with self._records.alone():
            files = self._records.read(f"{SEEN}/{commit}")
            if files is None:
                files = {TIME: _now().isoformat().encode()}
                self._records.write(f"{SEEN}/{commit}", files, self.user(), status.context)
        return datetime.fromisoformat(files[TIME].decode())

    def merge(self, pull: PullRequest, title: str, message: str) -> MergeOutcome:
        with self._records.alone():
            request = self._read(pull.number)
            outcome = settled(pull, request.pull)
            if outcome:
                return outcome
            said = "\n".join([message, *_signed_off(request, pull)]).strip()
            made = self._merge_commit(pull, f"{title}\n\n{said}".strip())
            if made is None:
                return MergeOutcome.conflict
            known = replace(
                request.pull, state=PullRequestState.merged, merged_as=made, merged_at=_now()
            )
            self._keep(replace(request, pull=known), "merge")
            return MergeOutcome.merged

    def _merge_commit(self, pull: PullRequest, message: str) -> str | None:
        """The commit that is the base's tip by now; one that a killed run left is taken."""
        tip = self._tip(pull.base)
        parents = [str(parent) for parent in self._commit(tip).parent_ids]
        if pull.commit in parents[1:] and words_of(self._commit(tip)).strip() == message:
            return tip
        index = self._git.merge_commits(self._git[tip].id, self._git[pull.commit].id)
        if index.conflicts:
            return None
        tree, parents = str(index.write_tree(self._git)), [tip, pull.commit]
        who = [f"{s}={self._said(s)}" for s in ("user.name", "user.email") if self._said(s)]
        made = make_commit(self.root, tree, parents, message, who)
        folder = checked_out_in(self.root, pull.base)
        if folder:  # its files follow, but for those that somebody is working on
            run_git(folder, "merge", "--quiet", "--ff-only", made, hint=WORK)
        else:
            run_git(self.root, "update-ref", f"refs/heads/{pull.base}", made, tip)
        return made

    def delete_branch(self, branch: BranchName, commit: str) -> None:
        if self._tip(branch) == commit:
            run_git(self.root, "update-ref", "-d", f"refs/heads/{branch}", commit)

    def commit_url(self, commit: str) -> str:
        return commit

    def compare_url(self, old: str, new: str) -> str:
        return f"{old}...{new}"

    def members(self, team: str) -> frozenset[str]:
        raise ForgeError(
            f"who is in the team {team} cannot be known without a forge",
            hint="name the accounts themselves in environment.yaml",
        )

    def code_owners(self, paths: Sequence[str], base: BranchName) -> tuple[str, ...]:
        tree = self._commit(self._tip(base)).tree
        for place in OWNERS:
            if place in tree:
                found = tree[place]
                if isinstance(found, pygit2.Blob):
                    return owners_by_pattern(found.data.decode(errors="replace"), paths)
        return ()

    def _change(
        self, number: int, doing: str, change: Callable[[RecordedPullRequest], RecordedPullRequest]
    ) -> PullRequest:
        with self._records.alone():
            before = self._read(number)
            after = change(before)
            if after != before:
                self._keep(after, doing)
        return after.pull

    def _keep(self, request: RecordedPullRequest, doing: str) -> None:
        name = f"{REQUESTS}/{request.pull.number}"
        self._records.write(name, request.files(), self.user(), doing)

    def _read(self, number: int) -> RecordedPullRequest:
        files = self._records.read(f"{REQUESTS}/{number}")
        if files is None:
            raise ForgeError(
                f"there is no pull request {number}",
                hint="reconciler promote list shows those that there are",
            )
        request = read_request(files)
        tip = self._tip(request.pull.branch)
        if request.pull.state is PullRequestState.open and tip:
            return replace(request, pull=replace(request.pull, commit=tip))
        return request

    def _pulls(self) -> Iterator[PullRequest]:
        """The newest first."""
        for number in sorted(self._numbers(), reverse=True):
            yield self._read(number).pull

    def _numbers(self) -> list[int]:
        return [int(name) for name in self._records.names(REQUESTS)]

    def _tip(self, branch: BranchName) -> str:
        found = self._git.references.get(f"refs/heads/{branch}")
        return str(found.target) if found else ""

    def _commit(self, name: str) -> pygit2.Commit:
        return self._git[name].peel(ObjectType.COMMIT)


def _signed_off(request: RecordedPullRequest, pull: PullRequest) -> Iterator[str]:
    """What only the record knows, for those who read the history of the main branch."""
    yield f"Request: {pull.number}"
    yield f"Proposed-by: {printable(request.pull.author)}"
    for approval in request.approvals:
        if approval.commit == pull.commit:
            yield f"Approved-by: {printable(approval.user)}"


def _now() -> datetime:
    return datetime.now(UTC)
