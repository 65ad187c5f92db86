"""What is not here counts as empty, and what is here is followed as ever."""

from __future__ import annotations

from reconciler.git.repository import Repository
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Renderer
from reconciler.trees.commit import commit_tree
from reconciler.trees.elsewhere import NoOtherRepositories
from reconciler.trees.pins import Pins
from tests.conftest import Repo

URL = "https://git.example.org/a/b"
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {}}\n"


def test_a_foreign_base_is_empty_and_an_own_one_is_read(repo: Repo, kernel: Kernel) -> None:
    repo.git("remote", "add", "origin", f"{URL}.git")
    own = repo.commit(
        {
            "base/kustomization.yaml": "resources: [own.yaml]\n",
            "base/own.yaml": CONFIG.replace("{}", "own"),
        }
    )
    urls = [
        f"{URL}//base?ref={own}",
        f"{URL}//base?ref={'1' * 40}",
        "https://elsewhere.example.org/a//deep/er?ref=v1",
        "https://elsewhere.example.org/a/file.yaml",
    ]
    resources = "".join(f"- {url}\n" for url in urls)
    commit = repo.commit(
        {
            "app/kustomization.yaml": f"resources:\n{resources}- here.yaml\n",
            "app/here.yaml": CONFIG.replace("{}", "here"),
        }
    )
    tree = commit_tree(Repository(str(repo.path)), commit)
    tree.pins = NoOtherRepositories(Pins(str(repo.path)))
    manifest = Renderer(kernel=kernel).render(tree, "app").manifest
    assert manifest.count(b"kind:") == 2
    assert b"name: own\n" in manifest
    assert b"name: here\n" in manifest
