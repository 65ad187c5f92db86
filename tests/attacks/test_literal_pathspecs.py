"""A secret in the clear gets into no commit, whatever other programs have set for Git.

Magit runs each Git with --literal-pathspecs, which hooks inherit. What a hook looks at depends on
no variable that says how paths are to be read, and a path that is named is looked at or refused.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.conftest import typed as typed
from tests.conftest import Repo
from tests.hooked import APP, RUNNERS, SECRET, Hooked

PATHSPECS = ["literal", "glob", "noglob", "icase"]
FOUND = f"{APP}/db.yaml:5: Secret shop/db holds password in the clear\n"


@pytest.fixture(params=RUNNERS)
def hooked(request: pytest.FixtureRequest, repo: Repo) -> Hooked:
    return Hooked(repo, request.param)


@pytest.mark.parametrize("kind", PATHSPECS)
def test_plaintext_is_refused_however_git_reads_paths(kind: str, hooked: Hooked) -> None:
    hooked.install("forbid-plaintext-secrets")
    before = hooked.repo.git("rev-parse", "HEAD")
    hooked.add({f"{APP}/db.yaml": SECRET})
    done = hooked.run("git", f"--{kind}-pathspecs", "commit", "--message", "what Magit runs")
    assert hooked.repo.git("rev-parse", "HEAD") == before, done.stdout
    assert FOUND in done.stdout
    assert hooked.holds_nothing_in_the_clear()


def test_plaintext_is_sealed_however_git_reads_paths(hooked: Hooked) -> None:
    hooked.install("seal-secrets")
    hooked.add({f"{APP}/db.yaml": SECRET})
    commit = ("git", "--literal-pathspecs", "commit", "--quiet", "--message", "what Magit runs")
    refused = hooked.run(*commit)
    assert "sealed Secret db for prod where it stands: password\n" in refused.stdout
    assert hooked.run(*commit).returncode == 0
    assert "kind: SealedSecret" in hooked.repo.git("show", f"HEAD:{APP}/db.yaml")
    assert hooked.holds_nothing_in_the_clear()


NAMES = [
    ":(x).yaml",
    "*.yaml",
    "[a].yaml",
    "-a.yaml",
    "ä ö.yaml",
    "caf\udce9.yaml",
    "new\nline.yaml",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_means_more_to_git_is_a_name(
    name: str, repo: Repo, typed: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit({"a.yaml": "a: b\n"})
    Path(os.fsdecode(os.fsencode(repo.path) + b"/" + os.fsencode(name))).write_text(SECRET)
    repo.git("add", ".")
    for kind in (None, *PATHSPECS):
        if kind:
            monkeypatch.setenv(f"GIT_{kind.upper()}_PATHSPECS", "1")
        done = typed("secrets", "forbid", "--", name, cwd=repo.path)
        assert b":5: Secret shop/db holds password in the clear\n" in done.stdout, kind
        assert typed("secrets", "forbid", "a.yaml", cwd=repo.path).returncode == 0
        monkeypatch.undo()


MISSING = {
    "misspelt": "db.yml",
    "not added": "fresh.yaml",
    "outside": "../db.yaml",
    "in another case": "DB.yaml",
    "no such folder": "overlays",
}


@pytest.mark.parametrize("case", MISSING)
def test_what_is_named_and_not_there_is_never_passed(case: str, repo: Repo, typed: Run) -> None:
    repo.commit({"a.yaml": "a: b\n"})
    repo.write({"db.yaml": SECRET})
    repo.git("add", "db.yaml")
    repo.write({"fresh.yaml": SECRET})
    done = typed("secrets", "forbid", "a.yaml", MISSING[case], cwd=repo.path)
    assert done.returncode == 2
    assert b"nothing is in the clear" not in done.stderr
    assert f"error: {MISSING[case]} is not in the index".encode() in done.stderr
    assert typed("secrets", "seal", MISSING[case], cwd=repo.path).returncode == 2


def test_what_the_commit_takes_away_may_be_named(repo: Repo, typed: Run) -> None:
    repo.commit({"a.yaml": "a: b\n", "folder/b.yaml": "a: b\n"})
    repo.git("rm", "--quiet", "-r", "folder")
    for gone in ("folder/b.yaml", "folder"):
        done = typed("secrets", "forbid", gone, cwd=repo.path)
        assert done.returncode == 0
        assert b"warning: no file was looked at: none is added or changed\n" in done.stderr
        assert b"nothing is in the clear" not in done.stderr


def test_what_a_merge_leaves_out_may_be_named(repo: Repo, typed: Run) -> None:
    """Runners name all that a merge has had to decide, as far as it is on disk."""
    repo.commit({"a.yaml": "a: b\n"})
    repo.git("checkout", "--quiet", "-b", "side")
    repo.commit({"theirs.yaml": "a: b\n"})
    repo.git("checkout", "--quiet", "main")
    repo.commit({"c.yaml": "a: b\n"})
    repo.git("merge", "--quiet", "--no-commit", "side")
    repo.git("rm", "--quiet", "--cached", "theirs.yaml")
    assert typed("secrets", "forbid", "c.yaml", "theirs.yaml", cwd=repo.path).returncode == 0


def test_thousands_of_names_take_hardly_longer_than_none(repo: Repo, typed: Run) -> None:
    """A runner names each staged file; finding them is one walk through the index."""
    names = [f"folder{n % 50}/deep/er/file{n}.txt" for n in range(2000)]
    repo.commit()
    repo.write(dict.fromkeys(names, "nothing\n"))
    repo.git("add", ".")
    took = []
    for arguments in ([], names):
        begin = time.perf_counter()
        done = typed("secrets", "forbid", *arguments, cwd=repo.path)
        took.append(time.perf_counter() - begin)
        assert b"2,000 files: nothing is in the clear\n" in done.stderr
    assert took[1] < 5 * took[0] + 1


def test_what_git_shows_in_the_place_of_a_commit_is_not_what_is_looked_at(
    repo: Repo, typed: Run
) -> None:
    """A push sends objects as they are, and not as refs/replace has them shown."""
    base = repo.commit({"a.txt": ""})
    bad = repo.commit({"db.yaml": SECRET})
    repo.git("checkout", "--quiet", "-b", "clean", base)
    clean = repo.commit({"db.yaml": "a: b\n"})
    repo.git("checkout", "--quiet", "main")
    repo.git("replace", bad, clean)
    repo.git("reset", "--quiet", "--hard")
    done = typed("secrets", "forbid", "--range", f"{base}..main", cwd=repo.path)
    assert f"{bad[:12]}:db.yaml:5: Secret".encode() in done.stdout
