"""The real Gitea does what is asked of a forge."""

from __future__ import annotations

import json
import time
import urllib.request

import pytest

from reconciler.errors import ForgeError
from reconciler.forges.client import HttpRoute, RetryClock
from reconciler.forges.forge import (
    CommitStatus,
    MergeOutcome,
    PullRequest,
    PullRequestState,
    StatusVerdict,
    WantedPullRequest,
)
from reconciler.forges.gitea import Gitea
from reconciler.git.names import BranchName
from reconciler.testbed.addons.gitea import ADMINISTRATOR
from reconciler.testbed.loopback import call
from tests.forges.conftest import Site

MAIN = BranchName("main")
OURS = BranchName("promote/prod")

WANTED = WantedPullRequest(
    "promote", "the body", labels=("promotion", "stage"), reviewers=("alice",)
)


@pytest.fixture
def forge(site: Site) -> Gitea:
    return site.forge()


def opened(
    site: Site, branch: str = "promote/prod", wanted: WantedPullRequest = WANTED
) -> PullRequest:
    site.push(branch, base="main", path="a.yaml")
    return site.forge().create(BranchName(branch), MAIN, wanted)


def test_a_pull_request_has_all_that_was_wanted(site: Site, forge: Gitea) -> None:
    commit = site.push("promote/prod", base="main")
    made = forge.create(OURS, MAIN, WANTED)
    assert (made.title, made.body, made.draft) == ("promote", "the body", False)
    assert (made.branch, made.base, made.commit) == ("promote/prod", "main", commit)
    assert (made.author, made.state) == ("bot", PullRequestState.open)
    again = forge.pull(made.number)
    assert set(again.labels) == {"promotion", "stage"}
    asked = site.call("GET", f"/pulls/{made.number}")["requested_reviewers"]
    assert [user["login"] for user in asked] == ["alice"]
    with urllib.request.urlopen(made.url) as page:
        assert page.status == 200


def test_what_is_there_already_is_adopted(site: Site, forge: Gitea) -> None:
    first = opened(site)
    second = forge.create(OURS, MAIN, WantedPullRequest("new title", "new body", draft=True))
    assert second.number == first.number
    found = forge.pull(first.number)
    assert (found.title, found.body, found.draft) == ("new title", "new body", True)


def test_an_update_sends_only_what_differs(site: Site, forge: Gitea) -> None:
    pull = opened(site)
    before = site.call("GET", f"/pulls/{pull.number}")["updated_at"]
    timeline = len(site.call("GET", f"/issues/{pull.number}/timeline"))
    forge.update(forge.pull(pull.number), WANTED)
    assert site.call("GET", f"/pulls/{pull.number}")["updated_at"] == before
    assert len(site.call("GET", f"/issues/{pull.number}/timeline")) == timeline


def test_labels_and_reviewers_of_people_stay(site: Site, forge: Gitea) -> None:
    pull = opened(site)
    label = site.call("POST", "/labels", {"name": "urgent", "color": "#ff0000"})["id"]
    site.call("POST", f"/issues/{pull.number}/labels", {"labels": [label]}, user="alice")
    site.call(
        "POST", f"/pulls/{pull.number}/requested_reviewers", {"reviewers": ["bob"]}, user="alice"
    )
    updated = forge.update(
        forge.pull(pull.number), WantedPullRequest("t", "b", ("promotion",), ("alice",))
    )
    assert set(forge.pull(updated.number).labels) == {"promotion", "stage", "urgent"}
    asked = site.call("GET", f"/pulls/{pull.number}")["requested_reviewers"]
    assert {user["login"] for user in asked} == {"alice", "bob"}


def test_who_gave_a_review_is_not_asked_again(site: Site, forge: Gitea) -> None:
    pull = opened(site)
    site.approve(pull.number)
    before = site.call("GET", f"/issues/{pull.number}/timeline")
    forge.update(pull, WANTED)
    assert site.call("GET", f"/issues/{pull.number}/timeline") == before


