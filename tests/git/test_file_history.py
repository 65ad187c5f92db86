"""What files were before, back along the branch."""

from __future__ import annotations

import pytest

from reconciler.git.file_history import FileHistory, FileVersion
from reconciler.git.repository import Repository
from tests.conftest import Repo

A, B = "environments/prod/a/k", "environments/prod/b/k"


def history(repo: Repo, *paths: str, revision: str = "HEAD") -> FileHistory:
    return Repository(str(repo.path)).history(revision, paths)


def told(versions: list[FileVersion]) -> list[tuple[str, bytes | None, int]]:
    return [(v.commit.id, v.content, v.position) for v in versions]


def test_each_content_is_named_with_the_commit_that_brought_it(repo: Repo) -> None:
    first = repo.commit({A: "1"})
    repo.commit({B: "x"})
    third = repo.commit({A: "2"})
    repo.commit({"README": "words"})
    found = list(history(repo, A).versions(A))
    assert told(found) == [(third, b"2", 1), (first, b"1", 3)]


def test_a_file_that_was_not_there_yet_has_no_content(repo: Repo) -> None:
    before = repo.commit({"README": "words"})
    added = repo.commit({A: "1"})
    repo.commit({"README": "more"})
    (repo.path / A).unlink()
    gone = repo.commit()
    found = list(history(repo, A).versions(A))
    assert told(found) == [(gone, None, 0), (added, b"1", 2), (before, None, 3)]


def test_a_content_that_comes_back_counts_again(repo: Repo) -> None:
    commits = [repo.commit({A: text}) for text in ("1", "2", "1")]
    found = list(history(repo, A).versions(A))
    assert told(found) == [
        (commit, text, i)
        for i, (commit, text) in enumerate(zip(reversed(commits), (b"1", b"2", b"1"), strict=True))
    ]


def test_files_of_one_history_are_told_apart(repo: Repo) -> None:
    first = repo.commit({A: "1", B: "1"})
    second = repo.commit({B: "2"})
    shared = history(repo, A, B)
    assert told(list(shared.versions(A))) == [(first, b"1", 1)]
    assert told(list(shared.versions(B))) == [(second, b"2", 0), (first, b"1", 1)]
    assert told(list(shared.versions(A))) == [(first, b"1", 1)]


def test_what_a_merge_brought_is_the_merges(repo: Repo) -> None:
    first = repo.commit({A: "1"})
    repo.git("switch", "--quiet", "--create", "feature")
    for text in ("2", "3"):
        repo.commit({A: text})
    repo.git("switch", "--quiet", "main")
    repo.commit({B: "1"})
    repo.git("merge", "--quiet", "--no-ff", "--message", "merge", "feature")
    merge = repo.git("rev-parse", "HEAD")
    found = list(history(repo, A).versions(A))
    assert told(found) == [(merge, b"3", 0), (first, b"1", 2)]


def test_no_more_is_read_than_is_asked_for(repo: Repo) -> None:
    for number in range(5):
        repo.commit({A: str(number)})
    damaged = repo.git("rev-parse", "HEAD~4:" + A)
    (repo.path / ".git/objects" / damaged[:2] / damaged[2:]).unlink()
    versions = history(repo, A).versions(A)
    assert [next(versions).content for _ in range(3)] == [b"4", b"3", b"2"]


def test_a_shallow_clone_says_that_it_is_not_the_whole_history(repo: Repo) -> None:
    repo.commit({A: "1"})
    second = repo.commit({A: "2"})
    clone = repo.path.with_name("clone")
    repo.git("clone", "--quiet", "--depth=1", f"file://{repo.path}", str(clone))
    assert history(repo, A).whole
    found = Repository(str(clone)).history("HEAD", [A])
    assert not found.whole
    assert told(list(found.versions(A))) == [(second, b"2", 0)]


@pytest.mark.parametrize(
    ("message", "author", "subject"),
    [
        ("a subject\n\nand a body\n", "Jane Doe", "a subject"),
        ("\n\n  a subject\n", "José 雪", "a subject"),
        ("x" * 300, "a", "x" * 300),
    ],
)
def test_a_commit_in_few_words(repo: Repo, message: str, author: str, subject: str) -> None:
    repo.git(
        *("commit", "--quiet", "--allow-empty", "--cleanup=verbatim", "--message", message),
        *("--author", f"{author} <a@localhost>", "--date", "2026-01-02T03:04:05Z"),
    )
    found = Repository(str(repo.path)).about("HEAD")
    assert found
    assert (found.subject, found.author) == (subject, author)
    assert str(found.time) == repo.git("log", "-1", "--format=%ct")


def test_bytes_that_are_no_text_are_shown_all_the_same(repo: Repo) -> None:
    repo.commit({A: "1"})
    tree = repo.git("rev-parse", "HEAD^{tree}")
    raw = f"tree {tree}\nauthor J\udce9 <a@b> 1 +0000\ncommitter c <c@d> 1 +0000\n\nh\udce9\n"
    file = repo.path / "raw"
    file.write_bytes(raw.encode(errors="surrogateescape"))
    name = repo.git("hash-object", "-t", "commit", "-w", str(file))
    found = Repository(str(repo.path)).about(name)
    assert found
    assert (found.subject, found.author) == ("h\ufffd", "J\ufffd")


def test_the_commits_that_touch_a_folder(repo: Repo) -> None:
    """As git log tells them, with a merge only where it is like no parent."""
    repo.commit({"overlays/a/x": "1", "overlays/b/x": "1"})
    base = repo.git("rev-parse", "HEAD")
    in_a = repo.commit({"overlays/a/deep/x": "1"})
    repo.commit({"overlays/b/x": "2"})
    repo.git("switch", "--quiet", "--create", "feature")
    in_feature = repo.commit({"overlays/a/y": "1"})
    repo.git("switch", "--quiet", "main")
    repo.commit({"overlays/b/x": "3"})
    repo.git("merge", "--quiet", "--no-ff", "--message", "merge", "feature")
    here = Repository(str(repo.path))
    found = here.touching(here.between(base, "HEAD"), "overlays/a")
    listed = repo.git("log", "--format=%H", f"{base}..HEAD", "--", "overlays/a").split()
    assert [about.id for about in found] == [in_feature, in_a] == listed


def test_the_first_commit_touches_what_it_has(repo: Repo) -> None:
    first = repo.commit({"overlays/a/x": "1"})
    here = Repository(str(repo.path))
    about = here.about(first)
    assert about
    assert here.touching([about], "overlays/a") == [about]
    assert here.touching([about], "overlays/b") == []
