"""A commit's files are what git checkout writes, whatever its .gitattributes say."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pygit2
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reconciler.git.repository import Repository
from reconciler.trees.commit import commit_tree
from reconciler.trees.tree import FILE, MISSING, REFUSED
from tests.conftest import Repo

TEXT = ["", "text", "-text", "!text", "text=auto", "text=input", "text=other"]
TEXT += ["crlf", "-crlf", "crlf=auto", "crlf=input", "text -crlf", "-text crlf", "text=other -crlf"]
EOL = ["", "eol=lf", "eol=crlf", "-eol", "eol=CRLF"]

CONTENTS: dict[str, bytes] = {
    "lf.yaml": b"a: 1\nb: 2\n",
    "crlf.yaml": b"a: 1\r\nb: 2\r\n",
    "mixed.yaml": b"a: 1\r\nb: 2\nc: 3\r\r\n",
    "old-mac.yaml": b"a: 1\rb: 2\r",
    "no-newline": b"a: 1",
    "empty": b"",
    "only-newlines": b"\n\n\n",
    "nul": b"a\0b\nc\n",
    "controls": b"\x01\x02\x03\n" * 40,
    "few-controls": b"text and \x01 more text\n" * 20 + b"x" * 400,
    "tabs": b"\t\b\f\x1b\n" * 40,
    "ends-in-dos": b"a\nb\n\x1a",
    "utf8": "ä: ö\n日本: 語\n".encode(),
    "utf16": "a: 1\nb: 2\n".encode("utf-16"),
    "high": bytes(range(128, 256)) + b"\n",
}


def stored(repo: Repo, files: Mapping[str, bytes]) -> str:
    """A commit of exactly this content: git add would change some of it first."""
    git = pygit2.Repository(str(repo.path))
    index = pygit2.Index()
    for path, content in files.items():
        blob = git.create_blob(content)
        index.add(pygit2.IndexEntry(path, blob, pygit2.enums.FileMode.BLOB))
    who = pygit2.Signature("t", "t@localhost", 0, 0)
    return str(git.create_commit(None, who, who, "a change", index.write_tree(git), []))


NUMBERS = itertools.count()


def checked_out(repo: Repo, commit: str) -> Path:
    """In a folder of its own: Git does not write a file again for its attributes alone."""
    folder = repo.path.parent / f"checkout-{next(NUMBERS)}"
    repo.git("worktree", "add", "--quiet", "--force", "--detach", str(folder), commit)
    return folder


def assert_same_as_a_checkout(repo: Repo, files: Mapping[str, bytes]) -> set[bytes]:
    commit = stored(repo, files)
    written = checked_out(repo, commit)
    tree = commit_tree(Repository(str(repo.path)), commit)
    seen = set()
    for path in files:
        entry, content = tree.fetch(path)
        assert entry.kind == FILE, path
        assert content == (written / path).read_bytes(), path
        seen.add(content)
    return seen


def test_every_attribute_about_line_ends_works_as_in_a_checkout(repo: Repo) -> None:
    files: dict[str, bytes] = {}
    for number, attributes in enumerate(itertools.product(TEXT, EOL)):
        files[f"{number}/.gitattributes"] = f"* {' '.join(attributes)}\n".encode()
        files |= {f"{number}/{name}": content for name, content in CONTENTS.items()}
    seen = assert_same_as_a_checkout(repo, files)
    assert b"a: 1\r\nb: 2\r\nc: 3\r\r\n" in seen
    assert b"a: 1\r\nb: 2\nc: 3\r\r\n" in seen


NESTED: dict[str, bytes] = {
    ".gitattributes": (
        b"[attr]windows text eol=crlf\n"
        b"# *.yaml eol=crlf\n"
        b"*.win windows\n"
        b"*.bin binary eol=crlf\n"
        b"with?space.txt eol=crlf\n"
        b"/top.txt eol=crlf\n"
        b"deep/**/x.txt eol=crlf\n"
        b"folder/ eol=crlf\n"
        b"a/b.txt eol=crlf\n"
        b"*.both eol=crlf\n"
        b"*.both -text\n"
        b"[ab].set eol=crlf\r\n"
        b"*.UP eol=crlf\n"
    ),
    "below/.gitattributes": b"*.win !text !eol\n*.txt eol=crlf\n",
    "below/again/.gitattributes": b"*.txt -text\n",
    **dict.fromkeys(
        [
            "x.win", "below/x.win", "below/x.txt", "below/again/x.txt", "x.bin", "with space.txt",
            "top.txt", "c/top.txt", "deep/x.txt", "deep/1/2/x.txt", "folder/x", "a/b.txt",
            "c/a/b.txt", "x.both", "a.set", "c.set", "x.up", "x.UP",
        ],
        b"one\ntwo\n",
    ),
}  # fmt: skip


def test_patterns_and_macros_are_read_as_git_reads_them(repo: Repo) -> None:
    assert_same_as_a_checkout(repo, NESTED)


# fmt: off
PATTERNS = ["*", "*.txt", "a.txt", "a/*", "/a/b.txt", "**/b.txt", "a/**", "b*", "[!a]*", "a?b.txt"]
SETTINGS = ["text", "-text", "!text", "text=auto", "eol=crlf", "eol=lf", "!eol", "-crlf"]
# fmt: on
NAMES = st.lists(st.sampled_from(SETTINGS), min_size=1, max_size=3).map(" ".join)
LINE = st.builds("{} {}\n".format, st.sampled_from(PATTERNS), NAMES)
LINES = st.lists(LINE, max_size=4).map(lambda lines: "".join(lines).encode())


@settings(
    max_examples=8,
    phases=[Phase.generate],
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(attributes=st.lists(st.tuples(LINES, LINES, LINES), min_size=10, max_size=10))
def test_any_attributes_work_as_in_a_checkout(
    attributes: list[tuple[bytes, bytes, bytes]], repo: Repo
) -> None:
    files: dict[str, bytes] = {}
    for number, (top, left, right) in enumerate(attributes):
        files |= {
            f"{number}/.gitattributes": top,
            f"{number}/a/.gitattributes": left,
            f"{number}/a/b/.gitattributes": right,
        }
        for name in ("a.txt", "b.txt", "a b.txt", "a/b.txt", "a/b/b.txt", "a/b/a.yaml"):
            files[f"{number}/{name}"] = CONTENTS["lf.yaml"]
            files[f"{number}/{name}.crlf.txt"] = CONTENTS["mixed.yaml"]
    assert_same_as_a_checkout(repo, files)


def test_each_commit_has_its_own_attributes(repo: Repo) -> None:
    files = {"a.yaml": b"a: 1\n"}
    commits = [stored(repo, files | {".gitattributes": b"* eol=crlf\n"}), stored(repo, files)]
    git = Repository(str(repo.path))
    for _ in range(2):
        assert commit_tree(git, commits[0]).fetch("a.yaml")[1] == b"a: 1\r\n"
        assert commit_tree(git, commits[1]).fetch("a.yaml")[1] == b"a: 1\n"


@pytest.mark.parametrize("where", [".gitattributes", ".git/info/attributes"])
def test_attributes_that_are_not_in_the_commit_change_nothing(repo: Repo, where: str) -> None:
    commit = stored(repo, {"a.yaml": b"a: 1\n", ".gitattributes": b"*.other eol=crlf\n"})
    repo.write({where: "* eol=crlf\n"})
    if where == ".gitattributes":
        repo.git("add", where)
    assert commit_tree(Repository(str(repo.path)), commit).fetch("a.yaml")[1] == b"a: 1\n"


def test_the_same_content_written_in_two_ways_is_told_apart(repo: Repo) -> None:
    lines = {"a/.gitattributes": b"* eol=crlf\n", "b/.gitattributes": b"* text=auto eol=crlf\n"}
    files = lines | {f"{folder}/x": b"x\n" for folder in "abc"}
    tree = commit_tree(Repository(str(repo.path)), stored(repo, files))
    assert len({tree.look(f"{folder}/x").token for folder in "abc"}) == 3


MISREAD = "its .gitattributes have a pattern in quotes, with !, or with an escaped space"


@pytest.mark.parametrize(
    ("attribute", "why"),
    [
        ('eol=crlf\n"b c" text', MISREAD),
        ("eol=crlf\n  !b text", MISREAD),
        ("eol=crlf\nb\\ c text", MISREAD),
        ("working-tree-encoding=UTF-16", "its .gitattributes ask for the encoding UTF-16"),
        ("ident", "its .gitattributes ask for ident, with which a checkout writes into the file"),
    ],
)
def test_attributes_that_write_something_else_are_refused(
    repo: Repo, attribute: str, why: str
) -> None:
    rule = b"*.yaml " + attribute.encode()
    commit = stored(repo, {"a.yaml": b"a: 1\n", ".gitattributes": rule})
    tree = commit_tree(Repository(str(repo.path)), commit)
    entry, content = tree.fetch("a.yaml")
    assert (entry.kind, entry.why, content) == (REFUSED, why, b"")
    assert entry.hint


@pytest.mark.parametrize(
    "attribute", ["working-tree-encoding=UTF-8", "-ident", "diff=yaml", "merge=union"]
)
def test_attributes_that_leave_content_alone_are_fine(repo: Repo, attribute: str) -> None:
    assert_same_as_a_checkout(
        repo, {"a.yaml": b"$Id$\n", ".gitattributes": b"* " + attribute.encode()}
    )


def test_a_name_that_is_not_utf8_is_refused_where_attributes_count(repo: Repo) -> None:
    commit = stored(repo, {"a": b"x", ".gitattributes": b"* eol=crlf\n"})
    entry = commit_tree(Repository(str(repo.path)), commit).look("a\udcff")
    assert entry.kind == MISSING
    bare = b"100644 blob %s\ta\xff\n" % repo.git("rev-parse", f"{commit}:a").encode()
    rules = b"100644 blob %s\t.gitattributes\n" % (
        repo.git("rev-parse", f"{commit}:.gitattributes").encode()
    )
    made = subprocess.run(
        ["git", "mktree"], input=rules + bare, cwd=repo.path, capture_output=True, check=True
    )
    named = repo.git("commit-tree", "-m", "x", made.stdout.decode().strip())
    found = commit_tree(Repository(str(repo.path)), named).look("a\udcff")
    assert (found.kind, found.hint) == (REFUSED, "rename it")


def test_a_filter_that_is_not_installed_changes_nothing(repo: Repo) -> None:
    """Neither does one that is: filters are programs."""
    commit = stored(repo, {"a.yaml": b"a: 1\n", ".gitattributes": b"* filter=evil\n"})
    repo.git("config", "filter.evil.smudge", "sed s/1/2/")
    assert commit_tree(Repository(str(repo.path)), commit).fetch("a.yaml")[1] == b"a: 1\n"
