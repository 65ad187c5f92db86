"""Branches of a repository that others share are only changed as expected."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from reconciler.errors import RepositoryError
from reconciler.git.commit_builder import CommitBuilder
from reconciler.git.names import BranchName
from reconciler.git.remote import BranchChange, PushOutcome, Remote
from reconciler.testbed.loopback import free_port
from tests.conftest import Repo
from tests.testbed.plugin import Gitea

MAIN, X = BranchName("main"), BranchName("x")

NOTHING = ""


@pytest.fixture
def shared(tmp_path: Path, repo: Repo) -> Repo:
    """A bare repository with the branch main, which the test's own has as origin."""
    repo.commit({"a": "1"})
    path = tmp_path / "shared.git"
    repo.git("clone", "--quiet", "--bare", str(repo.path), str(path))
    found = Repo.__new__(Repo)
    found.path = path
    return found


@pytest.fixture
def remote(repo: Repo, shared: Repo) -> Remote:
    return Remote(str(repo.path), str(shared.path), os.environ)


def commit(repo: Repo, name: str = "b") -> str:
    """A commit on a branch that nobody has checked out."""
    tree = repo.git("write-tree")
    return repo.git("commit-tree", tree, "-p", "HEAD", "-m", name)


def pushed(remote: Remote, branch: str, made: str, expected: str = NOTHING) -> PushOutcome:
    return remote.push([BranchChange(BranchName(branch), made, expected)])[branch].outcome


def test_what_others_pushed_is_fetched(remote: Remote, repo: Repo, shared: Repo) -> None:
    theirs = shared.git("commit-tree", "main^{tree}", "-p", "main", "-m", "theirs")
    shared.git("update-ref", "refs/heads/promote/prod/paw", theirs)
    main = shared.git("rev-parse", "main")
    assert remote.fetch(MAIN, BranchName("promote/*"), BranchName("no-such")) == {
        "main": main,
        "promote/prod/paw": theirs,
    }
    assert repo.git("rev-parse", "refs/remotes/origin/promote/prod/paw") == theirs
    assert repo.git("rev-parse", "refs/remotes/origin/main") == main
    assert remote.fetch(BranchName("no-such")) == {}


def test_a_branch_that_was_pushed_anew_is_followed(
    remote: Remote, repo: Repo, shared: Repo
) -> None:
    remote.fetch(MAIN)
    other = shared.git("commit-tree", "main^{tree}", "-m", "another beginning")
    shared.git("update-ref", "refs/heads/main", other)
    assert remote.fetch(MAIN) == {"main": other}
    assert repo.git("rev-parse", "refs/remotes/origin/main") == other


def test_a_push_says_what_it_expects(remote: Remote, repo: Repo, shared: Repo) -> None:
    first, second, third = commit(repo, "1"), commit(repo, "2"), commit(repo, "3")
    assert pushed(remote, "x", first) is PushOutcome.done
    assert pushed(remote, "x", first) is PushOutcome.done  # a run that was cut off does it again
    assert pushed(remote, "x", second) is PushOutcome.moved
    assert pushed(remote, "x", second, first) is PushOutcome.done
    assert pushed(remote, "x", third, first) is PushOutcome.moved
    assert shared.git("rev-parse", "refs/heads/x") == second


def test_branches_that_are_pushed_together_have_an_outcome_each(
    remote: Remote, repo: Repo, shared: Repo
) -> None:
    first, second = commit(repo, "1"), commit(repo, "2")
    pushed(remote, "theirs", first)
    changes = [
        BranchChange(BranchName("theirs"), second, NOTHING),
        BranchChange(BranchName("ours"), second, NOTHING),
    ]
    found = remote.push(changes)
    assert {branch: push.outcome for branch, push in found.items()} == {
        "theirs": PushOutcome.moved,
        "ours": PushOutcome.done,
    }
    assert shared.git("rev-parse", "refs/heads/ours") == second
    assert remote.push([]) == {}


def test_a_branch_is_deleted_if_nobody_changed_it(remote: Remote, repo: Repo, shared: Repo) -> None:
    first, second = commit(repo, "1"), commit(repo, "2")
    pushed(remote, "x", first)
    assert remote.delete(X, second).outcome is PushOutcome.moved
    assert remote.delete(X, first).outcome is PushOutcome.done
    assert remote.delete(X, first).outcome is PushOutcome.done
    assert remote.tips(BranchName("*")) == {"main": shared.git("rev-parse", "main")}


def test_a_hook_that_refuses_has_its_say(remote: Remote, repo: Repo, shared: Repo) -> None:
    hook = shared.path / "hooks" / "update"
    hook.write_text("#!/bin/sh\necho 'not on fridays' >&2\ntest $1 != refs/heads/x\n")
    hook.chmod(0o755)
    made = commit(repo)
    found = remote.push(
        [BranchChange(X, made, NOTHING), BranchChange(BranchName("y"), made, NOTHING)]
    )
    assert found["x"].outcome is PushOutcome.refused
    assert "hook declined" in found["x"].why
    assert "not on fridays" in found["x"].why
    assert found["y"].outcome is PushOutcome.done


