"""What is rendered because of a change, and what is not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from reconciler.git.snapshots import Snapshot
from reconciler.model.plaintext import PlaintextRules
from reconciler.sealing.plaintext.contents import FileContents
from reconciler.sealing.plaintext.reach import Reach
from reconciler.sealing.plaintext.rendered import Rendering
from reconciler.sealing.plaintext.scan import Scanner
from reconciler.sealing.plaintext.snapshot_files import SnapshotLayout
from tests.sealing.plaintext.repositories import Repository
from tests.sealing.plaintext.test_against_kustomize import InMemory

FILES = {
    "base/kustomization.yaml": "resources: [web.yaml, 'my own.yaml']\n",
    "base/web.yaml": "kind: Deployment\n",
    "base/my own.yaml": "kind: ConfigMap\n",
    "app/kustomization.yaml": "resources: [../base, link/a.yaml]\n",
    "files/a.yaml": "kind: Secret\n",
    "other/Kustomization": "generators: [g.yaml]\nnamePrefix: x\n",
    "other/g.yaml": "files: [value=input]\n",
    "other/input": "x",
    "README.md": "base/web.yaml\n",
}
LINKS = {"app/link": "../files", "alias": "app"}


def reach(files: Mapping[str, str] = FILES, links: Mapping[str, str] = LINKS) -> Reach:
    made = repository(files, links)
    layout = SnapshotLayout(made.files_by_blob(), made.links)
    contents = FileContents(InMemory(made), PlaintextRules())
    return Reach(layout, layout.kustomizations(), contents)


def repository(files: Mapping[str, str], links: Mapping[str, str]) -> Repository:
    return Repository({path: text.encode() for path, text in files.items()}, dict(links))


@pytest.mark.parametrize(
    ("path", "folders"),
    [
        ("base/web.yaml", ["app", "base"]),
        ("base/my own.yaml", ["app", "base"]),
        ("base/kustomization.yaml", ["app", "base"]),
        ("app/kustomization.yaml", ["app"]),
        ("files/a.yaml", ["app"]),
        ("app/link", ["app"]),
        ("other/input", ["other"]),
        ("other/g.yaml", ["other"]),
        ("other/new.yaml", []),
        ("README.md", []),
    ],
)
def test_a_change_is_followed_to_all_that_may_look_at_it(path: str, folders: list[str]) -> None:
    assert reach().affected([path]) == folders


def test_a_folder_holds_what_is_behind_its_links() -> None:
    assert reach().files("app") == {
        "app/kustomization.yaml",
        "files/a.yaml",
        "base/kustomization.yaml",
        "base/web.yaml",
        "base/my own.yaml",
    }


def test_only_what_could_be_a_secret_is_worth_a_render() -> None:
    found = reach()
    assert found.may_make_secrets("app")
    assert not found.may_make_secrets("base")


@pytest.mark.parametrize(
    "text",
    [
        'kind: "\\x53ecret"',
        "kind: !!binary U2VjcmV0",
        "kind: SecretList",
        "SecretGenerator: []",
        "vars: []",
        "Configurations: []",
        "resources: [git@example.org:a/b]",
    ],
)
def test_whatever_may_become_a_secret_is(text: str) -> None:
    assert reach({"a/kustomization.yaml": text}, {}).may_make_secrets("a")


def test_links_that_lead_round_in_circles_end() -> None:
    links = {"a/x": ".", "a/y": "z", "a/z": "y", "a/out": "../../etc", "a/abs": "/etc"}
    files = {"a/kustomization.yaml": "resources: [x/x/x/b.txt, y/b, out/b, abs/b]\n", "a/b.txt": ""}
    found = reach(files, links)
    assert found.affected(["a/b.txt"]) == ["a"]
    assert found.files("a") == set(files)


def never() -> Rendering:
    raise AssertionError("nothing is to be rendered")


@pytest.mark.parametrize("changed", ["README.md", "other/g.yaml", "other/input"])
def test_no_kernel_is_started_for_what_no_secret_can_come_of(changed: str) -> None:
    made = repository(FILES, LINKS)
    scan = Scanner(InMemory(made), PlaintextRules(), never).scan(Snapshot("", {changed: changed}))
    assert scan.found == ()
