"""What GitHub is asked is in its description, and its refusals are understood."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from githubkit_schemas.v2022_11_28 import models

from reconciler.errors import ForgeError, ForgeUncertain
from reconciler.forges.client import HttpRoute, RetryClock
from reconciler.forges.connect import connect, forge_address
from reconciler.forges.forge import (
    CommitStatus,
    MergeOutcome,
    PullRequest,
    PullRequestState,
    StatusVerdict,
    WantedPullRequest,
)
from reconciler.forges.github import GitHub
from reconciler.forges.github_app import GitHubApp, read_app
from reconciler.forges.tokens import ForgeToken
from reconciler.git.commit_builder import NewFile
from reconciler.git.names import BranchName
from tests.forges.github_contract import GitHubContract, sample
from tests.forges.replay import Answer, Replay, Request, replay

MAIN = BranchName("main")
OURS = BranchName("promote/prod")

AT = "/repos/fleet/environments"
PULLS, PULL, ISSUE = f"{AT}/pulls", f"{AT}/pulls/7", f"{AT}/issues/7"
TIP, OTHER, BASE = "a" * 40, "b" * 40, "c" * 40
WANTED = WantedPullRequest("promote", "the body", ("promotion",), ("alice", "fleet/writers"))
NOW = 1_800_000_000.0


@pytest.fixture
def server() -> Iterator[Replay]:
    with replay(GitHubContract(), "/api/v3") as running:
        running.give("POST", "/graphql", graph)
        running.give("GET", f"{PULL}/reviews", [])
        running.give("GET", f"{PULL}/requested_reviewers", {"users": [], "teams": []})
        running.give("POST", f"{PULL}/requested_reviewers", simple(), status=201)
        running.give("POST", f"{ISSUE}/labels", [], status=200)
        yield running


@pytest.fixture
def forge(server: Replay) -> Iterator[GitHub]:
    with opened(server, ForgeToken("a-token")) as found:
        yield found


@contextmanager
def opened(server: Replay, proof: ForgeToken | GitHubApp) -> Iterator[GitHub]:
    """The forge at the end of a remote's URL, as the program connects to it."""
    web = server.url.removesuffix("/api/v3")
    place = forge_address(f"{web}/fleet/environments.git", "github")
    way = HttpRoute(clock=RetryClock(lambda: NOW, lambda _: None), patience=5)
    with connect(place, proof, way) as connection:
        assert isinstance(connection.forge, GitHub)
        yield connection.forge


def viewer(login: str) -> dict[str, Any]:
    return {"data": {"viewer": {"login": login}}}


def graph(request: Request) -> Answer:
    """Nobody has edited anything."""
    asked = request.body["variables"].get("input", ())
    nodes = [{"lastEditedAt": None} for _ in asked]
    return Answer({"data": {**viewer("bot")["data"], "nodes": nodes}})


def person(login: str) -> dict[str, Any]:
    return sample(models.SimpleUser, login=login)


def fields(**changed: Any) -> dict[str, Any]:
    repo = sample(models.Repository, full_name="fleet/environments")
    head = {"label": "fleet:promote/prod", "ref": "promote/prod", "sha": TIP, "repo": repo}
    found = {
        "number": 7,
        "state": "open",
        "title": "promote",
        "body": "the body",
        "draft": False,
        "user": person("bot"),
        "labels": [],
        "html_url": "http://github.example/fleet/environments/pull/7",
        "node_id": "PR_7",
        "head": {**head, "user": person("fleet")},
        "base": {**head, "ref": "main", "sha": BASE, "label": "fleet:main", "user": person("x")},
        "merged_at": None,
        "merge_commit_sha": None,
        "auto_merge": None,
    }
    return {**found, **changed}


def simple(**changed: Any) -> dict[str, Any]:
    return sample(models.PullRequestSimple, **fields(**changed))


def full(**changed: Any) -> dict[str, Any]:
    known = fields(**{"mergeable": True, "mergeable_state": "clean", **changed})
    return sample(models.PullRequest, **known)


def the_pull(forge: GitHub, server: Replay) -> PullRequest:
    server.give("GET", PULL, full())
    return forge.pull(7)


