"""What is read never says what is fetched: neither from where, nor by which program.

A pull request may be of anybody. Which other repositories are read is for the main branch to say,
and for the Git configuration of whoever reads.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.conftest import Repo

SECRET = "the salary of everybody"
ENTRY = "environments/prod/shop"
FOLDER = "overlays/shop"
PLAIN = f"resources: [../../../{FOLDER}]\n"
OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: shop}}\ndata: {{a: {}}}\n"
KUSTOMIZATION = {f"{FOLDER}/kustomization.yaml": "resources: [map.yaml]\n"}
WHOLE = "1" * 40

# What reviewers and CI run over a pull request that they have not checked out, and that they have.
READING = [
    ("diff", "--from", "main", "--to", "pr"),
    ("diff", "--from", "main", "--to", "pr", "--merge-base", "-o", "comment"),
    ("diff", "--env", "prod", "prod", "--from", "main", "--to", "pr"),
    ("render", ENTRY, "--ref", "pr"),
    ("render", ENTRY, "--ref", "pr", "--root", "."),
    ("check", "--ref", "pr"),
    ("explain", "prod/shop", "ConfigMap/shop", "--ref", "pr"),
    ("affected", "main", "pr"),
]
CHECKED_OUT = [
    ("render", ENTRY),
    ("render", "environments/*/*"),
    ("render", ENTRY, "--root", "."),
    ("diff", "--from", "main"),
    ("check", "prod"),
    ("explain", "prod/shop", "ConfigMap/shop"),
    ("affected", "main"),
    ("secrets", "check"),
]


def typed(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reconciler", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "COLUMNS": "200"}
        | variables,
        capture_output=True,
        text=True,
    )


def described(**lists: str) -> str:
    lines = [f"{name}: ['{url}']\n" for name, url in lists.items()]
    return "destination: {cluster: prod}\n" + "".join(lines)


def fleet(folder: Path, **lists: str) -> Repo:
    """A repository with one app, whose main branch lists these URLs."""
    repo = Repo(folder)
    repo.commit(
        {
            **KUSTOMIZATION,
            f"{FOLDER}/map.yaml": OBJECT.format("ours"),
            "environments/prod/environment.yaml": described(**lists),
            f"{ENTRY}/kustomization.yaml": PLAIN,
        }
    )
    return repo


def pull_request(repo: Repo, url: str, commit: str, **lists: str) -> None:
    """A branch that pins a commit of that repository, and lists its URL."""
    repo.git("switch", "--quiet", "--create", "pr")
    repo.commit(
        {
            "environments/prod/environment.yaml": described(**lists),
            f"{ENTRY}/kustomization.yaml": f"resources: ['{url}//{FOLDER}?ref={commit}']\n",
        }
    )


@pytest.fixture
def private(tmp_path: Path) -> Repo:
    """Another repository of the same machine."""
    return Repo(tmp_path / "private")


@pytest.fixture
def commit(private: Repo) -> str:
    return private.commit({**KUSTOMIZATION, f"{FOLDER}/map.yaml": OBJECT.format(SECRET)})


@pytest.fixture
def url(private: Repo) -> str:
    return f"file://{private.path}"


@pytest.fixture
def attacked(tmp_path: Path, url: str, commit: str) -> Path:
    """A clone with the pull request checked out."""
    repo = fleet(tmp_path / "fleet")
    pull_request(repo, url, commit, remotes=url)
    repo.git("switch", "--quiet", "main")
    clone = tmp_path / "clone"
    repo.git("clone", "--quiet", ".", str(clone))
    subprocess.run(["git", "switch", "--quiet", "pr"], cwd=clone, check=True)
    return clone


def nothing_was_fetched() -> bool:
    return not Path(os.environ["RECONCILER_CACHE"], "mirrors").exists()


@pytest.mark.parametrize("words", [*READING, *CHECKED_OUT], ids=" ".join)
def test_a_pull_request_reads_no_other_repository_of_the_machine(
    words: tuple[str, ...], attacked: Path
) -> None:
    if words in READING:
        subprocess.run(["git", "switch", "--quiet", "main"], cwd=attacked, check=True)
    done = typed(attacked, *words)
    assert SECRET not in done.stdout + done.stderr
    assert nothing_was_fetched()


def test_who_reads_is_told_who_lists_it_and_what_to_do(attacked: Path, url: str) -> None:
    done = typed(attacked, "render", ENTRY)
    assert done.returncode == 2
    assert f"{ENTRY}/kustomization.yaml:1:13" in done.stderr
    assert "environments/prod/environment.yaml:2:11 lists that repository" in done.stderr
    assert f"merge that line first, or trust it: git config --add reconciler.remote {url}" in (
        done.stderr
    )


def test_what_is_to_be_typed_holds_no_command_of_the_pull_request(
    tmp_path: Path, commit: str
) -> None:
    repo = fleet(tmp_path / "fleet")
    url = "https://127.0.0.1:1/$(touch${IFS}pwned)/x"
    pull_request(repo, url, commit, remotes=url)
    (line,) = (s for s in typed(repo.path, "render", ENTRY).stderr.splitlines() if "to do" in s)
    command = line.partition("trust it: ")[2]
    subprocess.run(["sh", "-c", command], cwd=repo.path, check=True)
    assert repo.git("config", "reconciler.remote") == url
    assert not (repo.path / "pwned").exists()


@pytest.fixture
def asked() -> Iterator[list[str]]:
    """What a host was asked for; the first item is its address."""
    found: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.append(f"{self.path} {self.headers.get('Authorization')}")
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="x"')
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found.append(f"http://127.0.0.1:{server.server_port}/internal/private")
    yield found
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("field", ["remotes", "repositories"])
@pytest.mark.parametrize("words", [*READING[:1], *CHECKED_OUT[:1], ("generate",)], ids=" ".join)
def test_a_pull_request_sends_nobody_to_a_host_of_its_choice(
    words: tuple[str, ...], field: str, tmp_path: Path, asked: list[str]
) -> None:
    """With a helper that knows a password for any host, and no origin that would count first."""
    repo = fleet(tmp_path / "fleet")
    pull_request(repo, asked[0], WHOLE, **{field: asked[0]})
    repo.git("config", "credential.helper", "!printf 'username=ci\\npassword=token\\n' #")
    folder = repo.path / ENTRY if words == ("generate",) else repo.path
    done = typed(folder, *words)
    assert done.returncode != 0
    assert asked[1:] == []


def test_what_the_main_branch_lists_is_read(tmp_path: Path, url: str, commit: str) -> None:
    repo = fleet(tmp_path / "fleet", remotes=url)
    pull_request(repo, url, commit)  # which lists it no more
    assert SECRET in typed(repo.path, "render", ENTRY).stdout
    assert SECRET in typed(repo.path, "diff", "--from", "main", "--to", "pr").stdout


@pytest.mark.parametrize("arranged", [fleet, lambda folder: Repo(folder)])
def test_what_the_reader_trusts_is_read(
    arranged: Callable[[Path], Repo], tmp_path: Path, url: str, commit: str
) -> None:
    repo = arranged(tmp_path / "fleet")
    pull_request(repo, url, commit)
    assert SECRET not in typed(repo.path, "render", ENTRY).stdout
    repo.git("config", "--add", "reconciler.remote", "https://127.0.0.1:1/another/one")
    repo.git("config", "--add", "reconciler.remote", url)
    assert SECRET in typed(repo.path, "render", ENTRY).stdout


def test_what_the_main_branch_lists_no_more_is_no_longer_read(
    tmp_path: Path, url: str, commit: str
) -> None:
    repo = fleet(tmp_path / "fleet", remotes=url)
    pull_request(repo, url, commit, remotes=url)
    assert SECRET in typed(repo.path, "render", ENTRY).stdout
    repo.git("switch", "--quiet", "main")
    repo.commit({"environments/prod/environment.yaml": described()})
    assert SECRET not in typed(repo.path, "render", ENTRY, "--ref", "pr").stdout
    assert SECRET not in typed(repo.path, "render", ENTRY, "--ref", "pr", "--offline").stdout


def test_a_folder_that_is_in_no_repository_is_trusted_by_nobody(
    tmp_path: Path, url: str, commit: str
) -> None:
    repo = fleet(tmp_path / "fleet")
    pull_request(repo, url, commit, remotes=url)
    unpacked = tmp_path / "unpacked"
    subprocess.run(["cp", "-r", repo.path, unpacked], check=True)
    subprocess.run(["rm", "-rf", unpacked / ".git"], check=True)
    done = typed(unpacked, "render", ENTRY)
    assert SECRET not in done.stdout
    assert "git config --global --add reconciler.remote" in done.stderr
    settings = tmp_path / "gitconfig"
    settings.write_text(f"[reconciler]\n\tremote = {url}\n")
    assert SECRET in typed(unpacked, "render", ENTRY, GIT_CONFIG_GLOBAL=str(settings)).stdout


class Checkout:
    """A repository as CI checks out a pull request: on no branch, from where it is served."""

    def __init__(self, served: Repo, folder: Path, *fetched: str) -> None:
        self.repo = Repo(folder)
        self.repo.git("remote", "add", "origin", f"file://{served.path}")
        self.repo.git("fetch", "--quiet", "origin", *fetched)
        self.repo.git("checkout", "--quiet", "--detach", "refs/remotes/pull/1/merge")


MERGE = "+refs/pull/1/merge:refs/remotes/pull/1/merge"
BRANCHES = "+refs/heads/*:refs/remotes/origin/*"


@pytest.fixture
def served(tmp_path: Path, url: str, commit: str) -> Repo:
    """Whose main branch lists the other repository, from which a pull request takes something."""
    repo = fleet(tmp_path / "served", remotes=url)
    pull_request(repo, url, commit, remotes=url)
    repo.git("update-ref", "refs/pull/1/merge", "HEAD")
    repo.git("switch", "--quiet", "main")
    repo.git("branch", "--quiet", "--delete", "--force", "pr")
    return repo


def test_a_checkout_of_one_commit_trusts_nothing_and_says_so(
    served: Repo, tmp_path: Path, url: str
) -> None:
    ci = Checkout(served, tmp_path / "ci", "--depth=1", MERGE).repo
    done = typed(ci.path, "render", ENTRY)
    assert SECRET not in done.stdout
    assert "this clone does not know its main branch" in done.stderr
    ci.git("config", "--add", "reconciler.remote", url)
    assert SECRET in typed(ci.path, "render", ENTRY).stdout


@pytest.mark.parametrize("remote", [True, False])
@pytest.mark.parametrize("branch", ["main", "master"])
def test_a_pull_request_that_is_checked_out_as_main_is_not_the_main_branch(
    served: Repo, tmp_path: Path, remote: bool, branch: str
) -> None:
    """Some CI fetches one commit, and calls it as the branch that it is to be merged to."""
    ci = Repo(tmp_path / "ci")
    if remote:
        ci.git("remote", "add", "origin", f"file://{served.path}")
    ci.git("fetch", "--quiet", "--depth=1", f"file://{served.path}", "refs/pull/1/merge")
    ci.git("checkout", "--quiet", "-B", branch, "FETCH_HEAD")
    for words in (("render", ENTRY), ("diff", "--from", "HEAD"), ("check",)):
        done = typed(ci.path, *words)
        assert SECRET not in done.stdout + done.stderr
        assert nothing_was_fetched()


def ordinary(served: Repo, folder: Path, how: str) -> Repo:
    """As people and CI have a repository."""
    if how == "clone":
        served.git("clone", "--quiet", f"file://{served.path}", str(folder))
        found = Repo.__new__(Repo)
        found.path = folder
        return found
    found = Repo(folder)
    found.git("remote", "add", "origin", f"file://{served.path}")
    if how == "branch":
        found.git("fetch", "--quiet", "origin", BRANCHES)
        found.git("checkout", "--quiet", "-B", "main", "refs/remotes/origin/main")
    elif how == "commit":
        found.git("fetch", "--quiet", "--depth=1", "origin", "main")
        found.git("checkout", "--quiet", "--detach", "FETCH_HEAD")
    else:
        found.git("fetch", "--quiet", "origin", BRANCHES, MERGE)
        found.git("checkout", "--quiet", "--detach", "refs/remotes/pull/1/merge")
    return found


@pytest.mark.parametrize("how", ["clone", "branch", "commit", "request"])
@pytest.mark.parametrize("listed", [True, False])
def test_what_only_names_this_repository_is_read_wherever_it_is_checked_out(
    how: str, listed: bool, tmp_path: Path
) -> None:
    """By a name that environment.yaml gives it, or by that of its origin."""
    served = Repo(tmp_path / "served")
    called = "https://127.0.0.1:1/fleet/apps" if listed else f"file://{served.path}"
    lists = {"repositories": called} if listed else {}
    first = fleet(served.path, **lists).git("rev-parse", "HEAD")
    pinned = f"resources: ['{called}//{FOLDER}?ref={first}']\n"
    served.commit({f"{ENTRY}/kustomization.yaml": pinned})
    served.git("update-ref", "refs/pull/1/merge", "HEAD")
    served.git("config", "uploadpack.allowAnySHA1InWant", "true")
    repo = ordinary(served, tmp_path / "ci", how)
    for words in (("render", ENTRY), ("check",)):
        done = typed(repo.path, *words)
        assert done.returncode == 0, done.stderr
    if how != "commit":
        done = typed(repo.path, "diff", "--from", "origin/main")
        assert done.returncode == 0, done.stderr


def test_a_name_for_this_repository_sends_nobody_anywhere_else(
    tmp_path: Path, asked: list[str]
) -> None:
    repo = fleet(tmp_path / "fleet")
    clone = tmp_path / "clone"
    repo.git("clone", "--quiet", ".", str(clone))
    inside = Repo.__new__(Repo)
    inside.path = clone
    inside.git("config", "credential.helper", "!printf 'username=ci\\npassword=token\\n' #")
    for ref in (WHOLE, "main"):
        pull_request(inside, asked[0], ref, repositories=asked[0])
        typed(clone, "render", ENTRY)
        inside.git("switch", "--quiet", "main")
        inside.git("branch", "--quiet", "-D", "pr")
    assert asked[1:] == []


def test_a_checkout_of_the_whole_history_trusts_the_base_that_is_named(
    served: Repo, tmp_path: Path
) -> None:
    ci = Checkout(served, tmp_path / "ci", BRANCHES, MERGE).repo
    assert SECRET not in typed(ci.path, "render", ENTRY).stdout
    words = ("diff", "--to", "HEAD", "--merge-base", "--from")
    assert SECRET in typed(ci.path, *words, "origin/main").stdout
    for base in ("HEAD~1", "HEAD", "refs/remotes/pull/1/merge"):
        assert SECRET not in typed(ci.path, *words, base).stdout
    ci.git("remote", "set-head", "origin", "main")
    assert SECRET in typed(ci.path, "render", ENTRY).stdout


def test_a_branch_that_somebody_called_head_is_not_the_main_branch(
    served: Repo, tmp_path: Path, url: str
) -> None:
    served.commit({"environments/prod/environment.yaml": described()})
    served.git("update-ref", "refs/heads/HEAD", "refs/pull/1/merge")
    ci = Checkout(served, tmp_path / "ci", BRANCHES, MERGE).repo
    assert ci.git("rev-parse", "refs/remotes/origin/HEAD") == ci.git("rev-parse", "HEAD")
    assert SECRET not in typed(ci.path, "render", ENTRY).stdout
    done = typed(ci.path, "promote", "history", "prod", "shop")
    assert "does not know the main branch of origin" in done.stderr


def test_who_reads_a_history_is_told_that_of_the_main_branch(tmp_path: Path) -> None:
    repo = fleet(tmp_path / "fleet")
    clone = tmp_path / "clone"
    repo.git("clone", "--quiet", ".", str(clone))
    inside = Repo(clone)
    inside.git("switch", "--quiet", "--create", "pr")
    inside.git("commit", "--quiet", "--allow-empty", "--message", "a lie")
    image = f"{PLAIN}images: [{{name: shop, newTag: evil}}]\n"
    forged = inside.commit({f"{ENTRY}/kustomization.yaml": image})
    inside.commit(
        {"environments/prod/environment.yaml": f"{described()}releases: {{branch: {forged}}}\n"}
    )
    assert "evil" not in typed(clone, "promote", "history", "prod", "shop").stdout


def bare_in(folder: Path, ran: Path) -> None:
    """Files that make a folder look like a repository, with a program for Git to run."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("refs/x", "objects/x"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    (folder / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / "config").write_text(
        "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
        f'\tsshCommand = "touch {ran}; false"\n'
        '[remote "origin"]\n\turl = git@127.0.0.1:fleet/apps\n'
    )