def test_reviewers_who_do_not_exist_do_not_keep_the_others_away(site: Site) -> None:
    names = ("nobody-at-all", "alice", "fleet/writers", "fleet/no-team", "bot")
    pull = opened(site, wanted=WantedPullRequest("t", "b", reviewers=names))
    found = site.call("GET", f"/pulls/{pull.number}")
    assert [user["login"] for user in found["requested_reviewers"]] == ["alice"]
    assert [team["name"] for team in found["requested_reviewers_teams"]] == ["writers"]


def test_more_open_pull_requests_than_a_page_holds(site: Site, forge: Gitea) -> None:
    forge.page = 2
    for number in range(5):
        opened(site, f"b{number}", WantedPullRequest("t", ""))
    assert {pull.branch for pull in forge.open_pulls()} == {f"b{number}" for number in range(5)}
    forge.close(forge.create(BranchName("b0"), MAIN, WantedPullRequest("closed", "")))
    oldest = forge.last_pull(BranchName("b0"), MAIN)
    assert oldest
    assert (oldest.title, oldest.state) == ("closed", PullRequestState.closed)


def test_the_last_pull_request_of_a_branch_is_the_newest(site: Site, forge: Gitea) -> None:
    assert forge.last_pull(OURS, MAIN) is None
    first = opened(site)
    forge.close(first)
    last = forge.last_pull(OURS, MAIN)
    assert last
    assert (last.number, last.state) == (first.number, PullRequestState.closed)
    second = forge.create(OURS, MAIN, WANTED)
    assert second.number != first.number
    found = forge.last_pull(OURS, MAIN)
    assert found
    assert (found.number, found.state) == (second.number, PullRequestState.open)
    forge.close(second)
    forge.close(second)
    found = forge.last_pull(OURS, MAIN)
    assert found
    assert found.number == second.number


def test_a_branch_of_a_fork_does_not_pass_for_ours(site: Site, forge: Gitea) -> None:
    site.call("POST", "/forks", {"name": f"fork-of-{site.name}"}, user="alice")
    content = {"content": "YQo=", "message": "m", "branch": "main", "new_branch": "promote/prod"}
    alice = f"{site.server.url}/api/v1/repos/alice/fork-of-{site.name}/contents/x"
    call("POST", alice, content, token=site.server.token("alice"))
    foreign = {"title": "evil", "head": f"alice/fork-of-{site.name}:promote/prod", "base": "main"}
    site.call("POST", "/pulls", foreign, user="alice")
    assert [pull.branch for pull in forge.open_pulls()] == [
        f":alice/fork-of-{site.name}:promote/prod"
    ]
    assert forge.last_pull(OURS, MAIN) is None


def test_a_consent_counts_until_its_giver_says_otherwise(site: Site, forge: Gitea) -> None:
    pull = opened(site)
    assert forge.approvals(pull) == []
    site.approve(pull.number, "alice")
    site.approve(pull.number, "bob", "REQUEST_CHANGES")
    site.approve(pull.number, "alice", "COMMENT")
    assert [(a.user, a.commit) for a in forge.approvals(pull)] == [("alice", pull.commit)]
    site.approve(pull.number, "bob")
    assert {a.user for a in forge.approvals(pull)} == {"alice", "bob"}
    site.approve(pull.number, "alice", "REQUEST_CHANGES")
    assert [a.user for a in forge.approvals(pull)] == ["bob"]


def test_an_approval_that_was_dismissed_is_none(site: Site, forge: Gitea) -> None:
    pull = opened(site)
    site.approve(pull.number)
    (review,) = site.call("GET", f"/pulls/{pull.number}/reviews")
    where = f"/pulls/{pull.number}/reviews/{review['id']}/dismissals"
    site.call("POST", where, {"message": "no"}, user=ADMINISTRATOR)
    assert forge.approvals(pull) == []