def refusal(*messages: str) -> dict[str, Any]:
    errors = [{"message": m, "resource": "PullRequest", "code": "custom"} for m in messages]
    return {"message": "Validation Failed", "errors": errors, "documentation_url": "http://x"}


def bodies(server: Replay, method: str, path: str) -> list[Any]:
    return [request.body for request in server.calls(method, path)]


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("GET", f"{AT}/pull", {}, None),
        ("PUT", PULLS, {}, {}),
        ("GET", PULLS, {"branch": "x"}, None),
        ("PUT", f"{PULL}/merge", {}, {"sha": TIP, "commit": "x"}),
        ("PUT", f"{PULL}/merge", {}, {"sha": 1}),
        ("POST", f"{AT}/statuses/{TIP}", {}, {"state": "successful"}),
        ("POST", "/graphql", {}, {"query": "{ viewer { username } }", "variables": {}}),
    ],
)
def test_the_contract_refuses_what_github_would(
    method: str, path: str, query: dict[str, str], body: Any
) -> None:
    headers = {"x-github-api-version": "2022-11-28", "user-agent": "reconciler/1"}
    content = b"" if body is None else json.dumps(body).encode()
    headers |= {"content-type": "application/json"} if content else {}
    with pytest.raises((AssertionError, TypeError, ValueError)):
        GitHubContract().check(Request(method, path, query, headers, content), Answer({}, 418))


def test_a_pull_request_is_opened_with_labels_and_reviewers(server: Replay, forge: GitHub) -> None:
    server.give("POST", PULLS, full(), status=201)
    made = forge.create(OURS, MAIN, WANTED)
    assert (made.number, made.branch, made.commit, made.base) == (7, "promote/prod", TIP, "main")
    assert (made.state, made.author, made.labels) == (PullRequestState.open, "bot", ("promotion",))
    (sent,) = bodies(server, "POST", PULLS)
    assert (sent["head"], sent["base"], sent["draft"]) == ("promote/prod", "main", False)
    assert bodies(server, "POST", f"{ISSUE}/labels") == [{"labels": ["promotion"]}]
    assert bodies(server, "POST", f"{PULL}/requested_reviewers") == [
        {"reviewers": ["alice"], "team_reviewers": ["writers"]}
    ]


def test_what_is_there_already_is_adopted(server: Replay, forge: GitHub) -> None:
    words = "A pull request already exists for fleet:promote/prod."
    server.give("POST", PULLS, refusal(words), status=422)
    foreign = fields()
    foreign["head"]["repo"] = sample(models.Repository, full_name="evil/environments")
    foreign["head"]["label"] = "evil:promote/prod"
    server.give("GET", PULLS, [simple(**{**foreign, "number": 9}), simple(title="older")])
    server.give("PATCH", PULL, full())
    assert forge.create(OURS, MAIN, WantedPullRequest("promote", "the body")).number == 7
    (asked,) = server.calls("GET", PULLS)
    assert asked.query["head"] == "fleet:promote/prod"
    assert bodies(server, "PATCH", PULL) == [{"title": "promote", "body": "the body"}]


def test_nothing_to_promote_is_told(server: Replay, forge: GitHub) -> None:
    server.give("POST", PULLS, refusal("No commits between main and promote/prod"), status=422)
    with pytest.raises(ForgeError, match="422") as caught:
        forge.create(OURS, MAIN, WANTED)
    assert "No commits between" in caught.value.why


@pytest.mark.parametrize("found", [True, False])
@pytest.mark.parametrize("fault", ["cut", "silent"])
def test_a_creation_that_was_cut_off_is_looked_up_and_never_sent_again(
    server: Replay, forge: GitHub, fault: str, found: bool
) -> None:
    server.give("POST", PULLS, Answer(full(), 201, fault=fault))
    server.give("GET", PULLS, [simple()] if found else [])
    if found:
        assert forge.create(OURS, MAIN, WANTED).number == 7
    else:
        with pytest.raises(ForgeUncertain):
            forge.create(OURS, MAIN, WANTED)
    assert len(server.calls("POST", PULLS)) == 1


