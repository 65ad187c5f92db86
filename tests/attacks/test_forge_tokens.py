"""A token goes to the host that it is for, whatever other hosts say that they are, and over HTTPS.

Somebody clones a repository of a stranger's, and has the tokens of their own forges in variables.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import ForgeError
from reconciler.forges.client import HttpRoute, RetryClock
from reconciler.forges.connect import connect, forge_address
from reconciler.forges.forge import (
    CommitStatus,
    Forge,
    PullRequest,
    PullRequestState,
    StatusVerdict,
    WantedPullRequest,
)
from reconciler.forges.tokens import ForgeToken
from reconciler.git.names import BranchName
from tests.conftest import Repo
from tests.forges.replay import Answer, Free, Replay, Request, running
from tests.promotion.fleet import Fleet, entry
from tests.promotion.gates.fake_facts import pull

MAIN = BranchName("main")
OURS = BranchName("promote/prod")

SECRET = "s3cr3t-of-another-host-entirely"

# How each kind of forge is known, and the variables that are its own.
SAYS = {
    "github": ("/api/v3/meta", {"X-GitHub-Request-Id": "1"}, ("GITHUB_TOKEN", "GH_TOKEN")),
    "gitlab": ("/api/v4/version", {"X-Gitlab-Meta": "1"}, ("GITLAB_TOKEN",)),
    "gitea": ("/api/v1/version", {}, ("GITEA_TOKEN", "FORGEJO_TOKEN")),
}
CASES = [(kind, variable) for kind, (_, _, names) in SAYS.items() for variable in names]
OWN = {name for _, _, names in SAYS.values() for name in names}


class Stranger(Replay):
    """A host that says what it is, and answers all else with one thing."""

    def __init__(self, kind: str = "", says: bytes = b"{}") -> None:
        super().__init__(Free())
        self.kind = kind
        self.says = says

    def found(self, request: Request) -> Answer:
        path, headers, _ = SAYS.get(self.kind, ("", {}, ()))
        if path and request.path == path:
            return Answer({"version": "1"}, 200, headers)
        probes = {place for place, _, _ in SAYS.values()}
        return Answer({}, 404) if request.path in probes else Answer(self.says)

    @property
    def proofs(self) -> list[str]:
        """What it was shown."""
        headers = (request.headers.get("authorization") for request in self.requests)
        return [header for header in headers if header]


@contextmanager
def stranger(kind: str = "", says: bytes = b"{}") -> Iterator[Stranger]:
    host = Stranger(kind, says)
    with running(host):
        yield host


def promote(repo: Repo, remote: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Somebody runs it in their clone, with these variables."""
    fleet = Fleet(repo)
    fleet.commit(entry("stage", fleet.first, "v2"))
    repo.git("remote", "add", "origin", remote)
    repo.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repo.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    foreign = OWN | {"CI_SERVER_URL", "GITHUB_SERVER_URL", "HTTP_PROXY", "http_proxy", "NO_PROXY"}
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    return subprocess.run(
        [sys.executable, "-m", "reconciler", "promote", "stage", "prod", "paw"],
        cwd=repo.path,
        env={**kept, **variables, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize(("kind", "variable"), CASES)
def test_a_host_that_says_it_is_a_forge_gets_no_token_of_it(
    repo: Repo, kind: str, variable: str
) -> None:
    with stranger(kind) as host:
        done = promote(repo, f"{host.url}/owner/fleet.git", **{variable: SECRET})
        assert host.proofs == []
    assert (done.returncode, "there is no token for" in done.stderr) == (2, True)
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("label", "variable"), [("github", "GITHUB_TOKEN"), ("gitlab", "GITLAB_TOKEN")]
)
def test_a_host_that_is_called_like_a_forge_gets_no_token_of_it(
    repo: Repo, label: str, variable: str
) -> None:
    with stranger(label) as proxy:
        remote = f"http://{label}.attacker.example/owner/fleet.git"
        done = promote(repo, remote, **{variable: SECRET, "HTTP_PROXY": proxy.url})
        assert proxy.proofs == []
    assert done.returncode == 2, done.stderr


def test_a_token_that_is_for_any_forge_is_not_sent_where_others_can_read_it(repo: Repo) -> None:
    with stranger("gitea") as proxy:
        variables = {"RECONCILER_FORGE_TOKEN": SECRET, "HTTP_PROXY": proxy.url}
        done = promote(repo, "http://gitea.fleet.example/owner/fleet.git", **variables)
        assert proxy.proofs == []
    assert (done.returncode, "gets no token" in done.stderr) == (2, True)


def test_a_token_for_this_machine_is_not_shown_to_the_proxy(repo: Repo) -> None:
    with stranger("gitea") as host, stranger("gitea") as proxy:
        variables = {"RECONCILER_FORGE_TOKEN": SECRET, "HTTP_PROXY": proxy.url}
        promote(repo, f"{host.url}/owner/fleet.git", **variables)
        assert host.proofs
        assert proxy.requests == []


@pytest.mark.parametrize("kind", ["github", "gitlab"])
def test_a_job_s_variables_are_for_the_server_of_the_job(repo: Repo, kind: str) -> None:
    variable = SAYS[kind][2][0]
    server = {"github": "GITHUB_SERVER_URL", "gitlab": "CI_SERVER_URL"}[kind]
    with stranger(kind) as host:
        promote(repo, f"{host.url}/owner/fleet.git", **{variable: SECRET, server: host.url})
        assert {proof.partition(" ")[2] for proof in host.proofs} == {SECRET}


def test_git_shows_the_token_to_the_forge_s_own_host_alone(repo: Repo) -> None:
    """Where the forge is said to be elsewhere than the remote, git pushes as it always does."""
    with stranger("gitea", b'{"login": "bot"}') as forge, stranger() as remote:
        variables = {
            "RECONCILER_FORGE": "gitea",
            "RECONCILER_FORGE_TOKEN": SECRET,
            "RECONCILER_FORGE_URL": forge.url.replace("127.0.0.1", "localhost"),
        }
        promote(repo, f"{remote.url}/owner/fleet.git", **variables)
        assert forge.proofs
        assert remote.requests
        assert remote.proofs == []


def test_a_credential_helper_is_asked_about_the_host_that_gets_its_answer(repo: Repo) -> None:
    with stranger("gitea", b'{"login": "bot"}') as forge, stranger() as remote:
        helper = f"!f() {{ echo username=bot; echo password={SECRET}; }}; f"
        repo.git("config", f"credential.{remote.url}.helper", helper)
        variables = {
            "RECONCILER_FORGE": "gitea",
            "RECONCILER_FORGE_URL": forge.url.replace("127.0.0.1", "localhost"),
        }
        done = promote(repo, f"{remote.url}/owner/fleet.git", **variables)
        assert forge.proofs == []
    assert "there is no token for" in done.stderr


DEEP = b"[" * 100_000
ODD = [b"[]", b"null", b'"text"', b"7", b"{}", b"[[]]", b"[7]", b'{"data": 7}', b"<html>", DEEP]


@pytest.mark.parametrize("kind", SAYS)
@pytest.mark.parametrize("says", [b"[]", b'{"data": 7}'])
def test_what_an_unknown_host_answers_is_no_fault_of_ours(
    repo: Repo, kind: str, says: bytes
) -> None:
    with stranger(kind, says) as host:
        variables = {"RECONCILER_FORGE": kind, "RECONCILER_FORGE_TOKEN": SECRET}
        done = promote(repo, f"{host.url}/owner/fleet.git", **variables)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: ")
    assert SECRET not in done.stderr


COMMIT = "1a2b3c4d" * 5
WANTED = WantedPullRequest("title", "body", ("label",), ("alice",))
STATUS = CommitStatus("promotion/soak", StatusVerdict.pending, "so")

ASKED: dict[str, Callable[[Forge, PullRequest], Any]] = {
    "user": lambda forge, _: forge.user(),
    "open_pulls": lambda forge, _: forge.open_pulls(),
    "pull": lambda forge, _: forge.pull(7),
    "last_pull": lambda forge, _: forge.last_pull(OURS, MAIN),
    "pulls_of": lambda forge, _: forge.pulls_of(COMMIT),
    "create": lambda forge, _: forge.create(OURS, MAIN, WANTED),
    "update": lambda forge, pull: forge.update(pull, WANTED),
    "close": lambda forge, pull: forge.close(pull),
    "approvals": lambda forge, pull: forge.approvals(pull),
    "comments": lambda forge, pull: forge.comments(pull),
    "say": lambda forge, pull: forge.say(pull, "mark", "text"),
    "attach": lambda forge, pull: forge.attach(pull, "file", b""),
    "statuses": lambda forge, _: forge.statuses(COMMIT),
    "set_status": lambda forge, _: forge.set_status(COMMIT, STATUS),
    "merge": lambda forge, pull: forge.merge(pull, "title", "message"),
    "delete_branch": lambda forge, _: forge.delete_branch(OURS, COMMIT),
    "members": lambda forge, _: forge.members("org/team"),
    "code_owners": lambda forge, _: forge.code_owners(["a"], MAIN),
}


@pytest.mark.parametrize("kind", SAYS)
@pytest.mark.parametrize("asked", ASKED)
def test_whatever_is_asked_an_odd_answer_is_told_as_the_forge_s(kind: str, asked: str) -> None:
    quick = HttpRoute(clock=RetryClock(sleep=lambda _: None), patience=1)
    some = pull(state=PullRequestState.open)
    for says in ODD:
        with stranger(kind, says) as host:
            place = forge_address(f"{host.url}/owner/fleet.git", kind)
            with connect(place, ForgeToken(SECRET), quick) as connection, suppress(ForgeError):
                ASKED[asked](connection.forge, some)