def test_one_comment_for_each_mark_is_rewritten_in_place(site: Site, forge: Gitea) -> None:
    pull = opened(site)
    quoted = {"body": "I quote:\n\n<!-- gates -->"}
    site.call("POST", f"/issues/{pull.number}/comments", quoted, user="alice")
    for text in ("waits", "waits", "passes"):
        forge.say(pull, "gates", text)
    forge.say(pull, "rollout", "healthy")
    ours = [comment.body for comment in forge.comments(pull) if comment.author == "bot"]
    assert ours == ["passes\n\n<!-- gates -->", "healthy\n\n<!-- rollout -->"]


def test_a_comment_that_another_edited_is_known_again(site: Site, forge: Gitea) -> None:
    pull = opened(site)
    place = f"/issues/{pull.number}/comments"
    first, _ = (site.call("POST", place, {"body": "so"}, user="alice") for _ in range(2))
    said = first
    while said["updated_at"] == said["created_at"]:  # in seconds
        words = {"body": said["body"] + "!"}
        said = site.call("PATCH", f"/issues/comments/{first['id']}", words, user="bob")
    found = forge.comments(pull)
    assert [(c.author, c.edited) for c in found] == [("alice", True), ("alice", False)]


def test_what_is_said_once_is_never_rewritten(site: Site, forge: Gitea) -> None:
    pull = opened(site)
    for text in ("/override soak", "/override soak", "/override health"):
        forge.say_once(pull, text)
    assert [c.body for c in forge.comments(pull)] == ["/override soak", "/override health"]


def test_a_file_is_attached_once(site: Site, forge: Gitea) -> None:
    pull = opened(site)
    first = forge.attach(pull, "difference.md", b"# all of it\n")
    again = forge.attach(pull, "difference.md", b"# all of it\n")
    other = forge.attach(pull, "difference.md", b"# another\n")
    assert first == again != other
    assert first
    request = urllib.request.Request(first)
    with urllib.request.urlopen(request) as found:
        assert found.read() == b"# all of it\n"
    assert forge.attach(pull, "program.exe", b"MZ") is None


def test_the_last_status_of_each_context_counts(site: Site, forge: Gitea) -> None:
    commit = opened(site).commit
    assert forge.statuses(commit) == []
    soak = CommitStatus("promotion/soak", StatusVerdict.pending, "6 h left", "http://bot.example/1")
    forge.set_status(commit, soak)
    forge.set_status(commit, soak)
    assert len(site.call("GET", f"/commits/{commit}/statuses")) == 1
    forge.set_status(commit, CommitStatus("promotion/soak", StatusVerdict.success, "over"))
    forge.set_status(commit, CommitStatus("promotion/health", StatusVerdict.failure))
    assert set(forge.statuses(commit)) == {
        CommitStatus("promotion/soak", StatusVerdict.success, "over"),
        CommitStatus("promotion/health", StatusVerdict.failure),
    }


def test_what_we_saw_first_counts_and_nothing_of_others(site: Site, forge: Gitea) -> None:
    commit = site.push("seen", base="main")
    seen = CommitStatus("promotion/seen", StatusVerdict.success, "it is on the main branch")
    said = {"context": seen.context, "state": "success", "description": seen.description}
    site.call("POST", f"/statuses/{commit}", said, user="alice")
    first = forge.witness(commit, seen)
    assert forge.witness(commit, seen) == first
    site.call("POST", f"/statuses/{commit}", said)
    assert forge.witness(commit, seen) == first
    given = site.call("GET", f"/commits/{commit}/statuses")
    assert sorted(one["creator"]["login"] for one in given) == ["alice", "bot", "bot"]


def test_more_statuses_than_a_page_holds(site: Site, forge: Gitea) -> None:
    commit = opened(site).commit
    for number in range(52):
        site.call("POST", f"/statuses/{commit}", {"context": f"c{number}", "state": "success"})
    assert len(forge.statuses(commit)) == 52