@pytest.mark.parametrize("where", ["", "environments/prod", ENTRY])
@pytest.mark.parametrize(
    "words",
    [
        ("diff", "--from", "origin/main", "--to", "HEAD", "--merge-base"),
        ("render", ENTRY),
        ("render", ENTRY, "--ref", "HEAD"),
        ("check",),
    ],
    ids=" ".join,
)
def test_a_repository_that_lies_in_the_tree_runs_no_program(
    words: tuple[str, ...], where: str, tmp_path: Path
) -> None:
    repo = fleet(tmp_path / "fleet")
    ran = tmp_path / "ran"
    repo.git("switch", "--quiet", "--create", "pr")
    bare_in(repo.path / where, ran)
    pinned = f"resources: ['https://127.0.0.1/fleet/apps//{FOLDER}?ref={WHOLE}']\n"
    repo.commit({f"{ENTRY}/kustomization.yaml": pinned})
    clone = tmp_path / "clone"
    repo.git("clone", "--quiet", "--branch=pr", ".", str(clone))
    subprocess.run(["git", "remote", "set-head", "origin", "main"], cwd=clone, check=True)
    done = typed(clone, *words)
    assert "it is another repository than this one" in done.stdout + done.stderr
    assert not ran.exists()


def test_a_repository_that_lies_in_the_tree_is_none_that_can_be_named(tmp_path: Path) -> None:
    repo = fleet(tmp_path / "fleet")
    bare_in(repo.path / "inside", tmp_path / "ran")
    done = typed(repo.path, "list", "--root", "inside")
    assert done.returncode == 2
    assert "inside is a bare repository inside of" in done.stderr
