"""Nothing passes for what it is not because of what it is called.

Neither a branch of a fork for one of ours, whatever its owner is called, nor any branch or tag for
the main branch. And no name keeps the bot from its work.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from reconciler.errors import ReconcilerError
from reconciler.forges import github, gitlab
from reconciler.forges.forge import PullRequest
from reconciler.promotion.promotion_request import PREFIXES
from reconciler.testbed.addons.gitea import ADMINISTRATOR
from reconciler.testbed.loopback import call
from tests.bot.conftest import build as build
from tests.bot.gitea_fleet import GiteaFleet, entry, fleet
from tests.conftest import Repo
from tests.forges import test_github, test_gitlab
from tests.forges.conftest import site as site

Build = Callable[[Mapping[str, str]], GiteaFleet]
OURS = "promote/stage/prod/app/web"
NAMES = ["promote", "rollback"]


def gated(*gates: str) -> dict[str, str]:
    wanted = ", ".join(f"{{type: {gate}}}" for gate in gates)
    policy = f"promotion: {{propose: app, autoMerge: true, gates: [{wanted}]}}\n"
    return fleet(["web"], {"stage": "", "prod": policy})


class Stranger:
    """Somebody of this name, with a fork of the fleet; the name of a fork is theirs to choose."""

    def __init__(self, gitea_fleet: GiteaFleet, name: str) -> None:
        self.gitea_fleet, self.name = gitea_fleet, name
        site = gitea_fleet.site
        administrator = site.server.token(ADMINISTRATOR)
        at = f"{site.server.url}/api/v1"
        password = secrets.token_urlsafe(24)
        account = {
            "username": name,
            "email": f"{name}@elsewhere.example",
            "password": password,
            "must_change_password": False,
        }
        try:
            call("POST", f"{at}/admin/users", account, token=administrator)
        except ReconcilerError:  # of a test before
            account |= {"source_id": 0, "login_name": name}
            call("PATCH", f"{at}/admin/users/{name}", account, token=administrator)
        self._login = name, password
        self.fork = f"{name}/{site.name}"
        call("POST", f"{site.api}/forks", {"name": site.name}, basic=self._login)
        self._push_to = f"{site.server.url}/{self.fork}.git".replace(
            "://", f"://{name}:{password}@"
        )

    def propose(self, commit: str, branch: str) -> int:
        """A pull request of the fork's branch, which is at a commit that people's clone has."""
        self.gitea_fleet.people.git(
            "push", "--quiet", self._push_to, f"{commit}:refs/heads/{branch}"
        )
        head = {"head": f"{self.fork}:{branch}", "base": "main", "title": "have a look"}
        made = call("POST", f"{self.gitea_fleet.site.api}/pulls", head, basic=self._login)
        return int(made["number"])

    def leave(self) -> None:
        call(
            "DELETE",
            f"{self.gitea_fleet.site.server.url}/api/v1/repos/{self.fork}",
            basic=self._login,
        )


@pytest.fixture
def stranger() -> Iterator[Callable[[GiteaFleet, str], Stranger]]:
    known: list[Stranger] = []

    def make(gitea_fleet: GiteaFleet, name: str) -> Stranger:
        known.append(Stranger(gitea_fleet, name))
        return known[-1]

    yield make
    for one in known:
        one.leave()


@pytest.mark.parametrize("name", NAMES)
def test_an_older_request_of_a_fork_holds_no_promotion_back(
    build: Build, stranger: Callable[[GiteaFleet, str], Stranger], name: str
) -> None:
    gitea_fleet = build(gated("alone"))
    gitea_fleet.people.git("switch", "--quiet", "--create", "theirs")
    commit = gitea_fleet.people.commit({"note.md": "hello\n"})
    gitea_fleet.people.git("switch", "--quiet", "main")
    number = stranger(gitea_fleet, name).propose(commit, "x/prod/y")
    gitea_fleet.change(entry("stage", "web", "v2"))
    printed = gitea_fleet.go()
    assert "newTag: v2" in gitea_fleet.file("main", "prod", "web"), printed
    assert [pull.number for pull in gitea_fleet.forge.open_pulls()] == [number]


@pytest.mark.parametrize("name", NAMES)
def test_our_own_commit_on_a_branch_of_a_fork_closes_nothing(
    build: Build, stranger: Callable[[GiteaFleet, str], Stranger], name: str
) -> None:
    gitea_fleet = build(gated("approvals"))
    gitea_fleet.change(entry("stage", "web", "v2"))
    gitea_fleet.go()
    gitea_fleet.people.git("fetch", "--quiet", "origin", OURS)
    commit = gitea_fleet.people.git("rev-parse", "FETCH_HEAD")
    number = stranger(gitea_fleet, name).propose(commit, OURS)
    printed = gitea_fleet.go()
    found = {pull.number: pull.branch for pull in gitea_fleet.forge.open_pulls()}
    assert OURS in found.values(), printed
    assert found[number].endswith(OURS)


def of_github(name: str) -> PullRequest:
    item = test_github.fields()
    item["head"] |= {"repo": {"full_name": f"{name}/environments"}, "label": f"{name}:{OURS}"}
    return github._pull(test_github.simple(**item))


def gone_from_github(name: str) -> PullRequest:
    """The fork was deleted, and the account with it."""
    item = test_github.fields()
    item["head"] |= {"repo": None, "user": None, "ref": OURS}
    return github._pull(test_github.simple(**item))


def of_gitlab(name: str) -> PullRequest:
    return gitlab._pull(test_gitlab.merge_request(source_project_id=6, source_branch=OURS))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("foreign", [of_github, gone_from_github, of_gitlab])
def test_on_every_forge_it_begins_with_what_no_branch_can(
    foreign: Callable[[str], PullRequest], name: str
) -> None:
    branch = foreign(name).branch
    assert branch.startswith(":")
    assert not branch.startswith(PREFIXES)


DESCRIPTION = "environments/prod/environment.yaml"
EVIL = fleet([], {"stage": "", "prod": "promotion: {propose: app, autoMerge: true}\n"})[DESCRIPTION]


def evil(people: Repo) -> str:
    """A commit on top of the main branch whose policy merges at once."""
    people.git("switch", "--quiet", "--create", "theirs")
    commit = people.commit({DESCRIPTION: EVIL})
    people.git("switch", "--quiet", "main")
    return commit


def test_a_branch_called_head_is_not_the_main_branch(build: Build) -> None:
    """In a clone origin/HEAD stands for another, and Git writes to what a reference stands for."""
    gitea_fleet = build(gated("approvals"))
    gitea_fleet.change(entry("stage", "web", "v2"))
    gitea_fleet.people.git(
        "push", "--quiet", "origin", f"{evil(gitea_fleet.people)}:refs/heads/HEAD"
    )
    for _ in range(3):
        printed = gitea_fleet.go()
        assert "newTag: v1" in gitea_fleet.file("main", "prod", "web"), printed
    assert [pull.draft for pull in gitea_fleet.forge.open_pulls()] == [False]
    tip = gitea_fleet.forge.open_pulls()[0].commit
    contexts = {status.context for status in gitea_fleet.forge.statuses(tip)}
    assert "promotion/approvals" in contexts, printed


@pytest.mark.parametrize("name", ["main", "origin/main", "heads/main"])
def test_a_tag_is_not_the_branch_that_is_called_so(build: Build, name: str) -> None:
    """A clone has the tags of the origin, too."""
    files = gated("approvals")
    gitea_fleet = build({**files, DESCRIPTION: f"{files[DESCRIPTION]}releases: {{branch: main}}\n"})
    gitea_fleet.change(entry("stage", "web", "v2"))
    tag = f"{evil(gitea_fleet.people)}:refs/tags/{name}"
    gitea_fleet.people.git("push", "--quiet", "origin", tag)
    tags = ("fetch", "--quiet", str(gitea_fleet.people.path), tag)
    subprocess.run(["git", *tags], cwd=gitea_fleet.bot, check=True)
    printed = gitea_fleet.go()
    assert "newTag: v1" in gitea_fleet.file("main", "prod", "web"), printed
    gitea_fleet.people.git("fetch", "--quiet", "origin", OURS)
    assert "autoMerge: true, gates" in gitea_fleet.people.git("show", f"FETCH_HEAD:{DESCRIPTION}")


def test_a_branch_in_the_folder_of_one_that_is_gone_keeps_nobody_from_work(build: Build) -> None:
    gitea_fleet = build(gated("approvals"))
    people = gitea_fleet.people
    for before, after in (("x", "x/y"), ("a/b/c", "a")):
        people.git("push", "--quiet", "origin", f"main:refs/heads/{before}")
        gitea_fleet.go()
        people.git("push", "--quiet", "origin", "--delete", before)
        people.git("push", "--quiet", "origin", f"main:refs/heads/{after}")
    gitea_fleet.change(entry("stage", "web", "v2"))
    printed = gitea_fleet.go()
    assert [pull.branch for pull in gitea_fleet.forge.open_pulls()] == [OURS], printed


PREVIEWS = [
    ("diff", "--to", "HEAD", "--from"),
    ("diff", "--merge-base", "--to", "HEAD", "--from"),
    ("diff", "--from"),
]


SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: hunter2}\n"


@pytest.fixture
def hidden(repo: Repo, tmp_path: Path) -> Path:
    """A clone of a repository in which tags are called as its main branch, at a pull request."""
    repo.commit(fleet(["web"], {"prod": ""}))
    repo.git("switch", "--quiet", "--create", "pr")
    repo.commit(entry("prod", "web", "evil") | {"db.yaml": SECRET})
    for name in ("origin/main", "main"):
        repo.git("tag", name, "pr")
    clone = tmp_path / "clone"
    repo.git("clone", "--quiet", "--branch=pr", ".", str(clone))
    head = "refs/remotes/origin/main"
    subprocess.run(["git", "update-ref", "refs/heads/main", head], cwd=clone, check=True)
    return clone


def said_by(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reconciler", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("base", ["origin/main", "origin/main~0", "main"])
@pytest.mark.parametrize("words", PREVIEWS, ids=" ".join)
def test_a_tag_hides_nothing_from_a_preview(
    words: tuple[str, ...], base: str, hidden: Path
) -> None:
    assert "evil" in said_by(hidden, *words, base).stdout


@pytest.mark.parametrize("revisions", ["origin/main..HEAD", "origin/main...pr", "main..HEAD"])
def test_a_tag_hides_no_commit_from_a_range(revisions: str, hidden: Path) -> None:
    done = said_by(hidden, "secrets", "forbid", "--range", revisions)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "db.yaml" in done.stdout + done.stderr
