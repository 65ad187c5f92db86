"""Where a URL leads: to a commit that is named, or to one clear reason why not."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from reconciler.git.mirrors import Mirrors
from reconciler.trees.pins import Pins, RepositoryReference, is_reference
from reconciler.trees.tree import FILE, LINK, MISSING, REFUSED, TreeEntry
from tests.conftest import Repo

URL = "https://git.example.org/fleet/apps"
LIMIT = 1 << 20


def reference(ref: str, repository: str = URL, file: str = "env/kustomization.yaml") -> str:
    return f"{file}//{repository}//overlays" + (f"?ref={ref}" if ref else "")


def follow(pins: Pins, ref: str, repository: str = URL) -> TreeEntry:
    return pins.fetch(reference(ref, repository), LIMIT)[0]


def commit_of(pins: Pins, ref: str) -> str:
    entry = follow(pins, ref)
    assert entry.kind == LINK, entry.why
    return entry.target


def number_at(pins: Pins, commit: str) -> int:
    return int(pins.fetch(f"//{commit}/overlays/number", LIMIT)[1])


@pytest.fixture
def history(repo: Repo) -> list[str]:
    """Three commits, and this repository under its URL."""
    repo.git("remote", "add", "origin", URL + ".git")
    return [repo.commit({"overlays/number": str(i)}) for i in range(3)]


@pytest.fixture
def pins(repo: Repo, history: list[str]) -> Pins:
    return Pins(str(repo.path))


def test_a_reference_is_read_as_it_was_written() -> None:
    text = "//0123/a b/kustomization.yaml//file:///srv/x.git//deep/er?ref=a/b?ref=c"
    found = RepositoryReference(text)
    assert found.file == "//0123/a b/kustomization.yaml"
    assert (found.repository, found.folder, found.ref) == (
        "file:///srv/x.git",
        "deep/er",
        "a/b?ref=c",
    )
    assert text == f"{found.file}//{found.url}"
    assert is_reference(text)
    assert not is_reference("//0123/a b/kustomization.yaml")


def test_names_mean_what_git_fetch_takes_them_for(
    repo: Repo, pins: Pins, history: list[str]
) -> None:
    first, second, third = history
    repo.git("tag", "v1", first)
    repo.git("tag", "--annotate", "--message", "m", "v2", second)
    repo.git("tag", "both", first)
    repo.git("branch", "both", second)
    repo.git("branch", "release/1", second)
    expected = {
        first: first,
        first.upper(): first,
        second[:7]: second,
        "v1": first,
        "v2": second,
        "refs/tags/v2": second,
        "tags/v2": second,
        repo.git("rev-parse", "v2"): second,
        "both": first,
        "heads/both": second,
        "release/1": second,
        "main": third,
        "HEAD": third,
        "": third,
    }
    assert {ref: number_at(pins, commit_of(pins, ref)) for ref in expected} == {
        ref: history.index(commit) for ref, commit in expected.items()
    }


def test_what_was_seen_of_the_remote_counts_before_local_branches(
    repo: Repo, pins: Pins, history: list[str]
) -> None:
    first, second, third = history
    repo.git("update-ref", "refs/remotes/origin/main", first)
    repo.git("update-ref", "refs/remotes/origin/release", second)
    repo.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/release")
    repo.git("branch", "unpushed", third)
    assert commit_of(pins, "main") == first
    assert commit_of(pins, "refs/heads/main") == first
    assert commit_of(pins, "") == second
    assert commit_of(pins, "unpushed") == third


def test_a_first_answer_stays(repo: Repo, pins: Pins, history: list[str]) -> None:
    assert commit_of(pins, "main") == history[2]
    repo.commit()
    assert commit_of(pins, "main") == history[2]


def test_a_commit_that_no_branch_holds_is_followed(
    repo: Repo, pins: Pins, history: list[str]
) -> None:
    repo.git("reset", "--quiet", "--hard", history[0])
    assert commit_of(pins, history[2]) == history[2]


def test_what_a_commit_holds_is_served_and_nothing_of_others(
    pins: Pins, history: list[str]
) -> None:
    commit_of(pins, history[1])
    entry, content = pins.fetch(f"//{history[1]}/overlays/number", LIMIT)
    assert (entry.kind, content) == (FILE, b"1")
    assert pins.fetch(f"//{history[1]}/overlays/other", LIMIT)[0].kind == MISSING
    assert pins.fetch(f"//{history[1]}/overlays/number", 0)[0].kind == REFUSED


def unborn(repo: Repo, history: list[str]) -> str:
    shutil.rmtree(repo.path / ".git")
    Repo(repo.path).git("remote", "add", "origin", URL)
    return "main"


def detached(repo: Repo, history: list[str]) -> str:
    repo.git("checkout", "--quiet", "--detach")
    return ""


def ambiguous(repo: Repo, history: list[str]) -> str:
    """Another object whose name begins as a commit's does."""
    beginning = history[0][:4]
    contents = (b"%d" % number for number in range(1 << 22))
    for content in contents:
        if hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest().startswith(beginning):
            repo.write({"same": content})
            repo.git("hash-object", "-w", "same")
            return beginning
    raise AssertionError


