"""A change touches what reads what it changed, and nothing else."""

from __future__ import annotations

import pytest

from reconciler.git.repository import Repository
from reconciler.render.affected import Affected, affected
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Renderer
from reconciler.trees.commit import commit_tree
from reconciler.trees.tree import Tree
from tests.conftest import Repo
from tests.sample import repository


@pytest.fixture
def renderer(kernel: Kernel) -> Renderer:
    return Renderer(kernel=kernel)


def change(repo: Repo, files: dict[str, str | None]) -> tuple[Tree, Tree]:
    before = repo.commit(repository(3))
    for path, content in files.items():
        if content is None:
            (repo.path / path).unlink()
    after = repo.commit({path: text for path, text in files.items() if text is not None})
    git = Repository(str(repo.path))
    return commit_tree(git, before), commit_tree(git, after)


def names(found: list[Affected]) -> dict[str, str]:
    return {a.path: a.change for a in found}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"README.md": "new"}, {}),
        ({"apps/app0/notes.txt": "new"}, {}),
        (
            {"apps/app1/kustomization.yaml": "namePrefix: x-\nresources: [../../base]\n"},
            {"apps/app1": "changed"},
        ),
        (
            {"base/config.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: n}\n"},
            {
                "base": "changed",
                "apps/app0": "changed",
                "apps/app1": "changed",
                "apps/app2": "changed",
            },
        ),
        ({"apps/app2/kustomization.yaml": None}, {"apps/app2": "removed"}),
        ({"apps/app9/kustomization.yaml": "resources: [../../base]\n"}, {"apps/app9": "added"}),
        ({"apps/app0/kustomization.yaml": "resources: [broken.yaml]\n"}, {"apps/app0": "changed"}),
        (
            {
                "apps/app0/kustomization.yaml": None,
                "apps/app0/kustomization.yml": "resources: [../../base]\n",
            },
            {"apps/app0": "changed"},
        ),
    ],
)
def test_a_change_affects(
    repo: Repo, renderer: Renderer, files: dict[str, str | None], expected: dict[str, str]
) -> None:
    before, after = change(repo, files)
    assert names(affected(renderer, before, after)) == expected


def test_it_names_the_files_that_made_the_difference(repo: Repo, renderer: Renderer) -> None:
    before, after = change(
        repo, {"base/config.yaml": "apiVersion: v1\nkind: A\nmetadata: {name: n}\n"}
    )
    found = affected(renderer, before, after, ["apps/app1"])
    assert [(a.path, a.files) for a in found] == [("apps/app1", ["base/config.yaml"])]


def test_patterns_limit_where_to_look(repo: Repo, renderer: Renderer) -> None:
    before, after = change(
        repo, {"base/config.yaml": "apiVersion: v1\nkind: A\nmetadata: {name: n}\n"}
    )
    assert set(names(affected(renderer, before, after, ["apps/*[02]"]))) == {
        "apps/app0",
        "apps/app2",
    }
