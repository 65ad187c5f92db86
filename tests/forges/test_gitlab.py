"""What GitLab is asked is what its own client asks, and its refusals are understood."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

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
from reconciler.forges.gitlab import GitLab
from reconciler.forges.hosted import named_by_content
from reconciler.forges.tokens import ForgeToken
from reconciler.git.names import BranchName
from tests.forges.gitlab_contract import GitLabContract, sources
from tests.forges.replay import Answer, Replay, Request, replay

MAIN = BranchName("main")
OURS = BranchName("promote/prod")

AT = "/projects/fleet%2Fteam%2Fenvironments"
MERGES, MERGE = f"{AT}/merge_requests", f"{AT}/merge_requests/7"
TIP, OTHER = "a" * 40, "b" * 40
WANTED = WantedPullRequest("promote", "the body", ("promotion", "stage"), ("alice", "nobody"))


@pytest.fixture
def server(peer: Callable[[str], Path]) -> Iterator[Replay]:
    with replay(GitLabContract(), "/api/v4") as running:
        running.give("GET", "/user", {"id": 1, "username": "bot"})
        running.give("GET", f"{MERGE}/approvals", {"approved_by": []})
        yield running


@pytest.fixture
def forge(server: Replay) -> Iterator[GitLab]:
    web = server.url.removesuffix("/api/v4")
    place = forge_address(f"{web}/fleet/team/environments.git", "gitlab")
    way = HttpRoute(clock=RetryClock(sleep=lambda _: None), patience=5)
    with connect(place, ForgeToken("glpat-x"), way) as connection:
        assert isinstance(connection.forge, GitLab)
        yield connection.forge


def merge_request(**changed: Any) -> dict[str, Any]:
    found = {
        "iid": 7,
        "web_url": "http://gitlab.example/fleet/team/environments/-/merge_requests/7",
        "title": "promote",
        "description": "the body",
        "source_branch": "promote/prod",
        "target_branch": "main",
        "source_project_id": 5,
        "target_project_id": 5,
        "sha": TIP,
        "state": "opened",
        "draft": False,
        "labels": [],
        "author": {"id": 1, "username": "bot"},
        "reviewers": [],
        "created_at": "2026-11-21T12:00:00.000Z",
        "merged_at": None,
        "merge_commit_sha": None,
        "squash_commit_sha": None,
        "detailed_merge_status": "mergeable",
    }
    return {**found, **changed}


def the_pull(forge: GitLab, server: Replay, **changed: Any) -> PullRequest:
    server.give("GET", MERGE, merge_request(**changed))
    return forge.pull(7)


def bodies(server: Replay, method: str, path: str) -> list[Any]:
    return [request.body for request in server.calls(method, path)]


@pytest.mark.peers
def test_the_client_s_sources_are_understood() -> None:
    assert len(sources().calls) > 800
    assert sources().structs["AcceptMergeRequestOptions"]["sha"] == "*string"
    assert "per_page" in sources().structs["ListMergeRequestNotesOptions"]


@pytest.mark.peers
@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("GET", f"{AT}/merge_request", {}, None),
        ("PATCH", MERGE, {}, {}),
        ("GET", MERGES, {"branch": "x"}, None),
        ("PUT", f"{MERGE}/merge", {}, {"commit": TIP}),
        ("PUT", f"{MERGE}/merge", {}, {"sha": 1}),
    ],
)
def test_the_contract_refuses_what_gitlab_would(
    method: str, path: str, query: dict[str, str], body: Any
) -> None:
    content = b"" if body is None else json.dumps(body).encode()
    headers = {"authorization": "x", "content-type": "application/json"}
    request = Request(method, path, query, headers if content else {"authorization": "x"}, content)
    with pytest.raises(AssertionError):
        GitLabContract().check(request, Answer({}, 418))


def test_a_merge_request_is_opened_with_labels_and_reviewers(server: Replay, forge: GitLab) -> None:
    server.give("POST", MERGES, merge_request(), status=201)
    server.give("PUT", MERGE, merge_request())
    server.give("GET", MERGE, merge_request(reviewers=[{"id": 3, "username": "carol"}]))
    server.give("GET", "/users", [{"id": 2, "username": "alice"}], [])
    made = forge.create(OURS, MAIN, WANTED)
    assert (made.number, made.branch, made.commit, made.base) == (7, "promote/prod", TIP, "main")
    assert (made.state, made.author) == (PullRequestState.open, "bot")
    assert bodies(server, "PUT", MERGE) == [
        {"add_labels": "promotion,stage"},
        {"reviewer_ids": [3, 2]},
    ]


def test_what_is_there_already_is_adopted(server: Replay, forge: GitLab) -> None:
    server.give("POST", MERGES, {"message": ["Another open merge request exists: !7"]}, status=409)
    foreign = merge_request(iid=9, source_project_id=6)
    server.give("GET", MERGES, [foreign, merge_request(title="Draft: promote", draft=True)])
    server.give("PUT", MERGE, merge_request())
    assert forge.create(OURS, MAIN, WantedPullRequest("promote", "the body")).number == 7
    assert bodies(server, "PUT", MERGE) == [{"title": "promote", "description": "the body"}]


@pytest.mark.parametrize("found", [True, False])
def test_a_creation_that_was_cut_off_is_looked_up_and_never_sent_again(
    server: Replay, forge: GitLab, found: bool
) -> None:
    server.give("POST", MERGES, Answer(merge_request(), 201, fault="cut"))
    server.give("GET", MERGES, [merge_request()] if found else [])
    wanted = WantedPullRequest("promote", "the body")
    if found:
        assert forge.create(OURS, MAIN, wanted).number == 7
    else:
        with pytest.raises(ForgeUncertain):
            forge.create(OURS, MAIN, wanted)
    assert len(server.calls("POST", MERGES)) == 1


def test_lines_that_would_be_orders_are_not(server: Replay, forge: GitLab) -> None:
    server.give("POST", MERGES, merge_request(), status=201)
    server.give("PUT", MERGE, merge_request())
    text = "/merge\nfine /close\n```\n/label x\n```\n  /approve"
    forge.create(OURS, MAIN, WantedPullRequest("promote", text, draft=True))
    (sent,) = bodies(server, "POST", MERGES)
    assert sent["description"] == "\\/merge\nfine /close\n```\n/label x\n```\n  \\/approve"
    assert sent["title"] == "Draft: promote"


def note(number: int, user: str, body: str, system: bool = False) -> dict[str, Any]:
    author = {"id": 1, "username": user}
    time = f"2026-11-21T12:0{number}:00.000Z"
    times = {"created_at": time, "updated_at": time}
    return {"id": number, "author": author, "body": body, "system": system, **times}


def test_a_note_that_was_edited_is_known_again(server: Replay, forge: GitLab) -> None:
    edited = note(2, "alice", "so") | {"updated_at": "2026-11-21T12:02:00.001Z"}
    server.give("GET", f"{MERGE}/notes", [note(1, "alice", "so"), edited])
    found = forge.comments(the_pull(forge, server))
    assert [comment.edited for comment in found] == [False, True]


def test_what_is_said_once_is_said_anew_where_somebody_changed_it(
    server: Replay, forge: GitLab
) -> None:
    pull, path = the_pull(forge, server), f"{MERGE}/notes"
    ours = note(1, "bot", "\\/override soak")
    changed = ours | {"updated_at": "2026-11-21T12:09:00.000Z"}
    server.give("GET", path, [note(2, "alice", ours["body"])], [ours], [changed])
    server.give("POST", path, ours, status=201)
    for _ in range(3):
        forge.say_once(pull, "/override soak")
    assert bodies(server, "POST", path) == [{"body": ours["body"]}] * 2


def test_one_note_for_each_mark_is_rewritten_in_place(server: Replay, forge: GitLab) -> None:
    pull = the_pull(forge, server)
    path = f"{MERGE}/notes"
    others = [note(1, "alice", "x\n\n<!-- gates -->"), note(2, "bot", "changed", system=True)]
    ours = note(3, "bot", "waits\n\n<!-- gates -->")
    server.give("GET", path, others, [*others, ours])
    server.give("POST", path, ours, status=201)
    server.give("PUT", f"{path}/3", ours)
    for text in ("waits", "waits", "passes"):
        forge.say(pull, "gates", text)
    assert bodies(server, "POST", path) == [{"body": "waits\n\n<!-- gates -->"}]
    assert bodies(server, "PUT", f"{path}/3") == [{"body": "passes\n\n<!-- gates -->"}]


@pytest.mark.parametrize("old", [True, False])
def test_a_consent_is_for_the_commit_of_its_time(server: Replay, forge: GitLab, old: bool) -> None:
    pull = the_pull(forge, server)
    given = {"user": {"id": 2, "username": "alice"}}
    if not old:
        given["approved_at"] = "2026-11-21T12:02:00.000Z"  # type: ignore[assignment]
    server.give("GET", f"{MERGE}/approvals", {"approved_by": [given]})
    said = [note(1, "bob", "hello"), note(2, "alice", "approved this merge request", system=True)]
    server.give("GET", f"{MERGE}/notes", said)
    versions = [
        {"id": 2, "head_commit_sha": TIP, "created_at": "2026-11-21T12:03:00.000Z"},
        {"id": 1, "head_commit_sha": OTHER, "created_at": "2026-11-21T12:01:00.000Z"},
    ]
    server.give("GET", f"{MERGE}/versions", versions)
    assert [(a.user, a.commit) for a in forge.approvals(pull)] == [("alice", OTHER)]


def test_statuses_of_all_systems_count_together(server: Replay, forge: GitLab) -> None:
    path = f"{AT}/repository/commits/{TIP}/statuses"
    states = ["success", "failed", "running", "canceled", "skipped", "manual"]
    said = [
        {"id": n, "name": state, "status": state, "description": None, "target_url": None}
        for n, state in enumerate(states)
    ]
    said += [
        {"id": 8, "name": "allowed", "status": "failed", "allow_failure": True},
        {"id": 9, "name": "failed", "status": "success"},
    ]
    for status in said:
        status |= {"description": None, "target_url": None}
    server.give("GET", path, said)
    assert {status.context: status.verdict for status in forge.statuses(TIP)} == {
        "success": StatusVerdict.success,
        "failed": StatusVerdict.success,
        "running": StatusVerdict.pending,
        "canceled": StatusVerdict.failure,
        "skipped": StatusVerdict.success,
        "manual": StatusVerdict.pending,
        "allowed": StatusVerdict.success,
    }


def test_a_status_that_is_so_already_is_no_error(server: Replay, forge: GitLab) -> None:
    server.give("GET", f"{AT}/repository/commits/{TIP}/statuses", [])
    path = f"{AT}/statuses/{TIP}"
    words = "Cannot transition status via :enqueue from :pending"
    server.give("POST", path, {"message": words}, status=400)
    forge.set_status(TIP, CommitStatus("soak", StatusVerdict.pending, "6 h left"))
    server.give("POST", path, {"message": "bad"}, status=400)
    with pytest.raises(ForgeError, match="400"):
        forge.set_status(TIP, CommitStatus("soak", StatusVerdict.pending))
    assert bodies(server, "POST", path)[0] == {
        "state": "pending",
        "name": "soak",
        "description": "6 h left",
    }


SEEN = CommitStatus("promotion/seen", StatusVerdict.success, "it is on the main branch")


def given(user: str, day: int, name: str = SEEN.context) -> dict[str, Any]:
    time = f"2026-11-{day:02}T12:00:00.000Z"
    return {"id": day, "name": name, "author": {"username": user}, "created_at": time}


def test_what_we_saw_first_counts_and_nothing_of_others(server: Replay, forge: GitLab) -> None:
    path = f"{AT}/repository/commits/{TIP}/statuses"
    said = [given("bot", 21), given("bot", 20), given("evil", 1), given("bot", 1, "seen")]
    server.give("GET", path, said)
    assert forge.witness(TIP, SEEN) == datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert server.calls("GET", path)[0].query["name"] == SEEN.context


def test_a_name_that_others_have_taken_is_told(server: Replay, forge: GitLab) -> None:
    """GitLab lets a status be set to what it is only once, whoever did it."""
    path = f"{AT}/repository/commits/{TIP}/statuses"
    server.give("GET", path, [given("evil", 1)])
    words = {"message": "Cannot transition status via :success from :success"}
    server.give("POST", f"{AT}/statuses/{TIP}", words, status=400)
    with pytest.raises(ForgeError, match="does not let us set the status promotion/seen"):
        forge.witness(TIP, SEEN)


def test_a_merge_names_the_commit_and_tells_of_it_even_if_it_is_squashed(
    server: Replay, forge: GitLab
) -> None:
    pull = the_pull(forge, server)
    looking = merge_request(detailed_merge_status="checking")
    server.give("GET", MERGE, looking, merge_request())
    server.give("PUT", f"{MERGE}/merge", merge_request(state="merged"))
    assert forge.merge(pull, "Roll back paw", "Promotion-Hold: paw 1a2b") is MergeOutcome.merged
    message = "Roll back paw\n\nPromotion-Hold: paw 1a2b"
    assert bodies(server, "PUT", f"{MERGE}/merge") == [
        {
            "sha": TIP,
            "merge_commit_message": message,
            "squash_commit_message": message,
            "auto_merge": False,
        }
    ]


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"detailed_merge_status": "conflict"}, MergeOutcome.conflict),
        ({"detailed_merge_status": "need_rebase"}, MergeOutcome.conflict),
        ({"detailed_merge_status": "checking"}, MergeOutcome.waiting),
        ({"sha": OTHER}, MergeOutcome.moved),
        ({"draft": True, "title": "Draft: promote"}, MergeOutcome.waiting),
        ({"state": "merged", "merged_at": "2026-11-21T12:00:00Z"}, MergeOutcome.merged),
    ],
)
def test_what_is_settled_is_not_tried(
    server: Replay, forge: GitLab, changed: dict[str, Any], outcome: MergeOutcome
) -> None:
    pull = the_pull(forge, server)
    server.give("GET", MERGE, merge_request(**changed))
    assert forge.merge(pull, "t", "") is outcome


@pytest.mark.parametrize(
    ("status", "answers", "outcome"),
    [
        ("ci_still_running", [Answer(merge_request())], MergeOutcome.scheduled),
        ("not_approved", [Answer(merge_request())], MergeOutcome.scheduled),
        (
            "not_approved",
            [Answer({"message": "405 Method Not Allowed"}, 405)],
            MergeOutcome.waiting,
        ),
        ("mergeable", [Answer({"message": "Branch cannot be merged"}, 422)], MergeOutcome.waiting),
    ],
)
def test_what_is_not_ready_is_left_to_gitlab(
    server: Replay, forge: GitLab, status: str, answers: list[Answer], outcome: MergeOutcome
) -> None:
    pull = the_pull(forge, server, detailed_merge_status=status)
    server.give("PUT", f"{MERGE}/merge", *answers)
    assert forge.merge(pull, "t", "m") is outcome
    assert bodies(server, "PUT", f"{MERGE}/merge")[0]["auto_merge"] == (status != "mergeable")


@pytest.mark.parametrize("state", ["merged", "opened"])
def test_a_merge_that_was_cut_off_is_looked_up_and_never_sent_again(
    server: Replay, forge: GitLab, state: str
) -> None:
    pull = the_pull(forge, server)
    server.give("GET", MERGE, merge_request(), merge_request(state=state))
    server.give("PUT", f"{MERGE}/merge", Answer(merge_request(), fault="cut"))
    expected = MergeOutcome.merged if state == "merged" else MergeOutcome.waiting
    assert forge.merge(pull, "t", "") is expected
    assert len(server.calls("PUT", f"{MERGE}/merge")) == 1


def test_a_head_that_moved_meanwhile_is_told(server: Replay, forge: GitLab) -> None:
    pull = the_pull(forge, server)
    server.give("GET", MERGE, merge_request(), merge_request(sha=OTHER))
    server.give("PUT", f"{MERGE}/merge", {"message": "SHA does not match HEAD"}, status=409)
    assert forge.merge(pull, "t", "") is MergeOutcome.moved


def test_who_may_not_merge_is_told_so(server: Replay, forge: GitLab) -> None:
    pull = the_pull(forge, server)
    server.give("PUT", f"{MERGE}/merge", {"message": "401 Unauthorized"}, status=401)
    with pytest.raises(ForgeError, match="bot may not merge"):
        forge.merge(pull, "t", "")


def test_a_branch_that_somebody_pushed_to_is_not_deleted(server: Replay, forge: GitLab) -> None:
    path = f"{AT}/repository/branches/promote%2Fprod"
    server.give("GET", path, {"name": "promote/prod", "commit": {"id": OTHER}})
    forge.delete_branch(OURS, TIP)
    assert server.calls("DELETE", path) == []
    server.give("DELETE", path, Answer(b"", 204))
    forge.delete_branch(OURS, OTHER)
    server.give("GET", path, {"message": "404 Branch Not Found"}, status=404)
    forge.delete_branch(OURS, OTHER)
    assert len(server.calls("DELETE", path)) == 1


def test_a_file_is_attached_once(server: Replay, forge: GitLab) -> None:
    pull = the_pull(forge, server)
    full_path = f"/-/project/5/uploads/{'0' * 32}/difference-fab1.md"
    server.give("POST", f"{AT}/uploads", {"id": 1, "full_path": full_path}, status=201)
    first = forge.attach(pull, "difference.md", b"all of it\n")
    assert first
    assert first.endswith(full_path)
    name = named_by_content("difference.md", b"all of it\n")
    path = f"/-/project/5/uploads/{'0' * 32}/{name}"
    link = server.url.removesuffix("/api/v4") + path
    there = the_pull(forge, server, description=f"see [all of it]({link})")
    assert forge.attach(there, "difference.md", b"all of it\n") == link
    assert len(server.calls("POST", f"{AT}/uploads")) == 1
    elsewhere = the_pull(forge, server, description=f"see [all of it](http://x.example{path})")
    assert forge.attach(elsewhere, "difference.md", b"all of it\n") == first


def test_lists_and_addresses(server: Replay, forge: GitLab) -> None:
    page = {"X-Next-Page": "2"}
    server.give("GET", MERGES, Answer([merge_request()], headers=page), [merge_request(iid=8)])
    assert [pull.number for pull in forge.open_pulls()] == [7, 8]
    path = f"{AT}/repository/commits/{OTHER}/merge_requests"
    merged = merge_request(state="merged", merge_commit_sha=OTHER, merged_at="2026-11-21T12:00:00Z")
    server.give("GET", path, [merge_request(), merged])
    assert [pull.merged_as for pull in forge.pulls_of(OTHER)] == [OTHER]
    project = server.url.removesuffix("/api/v4") + "/fleet/team/environments"
    assert forge.commit_url(TIP) == f"{project}/-/commit/{TIP}"
    assert forge.compare_url("a", "b") == f"{project}/-/compare/a...b"
    server.give("PUT", MERGE, merge_request(state="closed"))
    forge.close(the_pull(forge, server))
    assert bodies(server, "PUT", MERGE) == [{"state_event": "close"}]


def test_those_of_a_group_are_known(server: Replay, forge: GitLab) -> None:
    people = [
        {"id": n, "username": name, "state": state}
        for n, (name, state) in enumerate([("alice", "active"), ("bob", "blocked")])
    ]
    server.give("GET", "/groups/fleet%2Fguards", {"id": 3, "full_path": "fleet/guards"})
    server.give("GET", "/groups/fleet%2Fguards/members/all", people)
    assert forge.members("fleet/guards") == {"alice"}
    server.give("GET", "/groups/fleet%2Fhidden", {"message": "404 Group Not Found"}, status=404)
    with pytest.raises(ForgeError, match="GitLab shows no team fleet/hidden"):
        forge.members("fleet/hidden")


def test_the_file_of_code_owners_is_read_from_the_base(server: Replay, forge: GitLab) -> None:
    at = f"{AT}/repository/files"
    server.give("GET", f"{at}/CODEOWNERS/raw", {"message": "404 File Not Found"}, status=404)
    rules = b"[Prod] @fleet/guards\n/environments/prod/\n"
    server.give("GET", f"{at}/docs%2FCODEOWNERS/raw", Answer(rules))
    assert forge.code_owners(["environments/prod/x"], MAIN) == ("fleet/guards",)
