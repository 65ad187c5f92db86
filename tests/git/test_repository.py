"""Finding a revision, in every kind of repository that people have."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.errors import RepositoryError
from reconciler.git.repository import Repository
from reconciler.trees.commit import commit_tree
from reconciler.trees.worktree import WorkTree
from tests.conftest import Repo


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("template") / "repo"


@pytest.fixture
def history(template: Path, tmp_path: Path) -> Repo:
    """Three commits, in each of which a file says how many came before."""
    if not template.exists():
        repo = Repo(template)
        for number in range(3):
            repo.commit({"number": str(number)})
            repo.git("tag", f"v{number}")
        repo.git("tag", "--annotate", "--message", "a tag", "annotated", "v1")
        repo.git("tag", "--annotate", "--message", "of a tag", "twice", "annotated")
        repo.git("branch", "feature/a-b", "v0")
    shutil.copytree(template, tmp_path / "repo")
    return Repo(tmp_path / "repo")


def number(repository: Repository, revision: str) -> str:
    return commit_tree(repository, revision).fetch("number")[1].decode()


def problem(path: Path, revision: str = "HEAD") -> RepositoryError:
    with pytest.raises(RepositoryError) as caught:
        commit_tree(Repository(str(path)), revision)
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize(
    ("revision", "expected"),
    [
        ("HEAD", "2"),
        ("@", "2"),
        ("main", "2"),
        ("refs/heads/main", "2"),
        ("heads/main", "2"),
        ("feature/a-b", "0"),
        ("HEAD~2", "0"),
        ("HEAD^", "1"),
        ("HEAD^^", "0"),
        ("main~1", "1"),
        ("v1", "1"),
        ("tags/v0", "0"),
        ("annotated", "1"),
        ("twice", "1"),
        ("twice^{commit}", "1"),
        ("annotated~1", "0"),
        ("main@{1}", "1"),
        (":/a change", "2"),
    ],
)
def test_a_revision_can_be_named_as_with_git(history: Repo, revision: str, expected: str) -> None:
    found = commit_tree(Repository(str(history.path)), revision)
    assert found.fetch("number")[1].decode() == expected
    assert found.commit == history.git("rev-list", "-1", revision)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("length", [7, 12, 40])
def test_a_commit_can_be_named_in_short(history: Repo, length: int, packed: bool) -> None:
    if packed:
        history.git("gc", "--quiet")
    name = history.git("rev-parse", "v1")[:length]
    git = Repository(str(history.path))
    assert number(git, name) == number(git, name.upper()) == "1"


@pytest.mark.parametrize("length", [7, 10, 39])
def test_a_tag_that_is_called_as_a_commit_begins_hides_it_not(history: Repo, length: int) -> None:
    first = history.git("rev-parse", "HEAD~1")
    history.git("tag", first[:length], "HEAD")
    assert commit_tree(Repository(str(history.path)), first[:length]).commit == first


def test_a_branch_may_be_called_as_no_commit_begins(history: Repo) -> None:
    history.git("branch", "deadbeef")
    git = Repository(str(history.path))
    assert number(git, "deadbeef") == number(git, "HEAD")


@pytest.mark.parametrize(
    "revision",
    ["nothing", "", "v9", "HEAD~3", "HEAD^2", "main@{99}", "a b", "v0..v1", "HEAD:number", "abc",
     "HEAD^{tree}", "1" * 40, "1" * 41, "0" * 40, "@{upstream}", "-", "../x", "\udcff", "*"],
)  # fmt: skip
def test_a_revision_that_is_not_there_is_said_to_be(history: Repo, revision: str) -> None:
    found = problem(history.path, revision)
    assert found.what == f"there is no commit {revision!r} in {history.path}"
    assert found.hint == "git fetch first if it is on a remote; git log names what is here"


def test_a_short_name_of_several_objects_is_not_guessed(history: Repo) -> None:
    seen: dict[str, str] = {}
    for text in map(str, range(10_000)):
        short = hashlib.sha1(f"blob {len(text)}\0{text}".encode()).hexdigest()[:4]
        if short in seen:
            break
        seen[short] = text
    for content in (seen[short], text):
        subprocess.run(
            ["git", "hash-object", "-w", "--stdin"],
            input=content.encode(), cwd=history.path, check=True, capture_output=True,
        )  # fmt: skip
    found = problem(history.path, short)
    assert found.what == f"{short} is short for several objects in {history.path}"


def test_a_repository_without_a_commit_says_so(repo: Repo) -> None:
    assert problem(repo.path).what == f"the repository {repo.path} has no commit yet"


@pytest.mark.parametrize("flags", [["--bare"], ["--mirror"], ["--shared"], ["--no-checkout"], []])
def test_every_kind_of_clone_has_its_commits(
    history: Repo, tmp_path: Path, flags: list[str]
) -> None:
    history.git("clone", "--quiet", *flags, ".", str(tmp_path / "clone"))
    git = Repository(str(tmp_path / "clone"))
    assert [number(git, revision) for revision in ("HEAD", "v1", "HEAD~2")] == ["2", "1", "0"]


def test_a_clone_of_a_clone_that_borrows_its_objects(history: Repo, tmp_path: Path) -> None:
    source = str(history.path)
    for name in ("one", "two", "three"):
        history.git("clone", "--quiet", "--shared", source, str(tmp_path / name))
        source = str(tmp_path / name)
    assert number(Repository(source), "HEAD~1") == "1"


def test_a_clone_whose_source_is_gone_says_what_is_missing(history: Repo, tmp_path: Path) -> None:
    history.git("clone", "--quiet", "--shared", ".", str(tmp_path / "clone"))
    shutil.rmtree(history.path)
    assert problem(tmp_path / "clone").what.startswith("there is no commit 'HEAD' in ")


def test_a_linked_work_tree_has_the_commits_of_its_repository(
    history: Repo, tmp_path: Path
) -> None:
    linked = tmp_path / "linked"
    history.git("worktree", "add", "--quiet", str(linked), "feature/a-b")
    git = Repository(str(linked))
    assert [number(git, revision) for revision in ("HEAD", "main")] == ["0", "2"]
    assert WorkTree(str(linked)).fetch("number")[1] == b"0"


def test_a_submodules_own_repository_can_be_rendered(history: Repo, tmp_path: Path) -> None:
    other = Repo(tmp_path / "other")
    other.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add",
              str(history.path), "sub")  # fmt: skip
    assert number(Repository(str(tmp_path / "other/sub")), "HEAD~1") == "1"


def test_a_shallow_clone_says_that_it_is_one(history: Repo, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    history.git("clone", "--quiet", "--depth=1", f"file://{history.path}", str(clone))
    assert number(Repository(str(clone)), "HEAD") == "2"
    found = problem(clone, history.git("rev-parse", "v0"))
    assert found.what.startswith("this shallow clone does not hold ")
    assert found.hint == "git fetch --unshallow, or clone with the full history"


@pytest.mark.parametrize(
    ("left_out", "missing"), [("blob:none", "number of commit"), ("tree:0", "the root of commit")]
)
def test_a_partial_clone_says_what_it_lacks(
    history: Repo, tmp_path: Path, left_out: str, missing: str
) -> None:
    clone = tmp_path / "clone"
    history.git("config", "uploadpack.allowFilter", "true")
    history.git("clone", "--quiet", f"--filter={left_out}", "--no-checkout",
                f"file://{history.path}", str(clone))  # fmt: skip
    with pytest.raises(RepositoryError) as caught:
        number(Repository(str(clone)), "v1")
    assert caught.value.what.startswith(missing)
    assert "git fetch --refetch" in caught.value.hint


def test_a_partial_clone_renders_what_it_has(history: Repo, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    history.git("config", "uploadpack.allowFilter", "true")
    history.git("clone", "--quiet", "--filter=blob:none", f"file://{history.path}", str(clone))
    assert number(Repository(str(clone)), "HEAD") == "2"


def test_names_of_sha256_are_not_supported_and_the_message_says_so(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", "--object-format=sha256", tmp_path / "r"], check=True)
    found = problem(tmp_path / "r")
    assert found.what == f"the Git repository {tmp_path / 'r'} cannot be opened"
    assert "sha256" in found.why
    assert "SHA-1" in found.hint
    with pytest.raises(RepositoryError, match="cannot be opened"):
        list(WorkTree(str(tmp_path / "r")).files())


@pytest.mark.parametrize(
    ("file", "content", "what"),
    [
        (".git/config", "[core]\n\trepositoryformatversion = 9\n", "cannot be opened"),
        (".git/config", "[core\n", "cannot be opened"),
        (".git/HEAD", "garbage\n", "HEAD cannot be read in"),
        (".git/HEAD", "", "HEAD cannot be read in"),
        (".git/HEAD", "ref: refs/heads/none\n", "there is no commit 'HEAD'"),
        (".git/refs/heads/main", "garbage\n", "HEAD cannot be read in"),
        (".git/refs/heads/main", "1" * 40 + "\n", "there is no commit 'HEAD'"),
    ],
)
def test_a_damaged_repository_is_no_riddle(
    history: Repo, file: str, content: str, what: str
) -> None:
    history.write({file: content})
    assert what in problem(history.path).what


@pytest.mark.parametrize("path", ["", "folder", "nothing"])
def test_a_folder_that_is_no_repository_is_said_to_be(tmp_path: Path, path: str) -> None:
    (tmp_path / "folder").mkdir()
    found = problem(tmp_path / path)
    assert found.what == f"{tmp_path / path} is not the top folder of a Git repository"


def test_a_folder_below_the_top_is_not_taken_for_it(history: Repo) -> None:
    """Paths in it would mean something else than on disk."""
    history.write({"below/x": "x"})
    assert "is not the top folder" in problem(history.path / "below").what


def test_the_branch_is_known_before_its_first_commit(repo: Repo) -> None:
    assert Repository(str(repo.path)).branch() == "main"


def test_without_a_branch_there_is_none(repo: Repo) -> None:
    repo.git("checkout", "--quiet", repo.commit({"a": "1"}))
    assert Repository(str(repo.path)).branch() is None


def test_a_commit_is_described_by_the_first_line_of_its_message(repo: Repo) -> None:
    repo.commit({"a": "1"})
    repo.git(
        "commit", "--quiet", "--amend", "--message", "Add ä\n\nAnd more.", "--date", "@0 +0000"
    )
    about = Repository(str(repo.path)).about("main")
    assert about
    assert (about.id, about.subject) == (repo.git("rev-parse", "HEAD"), "Add ä")
    assert about.time == int(repo.git("log", "-1", "--format=%ct"))


def test_a_message_in_another_encoding_is_no_failure(repo: Repo) -> None:
    repo.commit({"a": "1"})
    (repo.path / "message").write_bytes(b"caf\xe9")
    repo.git("-c", "i18n.commitEncoding=", "commit", "--quiet", "--amend", "--file", "message")
    about = Repository(str(repo.path)).about("HEAD")
    assert about
    assert about.subject.startswith("caf")


def test_a_commit_that_is_not_at_hand_is_none(repo: Repo) -> None:
    repo.commit({"a": "1"})
    git = Repository(str(repo.path))
    assert git.about("0" * 40) is None
    assert git.about("no such branch") is None
    assert git.about("a..b") is None


MANY_READERS = """
import sys
from threading import Thread
from reconciler.git.repository import Repository
sys.setswitchinterval(1e-5)
repository = Repository(sys.argv[1])
def read():
    for _ in range(100):
        assert repository.commit("HEAD").fetch("number")[1] == b"2"
        assert repository.about("HEAD~1") and repository.merge_base("HEAD", "v0")