def test_a_merge_names_its_pull_request(site: Site, forge: Gitea) -> None:
    pull = opened(site)
    assert forge.merge(pull, "Promote paw", "Release: 1") is MergeOutcome.merged
    assert forge.merge(pull, "Promote paw", "Release: 1") is MergeOutcome.merged
    merged = forge.pull(pull.number)
    assert merged.state is PullRequestState.merged
    assert merged.merged_at
    assert [p.number for p in forge.pulls_of(merged.merged_as)] == [pull.number]
    assert forge.pulls_of(pull.commit) == []
    said = site.call("GET", f"/git/commits/{merged.merged_as}")["commit"]["message"]
    assert said.strip() == "Promote paw\n\nRelease: 1"


def test_an_approval_that_lacks_is_waited_for_by_the_forge(site: Site, forge: Gitea) -> None:
    site.protect(required_approvals=1)
    pull = opened(site)
    assert forge.merge(pull, "t", "") is MergeOutcome.scheduled
    assert forge.merge(pull, "t", "") is MergeOutcome.scheduled
    site.approve(pull.number)
    for _ in range(100):
        if forge.pull(pull.number).state is PullRequestState.merged:
            break
        forge.client.pause(0.1)
    assert forge.merge(pull, "t", "") is MergeOutcome.merged


def test_a_draft_is_not_merged(site: Site, forge: Gitea) -> None:
    pull = opened(site, wanted=WantedPullRequest("t", "b", draft=True))
    assert pull.draft
    assert pull.title == "t"
    assert forge.merge(pull, "t", "") is MergeOutcome.waiting


def test_a_commit_that_nobody_looked_at_is_not_merged(site: Site, forge: Gitea) -> None:
    pull = opened(site)
    site.push(pull.branch, path="later.yaml")
    assert forge.merge(pull, "t", "") is MergeOutcome.moved
    assert forge.pull(pull.number).state is PullRequestState.open


def test_a_conflict_is_not_told_apart_from_what_gitea_still_looks_at(site: Site) -> None:
    pull = opened(site)
    site.push("main", "another\n", path="a.yaml")
    forge = site.forge(way=HttpRoute(clock=RetryClock(sleep=lambda _: time.sleep(0.02))))
    assert forge.merge(pull, "t", "") in (MergeOutcome.undecided, MergeOutcome.conflict)


def test_a_closed_pull_request_is_not_merged(site: Site, forge: Gitea) -> None:
    pull = opened(site)
    forge.close(pull)
    with pytest.raises(ForgeError, match="is closed"):
        forge.merge(pull, "t", "")
    assert forge.pull(pull.number).state is PullRequestState.closed


def test_who_may_not_merge_is_told_so(site: Site, forge: Gitea) -> None:
    site.protect(enable_merge_whitelist=True, merge_whitelist_usernames=["alice"])
    pull = opened(site)
    with pytest.raises(ForgeError, match="bot cannot merge") as caught:
        forge.merge(pull, "t", "")
    assert "branch protection" in caught.value.hint


def test_a_branch_that_somebody_pushed_to_is_not_deleted(site: Site, forge: Gitea) -> None:
    pull = opened(site)
    tip = site.push(pull.branch, path="later.yaml")
    forge.delete_branch(pull.branch, pull.commit)
    assert site.call("GET", "/branches/promote%2Fprod")["commit"]["id"] == tip
    forge.delete_branch(pull.branch, tip)
    forge.delete_branch(pull.branch, tip)
    assert [branch["name"] for branch in site.call("GET", "/branches")] == ["main"]
    gone = forge.pull(pull.number)
    assert (gone.branch, gone.commit) == (pull.branch, tip)


def test_addresses_are_pages_of_the_forge(site: Site, forge: Gitea) -> None:
    old, new = site.call("GET", "/branches/main")["commit"]["id"], opened(site).commit
    for url in (forge.commit_url(new), forge.compare_url(old, new)):
        with urllib.request.urlopen(url) as page:
            assert page.status == 200


