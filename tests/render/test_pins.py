"""A URL of this repository gives what kustomize gives after it has cloned the repository."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.errors import KernelError, ReconcilerError, RenderError
from reconciler.git.repository import Repository
from reconciler.render.affected import affected
from reconciler.render.kernel_process import Kernel
from reconciler.render.render_options import DEFAULTS, RenderOptions
from reconciler.render.renderer import Render, Renderer
from reconciler.render.stores.disk import DiskStore
from reconciler.trees.commit import commit_tree
from reconciler.trees.edited import EditedTree
from reconciler.trees.memory import MemoryTree
from reconciler.trees.pins import Pins, pins_of
from reconciler.trees.tree import Tree
from reconciler.trees.worktree import WorkTree
from tests.conftest import Repo
from tests.fleet import CASE, URL, Fleet, reach_only
from tests.render.pinned_entries import ENTRIES, FORMS, REFUSED

Kustomize = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    return Fleet(Repo(tmp_path_factory.mktemp("fleet") / "apps"))


@pytest.fixture
def fleet(shared: Fleet, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    reach_only(shared, monkeypatch)
    yield shared
    shared.leave()


def rendered(kernel: Kernel, tree: Tree, options: RenderOptions = DEFAULTS) -> bytes | None:
    try:
        manifest: bytes = kernel.render(tree, CASE, options).result().manifest
    except KernelError:
        raise
    except ReconcilerError:
        return None
    return manifest


def built(kustomize: Kustomize, folder: Path, *flags: str) -> bytes | None:
    done = kustomize(folder, *flags)
    return None if done.returncode else done.stdout


@pytest.mark.parametrize("form", FORMS)
def test_a_url_is_followed_however_it_is_written(
    form: str, fleet: Fleet, kernel: Kernel, kustomize: Kustomize
) -> None:
    folder = fleet.enter(f"buildMetadata: [originAnnotations]\nresources: ['{form}']\n")
    manifest = rendered(kernel, fleet.tree())
    assert manifest
    assert manifest == built(kustomize, folder)


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_gives_what_kustomize_gives(
    name: str, fleet: Fleet, kernel: Kernel, kustomize: Kustomize
) -> None:
    folder = fleet.enter(ENTRIES[name])
    manifest = rendered(kernel, fleet.tree())
    assert manifest
    assert manifest == built(kustomize, folder)


@pytest.mark.parametrize("name", REFUSED)
def test_what_kustomize_refuses_is_refused(
    name: str, fleet: Fleet, kernel: Kernel, kustomize: Kustomize
) -> None:
    folder = fleet.enter(REFUSED[name])
    assert rendered(kernel, fleet.tree()) is None
    assert built(kustomize, folder) is None


@pytest.mark.parametrize("pinned", ["climbing-file", "climbing-generator", "link-file"])
def test_a_commit_keeps_its_load_restrictions_when_the_work_tree_has_none(
    pinned: str, fleet: Fleet, kernel: Kernel, kustomize: Kustomize
) -> None:
    folder = fleet.enter(f"resources: ['{{url}}//overlays/{pinned}?ref={{second}}']\n")
    assert rendered(kernel, fleet.tree(), RenderOptions(unbounded=True)) is None
    assert built(kustomize, folder, "--load-restrictor", "LoadRestrictionsNone") is None


def test_a_work_tree_without_load_restrictions_pins_too(
    fleet: Fleet, kernel: Kernel, kustomize: Kustomize
) -> None:
    folder = fleet.enter(
        {
            "kustomization.yaml": "-> ../elsewhere/pinned.yaml",
            "../elsewhere/pinned.yaml": "resources: ['{url}//overlays/chain?ref={second}']\n",
        }
    )
    manifest = rendered(kernel, fleet.tree(), RenderOptions(unbounded=True))
    assert manifest
    assert manifest == built(kustomize, folder, "--load-restrictor", "LoadRestrictionsNone")


def at_commit(fleet: Fleet) -> Tree:
    fleet.repo.git("add", "--all")
    name = fleet.repo.git("stash", "create")
    fleet.repo.git("reset", "--quiet")
    return commit_tree(Repository(str(fleet.repo.path)), name)


def edited(fleet: Fleet) -> Tree:
    entry = f"{CASE}/kustomization.yaml"
    text = (fleet.repo.path / entry).read_bytes()
    (fleet.repo.path / entry).unlink()
    base = WorkTree(str(fleet.repo.path))
    base.pins = fleet.pins()
    return EditedTree(base, {entry: text})


def in_memory(fleet: Fleet) -> Tree:
    files = (fleet.repo.path / CASE).rglob("*.yaml")
    return MemoryTree({str(p.relative_to(fleet.repo.path)): p.read_bytes() for p in files})


@pytest.mark.parametrize("kind", [at_commit, edited, in_memory])
def test_every_kind_of_tree_is_followed(
    kind: Callable[[Fleet], Tree], fleet: Fleet, kernel: Kernel
) -> None:
    fleet.enter(
        "namespace: prod\nresources: ['{url}//overlays/chain?ref={second}', near/cm.yaml]\n"
    )
    expected = rendered(kernel, fleet.tree())
    tree = kind(fleet)
    tree.pins = tree.pins or fleet.pins()
    assert expected
    assert rendered(kernel, tree) == expected


def test_a_tree_of_no_repository_follows_nothing(fleet: Fleet, kernel: Kernel) -> None:
    fleet.enter("resources: ['{url}//objects?ref={first}']\n")
    tree = in_memory(fleet)
    with pytest.raises(RenderError, match="no repository's URLs are followed"):
        kernel.render(tree, CASE, DEFAULTS).result()


ENTRY = f"{CASE}/kustomization.yaml:4:3"


@pytest.mark.parametrize(
    ("url", "where", "what", "to_do"),
    [
        ("{url}//objects?ref=nothing", ENTRY, "there is no branch or tag 'nothing'", "git fetch"),
        ("{url}//objects?ref=" + "1" * 40, ENTRY, "there is no commit '1{40}'", "git fetch"),
        (
            "{url}//overlays/chain?ref={first}",
            ENTRY,
            "there is no folder overlays/chain in commit [0-9a-f]{12}",
            "correct the path, or pin a commit that has it: git log -- overlays/chain",
        ),
        ("{url}//objects/cm.yaml?ref=main", ENTRY, "objects/cm.yaml is a file", "name its folder"),
        (
            "{url}/raw/branch/main/objects/cm.yaml",
            ENTRY,
            "is the URL of a single file, and nothing is downloaded while rendering",
            "REPOSITORY//FOLDER?ref=COMMIT",
        ),
        (
            "https://git.example.org/other/apps//objects?ref={first}",
            ENTRY,
            "another repository than this one, which is git@git.example.org:fleet/apps.git",
            "copy the folder in",
        ),
        (
            "{url}//overlays/broken?ref={second}",
            "//[0-9a-f]{40}/overlays/broken/kustomization.yaml:1:13",
            "nothing.yaml does not exist",
            "then pin the commit",
        ),
        (
            "{url}//overlays/climbing?ref={second}",
            "//[0-9a-f]{40}/overlays/climbing/kustomization.yaml:1:13",
            "leads out of the pinned commit",
            "name something of the same commit",
        ),
        (
            "{url}//overlays/ping?ref=main",
            "//[0-9a-f]{40}/overlays/pong/kustomization.yaml:1:13",
            "leads back to .*, which is being rendered",
            "take one of the references out",
        ),
        (
            "https://me:hunter2@git.example.org/fleet/apps//objects?ref={first}",
            ENTRY,
            "this URL has a password in it: https://git.example.org/fleet/apps",
            "credential helpers",
        ),
    ],
)
def test_a_pin_that_leads_nowhere_says_where_it_stands_and_what_to_do(
    url: str, where: str, what: str, to_do: str, fleet: Fleet, kernel: Kernel
) -> None:
    fleet.enter(f"namePrefix: my-\nresources:\n- near/cm.yaml\n- '{url}'  # the release\n")
    with pytest.raises(RenderError) as failed:
        kernel.render(fleet.tree(), CASE, DEFAULTS).result()
    error = failed.value
    assert re.fullmatch(where, str(error.where))
    assert re.search(what, error.what)
    assert to_do in error.hint
    assert not re.search("hunter2|tree-", "".join(error.lines()))


class Cached:
    """A cache, a kernel, and trees that are looked at anew each time."""

    def __init__(self, fleet: Fleet, kernel: Kernel, folder: Path) -> None:
        self.fleet = fleet
        self.renderer = Renderer(DiskStore(str(folder)), kernel)

    def render(self, pins: Pins | None = None) -> Render:
        tree = WorkTree(str(self.fleet.repo.path))
        tree.pins = pins or self.fleet.pins()
        return self.renderer.render(tree, CASE)


@pytest.fixture
def cached(fleet: Fleet, kernel: Kernel, tmp_path: Path) -> Cached:
    return Cached(fleet, kernel, tmp_path / "cache")


def test_a_pinned_render_is_kept_and_names_what_it_followed(cached: Cached) -> None:
    fleet = cached.fleet
    fleet.enter("resources: ['{url}//overlays/chain?ref=main', '{file}?ref={first}']\n")
    assert [cached.render().cached for _ in range(2)] == [False, True]
    entry = f"{CASE}/kustomization.yaml"
    found = {
        (p.file, p.url, p.commit, p.exact) for p in pins_of(fleet.tree(), cached.render().paths)
    }
    assert found == {
        (entry, f"{URL}//overlays/chain?ref=main", fleet.second, False),
        (entry, f"{fleet.file}//?ref={fleet.first}", fleet.first, True),
        (
            f"//{fleet.second}/overlays/chain/kustomization.yaml",
            f"{URL}//overlays/paw/base?ref={fleet.first}",
            fleet.first,
            True,
        ),
    }


def test_a_url_in_two_files_is_named_for_both(cached: Cached) -> None:
    fleet = cached.fleet
    fleet.enter("resources: [old, older]\n")
    pins = pins_of(fleet.tree(), cached.render().paths)
    files = {f"{CASE}/{name}/kustomization.yaml" for name in ("old", "older")}
    assert {(p.file, p.commit) for p in pins} == {(file, fleet.first) for file in files}


def test_a_branch_that_moves_is_rendered_again_and_a_commit_is_not(cached: Cached) -> None:
    fleet = cached.fleet
    git = fleet.repo.git
    git("branch", "--force", "moving", fleet.first)
    fleet.enter("resources: ['{url}//overlays/paw/base?ref=moving']\n")
    before = cached.render().manifest
    fleet.enter("resources: ['{url}//overlays/paw/base?ref={first}']\n")
    assert cached.render().manifest == before
    git("branch", "--force", "moving", fleet.second)
    assert cached.render().cached
    fleet.enter("resources: ['{url}//overlays/paw/base?ref=moving']\n")
    after = cached.render()
    assert not after.cached
    assert after.manifest != before


def test_a_repository_that_no_longer_has_that_url_is_served_nothing(cached: Cached) -> None:
    fleet = cached.fleet
    fleet.enter("resources: ['https://github.com/fleet/apps//objects?ref={first}']\n")
    cached.render()
    with pytest.raises(RenderError, match="another repository"):
        cached.render(Pins(str(fleet.repo.path)))
    assert cached.render().cached


def test_a_cached_render_of_a_commit_opens_no_repository(cached: Cached) -> None:
    fleet = cached.fleet
    fleet.enter("resources: ['{url}//overlays/paw/prod?ref={first}']\n")
    cached.render()
    pins = fleet.pins()
    assert cached.render(pins).cached
    assert pins._repository is None


def test_a_smaller_limit_on_files_holds_in_commits_too(cached: Cached) -> None:
    fleet = cached.fleet
    fleet.enter("resources: ['{url}//objects?ref={first}']\n")
    cached.render()
    tree = fleet.tree()
    tree.max_file_size = 10
    with pytest.raises(RenderError, match="10 that are read"):
        cached.renderer.render(tree, CASE)


def test_a_new_pin_affects_the_entry_that_has_it(cached: Cached) -> None:
    fleet = cached.fleet
    fleet.enter("resources: ['{url}//objects?ref=moving']\n")
    reference = f"{CASE}/kustomization.yaml//{URL}//objects?ref=moving"

    def tree_when_it_is_at(commit: str) -> Tree:
        fleet.repo.git("branch", "--force", "moving", commit)
        tree = fleet.tree()
        tree.look(reference)
        return tree

    before, after = map(tree_when_it_is_at, (fleet.first, fleet.second))
    found = affected(cached.renderer, before, after, [CASE])
    assert [(a.path, a.files) for a in found] == [(CASE, [f"{URL}//objects?ref=moving"])]
