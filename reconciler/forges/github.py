"""GitHub, and GitHub Enterprise."""

from __future__ import annotations

import base64
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
from reconciler.forges.github_app import HEADERS
from reconciler.forges.graphql import Given, GraphqlAnswer, ask
from reconciler.forges.hosted import (
    HostedForge,
    consents,
    creators,
    foreign_branch,
    moment,
    newest_of_each,
    settled,
)
from reconciler.git.commit_builder import NewFile
from reconciler.git.names import BranchName

LOOKS, PAUSE = 10, 1.5
MAX_PAGE_NODES = 100  # that it tells of at once
NOTHING = "0" * 40
BASE_MOVED = "Base branch was modified"
NO_DRAFTS = "draft pull requests are not supported"
ACTIONS = "github-actions[bot]"
OF_AN_APP = "ghs_"

VERDICTS = {
    "pending": StatusVerdict.pending,
    "success": StatusVerdict.success,
    "failure": StatusVerdict.failure,
    "error": StatusVerdict.failure,
}
CONCLUSIONS = {"success", "neutral", "skipped"}
WORDS = {"APPROVED": True, "CHANGES_REQUESTED": False, "DISMISSED": False}

WHO = "query { viewer { login } }"
EDITED = """
query($input: [ID!]!) {
  nodes(ids: $input) { ... on IssueComment { lastEditedAt } }
}"""
AUTO_MERGE = """
mutation($input: EnablePullRequestAutoMergeInput!) {
  enablePullRequestAutoMerge(input: $input) { pullRequest { state } }
}"""
TO_DRAFT = """
mutation($input: ConvertPullRequestToDraftInput!) {
  convertPullRequestToDraft(input: $input) { pullRequest { isDraft } }
}"""
FROM_DRAFT = """
mutation($input: MarkPullRequestReadyForReviewInput!) {
  markPullRequestReadyForReview(input: $input) { pullRequest { isDraft } }
}"""
MOVE = """
mutation($input: UpdateRefsInput!) {
  updateRefs(input: $input) { clientMutationId }
}"""