def test_a_repository_without_drafts_gets_a_plain_one(server: Replay, forge: GitHub) -> None:
    words = "Draft pull requests are not supported in this repository."
    server.give("POST", PULLS, Answer(refusal(words), 422), Answer(full(), 201))
    server.give("PATCH", PULL, full())
    graph = {"data": None, "errors": [{"type": "UNPROCESSABLE", "message": words}]}
    server.give("POST", "/graphql", graph)
    server.give("GET", PULL, full())
    assert not forge.create(OURS, MAIN, WantedPullRequest("promote", "x", draft=True)).draft


@pytest.mark.parametrize(
    ("draft", "mutation"),
    [(True, "convertPullRequestToDraft"), (False, "markPullRequestReadyForReview")],
)
def test_a_draft_comes_and_goes(server: Replay, forge: GitHub, draft: bool, mutation: str) -> None:
    server.give("GET", PULL, full(draft=not draft), full(draft=draft))
    server.give("PATCH", PULL, full(draft=not draft))
    server.give("POST", "/graphql", {"data": {mutation: {"pullRequest": {"isDraft": draft}}}})
    pull = forge.update(forge.pull(7), WantedPullRequest("promote", "the body", draft=draft))
    assert pull.draft is draft
    assert mutation in bodies(server, "POST", "/graphql")[0]["query"]


def test_an_update_sends_only_what_differs(server: Replay, forge: GitHub) -> None:
    label = sample(models.PullRequestPropLabelsItems, name="promotion")
    server.give("GET", PULL, full(labels=[label], body="the body\r\n"))
    server.give("GET", f"{PULL}/requested_reviewers", {"users": [person("alice")], "teams": []})
    forge.update(
        forge.pull(7), WantedPullRequest("promote", "the body", ("promotion",), ("alice", "bot"))
    )
    assert {request.method for request in server.requests} == {"GET"}


def test_a_reviewer_who_is_refused_does_not_keep_the_others_away(
    server: Replay, forge: GitHub
) -> None:
    path = f"{PULL}/requested_reviewers"
    answers = Answer(refusal("not a collaborator"), 422), Answer(simple(), 201), Answer({}, 403)
    server.give("POST", path, *answers)
    forge.update(
        the_pull(forge, server), WantedPullRequest("promote", "the body", (), WANTED.reviewers)
    )
    assert [body["reviewers"] for body in bodies(server, "POST", path)] == [
        ["alice"],
        ["alice"],
        [],
    ]


def review(state: str, login: str, commit: str = TIP) -> dict[str, Any]:
    known = {"state": state, "user": person(login), "commit_id": commit}
    return sample(models.PullRequestReview, **known, submitted_at="2026-11-21T12:00:00Z")


def test_the_last_word_of_each_person_counts(server: Replay, forge: GitHub) -> None:
    pull = the_pull(forge, server)
    said = [
        review("APPROVED", "alice"),
        review("APPROVED", "bob", OTHER),
        review("CHANGES_REQUESTED", "carol"),
        review("COMMENTED", "alice"),
        review("APPROVED", "dave"),
        review("DISMISSED", "dave"),
    ]
    server.give("GET", f"{PULL}/reviews", said)
    assert [(a.user, a.commit) for a in forge.approvals(pull)] == [("alice", TIP), ("bob", OTHER)]


def comment(number: int, login: str, body: str) -> dict[str, Any]:
    known = {"id": number, "node_id": f"IC_{number}", "user": person(login), "body": body}
    return sample(models.IssueComment, **known)


def test_a_comment_that_was_edited_is_known_again(server: Replay, forge: GitHub) -> None:
    """However soon, and where GitHub does not tell, too."""
    pull = the_pull(forge, server)
    server.give("GET", f"{ISSUE}/comments", [comment(n, "alice", "so") for n in range(102)])
    times = [{"lastEditedAt": "2026-11-21T12:00:00Z"}, None, *[{"lastEditedAt": None}] * 98]
    server.give("POST", "/graphql", *({"data": {"nodes": n}} for n in (times, times[-1:])))
    edited = [comment.edited for comment in forge.comments(pull)]
    assert edited == [True, True, *[False] * 98, False, True]
    asked = [r.body["variables"]["input"] for r in server.calls("POST", "/graphql")]
    assert [len(ids) for ids in asked] == [100, 2]


