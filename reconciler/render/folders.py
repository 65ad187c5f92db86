"""Which folders of a tree can be rendered, and what people call them."""

from __future__ import annotations

from reconciler.errors import UsageError
from reconciler.model.app_names import apps_by_environment, named, nothing_called, parts_of
from reconciler.model.globs import compile_glob, is_pattern
from reconciler.model.layout import Layout
from reconciler.model.paths import (
    ENVIRONMENTS,
    KUSTOMIZATION_NAMES,
    environment_of,
    kustomization_in,
)
from reconciler.trees.tree import MISSING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.model.paths import AppName, Folder
    from reconciler.trees.tree import Tree


def kustomizations(tree: Tree, patterns: Sequence[str] = ()) -> list[str]:
    """The folders with a kustomization that match any of the patterns, or all of them."""
    wanted = [compile_glob(p) for p in patterns]
    found = set()
    for file in tree.files():
        folder, _, name = file.rpartition("/")
        if name in KUSTOMIZATION_NAMES and (not wanted or any(w.fullmatch(folder) for w in wanted)):
            found.add(folder)
    return sorted(found)


def folders_called(tree: Tree, path: str, typed: str) -> list[str]:
    """What somebody means who types a path, ENV, ENV/APP or a glob; a path that exists comes first.

    `path` is what was typed, as a path in the tree.
    """
    if tree.look(path).kind != MISSING:
        return apps_or_itself(tree, path)
    if is_pattern(path):
        found = kustomizations(tree, [path]) or _by_name(tree, typed)
        if not found:
            raise UsageError(f"no folder with a kustomization matches {typed}")
        return found
    parts = parts_of(typed)
    if parts:
        folder = "/".join([ENVIRONMENTS, *filter(None, parts)])
        if tree.look(folder).kind != MISSING:
            return apps_or_itself(tree, folder)
        if found := _by_name(tree, typed):
            return found
    raise nothing_called(typed, apps_by_environment(tree))


def patterns_called(trees: Sequence[Tree], typed: str) -> list[str]:
    """Globs of folders in these trees, for what may be a folder, a name or a glob of either.

    A glob may match nothing; a folder or a name that is not there is a mistake.
    """
    glob = is_pattern(typed)
    found = [typed] if glob else [f"{typed.rstrip('/')}/**"]
    names = [f"{ENVIRONMENTS}/{typed}", f"{ENVIRONMENTS}/{typed}/*"] if parts_of(typed) else []
    if glob and not names:
        return found
    if not any(kustomizations(tree, found) for tree in trees):
        elsewhere = (folder for tree in trees for folder in _by_name(tree, typed))
        found += [*names, *(f for f in elsewhere if not f.startswith(f"{ENVIRONMENTS}/"))]
        if not glob and not any(kustomizations(tree, found) for tree in trees):
            raise nothing_called(typed, apps_by_environment(trees[-1]))
    return found


def apps_or_itself(tree: Tree, folder: str) -> list[str]:
    """The folders of an environment's apps; any other folder is meant itself."""
    return [*apps_of(tree, folder).values()] or [folder]


def apps_of(tree: Tree, folder: str) -> Mapping[AppName, Folder]:
    """The apps of the environment whose folder this is; none, if it is that of something else."""
    environment = environment_of(folder)
    if environment is None or kustomization_in(tree, folder):
        return {}
    return Layout(tree).apps(environment)


def _by_name(tree: Tree, typed: str) -> list[str]:
    apps = apps_by_environment(tree)
    return [apps[environment][app] for environment, app in named(typed, apps)]
