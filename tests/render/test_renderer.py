"""Nothing is rendered twice, and nothing stale is ever served."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.errors import RenderError
from reconciler.git.repository import Repository
from reconciler.render.kernel_process import Kernel
from reconciler.render.render_options import RenderOptions
from reconciler.render.renderer import Render, Renderer
from reconciler.render.stores.disk import DiskStore
from reconciler.trees.commit import commit_tree
from reconciler.trees.edited import EditedTree
from reconciler.trees.memory import MemoryTree
from reconciler.trees.worktree import WorkTree
from tests.conftest import Repo
from tests.sample import apps, rendered, repository

SECRET = "resources: []\nsecretGenerator:\n- name: s\n  literals: [password=hunter2-hunter2]\n"


@pytest.fixture
def renderer(tmp_path: Path, kernel: Kernel) -> Renderer:
    return Renderer(DiskStore(str(tmp_path / "cache")), kernel)


def memory(files: dict[str, str]) -> MemoryTree:
    return MemoryTree({path: text.encode() for path, text in files.items()})


def fresh(renders: list[Render]) -> set[str]:
    return {r.path for r in renders if not r.cached}


def test_a_second_render_comes_from_the_cache(renderer: Renderer) -> None:
    first = renderer.render(memory(repository(1)), "apps/app0")
    second = renderer.render(memory(repository(1)), "apps/app0")
    assert first.manifest == second.manifest == rendered(0)
    assert (first.cached, second.cached) == (False, True)
    assert first.key == second.key


def test_the_cache_outlives_the_process_that_filled_it(tmp_path: Path, kernel: Kernel) -> None:
    for expected in (False, True):
        renderer = Renderer(DiskStore(str(tmp_path)), kernel)
        assert renderer.render(memory(repository(1)), "apps/app0").cached is expected
        renderer.store.close()


def test_a_changed_base_renders_its_users_again_and_nobody_else(renderer: Renderer) -> None:
    other = {"other/" + p.partition("/")[2]: t for p, t in repository(0).items()}
    late = {p.replace("apps/app", "more/app"): t for p, t in apps(50, "other").items()}
    files = repository(50) | other | late
    folders = [p.rpartition("/")[0] for p in files if p.startswith(("apps/", "more/"))]
    assert len(fresh(renderer.render_all(memory(files), folders))) == 100
    files["other/config.yaml"] = files["other/config.yaml"].replace("a: b", "a: c")
    again = renderer.render_all(memory(files), folders)
    assert fresh(again) == {f"more/app{i}" for i in range(50)}
    assert again[60].manifest == rendered(10, "c")


@pytest.mark.parametrize(
    "new",
    [
        "apps/app0/kustomization.yml",  # now there are two
        "base/Kustomization",
        "base/config.yaml/x",
    ],
)
def test_a_file_that_appears_where_one_was_missed_is_noticed(renderer: Renderer, new: str) -> None:
    files = repository(1)
    renderer.render(memory(files), "apps/app0")
    files[new] = "resources: []\n"
    if new.endswith("/x"):
        del files["base/config.yaml"]
    with pytest.raises(RenderError):
        renderer.render(memory(files), "apps/app0")


def test_what_no_render_looks_at_changes_nothing(renderer: Renderer) -> None:
    files = repository(1)
    renderer.render(memory(files), "apps/app0")
    files |= {"README.md": "new", "apps/app0/notes.txt": "new", "base/extra.yaml": "{}"}
    assert renderer.render(memory(files), "apps/app0").cached


def test_going_back_to_an_old_revision_is_a_hit_too(renderer: Renderer, repo: Repo) -> None:
    revisions = []
    for value in ("b", "c", "d"):
        files = repository(1)
        files["base/config.yaml"] = files["base/config.yaml"].replace("a: b", f"a: {value}")
        revisions.append((repo.commit(files), value))
    for cached in (False, True):
        for revision, value in revisions:
            found = renderer.render(commit_tree(Repository(str(repo.path)), revision), "apps/app0")
            assert found.manifest == rendered(0, value)
            assert found.cached is cached


def test_a_commit_and_the_same_files_on_disk_share_the_cache(
    renderer: Renderer, repo: Repo
) -> None:
    repo.commit(repository(1))
    assert not renderer.render(WorkTree(str(repo.path)), "apps/app0").cached
    assert renderer.render(commit_tree(Repository(str(repo.path)), "HEAD"), "apps/app0").cached


def test_an_edit_is_rendered_before_it_is_written(renderer: Renderer, repo: Repo) -> None:
    repo.commit(repository(1))
    tree = commit_tree(Repository(str(repo.path)), "HEAD")
    edit = repository(0)["base/config.yaml"].replace("a: b", "a: edited").encode()
    edited = EditedTree(tree, {"base/config.yaml": edit})
    assert renderer.render(edited, "apps/app0").manifest == rendered(0, "edited")
    assert renderer.render(tree, "apps/app0").manifest == rendered(0)


def test_options_that_change_the_output_have_entries_of_their_own(renderer: Renderer) -> None:
    tree = memory(repository(1))
    renderer.render(tree, "apps/app0")
    assert not renderer.render(tree, "apps/app0", RenderOptions(reorder="none")).cached
    assert renderer.render(tree, "apps/app0", RenderOptions(timeout=5)).cached


HIDDEN = "apiVersion: v1\nkind: {kind}\nmetadata: {{name: s}}\ndata: {{password: aHVudGVyMg==}}\n"
INTO_A_LIST = json.dumps(
    [
        {"op": "replace", "path": "/kind", "value": "List"},
        {"op": "move", "from": "/data", "path": "/items"},
    ]
)
SECRETS = {
    "of a generator": {"a/kustomization.yaml": SECRET},
    "of a kind in base64": {
        "a/kustomization.yaml": "resources: [s.yaml]\n",
        "a/s.yaml": HIDDEN.format(kind="!!binary U2VjcmV0"),
    },
    "in a list that a patch makes": {
        "a/kustomization.yaml": "resources: [l.yaml]\npatches:\n- target: {kind: X}\n"
        f"  options: {{allowKindChange: true}}\n  patch: '{INTO_A_LIST}'\n",
        "a/l.yaml": "apiVersion: v1\nkind: X\nmetadata: {name: l}\ndata:\n- "
        + HIDDEN.format(kind="Secret").replace("\n", "\n  "),
    },
}


@pytest.mark.parametrize("how", SECRETS)
def test_a_render_with_a_secret_in_it_is_never_kept(
    how: str, renderer: Renderer, tmp_path: Path
) -> None:
    tree = memory(SECRETS[how])
    assert b"kind: Secret\n" in renderer.render(tree, "a").manifest
    for _ in range(2):
        assert not renderer.render(tree, "a").cached
    renderer.store.close()
    for file in (tmp_path / "cache").iterdir():
        assert b"aHVudGVy" not in file.read_bytes()


def test_a_failure_stands_in_its_place_and_the_rest_is_rendered(renderer: Renderer) -> None:
    files = repository(3)
    files["apps/app1/kustomization.yaml"] = "resources: [nothing.yaml]\n"
    renders = renderer.render_all(memory(files), [f"apps/app{i}" for i in range(3)])
    assert [r.error is None for r in renders] == [True, False, True]
    assert "apps/app1/nothing.yaml" in renders[1].paths


def test_the_same_folder_asked_for_twice_is_rendered_once(renderer: Renderer) -> None:
    assert len(renderer.render_all(memory(repository(1)), ["apps/app0", "apps/app0"])) == 1


EDITS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "base/config.yaml",
                "base/kustomization.yaml",
                "base/more.yaml",
                "apps/app0/kustomization.yaml",
                "apps/app0/kustomization.yml",
                "apps/app1/kustomization.yaml",
                "README.md",
            ]
        ),
        st.sampled_from(
            [
                None,
                "resources:\n- config.yaml\n",
                "resources:\n- ../../base\nnamePrefix: x-\n",
                "resources:\n- config.yaml\n- more.yaml\n",
                "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\n",
                "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: two\ndata: {k: v}\n",
            ]
        ),
    ),
    max_size=8,
)


@pytest.mark.slow
@settings(
    max_examples=150,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(edits=EDITS)
def test_the_cache_always_says_what_the_kernel_would(
    edits: list[tuple[str, str | None]], renderer: Renderer, kernel: Kernel
) -> None:
    files = repository(2)
    uncached = Renderer(kernel=kernel)
    folders = ["apps/app0", "apps/app1", "base"]
    for path, content in [("README.md", "x"), *edits]:
        if content is None:
            files.pop(path, None)
        else:
            files[path] = content
        found = renderer.render_all(memory(files), folders)
        truth = uncached.render_all(memory(files), folders)
        assert [r.manifest for r in found] == [r.manifest for r in truth]
        assert [str(r.error) for r in found] == [str(r.error) for r in truth]


def test_what_a_change_leaves_alone_is_known_without_a_render(renderer: Renderer) -> None:
    tree = memory(repository(3))
    folders = [f"apps/app{i}" for i in range(3)]
    edited = EditedTree(tree, {"apps/app1/kustomization.yaml": b"resources: [../../base]\n"})
    assert renderer.unchanged(tree, edited, folders) == set()  # nothing is known yet
    renderer.render_all(tree, folders)
    before = renderer.kernel.renders
    assert renderer.unchanged(tree, edited, folders) == {"apps/app0", "apps/app2"}
    assert renderer.kernel.renders == before


def test_a_folder_whose_closure_nobody_knows_is_not_taken_for_unchanged(
    renderer: Renderer,
) -> None:
    """What was looked at in another tree says nothing of what would be in these two."""
    tree = memory(repository(1))
    renderer.render_all(tree, ["apps/app0"])
    other = EditedTree(tree, {"apps/app0/kustomization.yaml": b"resources: [../../more]\n"})
    later = EditedTree(other, {"more/kustomization.yaml": b"resources: [../base]\n"})
    assert renderer.unchanged(other, later, ["apps/app0"]) == set()