def test_what_is_said_once_is_not_said_twice(server: Replay, forge: GitHub) -> None:
    pull, path = the_pull(forge, server), f"{ISSUE}/comments"
    ours = comment(2, "bot", "/override soak")
    server.give("GET", path, [comment(1, "alice", "/override soak")], [ours])
    server.give("POST", path, Answer(ours, 201, fault="cut"))
    for _ in range(2):
        forge.say_once(pull, "/override soak")
    assert len(server.calls("POST", path)) == 1


def test_one_comment_for_each_mark_is_rewritten_in_place(server: Replay, forge: GitHub) -> None:
    pull = the_pull(forge, server)
    path = f"{ISSUE}/comments"
    quoted = comment(1, "alice", "I quote\n\n<!-- gates -->")
    ours = comment(2, "bot", "waits\r\n\r\n<!-- gates -->")
    server.give("GET", path, [quoted], [quoted, ours])
    server.give("POST", path, ours, status=201)
    server.give("PATCH", f"{AT}/issues/comments/2", ours)
    for text in ("waits", "waits", "passes"):
        forge.say(pull, "gates", text)
    assert bodies(server, "POST", path) == [{"body": "waits\n\n<!-- gates -->"}]
    changed = bodies(server, "PATCH", f"{AT}/issues/comments/2")
    assert changed == [{"body": "passes\n\n<!-- gates -->"}]


def test_a_comment_that_was_cut_off_is_looked_up(server: Replay, forge: GitHub) -> None:
    pull = the_pull(forge, server)
    path = f"{ISSUE}/comments"
    ours = comment(2, "bot", "waits\n\n<!-- gates -->")
    server.give("GET", path, [], [ours])
    server.give("POST", path, Answer(ours, 201, fault="cut"))
    forge.say(pull, "gates", "waits")
    assert len(server.calls("POST", path)) == 1


def status(context: str, state: str, said: str = "") -> dict[str, Any]:
    known = {"context": context, "state": state, "description": said, "target_url": None}
    return sample(models.SimpleCommitStatus, **known)


def run(name: str, state: str, conclusion: str | None) -> dict[str, Any]:
    known = {"name": name, "status": state, "conclusion": conclusion, "html_url": "http://x/1"}
    return sample(models.CheckRun, **known, details_url=None)


def give_statuses(server: Replay, said: list[Any], runs: list[Any]) -> None:
    at = f"{AT}/commits/{TIP}"
    server.give("GET", f"{at}/status", sample(models.CombinedCommitStatus, statuses=said))
    server.give("GET", f"{at}/check-runs", {"total_count": len(runs), "check_runs": runs})


def test_statuses_and_check_runs_count_together(server: Replay, forge: GitHub) -> None:
    said = [status("soak", "pending", "6 h"), status("old", "error"), status("lint", "success")]
    runs = [
        run("unit", "completed", "success"),
        run("skipped", "completed", "skipped"),
        run("slow", "in_progress", None),
        run("late", "completed", "timed_out"),
    ]
    give_statuses(server, said, runs)
    found = {status.context: status.verdict for status in forge.statuses(TIP)}
    assert found == {
        "soak": StatusVerdict.pending,
        "old": StatusVerdict.failure,
        "lint": StatusVerdict.success,
        "unit": StatusVerdict.success,
        "skipped": StatusVerdict.success,
        "slow": StatusVerdict.pending,
        "late": StatusVerdict.failure,
    }


def test_a_status_is_reported_once_and_fits(server: Replay, forge: GitHub) -> None:
    give_statuses(server, [status("soak", "pending", "6 h left")], [])
    path = f"{AT}/statuses/{TIP}"
    server.give("POST", path, sample(models.Status), status=201)
    forge.set_status(TIP, CommitStatus("soak", StatusVerdict.pending, "6 h left"))
    forge.set_status(
        TIP, CommitStatus("soak", StatusVerdict.failure, "x" * 200, "http://bot.example")
    )
    (sent,) = bodies(server, "POST", path)
    assert (sent["state"], len(sent["description"])) == ("failure", 140)
    assert sent["target_url"] == "http://bot.example"


SEEN = CommitStatus("promotion/seen", StatusVerdict.success, "it is on the main branch")


def given(login: str | None, time: str, context: str = SEEN.context) -> dict[str, Any]:
    creator = person(login) if login else None
    return sample(models.Status, creator=creator, created_at=time, context=context)