class GitHub(HostedForge):
    kind = "github"
    name = "GitHub"
    needs = "contents, pull requests and commit statuses (write), and checks (read)"
    needs_for_teams = "members of the organisation (read)"
    headers = HEADERS
    longest_body = 65_536
    longest_description = 140
    owner_files = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")

    @property
    def _at(self) -> str:
        return f"/repos/{self.project.path}"

    def _who(self) -> str:
        """The other API does not tell apps."""
        return str(self._ask_graph(WHO).data["viewer"]["login"])

    def starts_workflows(self) -> bool:
        """What is done with a workflow's own token starts no other."""
        return self.user() != ACTIONS

    def signs_commits(self) -> bool:
        """It signs what it commits for an app, and for a workflow, whose token is an app's."""
        return self.client.token().reveal().startswith(OF_AN_APP)

    def open_pulls(self) -> list[PullRequest]:
        found = self.client.pages(f"{self._at}/pulls", {"state": "open", "per_page": 100})
        return [_pull(item) for item in found]

    def pull(self, number: int) -> PullRequest:
        return _pull(self.client.get(f"{self._at}/pulls/{number}"))

    def last_pull(self, branch: BranchName, base: BranchName) -> PullRequest | None:
        """The forge's filter is looked after: it passes over one that it does not understand."""
        owner = self.project.path.partition("/")[0]
        query: Query = {"state": "all", "head": f"{owner}:{branch}", "base": base, "per_page": 100}
        pulls = (_pull(item) for item in self.client.pages(f"{self._at}/pulls", query))
        return next((p for p in pulls if (p.branch, p.base) == (branch, base)), None)

    def pulls_of(self, commit: str) -> list[PullRequest]:
        found = self.client.pages(f"{self._at}/commits/{commit}/pulls", {"per_page": 100})
        return [_pull(item) for item in found if item["merged_at"]]

    def _open(
        self, branch: BranchName, base: BranchName, wanted: WantedPullRequest
    ) -> PullRequest | None:
        path = f"{self._at}/pulls"
        body = {
            "title": wanted.title,
            "head": branch,
            "base": base,
            "body": wanted.body,
            "draft": wanted.draft,
        }
        answer = self.client.send("POST", path, body, accept=(422,))
        if answer.status == 422 and wanted.draft and NO_DRAFTS in answer.says().lower():
            answer = self.client.send("POST", path, {**body, "draft": False}, accept=(422,))
        if answer.status < 300:
            return _pull(answer.json())
        if "already exists" in answer.says():
            return None
        raise self.client.refused(f"POST {path}", answer)

    def _edit(self, pull: PullRequest, wanted: WantedPullRequest) -> PullRequest:
        path = f"{self._at}/pulls/{pull.number}"
        sent = {"title": wanted.title, "body": wanted.body}
        item = self.client.send("PATCH", path, sent).json()
        if pull.draft != wanted.draft:
            question = TO_DRAFT if wanted.draft else FROM_DRAFT
            reply = self._ask_graph(question, {"pullRequestId": item["node_id"]})
            if reply.refusal and NO_DRAFTS not in reply.refusal.lower():
                state = "a draft" if wanted.draft else "ready for review"
                raise ForgeError(
                    f"pull request {pull.number} cannot be made {state}", why=reply.refusal
                )
            item = self.client.get(path)
        return _pull(item)

    def _ask_graph(self, question: str, given: Given = None) -> GraphqlAnswer:
        return ask(self.client, question, given, self.needs)

    def _add_labels(self, pull: PullRequest, labels: Sequence[str]) -> None:
        path = f"{self._at}/issues/{pull.number}/labels"
        self.client.send("POST", path, {"labels": list(labels)}, repeatable=True)

    def _asked(self, pull: PullRequest) -> set[str]:
        at = f"{self._at}/pulls/{pull.number}"
        waiting = self.client.get(f"{at}/requested_reviewers")
        owner = self.project.path.partition("/")[0].lower()
        found = {user["login"].lower() for user in waiting["users"]}
        found |= {f"{owner}/{team['slug']}" for team in waiting["teams"]}
        reviews = self.client.pages(f"{at}/reviews", {"per_page": 100})
        return found | {_login(review).lower() for review in reviews}

    def _ask(self, pull: PullRequest, reviewers: Sequence[str]) -> bool:
        body = {
            "reviewers": [name for name in reviewers if "/" not in name],
            "team_reviewers": [name.partition("/")[2] for name in reviewers if "/" in name],
        }
        path = f"{self._at}/pulls/{pull.number}/requested_reviewers"
        refusals = (403, 404, 422)  # the token of a workflow sees no teams
        answer = self.client.send("POST", path, body, accept=refusals, repeatable=True)
        return answer.status == 201

    def close(self, pull: PullRequest) -> None:
        self.client.send("PATCH", f"{self._at}/pulls/{pull.number}", {"state": "closed"})

    def approvals(self, pull: PullRequest) -> list[Approval]:
        path = f"{self._at}/pulls/{pull.number}/reviews"
        return consents(
            (
                Approval(_login(r), str(r["commit_id"] or ""), moment(r["submitted_at"])),
                WORDS[r["state"]],
            )
            for r in self.client.pages(path, {"per_page": 100})
            if r["state"] in WORDS
        )

    def comments(self, pull: PullRequest) -> list[Comment]:
        path = f"{self._at}/issues/{pull.number}/comments"
        said = list(self.client.pages(path, {"per_page": 100}))
        untouched = self._untouched([str(c["node_id"]) for c in said])
        return [
            Comment(str(c["id"]), _login(c), c["body"] or "", c["node_id"] not in untouched)
            for c in said
        ]

    def _untouched(self, ids: Sequence[str]) -> set[str]:
        """The other API tells by times alone, in seconds: too coarse for one who is quick."""
        found: set[str] = set()
        for begin in range(0, len(ids), MAX_PAGE_NODES):
            asked = ids[begin : begin + MAX_PAGE_NODES]
            nodes = self._ask_graph(EDITED, asked).data.get("nodes") or ()
            pairs = zip(asked, nodes, strict=False)
            found |= {name for name, node in pairs if node and node["lastEditedAt"] is None}
        return found

    def _comment(self, pull: PullRequest, body: str) -> None:
        self.client.send("POST", f"{self._at}/issues/{pull.number}/comments", {"body": body})

    def _rewrite(self, pull: PullRequest, comment: Comment, body: str) -> None:
        self.client.send("PATCH", f"{self._at}/issues/comments/{comment.id}", {"body": body})

    def attach(self, pull: PullRequest, name: str, content: bytes) -> str | None:
        return None  # only browsers can

    def _members(self, team: str) -> Iterable[str] | None:
        organisation, _, name = team.partition("/")
        path = f"/orgs/{organisation}/teams/{quote(name.lower(), safe='')}"
        if self.client.find(path) is None:
            return None
        return (str(u["login"]) for u in self.client.pages(f"{path}/members", {"per_page": 100}))

    def statuses(self, commit: str) -> list[CommitStatus]:
        """Commit statuses and check runs, which are two systems."""
        at = f"{self._at}/commits/{commit}"
        said = self.client.pages(f"{at}/status", {"per_page": 100}, inside="statuses")
        runs = self.client.pages(f"{at}/check-runs", {"per_page": 100}, inside="check_runs")
        return newest_of_each([*map(_status, said), *map(_run, runs)])

    def _given(self, commit: str, context: str) -> Iterable[tuple[str, datetime]]:
        found = self.client.pages(f"{self._at}/commits/{commit}/statuses", {"per_page": 100})
        return creators(found, context)

    def _report(self, commit: str, status: CommitStatus) -> None:
        body = {
            "state": status.verdict.value,
            "context": status.context,
            "description": status.description,
        }
        if status.url:
            body["target_url"] = status.url
        self.client.send("POST", f"{self._at}/statuses/{commit}", body, repeatable=True)

    def merge(self, pull: PullRequest, title: str, message: str) -> MergeOutcome:
        """Merge it; if only rules stand in the way, let GitHub do it once they hold."""
        for _ in range(LOOKS):
            item = self.client.get(f"{self._at}/pulls/{pull.number}")
            outcome = settled(pull, _pull(item))
            if outcome:
                return outcome
            if item["mergeable"] is False:
                return MergeOutcome.conflict
            if item["mergeable"]:
                answer = self._merge(pull, title, message)
                if answer is None:
                    return self._after_all(pull)
                if answer.status == 200:
                    return MergeOutcome.merged
                if answer.status == 405 and BASE_MOVED not in answer.says():
                    outcome = self._arm(item, pull, title, message, answer.says())
                    if outcome:
                        return outcome
            self.client.pause(PAUSE)
        return MergeOutcome.waiting

    def _merge(self, pull: PullRequest, title: str, message: str) -> ForgeAnswer | None:
        body = {
            "sha": pull.commit,
            "merge_method": "merge",
            "commit_title": title,
            "commit_message": message,
        }
        path = f"{self._at}/pulls/{pull.number}/merge"
        try:
            return self.client.send("PUT", path, body, accept=(405, 409), repeatable=False)
        except ForgeUncertain:
            return None

    def _arm(
        self, item: Mapping[str, Any], pull: PullRequest, title: str, message: str, said: str
    ) -> MergeOutcome | None:
        """None if it can be merged by now."""
        if "merge commits are not allowed" in said.lower():
            raise ForgeError(
                f"{self.project.path} takes no merge commits",
                why=said,
                hint="allow them in its settings",
            )
        if item.get("auto_merge"):
            return MergeOutcome.scheduled
        given = {
            "pullRequestId": item["node_id"],
            "mergeMethod": "MERGE",
            "expectedHeadOid": pull.commit,
            "commitHeadline": title,
            "commitBody": message,
        }
        reply = self._ask_graph(AUTO_MERGE, given)
        if not reply.refusal:
            return MergeOutcome.scheduled
        return None if "clean status" in reply.refusal.lower() else MergeOutcome.waiting

    def delete_branch(self, branch: BranchName, commit: str) -> None:
        if self._tip(branch) != commit or self._delete(branch, commit):
            return
        if self._tip(branch) == commit:
            raise ForgeError(f"GitHub does not delete the branch {branch}")

    def _delete(self, branch: BranchName, commit: str) -> bool:
        """Compare and swap."""
        repository = self.client.get(self._at)["node_id"]
        update = {
            "name": f"refs/heads/{branch}",
            "beforeOid": commit,
            "afterOid": NOTHING,
            "force": True,
        }
        given = {"repositoryId": repository, "refUpdates": [update]}
        return not self._ask_graph(MOVE, given).refusal

    def commit(
        self, base: str, files: Iterable[NewFile], tree: str, parents: Sequence[str], message: str
    ) -> str:
        """A commit of this tree, which is that of the base with these files. Nothing names it yet.

        It is signed as long as it does not say who made it.
        """
        entries = [self._entry(file) for file in files]
        made = self._made("trees", {"base_tree": base, "tree": entries}) if entries else base
        if made != tree:
            raise ForgeError(
                "GitHub does not keep files as they are",
                why=f"its tree is {made}, and not {tree}",
                hint="git config commit.gpgSign false: then Git makes the commits itself, unsigned",
            )
        commit = {"message": message, "tree": tree, "parents": list(parents)}
        return self._made("commits", commit)

    def _entry(self, file: NewFile) -> dict[str, str]:
        entry = {"path": file.path, "mode": file.mode, "type": "blob"}
        try:
            return {**entry, "content": file.content.decode()}
        except UnicodeDecodeError:
            encoded = base64.b64encode(file.content).decode()
            return {**entry, "sha": self._made("blobs", {"content": encoded, "encoding": "base64"})}

    def _made(self, what: str, body: Mapping[str, Any]) -> str:
        answer = self.client.send("POST", f"{self._at}/git/{what}", body, repeatable=True)
        return str(answer.json()["sha"])

    def _tip(self, branch: BranchName) -> str:
        found = self.client.find(f"{self._at}/git/ref/heads/{quote(branch)}")
        return str(found["object"]["sha"]) if found else ""

    def commit_url(self, commit: str) -> str:
        return f"{self.project.url}/commit/{commit}"

    def compare_url(self, old: str, new: str) -> str:
        return f"{self.project.url}/compare/{old}...{new}"

    def _file(self, place: str, base: BranchName) -> ForgeAnswer:
        return self.client.send(
            "GET",
            f"{self._at}/contents/{place}",
            query={"ref": base},
            headers={"Accept": "application/vnd.github.raw+json"},
            accept=(404,),
        )


