"""The apps that a command is about, by the names that were typed."""

from __future__ import annotations

from reconciler.errors import UsageError
from reconciler.model.app_names import apps_by_environment
from reconciler.model.notes import built_on
from reconciler.model.paths import ENVIRONMENTS, OVERLAYS, kustomization_in
from reconciler.render.folders import folders_called, kustomizations
from reconciler.session.trees import in_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.trees.tree import Tree


def apps_called(trees: Sequence[Tree], names: Sequence[str], root: str) -> list[str]:
    """The folders that these names mean in any of the trees; of all environments for no name."""
    if not names:
        return sorted({folder for tree in trees for folder in _everything(tree)})
    return sorted({folder for name in names for folder in _called(trees, name, root)})


def one_app(tree: Tree, name: str, root: str) -> str:
    """The single app that a name stands for."""
    found = apps_called([tree], [name], root)
    if len(found) > 1:
        shown = ", ".join(found[:5]) + (", …" if len(found) > 5 else "")
        raise UsageError(f"{name} is {len(found):,} apps: {shown}", hint="name one of them")
    return found[0]


def those_in(tree: Tree, folders: Sequence[str]) -> list[str]:
    """Which of these folders have a kustomization in this tree."""
    return [folder for folder in folders if kustomization_in(tree, folder)]


def without_components(tree: Tree, folders: Sequence[str]) -> list[str]:
    """A Component of Kustomize is a part of what names it, and means nothing by itself."""
    return [folder for folder in folders if not _is_component(tree, folder)]


def _is_component(tree: Tree, folder: str) -> bool:
    file = kustomization_in(tree, folder)
    lines = tree.fetch(file)[1].splitlines() if file else []
    return any(line.split() == [b"kind:", b"Component"] for line in lines)


def _everything(tree: Tree) -> list[str]:
    """The apps of all environments and what is in none; without any, every kustomization."""
    apps: list[str] = [at for found in apps_by_environment(tree).values() for at in found.values()]
    every = kustomizations(tree)
    if not apps:
        return every
    likely = [f for f in every if not f.startswith(f"{ENVIRONMENTS}/") and f not in apps]
    alone = [f for f in without_components(tree, likely) if not f.startswith(f"{OVERLAYS}/")]
    if not alone:
        return apps
    used = built_on(tree, apps)
    return apps + [folder for folder in alone if folder not in used]


def _called(trees: Sequence[Tree], name: str, root: str) -> list[str]:
    found: list[str] = []
    problem = UsageError(f"there is no folder, environment or app called {name}")
    for tree in trees:
        try:
            found += folders_called(tree, in_tree(name, root), name)
        except UsageError as e:
            problem = e
    if not found:
        raise problem
    for folder in found:
        if not any(kustomization_in(tree, folder) for tree in trees):
            raise UsageError(
                f"{folder or '.'} has no kustomization",
                hint=f"name a folder that has one, or a glob such as '{folder}/**'",
            )
    return found