def test_what_we_saw_first_counts_and_nothing_of_others(server: Replay, forge: GitHub) -> None:
    said = [
        given("bot", "2026-11-21T12:00:00Z"),
        given("bot", "2026-11-20T12:00:00Z"),
        given("evil", "2026-11-01T12:00:00Z"),
        given(None, "2026-11-01T12:00:00Z"),
        given("bot", "2026-11-01T12:00:00Z", "promotion/soak"),
    ]
    server.give("GET", f"{AT}/commits/{TIP}/statuses", said)
    assert forge.witness(TIP, SEEN) == datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_what_nobody_of_us_saw_we_see_now(server: Replay, forge: GitHub) -> None:
    others, ours = given("evil", "2026-11-01T12:00:00Z"), given("bot", "2026-11-21T12:00:00Z")
    server.give("GET", f"{AT}/commits/{TIP}/statuses", [others], [ours, others])
    server.give("POST", f"{AT}/statuses/{TIP}", sample(models.Status), status=201)
    assert forge.witness(TIP, SEEN) == datetime(2026, 11, 21, 12, tzinfo=UTC)
    (sent,) = bodies(server, "POST", f"{AT}/statuses/{TIP}")
    assert (sent["context"], sent["state"]) == ("promotion/seen", "success")


MERGED = {"sha": OTHER, "merged": True, "message": "Pull Request successfully merged"}


def test_a_merge_names_the_commit(server: Replay, forge: GitHub) -> None:
    pull = the_pull(forge, server)
    server.give("GET", PULL, full(mergeable=None, mergeable_state="unknown"), full())
    server.give("PUT", f"{PULL}/merge", MERGED)
    assert forge.merge(pull, "Promote paw", "Release: 1") is MergeOutcome.merged
    assert bodies(server, "PUT", f"{PULL}/merge") == [
        {
            "sha": TIP,
            "merge_method": "merge",
            "commit_title": "Promote paw",
            "commit_message": "Release: 1",
        }
    ]


def moved() -> dict[str, Any]:
    return full(head={**fields()["head"], "sha": OTHER})


@pytest.mark.parametrize(
    ("item", "outcome"),
    [
        (full(mergeable=False, mergeable_state="dirty"), MergeOutcome.conflict),
        (moved(), MergeOutcome.moved),
        (full(draft=True), MergeOutcome.waiting),
        (
            full(state="closed", merged_at="2026-11-21T12:00:00Z", merge_commit_sha=OTHER),
            MergeOutcome.merged,
        ),
        (full(mergeable=None, mergeable_state="unknown"), MergeOutcome.waiting),
    ],
)
def test_what_is_settled_is_not_tried(
    server: Replay, forge: GitHub, item: dict[str, Any], outcome: MergeOutcome
) -> None:
    pull = the_pull(forge, server)
    server.give("GET", PULL, item)
    assert forge.merge(pull, "t", "") is outcome


NOT_READY = {"message": "At least 1 approving review is required", "documentation_url": "x"}


def answered(*errors: str, kind: str = "UNPROCESSABLE") -> dict[str, Any]:
    said = [{"type": kind, "message": message, "path": ["x"]} for message in errors]
    return {"data": {"enablePullRequestAutoMerge": None}, **({"errors": said} if said else {})}


@pytest.mark.parametrize(
    ("merges", "graph", "outcome"),
    [
        ([Answer(NOT_READY, 405)], answered(), MergeOutcome.scheduled),
        (
            [Answer(NOT_READY, 405), Answer(MERGED)],
            answered("Pull request is in clean status"),
            MergeOutcome.merged,
        ),
        (
            [Answer(NOT_READY, 405)],
            answered("Pull request is in unstable status"),
            MergeOutcome.waiting,
        ),
        (
            [Answer(NOT_READY, 405)],
            answered("Protected branch rules not configured for this branch"),
            MergeOutcome.waiting,
        ),
        (
            [
                Answer(
                    {"message": "Base branch was modified. Review and try the merge again."}, 405
                ),
                Answer(MERGED),
            ],
            answered(),
            MergeOutcome.merged,
        ),
    ],
)
def test_what_is_not_ready_is_left_to_github(
    server: Replay,
    forge: GitHub,
    merges: list[Answer],
    graph: dict[str, Any],
    outcome: MergeOutcome,
) -> None:
    pull = the_pull(forge, server)
    server.give("PUT", f"{PULL}/merge", *merges)
    server.give("POST", "/graphql", graph)
    assert forge.merge(pull, "t", "m") is outcome
    for sent in bodies(server, "POST", "/graphql"):
        assert sent["variables"]["input"]["expectedHeadOid"] == TIP


