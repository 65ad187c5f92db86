"""Gitea takes part as a forge does: people, a bot, protected branches, pull requests."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from typing import Any

import pytest

from reconciler import errors
from reconciler.testbed.loopback import call
from tests.testbed.plugin import Gitea


def propose(gitea: Gitea, branch: str) -> dict[str, Any]:
    """A pull request of the bot with one new file."""
    where = f"{gitea.url}/api/v1/repos/fleet/environments"
    content = base64.b64encode(b"release: 2\n").decode()
    change = {"content": content, "message": "a change", "new_branch": branch, "branch": "main"}
    call("POST", f"{where}/contents/{branch}.yaml", change, token=gitea.token("bot"))
    request = {"title": branch, "head": branch, "base": "main"}
    found: dict[str, Any] = call("POST", f"{where}/pulls", request, token=gitea.token("bot"))
    return found


def test_a_pull_request_of_the_bot_is_merged_once_a_human_approves(gitea: Gitea) -> None:
    pull = propose(gitea, "approved")
    where = f"{gitea.url}/api/v1/repos/fleet/environments/pulls/{pull['number']}"
    with pytest.raises(errors.TestbedError, match="refused with 405"):
        call("POST", f"{where}/merge", {"Do": "merge"}, token=gitea.token("bot"))
    approval = {"event": "APPROVED", "body": "good"}
    call("POST", f"{where}/reviews", approval, token=gitea.token("alice"))
    gitea.merge(where)
    assert call("GET", where, token=gitea.token("bob"))["merged"]


def test_nobody_pushes_to_the_protected_branch(gitea: Gitea, tmp_path: Path) -> None:
    where = gitea.url.replace("://", f"://bot:{gitea.token('bot')}@")
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@fleet.example"]
    clone = tmp_path / "clone"
    subprocess.run([*git, "clone", "-q", f"{where}/fleet/environments.git", clone], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "sly"], cwd=clone, check=True)
    pushed = subprocess.run(
        [*git, "push", "origin", "main"], cwd=clone, capture_output=True, text=True
    )
    assert pushed.returncode != 0
    assert "protected branch" in pushed.stderr
    subprocess.run([*git, "push", "-q", "origin", "HEAD:refs/heads/open"], cwd=clone, check=True)


def test_a_user_has_a_token_of_its_own_that_only_the_owner_can_read(gitea: Gitea) -> None:
    for user in ("bot", "alice", "bob"):
        me = call("GET", f"{gitea.url}/api/v1/user", token=gitea.token(user))
        assert me["login"] == user
        assert oct((gitea.tokens / user).stat().st_mode)[-3:] == "600"
