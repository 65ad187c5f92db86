"""When a branch changed, and what came with a merge."""

from __future__ import annotations

from reconciler.git.repository import Repository
from tests.conftest import Repo


def test_commits_that_touch_a_path_are_told_newest_first_and_merges_as_one(repo: Repo) -> None:
    first = repo.commit({"a/x": "1", "b": "1"})
    repo.commit({"c": "1"})
    repo.git("switch", "--quiet", "--create", "side")
    sides = [repo.commit({"a/x": text}) for text in "23"]
    repo.git("switch", "--quiet", "main")
    repo.commit({"c": "2"})
    repo.git("merge", "--quiet", "--no-ff", "-m", "Merge it", "side")
    merge = repo.git("rev-parse", "HEAD")
    new = repo.commit({"a/new": "1"})
    repo.git("rm", "--quiet", "b")
    gone = repo.commit()
    found = Repository(str(repo.path))
    changes = found.changes("main")
    assert [c.id for c in changes.of(["a/x", "b"])] == [gone, merge, first]
    assert [c.id for c in changes.of(["a/new"])] == [new]
    assert list(changes.of(["nowhere"])) == []
    told = list(found.brought(merge))
    assert [t.id for t in told] == [merge, *reversed(sides)]
    assert (told[0].message.strip(), told[0].author) == ("Merge it", "t")
    assert [t.id for t in found.brought(first)] == [first]


def test_names_that_are_not_utf8_are_told_as_far_as_they_go(repo: Repo) -> None:
    repo.commit({"a": "1"})
    repo.git("-c", "i18n.commitEncoding=latin1", "commit", "--quiet", "--allow-empty", "-m", "x")
    (told,) = Repository(str(repo.path)).brought("HEAD")
    assert told.message == "x\n"