DONE = full(state="closed", merged_at="2026-11-21T12:00:00Z", merge_commit_sha=OTHER)


@pytest.mark.parametrize(
    ("item", "outcome"), [(DONE, MergeOutcome.merged), (full(), MergeOutcome.waiting)]
)
@pytest.mark.parametrize(
    "answer",
    [Answer(MERGED, fault="silent"), Answer(MERGED, fault="cut"), Answer({"message": "oh"}, 500)],
)
def test_a_merge_that_was_cut_off_is_looked_up_and_never_sent_again(
    server: Replay, forge: GitHub, answer: Answer, item: dict[str, Any], outcome: MergeOutcome
) -> None:
    pull = the_pull(forge, server)
    server.give("GET", PULL, full(), item)
    server.give("PUT", f"{PULL}/merge", answer)
    assert forge.merge(pull, "t", "") is outcome
    assert len(server.calls("PUT", f"{PULL}/merge")) == 1


def test_a_head_that_moved_meanwhile_is_told(server: Replay, forge: GitHub) -> None:
    pull = the_pull(forge, server)
    server.give("GET", PULL, full(), moved())
    server.give("PUT", f"{PULL}/merge", {"message": "Head branch was modified"}, status=409)
    assert forge.merge(pull, "t", "") is MergeOutcome.moved


@pytest.mark.parametrize(
    ("kind", "said", "hint"),
    [
        ("RATE_LIMITED", "takes no more requests", "later"),
        ("FORBIDDEN", "does not allow", "contents"),
        ("NOT_FOUND", "does not allow", "pull requests"),
    ],
)
def test_a_refusal_with_status_200_is_one(
    server: Replay, forge: GitHub, kind: str, said: str, hint: str
) -> None:
    pull = the_pull(forge, server)
    server.give("PUT", f"{PULL}/merge", NOT_READY, status=405)
    server.give("POST", "/graphql", answered("no", kind=kind))
    with pytest.raises(ForgeError, match=said) as caught:
        forge.merge(pull, "t", "")
    assert hint in caught.value.hint


def test_a_repository_without_merge_commits_is_told(server: Replay, forge: GitHub) -> None:
    pull = the_pull(forge, server)
    words = {"message": "Merge commits are not allowed on this repository."}
    server.give("PUT", f"{PULL}/merge", words, status=405)
    with pytest.raises(ForgeError, match="takes no merge commits"):
        forge.merge(pull, "t", "")


def ref(sha: str) -> dict[str, Any]:
    known = {"sha": sha, "type": "commit", "url": "http://x"}
    return sample(models.GitRef, ref="refs/heads/promote/prod", object=known)


def test_a_branch_is_deleted_by_compare_and_swap(server: Replay, forge: GitHub) -> None:
    path = f"{AT}/git/ref/heads/promote/prod"
    server.give("GET", path, ref(TIP), ref(OTHER), Answer({"message": "Not Found"}, 404))
    server.give("GET", AT, sample(models.FullRepository, node_id="R_1"))
    server.give("POST", "/graphql", {"data": {"updateRefs": {"clientMutationId": None}}})
    for _ in range(3):
        forge.delete_branch(OURS, TIP)
    (sent,) = bodies(server, "POST", "/graphql")
    (update,) = sent["variables"]["input"]["refUpdates"]
    assert (update["beforeOid"], update["afterOid"]) == (TIP, "0" * 40)


def test_a_branch_that_stays_is_told(server: Replay, forge: GitHub) -> None:
    server.give("GET", f"{AT}/git/ref/heads/promote/prod", ref(TIP))
    server.give("GET", AT, sample(models.FullRepository, node_id="R_1"))
    server.give("POST", "/graphql", answered("is protected"))
    with pytest.raises(ForgeError, match="does not delete"):
        forge.delete_branch(OURS, TIP)


