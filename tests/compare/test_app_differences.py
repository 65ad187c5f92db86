"""Apps between two trees: only what changed is looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.compare.app_differences import AppDifference, differences, same_folders
from reconciler.render.folders import kustomizations
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Renderer
from reconciler.render.stores.disk import DiskStore
from reconciler.trees.edited import EditedTree
from reconciler.trees.memory import MemoryTree
from reconciler.trees.tree import Tree
from tests.sample import CONFIG, repository

APPS = 12


@pytest.fixture
def tree() -> Tree:
    return MemoryTree({path: text.encode() for path, text in repository(APPS).items()})


@pytest.fixture
def renderer(tmp_path: Path, kernel: Kernel) -> Renderer:
    return Renderer(DiskStore(str(tmp_path / "store")), kernel)


def compared(renderer: Renderer, before: Tree, after: Tree) -> list[AppDifference]:
    pairs = same_folders(kustomizations(before, ["apps/*"]), kustomizations(after, ["apps/*"]))
    return differences(renderer, before, after, pairs)


def own_value(number: int, value: str) -> dict[str, bytes | None]:
    """An app with an own config in the place of the shared one."""
    return {
        f"apps/app{number}/kustomization.yaml": b"resources: [config.yaml]\n",
        f"apps/app{number}/config.yaml": CONFIG.replace("a: b", f"a: {value}").encode(),
    }


def test_nothing_unchanged_is_rendered_again(renderer: Renderer, tree: Tree) -> None:
    renderer.render_all(tree, [f"apps/app{i}" for i in range(APPS)])
    edited = EditedTree(tree, own_value(3, "x") | own_value(7, "y"))
    before = renderer.kernel.renders
    found = compared(renderer, tree, edited)
    assert [app.pair.name for app in found] == ["apps/app3", "apps/app7"]
    assert renderer.kernel.renders == before + 2
    compared(renderer, tree, edited)
    assert renderer.kernel.renders == before + 2


def test_what_renders_the_same_is_not_listed_though_its_files_differ(
    renderer: Renderer, tree: Tree
) -> None:
    edited = EditedTree(tree, {"base/config.yaml": f"# a comment\n{CONFIG}".encode()})
    assert compared(renderer, tree, edited) == []


def test_an_app_that_is_new_and_one_that_went_are_told_with_their_objects(
    renderer: Renderer, tree: Tree
) -> None:
    edits: dict[str, bytes | None] = {"apps/app0/kustomization.yaml": None}
    edits |= own_value(99, "x")
    found = compared(renderer, tree, EditedTree(tree, edits))
    told = [(a.pair.name, a.change, [o.kind for o in a.difference.objects]) for a in found]
    assert told == [("apps/app0", "removed", ["removed"]), ("apps/app99", "added", ["added"])]


def test_an_app_that_does_not_render_leaves_the_others_alone(
    renderer: Renderer, tree: Tree
) -> None:
    edits = own_value(1, "x") | {"apps/app2/kustomization.yaml": b"resources: [nothing.yaml]\n"}
    broken = EditedTree(tree, edits)
    one, other = compared(renderer, tree, broken)
    assert (one.change, other.change) == ("changed", "failed")
    assert other.failed_after is not None
    assert other.failed_before is None
    _, mended = compared(renderer, broken, tree)
    assert mended.failed_before is not None
    assert mended.failed_after is None


def test_an_app_that_is_broken_as_before_is_not_listed(renderer: Renderer, tree: Tree) -> None:
    broken = EditedTree(tree, {"apps/app2/kustomization.yaml": b"resources: [nothing.yaml]\n"})
    edited = EditedTree(broken, own_value(1, "x"))
    assert [app.pair.name for app in compared(renderer, broken, edited)] == ["apps/app1"]


def test_an_app_with_a_secret_is_compared_though_it_is_never_kept(
    renderer: Renderer, tree: Tree
) -> None:
    secret = b"apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: one}\n"
    files: dict[str, bytes | None] = {
        "apps/app1/kustomization.yaml": b"resources: [secret.yaml]\n",
        "apps/app1/secret.yaml": secret,
    }
    before = EditedTree(tree, files)
    assert compared(renderer, before, EditedTree(tree, files)) == []
    after = EditedTree(before, {"apps/app1/secret.yaml": secret.replace(b"one", b"two")})
    (found,) = compared(renderer, before, after)
    assert "two" not in repr(found)
    assert found.difference.counts().changed == 1


def test_objects_that_are_nested_too_deeply_are_said_to_be(renderer: Renderer, tree: Tree) -> None:
    deep = "[" * 600 + "]" * 600
    thing = f"apiVersion: example.com/v1\nkind: Thing\nmetadata: {{name: t}}\nspec: {deep}\n"
    files: dict[str, bytes | None] = {
        "apps/app1/kustomization.yaml": b"resources: [thing.yaml]\n",
        "apps/app1/thing.yaml": thing.encode(),
    }
    (found,) = compared(renderer, tree, EditedTree(tree, files))
    assert found.change == "failed"
    assert "nested too deeply" in str(found.failed_after)