def cut_off(repo: Repo, history: list[str]) -> str:
    file = repo.path / ".git/objects" / history[0][:2] / history[0][2:]
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:-10])
    return history[0]


def shallow(repo: Repo, history: list[str]) -> str:
    repo.git("clone", "--quiet", "--depth=1", f"file://{repo.path}", "../shallow")
    shutil.rmtree(repo.path)
    (repo.path.parent / "shallow").rename(repo.path)
    repo.git("remote", "set-url", "origin", URL)
    return history[0]


@pytest.mark.parametrize(
    ("arrange", "why", "hint"),
    [
        (lambda *_: "nothing", "no branch or tag 'nothing'", "git fetch"),
        (lambda *_: "main~1", "no branch or tag 'main~1'", "git fetch"),
        (lambda *_: "refs/heads/", "no branch or tag", "git fetch"),
        (lambda *_: "1" * 40, "no commit '1111", "git fetch"),
        (lambda *_: "1234567", "no commit '1234567'", "git fetch"),
        (lambda repo, _: repo.git("rev-parse", "HEAD^{tree}"), "no commit", "git log"),
        (unborn, "no commit yet", "commit something first"),
        (detached, "does not know the main branch of origin", "set-head origin --auto"),
        (ambiguous, "short for several", "write more"),
        (cut_off, "damaged", "git fsck"),
        (shallow, "this shallow clone does not hold", "--unshallow"),
    ],
)
def test_what_is_not_there_is_refused_with_what_to_do(
    arrange: Callable[[Repo, list[str]], str], why: str, hint: str, repo: Repo, history: list[str]
) -> None:
    ref = arrange(repo, history)
    entry = follow(Pins(str(repo.path)), ref)
    assert entry.kind == REFUSED
    assert why in entry.why
    assert hint in entry.hint


def test_a_url_of_another_repository_is_refused_with_the_one_that_counts(pins: Pins) -> None:
    entry = follow(pins, "main", "https://git.example.org/fleet/other")
    assert entry.kind == REFUSED
    assert "another repository than this one, which is https://git.example.org/fleet/app" in (
        entry.why
    )


def test_the_url_that_counts_is_shown_without_its_password(repo: Repo, history: list[str]) -> None:
    repo.git("remote", "set-url", "origin", "https://me:hunter2@git.example.org/fleet/apps")
    entry = follow(Pins(str(repo.path)), "main", "https://git.example.org/fleet/other")
    assert "hunter2" not in entry.why + entry.hint + entry.token


def test_a_repository_without_a_remote_says_so(repo: Repo, history: list[str]) -> None:
    repo.git("remote", "remove", "origin")
    entry = follow(Pins(str(repo.path)), "main")
    assert "no remote called origin" in entry.why
    assert "git remote add origin" in entry.hint