def test_the_user_s_own_hooks_and_work_tree_take_no_part(remote: Remote, repo: Repo) -> None:
    hook = repo.path / ".git" / "hooks" / "pre-push"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    repo.write({"dirty": "yes"})
    before = repo.git("status", "--porcelain")
    assert pushed(remote, "x", commit(repo)) is PushOutcome.done
    remote.fetch(MAIN, X)
    assert repo.git("status", "--porcelain") == before
    assert not (repo.path / ".git" / "FETCH_HEAD").exists()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("{tmp}/nothing-here.git", "there is no repository at"),
        ("http://127.0.0.1:{port}/a/b.git", "cannot be reached"),
    ],
)
def test_what_keeps_one_away_is_told(repo: Repo, tmp_path: Path, url: str, said: str) -> None:
    repo.commit()
    where = url.format(tmp=tmp_path, port=free_port())
    with pytest.raises(RepositoryError, match=said) as caught:
        Remote(str(repo.path), where, os.environ).fetch(MAIN)
    assert caught.value.hint
    with pytest.raises(RepositoryError, match=said):
        Remote(str(repo.path), where, os.environ).push([BranchChange(X, commit(repo), NOTHING)])


def test_a_shallow_clone_pushes_too(shared: Repo, repo: Repo, tmp_path: Path) -> None:
    pushed(
        Remote(str(repo.path), str(shared.path), os.environ),
        "main",
        commit(repo),
        repo.git("rev-parse", "HEAD"),
    )
    path = tmp_path / "shallow"
    repo.git("clone", "--quiet", "--depth=1", f"file://{shared.path}", str(path))
    shallow = Repo(path)
    remote = Remote(str(path), str(shared.path), os.environ)
    assert pushed(remote, "x", commit(shallow)) is PushOutcome.done
    assert remote.fetch(MAIN)


@pytest.fixture
def gitea_remote(gitea: Gitea, repo: Repo) -> tuple[Remote, Repo]:
    url = f"{gitea.url}/fleet/environments.git"
    remote = Remote(str(repo.path), url, os.environ, lambda: ("bot", gitea.token("bot")))
    repo.git("fetch", "--quiet", url, "main")
    repo.git("reset", "--quiet", "--hard", "FETCH_HEAD")
    return remote, repo


def test_a_token_opens_the_door_and_is_seen_nowhere(
    gitea_remote: tuple[Remote, Repo], gitea: Gitea, tmp_path: Path
) -> None:
    remote, repo = gitea_remote
    trace = tmp_path / "trace"
    seen = Remote(
        str(repo.path),
        remote.url,
        {**os.environ, "GIT_TRACE": str(trace)},
        lambda: ("bot", gitea.token("bot")),
    )
    assert pushed(seen, "with-a-token", commit(repo)) is PushOutcome.done
    said = trace.read_text()
    assert "push" in said
    assert gitea.token("bot") not in said
    assert "Authorization" not in (repo.path / ".git" / "config").read_text()


def test_headers_that_somebody_else_configured_do_not_get_in_the_way(
    gitea_remote: tuple[Remote, Repo], gitea: Gitea
) -> None:
    remote, repo = gitea_remote
    repo.git("config", f"http.{gitea.url}/.extraHeader", "Authorization: Basic d3Jvbmc6d3Jvbmc=")
    assert pushed(remote, "despite-a-header", commit(repo)) is PushOutcome.done


def test_a_protected_branch_is_told(gitea_remote: tuple[Remote, Repo]) -> None:
    remote, repo = gitea_remote
    found = remote.push([BranchChange(MAIN, commit(repo), repo.git("rev-parse", "HEAD"))])["main"]
    assert found.outcome is PushOutcome.refused
    assert "protected branch" in found.why


def test_a_wrong_token_is_told_and_not_shown(gitea_remote: tuple[Remote, Repo]) -> None:
    remote, repo = gitea_remote
    wrong = Remote(str(repo.path), remote.url, os.environ, lambda: ("bot", "wrong-token-of-bot"))
    with pytest.raises(RepositoryError, match="refuses the login") as caught:
        wrong.push([BranchChange(X, commit(repo), NOTHING)])
    assert "wrong-token-of-bot" not in "".join(caught.value.lines())


def test_without_a_token_nobody_is_asked(gitea_remote: tuple[Remote, Repo]) -> None:
    remote, repo = gitea_remote
    nobody = Remote(str(repo.path), remote.url, os.environ)
    with pytest.raises(RepositoryError, match="refuses the login"):
        nobody.push([BranchChange(X, commit(repo), NOTHING)])


def test_a_commit_is_signed_if_the_user_signs(tmp_path: Path, repo: Repo) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    allowed = tmp_path / "allowed"
    allowed.write_text(f"t@localhost {key.with_suffix('.pub').read_text()}")
    base = repo.commit({"a": "1\n"})
    settings = {
        "user.name": "t",
        "user.email": "t@localhost",
        "gpg.format": "ssh",
        "gpg.ssh.allowedSignersFile": str(allowed),
        "user.signingKey": str(key),
        "commit.gpgSign": "true",
    }
    for name, value in settings.items():
        repo.git("config", name, value)

    def make() -> str:
        bench = CommitBuilder(str(repo.path))
        return bench.make(bench.tree_with(base, {"a": b"2\n"}), [base], "m")

    repo.git("verify-commit", make())
    repo.git("config", "commit.gpgSign", "false")
    assert "gpgsig" not in repo.git("cat-file", "commit", make())
    repo.git("config", "commit.gpgSign", "true")
    repo.git("config", "user.signingKey", str(tmp_path / "no-key"))
    with pytest.raises(RepositoryError, match="commit-tree failed"):
        make()
