"""Each commit that a push brings to a remote is looked at, the first of a repository too.

A hook is told of a push by Git's lines, or by a runner's variables, which say less: nothing of
where the commits begin when the first of all is among them, and nothing of files that are gone.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Repo
from tests.hooked import RUNNERS, SECRET, VALUE, Hooked

FOUND = ":db.yaml:5: Secret shop/db holds password in the clear\n"


class Pushing(Hooked):
    """A clone with a hook before each push, and a remote that has nothing yet."""

    def __init__(self, repo: Repo, runner: str) -> None:
        super().__init__(repo, runner)
        self.remote = repo.path.parent / "remote.git"
        repo.git("init", "--quiet", "--bare", str(self.remote))
        repo.git("remote", "add", "origin", str(self.remote))
        self.install("forbid-plaintext-secrets", "pre-push")

    def push(self, *arguments: str) -> str:
        """What is said."""
        done = self.run("git", "push", *arguments)
        assert VALUE not in done.stdout
        self.passed = done.returncode == 0
        return done.stdout

    def add_and_remove(self) -> str:
        """Two commits that change nothing; the name of the first, which holds a secret."""
        bad = self.repo.commit({"db.yaml": SECRET})
        self.repo.git("rm", "--quiet", "db.yaml")
        self.repo.commit()
        return bad

    def there(self) -> list[str]:
        listed = self.repo.git("ls-remote", "--refs", str(self.remote))
        return [line.partition("\t")[2] for line in listed.splitlines()]


@pytest.fixture(params=RUNNERS)
def pushing(request: pytest.FixtureRequest, repo: Repo) -> Pushing:
    return Pushing(repo, request.param)


@pytest.fixture
def scripted(repo: Repo) -> Pushing:
    return Pushing(repo, "script")


def test_the_first_push_is_looked_at_commit_by_commit(pushing: Pushing) -> None:
    bad = pushing.add_and_remove()
    said = pushing.push("origin", "main")
    assert not pushing.passed
    assert bad[:12] + FOUND in said
    assert pushing.there() == []


def test_the_first_commit_of_all_is_looked_at(pushing: Pushing) -> None:
    pushing.repo.git("checkout", "--quiet", "--orphan", "fresh")
    pushing.repo.git("rm", "--quiet", "-r", "--cached", ".")
    pushing.repo.write({"db.yaml": SECRET, ".gitignore": "environments\n"})
    pushing.repo.git("add", "db.yaml", ".gitignore")
    pushing.repo.git("commit", "--quiet", "--message", "all there is")
    bad = pushing.repo.git("rev-parse", "HEAD")
    pushing.repo.git("rm", "--quiet", "db.yaml")
    pushing.repo.git("commit", "--quiet", "--message", "without it")
    pushing.repo.git("checkout", "--quiet", "--force", "main")
    assert bad[:12] + FOUND in pushing.push("origin", "fresh")
    assert pushing.there() == []


def test_a_clean_first_push_goes_through(pushing: Pushing) -> None:
    pushing.repo.commit({"a.txt": "a\n"})
    pushing.push("origin", "main")
    assert pushing.passed
    assert pushing.there() == ["refs/heads/main"]


@pytest.mark.parametrize("branch", ["main", "new"])
def test_commits_that_together_change_no_file_are_looked_at(branch: str, pushing: Pushing) -> None:
    """Runners skip a hook for whose files nothing has changed in the end."""
    pushing.push("origin", "main")
    pushing.repo.git("checkout", "--quiet", "-B", branch)
    bad = pushing.add_and_remove()
    said = pushing.push("origin", branch)
    assert not pushing.passed, said
    assert bad[:12] + FOUND in said


def test_a_branch_that_is_not_checked_out_is_looked_at(pushing: Pushing) -> None:
    """Its files are not on disk, where runners look for them."""
    pushing.push("origin", "main")
    pushing.repo.git("checkout", "--quiet", "-b", "side")
    bad = pushing.repo.commit({"db.yaml": SECRET})
    pushing.repo.git("checkout", "--quiet", "main")
    assert bad[:12] + FOUND in pushing.push("origin", "side")
    assert pushing.there() == ["refs/heads/main"]


def test_a_remote_without_a_name_is_told_all_or_nothing(pushing: Pushing) -> None:
    bad = pushing.add_and_remove()
    assert bad[:12] + FOUND in pushing.push(str(pushing.remote), "main:refs/heads/copy")
    assert pushing.there() == []


# From here on, what only a file of one line is told by Git: a runner hands on the first reference.


def test_each_of_several_branches_and_tags_is_looked_at(scripted: Pushing) -> None:
    scripted.push("origin", "main")
    scripted.repo.git("checkout", "--quiet", "-b", "clean")
    scripted.repo.commit({"a.txt": "a\n"})
    scripted.repo.git("checkout", "--quiet", "-b", "dirty", "main")
    bad = scripted.add_and_remove()
    scripted.repo.git("tag", "--annotate", "--message", "bad", "v1", "HEAD~1")
    for what in (["clean", "dirty"], ["clean", "v1"], ["--all"], ["--tags"], ["--mirror"]):
        said = scripted.push("origin", *what)
        assert not scripted.passed, what
        assert said.count(bad[:12] + FOUND) == 1, "a commit is said to be bad once"
    assert scripted.there() == ["refs/heads/main"]


def test_what_a_force_push_brings_is_looked_at_and_what_the_remote_has_is_not(
    scripted: Pushing,
) -> None:
    scripted.repo.commit({"db.yaml": SECRET, "b.txt": "Not the commit that is made below.\n"})
    scripted.push("--no-verify", "origin", "main")
    scripted.repo.commit({"a.txt": "a\n"})
    scripted.push("origin", "main")
    assert scripted.passed, "the old one is there already"
    scripted.repo.git("reset", "--quiet", "--hard", "HEAD~2")
    bad = scripted.add_and_remove()
    assert bad[:12] + FOUND in scripted.push("--force", "origin", "main")


def test_what_the_remote_has_and_was_never_fetched_hides_nothing(
    scripted: Pushing, tmp_path: Path
) -> None:
    scripted.push("origin", "main")
    other = Repo(tmp_path / "other")
    other.git("pull", "--quiet", str(scripted.remote), "main")
    other.commit({"theirs.txt": "a\n"})
    other.git("push", "--quiet", str(scripted.remote), "main")
    bad = scripted.add_and_remove()
    assert bad[:12] + FOUND in scripted.push("--force", "origin", "main")


def test_what_is_deleted_needs_no_look(scripted: Pushing) -> None:
    scripted.push("origin", "main", "main:refs/heads/gone")
    said = scripted.push("origin", ":gone")
    assert scripted.passed
    assert "warning: no file was looked at: none is added or changed\n" in said
    assert scripted.there() == ["refs/heads/main"]


def test_a_revision_of_any_form_is_looked_at(scripted: Pushing) -> None:
    bad = scripted.add_and_remove()
    for revision in ("HEAD~1", bad, "main@{0}"):
        assert bad[:12] + FOUND in scripted.push("origin", f"{revision}:refs/heads/x"), revision
    assert scripted.there() == []


def test_what_cannot_be_looked_at_is_not_pushed(scripted: Pushing) -> None:
    scripted.repo.write({"db.yaml": SECRET})
    blob = scripted.repo.git("hash-object", "-w", "db.yaml")
    scripted.repo.git("tag", "blob", blob)
    assert "refs/tags/blob is not a commit" in scripted.push("origin", "blob")
    assert scripted.there() == []


@pytest.mark.parametrize("name", ["*", "--all", "-x", "a b"])
def test_the_name_of_a_remote_is_a_name(name: str, scripted: Pushing) -> None:
    scripted.push("origin", "main")
    bad = scripted.add_and_remove()
    line = f"refs/heads/main {scripted.repo.git('rev-parse', 'HEAD')} refs/heads/x {'0' * 40}\n"
    script = f"printf '{line}' | reconciler secrets forbid '--pre-push={name}'"
    assert bad[:12] + FOUND in scripted.run("sh", "-c", script).stdout


def test_other_words_than_those_of_git_are_refused(scripted: Pushing) -> None:
    script = "echo hello | reconciler secrets forbid --pre-push origin"
    done = scripted.run("sh", "-c", script)
    assert done.returncode == 2
    assert "standard input is not what Git tells a hook before a push" in done.stdout
    both = scripted.run(
        "reconciler", "secrets", "forbid", "--pre-push", "origin", "--range", "HEAD"
    )
    assert both.returncode == 2