threads = [Thread(target=read) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_several_threads_read_one_repository(history: Repo) -> None:
    """In a process of its own: threads that wait for each other could not be stopped."""
    command = [sys.executable, "-c", MANY_READERS, str(history.path)]
    subprocess.run(command, timeout=60, check=True, cwd=Path(__file__).parents[2])


def main_of(repo: Repo, base: str = "") -> str | None:
    return Repository(str(repo.path)).main(base)


def test_of_a_clone_the_main_branch_is_origins_as_it_was_last_fetched(
    repo: Repo, tmp_path: Path
) -> None:
    first = repo.commit()
    repo.git("clone", "--quiet", ".", str(tmp_path / "clone"))
    repo.commit()
    clone = Repo(tmp_path / "clone")
    clone.commit()
    clone.git("switch", "--quiet", "--create", "other")
    assert main_of(clone) == main_of(clone, "origin/other") == first
    clone.git("remote", "set-head", "origin", "--delete")
    assert main_of(clone) is None
    assert main_of(clone, "origin/main") == main_of(clone, "refs/remotes/origin/main") == first
    assert main_of(clone, "main") is main_of(clone, "origin/other") is None


def test_of_a_repository_that_has_seen_no_other_it_is_its_own(repo: Repo, tmp_path: Path) -> None:
    first = repo.commit()
    repo.git("switch", "--quiet", "--create", "other")
    second = repo.commit()
    assert main_of(repo) == first
    repo.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare"))
    assert Repository(str(tmp_path / "bare")).main() == second
    repo.git("branch", "--quiet", "--delete", "--force", "main")
    assert main_of(repo) is None