def test_a_commit_for_github_to_sign_says_nothing_of_who_made_it(
    server: Replay, forge: GitHub
) -> None:
    git, tree = f"{AT}/git", "2" * 40
    server.give("POST", f"{git}/blobs", sample(models.ShortBlob, sha="1" * 40), status=201)
    server.give("POST", f"{git}/trees", sample(models.GitTree, sha=tree), status=201)
    server.give("POST", f"{git}/commits", sample(models.GitCommit, sha=TIP), status=201)
    text, binary = NewFile("a/k.yaml", "100755", "ä\r\n".encode()), NewFile("b", "120000", b"\xff")
    assert forge.commit(OTHER, [text, binary], tree, [BASE], "Promote paw") == TIP
    (made,) = bodies(server, "POST", f"{git}/trees")
    assert made["base_tree"] == OTHER
    assert made["tree"] == [
        {"path": "a/k.yaml", "mode": "100755", "type": "blob", "content": "ä\r\n"},
        {"path": "b", "mode": "120000", "type": "blob", "sha": "1" * 40},
    ]
    (blob,) = bodies(server, "POST", f"{git}/blobs")
    assert base64.b64decode(blob["content"]) == b"\xff"
    (commit,) = bodies(server, "POST", f"{git}/commits")
    assert commit == {"message": "Promote paw", "tree": tree, "parents": [BASE]}


def test_a_commit_of_something_else_is_not_made(server: Replay, forge: GitHub) -> None:
    server.give("POST", f"{AT}/git/trees", sample(models.GitTree, sha=OTHER), status=201)
    with pytest.raises(ForgeError, match="does not keep files as they are") as caught:
        forge.commit(BASE, [NewFile("k", "100644", b"x")], "2" * 40, [BASE], "Promote paw")
    assert "commit.gpgSign false" in caught.value.hint


def test_the_file_of_code_owners_is_read_from_the_base(server: Replay, forge: GitHub) -> None:
    at = f"{AT}/contents"
    server.give("GET", f"{at}/.github/CODEOWNERS", {"message": "Not Found"}, status=404)
    server.give("GET", f"{at}/CODEOWNERS", Answer(b"/environments/prod/ @alice\n"))
    assert forge.code_owners(["environments/prod/x"], MAIN) == ("alice",)
    (asked,) = server.calls("GET", f"{at}/CODEOWNERS")
    assert asked.query == {"ref": "main"}
    assert asked.headers["accept"] == "application/vnd.github.raw+json"


def test_those_of_a_team_are_known(server: Replay, forge: GitHub) -> None:
    at = "/orgs/fleet/teams/on-call"
    members = f"{at}/members"
    page = {"Link": f'<http://127.0.0.1{members}?page=2&per_page=100>; rel="next"'}
    server.give("GET", at, sample(models.TeamFull, slug="on-call"))
    server.give("GET", members, Answer([person("alice")], headers=page), [person("bob")])
    assert forge.members("fleet/On-Call") == {"alice", "bob"}
    server.give("GET", "/orgs/fleet/teams/hidden", {"message": "Not Found"}, status=404)
    with pytest.raises(ForgeError, match="GitHub shows no team fleet/hidden") as caught:
        forge.members("fleet/hidden")
    assert "members of the organisation (read)" in caught.value.hint


def test_what_brought_a_commit_is_found(server: Replay, forge: GitHub) -> None:
    merged = simple(state="closed", merged_at="2026-11-21T12:00:00Z", merge_commit_sha=OTHER)
    path = f"{AT}/commits/{OTHER}/pulls"
    page = {"Link": f'<http://127.0.0.1{path}?page=2&per_page=100>; rel="next"'}
    server.give("GET", path, Answer([simple()], headers=page), [merged])
    (found,) = forge.pulls_of(OTHER)
    assert (found.state, found.merged_as) == (PullRequestState.merged, OTHER)


