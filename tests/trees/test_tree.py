"""The same files are the same tree: on disk, in a commit, in memory, or as edits to another."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pygit2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pygit2.enums import FileMode

from reconciler.errors import RenderError, RepositoryError
from reconciler.git.repository import Repository
from reconciler.render.kernel_process import Kernel
from reconciler.render.render_options import DEFAULTS
from reconciler.trees.commit import commit_tree
from reconciler.trees.edited import EditedTree
from reconciler.trees.memory import MemoryTree
from reconciler.trees.tree import FILE, FOLDER, Tree, checked_path
from reconciler.trees.worktree import WorkTree
from tests.conftest import Repo
from tests.sample import CONFIG

NUMBERS = itertools.count()

Files = dict[str, bytes]
Links = dict[str, str]


def on_disk(folder: Path, files: Files, links: Links) -> WorkTree:
    folder.mkdir()
    for path in (*files, *links):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        (folder / path).write_bytes(content)
    for path, target in links.items():
        os.symlink(target, folder / path)
    return WorkTree(str(folder))


def in_a_commit(repo: Repo, files: Files, links: Links) -> Tree:
    git = pygit2.Repository(str(repo.path))
    index = pygit2.Index()
    for path, content in files.items():
        index.add(pygit2.IndexEntry(path, git.create_blob(content), FileMode.BLOB))
    for path, target in links.items():
        index.add(pygit2.IndexEntry(path, git.create_blob(os.fsencode(target)), FileMode.LINK))
    who = pygit2.Signature("t", "t@localhost", 0, 0)
    commit = git.create_commit(None, who, who, "", index.write_tree(git), [])
    return commit_tree(Repository(str(repo.path)), str(commit))


def as_edits(files: Files, links: Links) -> EditedTree:
    """Every other file is an edit, and something that is not among them is removed."""
    old = {path: b"old " + content for path, content in list(files.items())[1::2]}
    kept = dict(list(files.items())[::2])
    gone: dict[str, bytes | None] = {f"{path}.gone": None for path in files}
    base = MemoryTree(old | kept | dict.fromkeys(gone, b"gone"), links)
    return EditedTree(base, gone | {path: files[path] for path in old})


def seen(tree: Tree, path: str) -> tuple[object, ...]:
    entry, content = tree.fetch(path)
    return entry.kind, entry.token, entry.at, entry.target, entry.why, content


NAME = st.sampled_from(["a", "b", "c d", "ü", "日本"])
PATH = st.lists(NAME, min_size=1, max_size=4).map("/".join)
TARGET = st.lists(st.sampled_from(["a", "b", "..", "ü", "."]), min_size=1, max_size=3).map("/".join)


def without_conflicts(paths: list[str]) -> list[str]:
    """Of a file and something below it only the first can be there."""
    kept: list[str] = []
    for path in paths:
        if not any(f"{path}/".startswith(f"{k}/") or f"{k}/".startswith(f"{path}/") for k in kept):
            kept.append(path)
    return kept


@settings(
    max_examples=60,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    files=st.dictionaries(PATH, st.binary(max_size=8), max_size=6),
    links=st.dictionaries(PATH, TARGET, max_size=3),
    paths=st.lists(PATH, max_size=8),
)
def test_all_kinds_of_trees_agree_about_every_path(
    files: Files, links: Links, paths: list[str], repo: Repo, tmp_path: Path
) -> None:
    kept = without_conflicts([*files, *links])
    links = {path: target for path, target in links.items() if path in kept}
    files = {path: held for path, held in files.items() if path in kept and path not in links}
    trees = [
        on_disk(tmp_path / str(next(NUMBERS)), files, links),
        in_a_commit(repo, files, links),
        MemoryTree(files, links),
        as_edits(files, links),
    ]
    for path in (*paths, *files, *links, *(f"{p}/a" for p in (*files, *links))):
        assert len({seen(tree, path) for tree in trees}) == 1, path
        assert len({tuple(tree.names(path)) for tree in trees}) == 1, path
    assert {*trees[0].files(), *links} == {*files, *links}
    for tree in trees[1:]:
        assert sorted(tree.files()) == sorted([*files, *links])


KUST = "kustomization.yaml"
OBJECT = CONFIG.encode()
LFS = b"version https://git-lfs.github.com/spec/v1\n"

# Of each case the files and, as text, the links.
RENDERED: dict[str, dict[str, bytes | str]] = {
    "a link to a file": {KUST: b"resources: [a.yaml]", "b.yaml": OBJECT, "a.yaml": "b.yaml"},
    "a link to a folder": {
        KUST: b"resources: [base]",
        f"real/{KUST}": b"resources: [c.yaml]",
        "real/c.yaml": OBJECT,
        "base": "real",
    },
    "a link below a link": {
        KUST: b"resources: [l/m]",
        f"x/y/{KUST}": b"resources: [c.yaml]",
        "x/y/c.yaml": OBJECT,
        "l": "x",
        "x/m": "y",
    },
    "a link to the folder above": {
        KUST: b"resources: [up/c.yaml]",
        "c.yaml": OBJECT,
        "a/up": "..",
        "up": "a/up",
    },
    "a link in a generator": {
        KUST: b"configMapGenerator: [{name: a, files: [l]}]",
        "f": b"x",
        "l": "f",
    },
    "a link to the kustomization": {"k": b"resources: [c.yaml]", "c.yaml": OBJECT, KUST: "k"},
    "names with spaces": {KUST: b"resources: ['a b/c d.yaml']", "a b/c d.yaml": OBJECT},
    "names in other scripts": {
        KUST: "resources: [ü/日本.yaml]".encode(),
        "ü/日本.yaml": OBJECT,
    },
}
FAILING: dict[str, dict[str, bytes | str]] = {
    "a link to nothing": {KUST: b"resources: [a.yaml]", "a.yaml": "nothing"},
    "a link to itself": {KUST: b"resources: [a.yaml]", "a.yaml": "a.yaml"},
    "two links in a circle": {KUST: b"resources: [a]", "a": "b", "b": "a"},
    "a link out of the tree": {KUST: b"resources: [a.yaml]", "a.yaml": "../../../etc/passwd"},
    "a link to an absolute path": {KUST: b"resources: [a.yaml]", "a.yaml": "/etc/passwd"},
    "a folder that is a link out": {KUST: b"resources: [a/b.yaml]", "a": "../.."},
    "a pointer of Git LFS": {KUST: b"resources: [a.yaml]", "a.yaml": LFS},
    "no such file": {KUST: b"resources: [a.yaml]"},
    "a path of very many folders": {KUST: b"resources: [" + b"x/" * 5000 + b"a.yaml]"},
}


def outcome(kernel: Kernel, tree: Tree) -> tuple[bytes, str]:
    try:
        return kernel.render(tree, "", DEFAULTS).result().manifest, ""
    except RenderError as e:
        return b"", "\n".join(e.lines())


@pytest.mark.parametrize("case", RENDERED | FAILING)
def test_a_render_comes_out_the_same_wherever_its_files_are(
    case: str, repo: Repo, tmp_path: Path, kernel: Kernel
) -> None:
    given = (RENDERED | FAILING)[case]
    files = {path: held for path, held in given.items() if isinstance(held, bytes)}
    links = {path: target for path, target in given.items() if isinstance(target, str)}
    trees = [
        on_disk(tmp_path / "disk", files, links),
        in_a_commit(repo, files, links),
        MemoryTree(files, links),
        as_edits(files, links),
    ]
    ((manifest, error),) = {outcome(kernel, tree) for tree in trees}
    assert bool(manifest) == (case in RENDERED), error


@pytest.mark.parametrize(
    ("typed", "path"),
    [("a", "a"), ("./a//b/", "a/b"), ("a/../b", "b"), (".", ""), ("", ""), ("/a", "a")],
)
def test_a_path_is_made_clean(typed: str, path: str) -> None:
    assert checked_path(typed) == path


@pytest.mark.parametrize("typed", ["..", "a/../..", "../a"])
def test_a_path_that_climbs_out_is_an_error(typed: str) -> None:
    with pytest.raises(RepositoryError, match="is outside the tree"):
        checked_path(typed)


def test_a_path_of_many_folders_is_no_trouble() -> None:
    deep = "x/" * 1500 + "file"
    tree = MemoryTree({deep: b"x"})
    assert tree.look("x/" * 1499 + "x").kind == FOLDER
    assert tree.look(deep).kind == FILE
