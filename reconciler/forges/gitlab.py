"""GitLab, where a pull request is called a merge request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    foreign_branch,
    moment,
    named_by_content,
    newest_of_each,
    settled,
    titled,
)
from reconciler.forges.owners import owners_by_section
from reconciler.git.names import BranchName

DRAFT = "Draft: "
APPROVED = "approved this merge request"
LOOKS, PAUSE = 20, 1.0

STATES = {
    "opened": PullRequestState.open,
    "locked": PullRequestState.open,
    "closed": PullRequestState.closed,
    "merged": PullRequestState.merged,
}
VERDICTS = {
    "success": StatusVerdict.success,
    "skipped": StatusVerdict.success,
    "failed": StatusVerdict.failure,
    "canceled": StatusVerdict.failure,
}
NAMES = {
    StatusVerdict.pending: "pending",
    StatusVerdict.success: "success",
    StatusVerdict.failure: "failed",
}

LOOKING = {"checking", "unchecked", "preparing", "approvals_syncing"}
CONFLICTS = {"conflict", "need_rebase"}


class GitLab(HostedForge):
    kind = "gitlab"
    name = "GitLab"
    needs = "the scope api and, in the project, the role Developer"
    needs_for_teams = "the scope api and, unless the group is public, for its user to belong to it"
    longest_body = 1_000_000
    longest_description = 255
    owner_files = ("CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
    owners = staticmethod(owners_by_section)

    @property
    def _at(self) -> str:
        return f"/projects/{quote(self.project.path, safe='')}"

    def _request(self, pull: PullRequest) -> str:
        return f"{self._at}/merge_requests/{pull.number}"

    def _who(self) -> str:
        return str(self.client.get("/user")["username"])

    def open_pulls(self) -> list[PullRequest]:
        query: Query = {"state": "opened", "per_page": 100}
        return [_pull(item) for item in self.client.pages(f"{self._at}/merge_requests", query)]

    def pull(self, number: int) -> PullRequest:
        return _pull(self.client.get(f"{self._at}/merge_requests/{number}"))

    def last_pull(self, branch: BranchName, base: BranchName) -> PullRequest | None:
        query: Query = {
            "source_branch": branch,
            "target_branch": base,
            "order_by": "created_at",
            "sort": "desc",
            "per_page": 100,
        }
        pulls = (_pull(i) for i in self.client.pages(f"{self._at}/merge_requests", query))
        return next((p for p in pulls if (p.branch, p.base) == (branch, base)), None)

    def pulls_of(self, commit: str) -> list[PullRequest]:
        found = self.client.pages(f"{self._at}/repository/commits/{commit}/merge_requests")
        return [_pull(item) for item in found if item["state"] == "merged"]

    def _open(
        self, branch: BranchName, base: BranchName, wanted: WantedPullRequest
    ) -> PullRequest | None:
        body = {
            "source_branch": branch,
            "target_branch": base,
            "title": titled(DRAFT, wanted),
            "description": wanted.body,
        }
        answer = self.client.send("POST", f"{self._at}/merge_requests", body, accept=(409,))
        return None if answer.status == 409 else _pull(answer.json())

    def _edit(self, pull: PullRequest, wanted: WantedPullRequest) -> PullRequest:
        body = {"title": titled(DRAFT, wanted), "description": wanted.body}
        return _pull(self.client.send("PUT", self._request(pull), body).json())

    def _safe(self, text: str) -> str:
        """A line that begins with a slash is an order; not so in a block of code."""
        lines = text.split("\n")
        inside = ""
        for number, line in enumerate(lines):
            fence = re.match(r"\s*(```+|~~~+)", line)
            if fence and (not inside or fence[1].startswith(inside)):
                inside = "" if inside else fence[1]
            elif not inside:
                lines[number] = re.sub(r"^(\s*)/", r"\1\\/", line)
        return "\n".join(lines)

    def _add_labels(self, pull: PullRequest, labels: Sequence[str]) -> None:
        self.client.send("PUT", self._request(pull), {"add_labels": ",".join(labels)})

    def _asked(self, pull: PullRequest) -> set[str]:
        found = self.client.get(self._request(pull))["reviewers"]
        given = self.client.get(f"{self._request(pull)}/approvals")["approved_by"]
        return {user["username"].lower() for user in [*found, *(g["user"] for g in given)]}

    def _ask(self, pull: PullRequest, reviewers: Sequence[str]) -> bool:
        known = (self.client.get("/users", {"username": name}) for name in reviewers)
        new = [int(user["id"]) for users in known for user in users]
        if new:
            there = self.client.get(self._request(pull))["reviewers"]
            body = {"reviewer_ids": [int(user["id"]) for user in there] + new}
            self.client.send("PUT", self._request(pull), body)
        return True

    def _members(self, team: str) -> Iterable[str] | None:
        """A team is a group, and those of the groups above it belong to it."""
        path = f"/groups/{quote(team, safe='')}"
        if self.client.find(path, {"with_projects": "false"}) is None:
            return None
        members = self.client.pages(f"{path}/members/all", {"per_page": 100})
        return (str(user["username"]) for user in members if user["state"] == "active")

    def close(self, pull: PullRequest) -> None:
        self.client.send("PUT", self._request(pull), {"state_event": "close"})

    def approvals(self, pull: PullRequest) -> list[Approval]:
        """GitLab says who and when; the commit is the one that was there at that time."""
        given = self.client.get(f"{self._request(pull)}/approvals")["approved_by"]
        if not given:
            return []
        versions = sorted(
            (moment(version["created_at"]), str(version["head_commit_sha"]))
            for version in self.client.pages(f"{self._request(pull)}/versions")
        )
        times = {
            note["author"]["username"]: note["created_at"]
            for note in self._notes(pull)
            if note["system"] and note["body"].startswith(APPROVED)
        }
        found = []
        for approval in given:
            user = approval["user"]["username"]
            said = approval.get("approved_at") or times.get(user)
            if said:
                seen = [commit for time, commit in versions if time <= moment(said)]
                found.append(Approval(user, seen[-1] if seen else "", moment(said)))
        return found

    def _notes(self, pull: PullRequest) -> Iterator[Any]:
        query: Query = {"order_by": "created_at", "sort": "asc", "per_page": 100}
        return self.client.pages(f"{self._request(pull)}/notes", query)

    def comments(self, pull: PullRequest) -> list[Comment]:
        return [
            Comment(
                str(note["id"]),
                note["author"]["username"],
                note["body"],
                note["updated_at"] != note["created_at"],
            )
            for note in self._notes(pull)
            if not note["system"]
        ]

    def _comment(self, pull: PullRequest, body: str) -> None:
        self.client.send("POST", f"{self._request(pull)}/notes", {"body": body})

    def _rewrite(self, pull: PullRequest, comment: Comment, body: str) -> None:
        self.client.send("PUT", f"{self._request(pull)}/notes/{comment.id}", {"body": body})

    def attach(self, pull: PullRequest, name: str, content: bytes) -> str | None:
        """What is named in the description is there already: uploads cannot be listed by all."""
        name = named_by_content(name, content)
        here = re.escape(self.project.web)  # anybody may have written another address into it
        known = re.search(rf"{here}/[^\s()]+/uploads/[0-9a-f]+/{re.escape(name)}", pull.body)
        if known:
            return known[0]
        files = {"file": (name, content)}
        answer = self.client.send("POST", f"{self._at}/uploads", files=files, accept=(404, 413))
        return self.project.web + answer.json()["full_path"] if answer.status == 201 else None

    def statuses(self, commit: str) -> list[CommitStatus]:
        path = f"{self._at}/repository/commits/{commit}/statuses"
        found = sorted(self.client.pages(path, {"per_page": 100}), key=lambda s: -int(s["id"]))
        return newest_of_each(map(_status, found))

    def _given(self, commit: str, context: str) -> Iterable[tuple[str, datetime]]:
        path = f"{self._at}/repository/commits/{commit}/statuses"
        query: Query = {"name": context, "all": "true", "per_page": 100}
        return [
            (str(s["author"]["username"]), moment(s["created_at"]))
            for s in self.client.pages(path, query)
            if s["name"] == context
        ]

    def _report(self, commit: str, status: CommitStatus) -> None:
        """To say the same state again is an error to GitLab; it is as it was wanted then."""
        body = {
            "state": NAMES[status.verdict],
            "name": status.context,
            "description": status.description,
        }
        if status.url:
            body["target_url"] = status.url
        path = f"{self._at}/statuses/{commit}"
        answer = self.client.send("POST", path, body, accept=(400,), repeatable=True)
        if answer.status == 400 and "Cannot transition" not in answer.says():
            raise self.client.refused(f"POST {path}", answer)

    def merge(self, pull: PullRequest, title: str, message: str) -> MergeOutcome:
        for _ in range(LOOKS):
            item = self.client.get(self._request(pull))
            outcome = settled(pull, _pull(item))
            if outcome:
                return outcome
            status = item["detailed_merge_status"]
            if status in CONFLICTS:
                return MergeOutcome.conflict
            if status not in LOOKING:
                answer = self._merge(pull, f"{title}\n\n{message}".strip(), status != "mergeable")
                if answer is None:
                    return self._after_all(pull)
                if answer.status != 409:
                    return self._became(pull, answer)
            self.client.pause(PAUSE)
        return MergeOutcome.waiting

    def _merge(self, pull: PullRequest, message: str, later: bool) -> ForgeAnswer | None:
        body = {
            "sha": pull.commit,
            "merge_commit_message": message,
            "squash_commit_message": message,  # what a project that squashes keeps
            "auto_merge": later,
        }
        path = f"{self._request(pull)}/merge"
        refusals = (401, 405, 406, 409, 422)
        try:
            return self.client.send("PUT", path, body, accept=refusals, repeatable=False)
        except ForgeUncertain:
            return None

    def _became(self, pull: PullRequest, answer: ForgeAnswer) -> MergeOutcome:
        if answer.status == 401:
            raise ForgeError(
                f"{self.user()} may not merge merge request {pull.number}",
                why=answer.says(),
                hint=f"let the protection of {pull.base} allow it, or merge it by hand",
            )
        if answer.status != 200:
            return MergeOutcome.waiting
        merged = answer.json()["state"] == "merged"
        return MergeOutcome.merged if merged else MergeOutcome.scheduled

    def delete_branch(self, branch: BranchName, commit: str) -> None:
        self._delete_if_at(f"{self._at}/repository/branches/{quote(branch, safe='')}", commit)

    def commit_url(self, commit: str) -> str:
        return f"{self.project.url}/-/commit/{commit}"

    def compare_url(self, old: str, new: str) -> str:
        return f"{self.project.url}/-/compare/{old}...{new}"

    def _file(self, place: str, base: BranchName) -> ForgeAnswer:
        path = f"{self._at}/repository/files/{quote(place, safe='')}/raw"
        return self.client.send("GET", path, query={"ref": base}, accept=(404,))


def _pull(item: Mapping[str, Any]) -> PullRequest:
    branch = BranchName(item["source_branch"])
    if item["source_project_id"] != item["target_project_id"]:
        branch = foreign_branch(str(item["source_project_id"]), branch)
    merged = item["state"] == "merged"
    commit = item["merge_commit_sha"] or item["squash_commit_sha"] or item["sha"]
    return PullRequest(
        number=int(item["iid"]),
        url=item["web_url"],
        title=item["title"].removeprefix(DRAFT),
        body=item["description"] or "",
        branch=branch,
        commit=item["sha"] or "",
        base=item["target_branch"],
        state=STATES[item["state"]],
        draft=bool(item["draft"]),
        labels=tuple(item["labels"]),
        author=item["author"]["username"],
        created=moment(item["created_at"]),
        merged_as=str(commit) if merged else "",
        merged_at=moment(item["merged_at"]) if item["merged_at"] else None,
    )


def _status(item: Mapping[str, Any]) -> CommitStatus:
    verdict = VERDICTS.get(item["status"], StatusVerdict.pending)
    if item.get("allow_failure") and verdict is StatusVerdict.failure:
        verdict = StatusVerdict.success
    return CommitStatus(item["name"], verdict, item["description"] or "", item["target_url"] or "")
