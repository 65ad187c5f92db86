"""What is not here is fetched: whole or not at all, once for all, and without a question."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from reconciler.errors import RepositoryError
from reconciler.git.mirrors import FetchedCommit, Mirrors
from reconciler.trees.commit import CommitTree
from reconciler.trees.pins import Pins
from reconciler.trees.tree import LINK
from tests.conftest import Repo
from tests.trees.test_pins import LIMIT, reference


@pytest.fixture
def far(tmp_path: Path) -> Repo:
    """A repository elsewhere."""
    return Repo(tmp_path / "far")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "mirrors"


def content(found: FetchedCommit, path: str) -> bytes:
    return CommitTree(found.repository, found.commit).fetch(path)[1]


def mirrors(folder: Path, *, offline: bool = False) -> Mirrors:
    return Mirrors(str(folder), os.environ, offline=offline)


def url_of(repo: Repo) -> str:
    return f"file://{repo.path}"


def test_a_commit_is_fetched_once_and_then_is_here_offline(far: Repo, folder: Path) -> None:
    commit = far.commit({"a/b": "content"})
    far.commit({"a/b": "later"})
    url = url_of(far)
    with pytest.raises(RepositoryError, match="nothing is fetched offline"):
        mirrors(folder, offline=True).get(url, commit)
    assert content(mirrors(folder).get(url, commit), "a/b") == b"content"
    (far.path / ".git").rename(far.path / "gone")
    assert content(mirrors(folder, offline=True).get(url, commit), "a/b") == b"content"
    with pytest.raises(RepositoryError, match="does not give"):
        mirrors(folder).get(url, "1" * 40)


def test_only_the_commit_is_fetched_and_not_its_history(far: Repo, folder: Path) -> None:
    before, after = far.commit({"a": "before"}), far.commit({"a": "after"})
    mirrors(folder).get(url_of(far), after)
    with pytest.raises(RepositoryError):
        mirrors(folder, offline=True).get(url_of(far), before)


def test_a_branch_is_asked_for_each_time(far: Repo, folder: Path) -> None:
    for _ in range(2):
        commit = far.commit()
        assert mirrors(folder).get(url_of(far), "main").commit == commit
        assert mirrors(folder).get(url_of(far), "").commit == commit
    far.git("tag", "--annotate", "--message", "m", "v1")
    assert mirrors(folder).get(url_of(far), "v1").commit == commit


def test_many_may_want_the_same_at_once(far: Repo, folder: Path) -> None:
    commits = [far.commit({"a": str(i)}) for i in range(4)]
    wanted = commits * 4

    def read(commit: str) -> bytes:
        return content(mirrors(folder).get(url_of(far), commit), "a")

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read, wanted)) == [b"0", b"1", b"2", b"3"] * 4


def test_an_interrupted_fetch_leaves_nothing_that_is_taken_for_a_commit(
    far: Repo, folder: Path
) -> None:
    commit = far.commit({"a": "content"})
    url = url_of(far)
    mirrors(folder).get(url, far.commit())
    (mirror,) = folder.glob("*.git")
    # The commit came through and what it holds did not.
    loose = Path(".git/objects") / commit[:2] / commit[2:]
    for pack in (mirror / "objects/pack").iterdir():
        pack.unlink()
    (mirror / "objects" / commit[:2]).mkdir(exist_ok=True)
    (mirror / "objects" / commit[:2] / commit[2:]).write_bytes((far.path / loose).read_bytes())
    (mirror / "shallow").unlink(missing_ok=True)
    assert content(mirrors(folder).get(url, commit), "a") == b"content"


def test_a_folder_that_was_being_made_is_no_obstacle(far: Repo, folder: Path) -> None:
    commit = far.commit({"a": "content"})
    (folder / "new-abc").mkdir(parents=True)
    assert content(mirrors(folder).get(url_of(far), commit), "a") == b"content"


@pytest.mark.parametrize("name", ["-x", "+a:b", "a:b", "a b", "main~1", "a..b", "^a", "a\nb", "*"])
def test_a_name_that_means_more_to_git_is_not_passed_on(far: Repo, folder: Path, name: str) -> None:
    far.commit()
    with pytest.raises(RepositoryError, match="no branch or tag can be called"):
        mirrors(folder).get(url_of(far), name)


def test_a_hook_that_runs_us_does_not_lead_git_into_its_own_repository(
    far: Repo, folder: Path, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = far.commit({"a": "content"})
    monkeypatch.setenv("GIT_DIR", str(repo.path / ".git"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(repo.path / ".git/objects"))
    assert content(mirrors(folder).get(url_of(far), commit), "a") == b"content"


def test_a_commit_that_only_the_remote_has_is_fetched_and_this_repository_stays_as_it_is(
    far: Repo, folder: Path, tmp_path: Path
) -> None:
    far.commit()
    subprocess.run(["git", "clone", "--quiet", far.path, tmp_path / "near"], check=True)
    commit = far.commit({"overlays/a": "new"})
    far.git("branch", "new")
    near = tmp_path / "near"
    before = sorted(near.rglob("*"))

    def follow(name: str, *, offline: bool = False) -> str:
        pins = Pins(str(near), mirrors=lambda: mirrors(folder, offline=offline))
        entry = pins.fetch(reference(name, url_of(far)), LIMIT)[0]
        return entry.target if entry.kind == LINK else f"{entry.why}: {entry.hint}"

    assert "and nothing is fetched offline" in follow(commit, offline=True)
    assert follow(commit) == follow("new") == commit
    assert follow(commit, offline=True) == commit
    assert "does not give other" in follow("other")
    assert sorted(near.rglob("*")) == before


def test_a_remote_that_is_named_by_a_relative_path_is_found_from_its_repository(
    far: Repo, folder: Path, repo: Repo
) -> None:
    commit = far.commit({"overlays/a": "far"})
    repo.git("remote", "add", "origin", "../far")
    pins = Pins(str(repo.path), mirrors=lambda: mirrors(folder))
    assert pins.fetch(reference(commit, url_of(far)), LIMIT)[0].target == commit
    assert pins.fetch(f"//{commit}/overlays/a", LIMIT)[1] == b"far"


class Guarded(BaseHTTPRequestHandler):
    """A server that wants a password, and remembers what it was given."""

    given: list[str]

    def do_GET(self) -> None:
        self.given.append(self.headers.get("Authorization", ""))
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="fleet"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def guarded() -> Iterator[tuple[str, list[str]]]:
    class Handler(Guarded):
        given: list[str] = []  # noqa: RUF012

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/fleet/apps", Handler.given
        server.shutdown()
        thread.join()


def test_a_password_comes_from_gits_helpers_and_is_never_shown(
    guarded: tuple[str, list[str]], folder: Path, repo: Repo
) -> None:
    url, given = guarded
    repo.git("config", "credential.helper", "!echo username=me; echo password=hunter2; :")
    with pytest.raises(RepositoryError, match="does not give") as failed:
        mirrors(folder).get(url, "1" * 40, str(repo.path))
    assert "Basic " + base64.b64encode(b"me:hunter2").decode() in given
    assert "hunter2" not in str(failed.value)


def test_a_token_in_the_repositorys_own_configuration_is_sent(
    guarded: tuple[str, list[str]], folder: Path, repo: Repo
) -> None:
    url, given = guarded
    repo.git("config", f"http.{url}.extraHeader", "Authorization: bearer token")
    with pytest.raises(RepositoryError):
        mirrors(folder).get(url, "1" * 40, str(repo.path))
    assert given[0] == "bearer token"


def test_nobody_is_asked_for_a_password(
    guarded: tuple[str, list[str]], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_ASKPASS", "false")
    with pytest.raises(RepositoryError, match="terminal prompts disabled"):
        mirrors(folder).get(guarded[0].replace("//", "//me@"), "1" * 40)


def test_a_machine_without_git_says_so(far: Repo, folder: Path) -> None:
    without = Mirrors(str(folder), {"PATH": "/nonexistent"})
    without.environment = {"PATH": "/nonexistent"}
    with pytest.raises(RepositoryError, match="git cannot be started"):
        without.get(url_of(far), far.commit())


def test_no_address_makes_git_run_a_command(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {
        "protocol.ext.allow": "always",
        f"url.ext::touch {tmp_path}/ran #.insteadOf": "https://git.example.org/",
    }
    monkeypatch.setenv("GIT_CONFIG_COUNT", str(len(settings)))
    for number, (key, value) in enumerate(settings.items()):
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{number}", key)
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{number}", value)
    with pytest.raises(RepositoryError, match="transport 'ext' not allowed"):
        mirrors(folder).get("https://git.example.org/fleet/apps", "1" * 40)
    assert not (tmp_path / "ran").exists()