def _pull(item: Mapping[str, Any]) -> PullRequest:
    head, base = item["head"], item["base"]
    branch = BranchName(head["ref"])
    owner = (head["repo"] or {}).get("full_name", "")
    if owner != base["repo"]["full_name"]:
        branch = foreign_branch(owner, branch)
    merged = bool(item["merged_at"])
    return PullRequest(
        number=int(item["number"]),
        url=item["html_url"],
        title=item["title"],
        body=item["body"] or "",
        branch=branch,
        commit=head["sha"],
        base=base["ref"],
        state=PullRequestState.merged if merged else PullRequestState(item["state"]),
        draft=bool(item.get("draft")),
        labels=tuple(label["name"] for label in item["labels"]),
        author=_login(item),
        created=moment(item["created_at"]),
        merged_as=str(item["merge_commit_sha"] or "") if merged else "",
        merged_at=moment(item["merged_at"]) if merged else None,
    )


def _login(item: Mapping[str, Any]) -> str:
    return str((item["user"] or {}).get("login", ""))


def _status(item: Mapping[str, Any]) -> CommitStatus:
    return CommitStatus(
        item["context"],
        VERDICTS[item["state"]],
        item["description"] or "",
        item["target_url"] or "",
    )


def _run(item: Mapping[str, Any]) -> CommitStatus:
    verdict = StatusVerdict.pending
    if item["status"] == "completed":
        verdict = (
            StatusVerdict.success if item["conclusion"] in CONCLUSIONS else StatusVerdict.failure
        )
    said = item["output"]["title"] or ""
    return CommitStatus(item["name"], verdict, said, item["details_url"] or item["html_url"] or "")