def test_a_folder_that_is_no_repository_says_so() -> None:
    assert "no Git repository" in follow(Pins(None), "main").why


def test_other_names_for_this_repository_can_be_listed(repo: Repo, history: list[str]) -> None:
    pins = Pins(str(repo.path), trusted=lambda: (["git@other.example:a/b.git"], ()))
    assert follow(pins, "main", "https://other.example/a/b").target == history[2]
    repo.git("remote", "remove", "origin")
    pins = Pins(str(repo.path), trusted=lambda: (["git@other.example:a/b.git"], ()))
    assert follow(pins, "main", "https://other.example/a/b").target == history[2]


def test_lists_are_gone_through_only_for_what_is_not_the_origin(
    repo: Repo, history: list[str]
) -> None:
    read = []

    def trusted() -> tuple[list[str], list[str]]:
        read.append("the list")
        return ["https://other.example/a/b"], []

    pins = Pins(str(repo.path), trusted, called=lambda: ["https://other.example/a/own"])
    assert follow(pins, history[0]).kind == LINK
    assert follow(pins, history[0], "git@other.example:a/own").kind == LINK
    assert not read
    for _ in range(2):
        assert follow(pins, history[0], "git@other.example:a/b").kind == LINK
        assert follow(pins, history[0], "git@other.example:a/c").kind == REFUSED
    assert read == ["the list"]


def test_who_asks_while_another_thread_reads_the_list_gets_what_is_on_it() -> None:
    with ThreadPoolExecutor(1) as pool:
        asked: list[Future[TreeEntry]] = []

        def others() -> Iterator[str]:
            asked.append(pool.submit(shared.look, reference("1" * 40), LIMIT))
            wait(asked, 0.5)
            yield URL

        shared = Pins(None, lambda: ((), others()))
        assert shared.look(reference("2" * 40), LIMIT).target == "2" * 40
        assert [found.result().target for found in asked] == ["1" * 40]


def test_a_repository_of_somebody_else_sends_git_nowhere(
    repo: Repo, history: list[str], tmp_path: Path
) -> None:
    """Its configuration may name programs to run."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    ran = tmp_path / "ran"
    repo.git("config", "core.sshCommand", f"touch {ran}; false")
    repo.git("remote", "set-url", "origin", "git@git.example.org:fleet/apps")
    for path in (repo.path, repo.path / ".git"):
        os.chown(path, 12345, 12345)
    mirrors = Mirrors(str(tmp_path / "mirrors"), {"PATH": os.environ["PATH"]})
    entry = follow(Pins(str(repo.path), mirrors=lambda: mirrors), "1" * 40)
    assert entry.kind == REFUSED
    assert not ran.exists()


def test_of_another_repository_only_whole_commits_are_followed(
    repo: Repo, history: list[str], tmp_path: Path
) -> None:
    other = Repo(tmp_path / "other")
    commit = other.commit({"overlays/x": "other"})
    url = f"file://{other.path}"
    pins = Pins(
        str(repo.path),
        trusted=lambda: ((), [url]),
        mirrors=lambda: Mirrors(str(tmp_path / "mirrors"), {}),
    )
    for name in ("main", "", commit[:12]):
        assert "must name a whole commit" in follow(pins, name, url).why
    assert follow(pins, commit, url).target == commit
    assert pins.fetch(f"//{commit}/overlays/x", LIMIT)[1] == b"other"
    assert follow(pins, "1" * 40, url).kind == REFUSED
    assert (
        follow(Pins(str(repo.path), trusted=lambda: ((), [url])), commit, url).why
        == "it is not fetched"
    )


def test_what_names_a_commit_in_full_says_where_it_leads_before_anything_is_read(
    repo: Repo,
) -> None:
    repo.git("remote", "add", "origin", URL)
    pins = Pins(str(repo.path))
    entry = pins.look(reference("1" * 40), LIMIT)
    assert (entry.kind, entry.target) == (LINK, "1" * 40)
    assert pins.look(reference("1" * 40), LIMIT + 1).token != entry.token
