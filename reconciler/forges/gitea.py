"""Gitea and Forgejo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from reconciler.errors import ForgeError, ForgeUncertain
from reconciler.forges.client import ForgeAnswer, Query
from reconciler.forges.forge import (
    Approval,
    Comment,
    CommitStatus,
    MergeOutcome,
    PullRequest,
    PullRequestState,
    StatusVerdict,
    WantedPullRequest,
)
from reconciler.forges.hosted import (
    HostedForge,
    consents,
    creators,
    foreign_branch,
    moment,
    named_by_content,
    settled,
    titled,
)
from reconciler.forges.owners import owners_by_expression
from reconciler.git.names import BranchName

DRAFT = "WIP: "
COLOUR = "#6a737d"

# It says the same of a conflict as of a pull request at which it still looks, which takes moments.
UNDECIDED = "try again later"
LOOKS, PAUSE = 40, 0.5

REFUSALS = {
    "not allowed to merge": "let the branch protection allow it, or merge it by hand",
    "allowed merge style": "let the repository take merge commits: its settings say",
}

VERDICTS = {
    "pending": StatusVerdict.pending,
    "success": StatusVerdict.success,
    "skipped": StatusVerdict.success,
    "warning": StatusVerdict.failure,
    "failure": StatusVerdict.failure,
    "error": StatusVerdict.failure,
}
WORDS = {"APPROVED": True, "REQUEST_CHANGES": False}


class Gitea(HostedForge):
    kind = "gitea"
    name = "Gitea"
    needs = "write:repository, write:issue and read:user, and to belong to somebody who may write"
    needs_for_teams = "read:organization, and its user to be in the team or to own the organisation"
    longest_body = 1_000_000
    longest_description = 255
    owner_files = ("CODEOWNERS", "docs/CODEOWNERS", ".gitea/CODEOWNERS", ".forgejo/CODEOWNERS")
    owners = staticmethod(owners_by_expression)
    page = 50  # more it does not give, unless configured

    @property
    def _at(self) -> str:
        return f"/repos/{self.project.path}"

    def _who(self) -> str:
        return str(self.client.get("/user")["login"])

    def open_pulls(self) -> list[PullRequest]:
        found = self.client.pages(f"{self._at}/pulls", {"state": "open", "limit": self.page})
        return [_pull(item) for item in found]

    def pull(self, number: int) -> PullRequest:
        return _pull(self.client.get(f"{self._at}/pulls/{number}"))

    def last_pull(self, branch: BranchName, base: BranchName) -> PullRequest | None:
        """Asked for the two branches, it names any pull request; the newest is in the list."""
        path = f"{self._at}/pulls/{quote(base, safe='')}/{quote(branch)}"
        any_ = self.client.find(path)
        if any_ is None:
            return None
        if any_["state"] == "open":
            return _pull(any_)
        query: Query = {"state": "all", "base_branch": base, "limit": self.page}
        pulls = (_pull(item) for item in self.client.pages(f"{self._at}/pulls", query))
        ours = (pull for pull in pulls if (pull.branch, pull.base) == (branch, base))
        return next(ours, _pull(any_))

    def pulls_of(self, commit: str) -> list[PullRequest]:
        found = self.client.find(f"{self._at}/commits/{commit}/pull")
        return [_pull(found)] if found else []

    def _open(
        self, branch: BranchName, base: BranchName, wanted: WantedPullRequest
    ) -> PullRequest | None:
        body = {"head": branch, "base": base, "title": titled(DRAFT, wanted), "body": wanted.body}
        answer = self.client.send("POST", f"{self._at}/pulls", body, accept=(409,))
        return None if answer.status == 409 else _pull(answer.json())

    def _edit(self, pull: PullRequest, wanted: WantedPullRequest) -> PullRequest:
        body = {"title": titled(DRAFT, wanted), "body": wanted.body}
        return _pull(self.client.send("PATCH", f"{self._at}/pulls/{pull.number}", body).json())

    def _add_labels(self, pull: PullRequest, labels: Sequence[str]) -> None:
        known = self._labels()
        for name in labels:
            if name not in known:
                made = {"name": name, "color": COLOUR}
                answer = self.client.send("POST", f"{self._at}/labels", made, repeatable=False)
                known[name] = int(answer.json()["id"])
        ids = {"labels": [known[name] for name in labels]}
        path = f"{self._at}/issues/{pull.number}/labels"
        self.client.send("POST", path, ids, repeatable=True)

    def _labels(self) -> dict[str, int]:
        """Those of the repository and those of its organisation; of two alike, the older."""
        found = list(self.client.pages(f"{self._at}/labels", {"limit": self.page}))
        owner = self.project.path.partition("/")[0]
        organisation = self.client.send("GET", f"/orgs/{owner}", accept=(403, 404))
        if organisation.status == 200:  # else it is a user, or the token may not read it
            found += self.client.pages(f"/orgs/{owner}/labels", {"limit": self.page})
        return {item["name"]: int(item["id"]) for item in reversed(found)}

    def _reviews(self, pull: PullRequest) -> list[Any]:
        path = f"{self._at}/pulls/{pull.number}/reviews"
        found = self.client.pages(path, {"limit": self.page})
        return sorted(found, key=lambda review: int(review["id"]))

    def _asked(self, pull: PullRequest) -> set[str]:
        found = self._reviews(pull)
        owner = self.project.path.partition("/")[0].lower()
        teams = {f"{owner}/{r['team']['name'].lower()}" for r in found if r.get("team")}
        return teams | {_login(review).lower() for review in found if review["user"]}

    def _ask(self, pull: PullRequest, reviewers: Sequence[str]) -> bool:
        body = {
            "reviewers": [name for name in reviewers if "/" not in name],
            "team_reviewers": [name.partition("/")[2] for name in reviewers if "/" in name],
        }
        path = f"{self._at}/pulls/{pull.number}/requested_reviewers"
        answer = self.client.send("POST", path, body, accept=(404, 422), repeatable=True)
        return answer.status == 201

    def _comment(self, pull: PullRequest, body: str) -> None:
        self.client.send("POST", f"{self._at}/issues/{pull.number}/comments", {"body": body})

    def _rewrite(self, pull: PullRequest, comment: Comment, body: str) -> None:
        self.client.send("PATCH", f"{self._at}/issues/comments/{comment.id}", {"body": body})

    def close(self, pull: PullRequest) -> None:
        answer = self.client.send(
            "PATCH", f"{self._at}/pulls/{pull.number}", {"state": "closed"}, accept=(412,)
        )
        if answer.status == 412:
            raise ForgeError(f"pull request {pull.number} cannot be closed: it is merged")

    def approvals(self, pull: PullRequest) -> list[Approval]:
        return consents(
            (
                Approval(_login(r), str(r["commit_id"] or ""), moment(r["submitted_at"])),
                WORDS.get(r["state"]) and not r["dismissed"],
            )
            for r in self._reviews(pull)
        )

    def comments(self, pull: PullRequest) -> list[Comment]:
        """Its times are in seconds: what is edited in the second of its birth passes for new."""
        found = self.client.pages(f"{self._at}/issues/{pull.number}/comments")
        return [
            Comment(str(c["id"]), _login(c), c["body"], c["updated_at"] != c["created_at"])
            for c in found
        ]

    def attach(self, pull: PullRequest, name: str, content: bytes) -> str | None:
        name = named_by_content(name, content)
        path = f"{self._at}/issues/{pull.number}/assets"
        for asset in self.client.find(path) or ():
            if asset["name"] == name:
                return str(asset["browser_download_url"])
        answer = self.client.send(
            "POST",
            path,
            query={"name": name},
            files={"attachment": (name, content)},
            accept=(404, 413, 422),
        )
        return str(answer.json()["browser_download_url"]) if answer.status == 201 else None

    def _members(self, team: str) -> Iterable[str] | None:
        organisation, _, name = team.partition("/")
        query: Query = {"limit": self.page}
        for known in self.client.pages(f"/orgs/{organisation}/teams", query):
            if known["name"].lower() == name.lower():
                path = f"/teams/{known['id']}/members"
                if self.client.send("GET", path, query=query, accept=(403,)).status == 403:
                    return None
                return (str(user["login"]) for user in self.client.pages(path, query))
        return None

    def statuses(self, commit: str) -> list[CommitStatus]:
        found = self.client.pages(
            f"{self._at}/commits/{commit}/status", {"limit": self.page}, inside="statuses"
        )
        return [
            CommitStatus(s["context"], VERDICTS[s["status"]], s["description"], s["target_url"])
            for s in found
        ]

    def _given(self, commit: str, context: str) -> Iterable[tuple[str, datetime]]:
        found = self.client.pages(f"{self._at}/commits/{commit}/statuses", {"limit": self.page})
        return creators(found, context)

    def _report(self, commit: str, status: CommitStatus) -> None:
        body = {
            "context": status.context,
            "state": status.verdict.value,
            "description": status.description,
            "target_url": status.url,
        }
        self.client.send("POST", f"{self._at}/statuses/{commit}", body, repeatable=True)

    def merge(self, pull: PullRequest, title: str, message: str) -> MergeOutcome:
        body = {
            "Do": "merge",
            "MergeTitleField": title,
            "MergeMessageField": message,
            "head_commit_id": pull.commit,
        }
        for _ in range(LOOKS):
            outcome = settled(pull, self.pull(pull.number))
            if outcome:
                return outcome
            answer = self._merge(pull, body)
            if answer is None:
                return self._after_all(pull)
            if answer.status < 300:
                return MergeOutcome.merged
            said = answer.says()
            if answer.status == 409:
                return _conflict(said)
            if UNDECIDED not in said:
                return self._wait(pull, body, said)
            self.client.pause(PAUSE)
        return MergeOutcome.undecided

    def _merge(self, pull: PullRequest, body: Mapping[str, Any]) -> ForgeAnswer | None:
        path = f"{self._at}/pulls/{pull.number}/merge"
        try:
            return self.client.send("POST", path, body, accept=(405, 409))
        except ForgeUncertain:
            return None

    def _wait(self, pull: PullRequest, body: Mapping[str, Any], said: str) -> MergeOutcome:
        """Let Gitea merge once the rules of the branch hold.

        It would then merge any later commit, too: so the tip is compared once more.
        """
        for refusal, hint in REFUSALS.items():
            if refusal in said:
                raise ForgeError(
                    f"{self.user()} cannot merge pull request {pull.number}", why=said, hint=hint
                )
        answer = self._merge(pull, {**body, "merge_when_checks_succeed": True})
        outcome = settled(pull, self.pull(pull.number))
        if outcome is MergeOutcome.moved:
            path = f"{self._at}/pulls/{pull.number}/merge"
            self.client.send("DELETE", path, accept=(404,))
        if outcome:
            return outcome
        planned = answer is not None and answer.status in (201, 409)
        return MergeOutcome.scheduled if planned else MergeOutcome.waiting

    def delete_branch(self, branch: BranchName, commit: str) -> None:
        self._delete_if_at(f"{self._at}/branches/{quote(branch, safe='')}", commit)

    def commit_url(self, commit: str) -> str:
        return f"{self.project.url}/commit/{commit}"

    def compare_url(self, old: str, new: str) -> str:
        return f"{self.project.url}/compare/{old}...{new}"

    def _file(self, place: str, base: BranchName) -> ForgeAnswer:
        return self.client.send(
            "GET", f"{self._at}/raw/{place}", query={"ref": base}, accept=(404,)
        )


def _pull(item: Mapping[str, Any]) -> PullRequest:
    head, base = item["head"], item["base"]
    branch = BranchName(head["label"])
    if head["repo_id"] != base["repo_id"]:
        owner = (head.get("repo") or {}).get("full_name", "")
        branch = foreign_branch(owner, branch)
    state = PullRequestState.merged if item["merged"] else PullRequestState(item["state"])
    return PullRequest(
        number=int(item["number"]),
        url=item["html_url"],
        title=str(item["title"]).removeprefix(DRAFT),
        body=item["body"] or "",
        branch=branch,
        commit=head["sha"] or "",
        base=base["ref"],
        state=state,
        draft=bool(item["draft"]),
        labels=tuple(label["name"] for label in item["labels"] or ()),
        author=_login(item),
        created=moment(item["created_at"]),
        merged_as=(item["merge_commit_sha"] or "") if item["merged"] else "",
        merged_at=moment(item["merged_at"]) if item["merged"] else None,
    )


def _login(item: Mapping[str, Any]) -> str:
    """None is left of a user who was removed."""
    return str((item["user"] or {}).get("login", ""))


def _conflict(said: str) -> MergeOutcome:
    if "head out of date" in said:
        return MergeOutcome.moved
    # The base moved while it merged, or one of its hooks did not want the commit.
    return MergeOutcome.undecided if "push" in said.lower() else MergeOutcome.conflict