def test_those_of_a_team_are_known(site: Site) -> None:
    assert {"alice", "bot"} <= site.forge().members("fleet/Writers")
    with pytest.raises(ForgeError, match="Gitea shows no team fleet/readers"):
        site.forge().members("fleet/readers")
    with pytest.raises(ForgeError) as caught:
        site.forge().members("fleet/owners")
    assert "to be in the team" in caught.value.hint


def test_the_file_of_code_owners_is_read_from_the_base(site: Site, forge: Gitea) -> None:
    assert forge.code_owners(["environments/prod/x"], MAIN) == ()
    rules = "environments/prod/.* @alice @fleet/writers\n.*\\.md @bob\n# @nobody\n"
    site.push("main", rules, path=".gitea/CODEOWNERS")
    assert forge.code_owners(["environments/prod/x"], MAIN) == ("alice", "fleet/writers")
    assert forge.code_owners(["environments/prod/x", "README.md"], MAIN) == (
        "alice",
        "fleet/writers",
        "bob",
    )
    pull = opened(site, wanted=WantedPullRequest("t", "b"))
    assert forge.code_owners(["a.yaml"], pull.branch) == ()


def test_a_branch_without_commits_gets_no_pull_request(site: Site, forge: Gitea) -> None:
    with pytest.raises(ForgeError, match="404"):
        forge.create(BranchName("no-such-branch"), MAIN, WANTED)


def test_a_wrong_token_is_told_and_not_shown(site: Site) -> None:
    token = "0123456789abcdef" * 2
    with pytest.raises(ForgeError, match="401") as caught:
        site.forge(token=token).user()
    assert token not in json.dumps(caught.value.lines())
    assert "token" in caught.value.hint


def narrow(site: Site, *scopes: str) -> str:
    """The token with these scopes of a user who may write to the repository."""
    name, password = f"narrow-{site.name}", "not-a-secret-Of-anybody-1"
    account = {"username": name, "email": f"{name}@fleet.example", "password": password}
    api, administrator = f"{site.server.url}/api/v1", site.server.token(ADMINISTRATOR)
    call(
        "POST",
        f"{api}/admin/users",
        {**account, "must_change_password": False},
        token=administrator,
    )
    site.call("PUT", f"/collaborators/{name}", {"permission": "write"}, user=ADMINISTRATOR)
    wanted = {"name": "narrow", "scopes": list(scopes)}
    made = call("POST", f"{api}/users/{name}/tokens", wanted, basic=(name, password))
    return str(made["sha1"])


def test_the_rights_that_a_token_lacks_are_named(site: Site) -> None:
    forge = site.forge(token=narrow(site, "read:user"))
    assert forge.user() == f"narrow-{site.name}"
    with pytest.raises(ForgeError, match="403") as caught:
        forge.open_pulls()
    assert "read:repository" in caught.value.why
    assert "write:repository" in caught.value.hint


def test_the_rights_that_are_named_are_enough(site: Site) -> None:
    forge = site.forge(token=narrow(site, "write:repository", "write:issue", "read:user"))
    site.push("promote/prod", base="main")
    pull = forge.create(OURS, MAIN, WANTED)
    assert forge.open_pulls() == [forge.pull(pull.number)]
    assert set(pull.labels) == {"promotion", "stage"}
    forge.say(pull, "gates", "waits")
    assert forge.attach(pull, "difference.md", b"x")
    forge.set_status(pull.commit, CommitStatus("soak", StatusVerdict.success))
    site.approve(pull.number)
    assert [approval.user for approval in forge.approvals(pull)] == ["alice"]
    assert forge.code_owners(["x"], MAIN) == ()
    assert forge.merge(pull, "t", "") is MergeOutcome.merged
    forge.delete_branch(pull.branch, pull.commit)