def test_addresses_and_what_github_cannot_do(server: Replay, forge: GitHub) -> None:
    web = server.url.removesuffix("/api/v3")
    assert forge.commit_url(TIP) == f"{web}/fleet/environments/commit/{TIP}"
    assert forge.compare_url("a", "b") == f"{web}/fleet/environments/compare/a...b"
    assert forge.attach(the_pull(forge, server), "difference.md", b"x") is None
    server.give("PATCH", PULL, full(state="closed"))
    forge.close(forge.pull(7))
    server.give("GET", PULLS, [simple()])
    assert [pull.number for pull in forge.open_pulls()] == [7]


@pytest.mark.parametrize(
    ("token", "login", "starts", "signs"),
    [
        ("ghp_of-a-person", "alice", True, False),
        ("ghs_of-an-app", "promoter[bot]", True, True),
        ("ghs_of-a-workflow", "github-actions[bot]", False, True),
    ],
)
def test_it_is_known_what_github_does_for_a_token(
    server: Replay, token: str, login: str, starts: bool, signs: bool
) -> None:
    server.give("POST", "/graphql", viewer(login))
    with opened(server, ForgeToken(token)) as forge:
        assert forge.user() == login
        assert (forge.starts_workflows(), forge.signs_commits()) == (starts, signs)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "app.pem"
    subprocess.run(["openssl", "genrsa", "-out", file, "2048"], check=True, capture_output=True)
    return file


def test_an_app_shows_a_signed_word_and_gets_a_token(
    server: Replay, key: Path, tmp_path: Path
) -> None:
    server.give("GET", f"{AT}/installation", sample(models.Installation, id=42))
    granted = {"token": "ghs_of-the-app", "expires_at": "2027-01-15T09:00:00Z"}
    where = "/app/installations/42/access_tokens"
    server.give("POST", where, sample(models.InstallationToken, **granted), status=201)
    server.give("POST", "/graphql", viewer("promoter[bot]"))
    server.give("GET", PULLS, [])
    with opened(server, read_app("Iv1.promoter", str(key))) as forge:
        assert forge.open_pulls() == forge.open_pulls() == []
        assert forge.user() == "promoter[bot]"
        assert forge.signs_commits()
    (granting,) = server.calls("POST", where)
    assert granting.body == {"repositories": ["environments"]}
    word = granting.headers["authorization"].removeprefix("Bearer ")
    assert claims(word, key, tmp_path) == {
        "iat": int(NOW) - 60,
        "exp": int(NOW) + 540,
        "iss": "Iv1.promoter",
    }
    asked = server.calls("GET", PULLS)[0]
    assert asked.headers["authorization"] == "Bearer ghs_of-the-app"


def claims(word: str, key: Path, folder: Path) -> Any:
    """What the word says, if OpenSSL finds it signed by this key."""
    said, _, signature = word.rpartition(".")
    public = folder / "public.pem"
    subprocess.run(
        ["openssl", "rsa", "-in", key, "-pubout", "-out", public], check=True, capture_output=True
    )
    (folder / "signature").write_bytes(base64.urlsafe_b64decode(signature + "=="))
    subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", public, "-signature", folder / "signature"],
        input=said.encode(),
        check=True,
        capture_output=True,
    )
    header, content = (json.loads(base64.urlsafe_b64decode(p + "==")) for p in said.split("."))
    assert header == {"alg": "RS256", "typ": "JWT"}
    return content


def test_a_token_of_an_app_is_renewed_before_it_ends(server: Replay, key: Path) -> None:
    app = GitHubApp("1", key.read_bytes(), 42)
    where = "/app/installations/42/access_tokens"
    granted = {"token": "ghs_short", "expires_at": "2027-01-15T08:05:00Z"}
    server.give("POST", where, sample(models.InstallationToken, **granted), status=201)
    server.give("GET", PULLS, [])
    with opened(server, app) as forge:
        forge.open_pulls()
        forge.open_pulls()
    assert len(server.calls("POST", where)) == 2
    assert "key" not in repr(app)


def test_something_else_than_a_key_is_told(tmp_path: Path) -> None:
    (tmp_path / "no-key").write_text("-----BEGIN NONSENSE-----\n")
    with pytest.raises(ForgeError, match="not an RSA key in PEM format"):
        read_app("1", str(tmp_path / "no-key")).word(NOW)
    with pytest.raises(ForgeError, match="cannot be read"):
        read_app("1", str(tmp_path / "nothing"))
