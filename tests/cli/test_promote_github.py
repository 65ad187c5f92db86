"""Commands that write to GitHub: who signs, and what a workflow's token is told to lack."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from githubkit_schemas.v2022_11_28 import models

from reconciler.cli.variables import SETTINGS
from reconciler.forges.github import ACTIONS
from reconciler.forges.signed_commits import SignedCommitBuilder
from reconciler.session.forge import LIMITED, open_forge
from tests.cli.conftest import Run
from tests.conftest import Repo
from tests.forges.fake_forge import AT, FakeForge, shared_by
from tests.forges.github_contract import sample
from tests.forges.replay import Answer, Request, running
from tests.forges.test_github import full
from tests.promotion.fleet import Fleet, entry

BRANCH = "refs/heads/promote/stage/prod/app/paw"


class Calm(FakeForge):
    """Nobody else works there, and no check runs."""

    def found(self, request: Request) -> Answer | None:
        place = request.path.rpartition("/")[2]
        if request.method == "GET" and place == "status":
            return Answer(sample(models.CombinedCommitStatus))
        if request.method == "GET" and place == "check-runs":
            return Answer({"total_count": 0, "check_runs": []})
        if request.method == "POST" and "/statuses/" in request.path:
            return Answer(sample(models.Status), 201)
        if request.method == "GET" and "/contents/" in request.path:
            return Answer({"message": "Not Found"}, 404)
        return super().found(request)


@pytest.fixture
def github(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeForge]:
    fleet = Fleet(repo)
    fleet.commit(entry("stage", fleet.first, "v2"))
    monkeypatch.setenv("RECONCILER_FORGE", "github")
    monkeypatch.setenv("RECONCILER_FORGE_TOKEN", "ghs_x")
    server = Calm(shared_by(repo, tmp_path), tmp_path)
    with running(server):
        server.give("GET", f"{AT}/pulls", [])
        yield server


@pytest.fixture
def clone(github: FakeForge, tmp_path: Path) -> Repo:
    return github.clone(tmp_path / "clone")


@pytest.mark.parametrize(
    ("token", "setting", "signs"),
    [
        ("ghs_x", "", True),
        ("ghs_x", "false", False),
        ("ghs_x", "true", False),
        ("ghp_x", "", False),
    ],
)
def test_github_signs_for_an_app_where_git_s_configuration_says_nothing(
    clone: Repo, monkeypatch: pytest.MonkeyPatch, token: str, setting: str, signs: bool
) -> None:
    monkeypatch.setenv("RECONCILER_FORGE_TOKEN", token)
    if setting:
        clone.git("config", "commit.gpgSign", setting)
    with open_forge(SETTINGS, str(clone.path), "github") as reached:
        assert isinstance(reached.make_bench(), SignedCommitBuilder) is signs
        assert not reached.caveat


@pytest.mark.parametrize(
    ("key", "installation", "said", "hint"),
    [
        ("app.pem", "abc", "RECONCILER_GITHUB_APP_INSTALLATION is not a number: abc", "number"),
        ("", "", "RECONCILER_GITHUB_APP_KEY_FILE is not set", "the path of the file"),
        ("gone.pem", "", "gone.pem cannot be read", "No such file"),
    ],
)
def test_what_is_wrong_with_an_app_is_named(
    clone: Repo,
    typed: Run,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    installation: str,
    said: str,
    hint: str,
) -> None:
    monkeypatch.setenv("RECONCILER_GITHUB_APP_ID", "Iv1.fleet")
    monkeypatch.setenv("RECONCILER_GITHUB_APP_KEY_FILE", key)
    monkeypatch.setenv("RECONCILER_GITHUB_APP_INSTALLATION", installation)
    done = typed("promote", "stage", "prod", "paw", cwd=clone.path)
    assert done.returncode == 2
    assert f"error: {said}" in done.stderr.decode()
    assert hint in done.stderr.decode()


def test_a_promotion_with_a_workflow_s_token_is_signed_and_warned_of(
    github: FakeForge, clone: Repo, typed: Run
) -> None:
    github.login = ACTIONS
    github.give("POST", f"{AT}/pulls", full(), status=201)
    github.give("PATCH", f"{AT}/pulls/7", full())
    github.give("POST", f"{AT}/issues/7/labels", [])
    done = typed("promote", "stage", "prod", "paw", cwd=clone.path)
    assert done.returncode == 0, done.stderr
    assert done.stderr.decode().count(LIMITED) == 1
    assert done.stderr.startswith(b"warning: the token is the workflow's own")
    assert github.is_signed(BRANCH)


def test_a_bot_warns_once_however_many_rounds_it_goes(github: FakeForge, clone: Repo) -> None:
    github.login = ACTIONS
    bot = subprocess.Popen(
        [sys.executable, "-m", "reconciler", "bot", "--interval", "1", "--log-format", "text"],
        cwd=clone.path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stderr=subprocess.PIPE,
    )
    while len(github.calls("GET", f"{AT}/pulls")) < 2 and bot.poll() is None:
        time.sleep(0.05)
    bot.send_signal(signal.SIGTERM)
    said = bot.communicate()[1].decode()
    assert bot.returncode == 0, said
    limited, unset = (line for line in said.splitlines() if not line.startswith("info: "))
    assert limited == f"warning: {LIMITED}"
    assert unset.startswith("warning: no environment lets the bot propose promotions ")
