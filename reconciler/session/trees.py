"""From a path as it was typed to a tree and a path in it."""

from __future__ import annotations

import os

from reconciler.errors import FleetError, Place, RepositoryError, UsageError
from reconciler.git.locate import find_fleet, find_root, is_bare
from reconciler.render.folders import folders_called
from reconciler.session.settings import Settings
from reconciler.session.trust import follow_trusted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.git.repository import Repository
    from reconciler.trees.commit import CommitTree
    from reconciler.trees.tree import Tree


def find_source(paths: list[str], root: str | None) -> str:
    """The folder that a command works in: named, or the repository around the first path.

    Outside of any repository that is the folder with the environments. Where there are none, a
    folder that is named may read from the whole file system, as it may for kustomize; nothing is
    looked for in all of that.
    """
    if root is not None:
        if not os.path.isdir(root):
            raise UsageError(f"there is no folder {root}", hint="--root names a repository")
        found = os.path.abspath(root)
        around = find_root(found)
        if is_bare(found) and around != found:
            raise UsageError(
                f"{root} is a bare repository inside of {around}, and counts as files of that",
                why="whoever writes files there could have made it, with programs for Git to run",
                hint="move it to another folder",
            )
        return found
    # Below the path that the user typed and not what it links to: `..` means the same to both.
    start = os.path.abspath(paths[0].partition("*")[0] if paths else ".")
    while not os.path.isdir(start):
        start = os.path.dirname(start)
    around = find_root(start) or find_fleet(start)
    if around is None and not (paths and all(map(os.path.exists, paths))):
        raise not_in_git("change to one, or name it with --root")
    return around or "/"


def not_in_git(hint: str) -> RepositoryError:
    return RepositoryError("not in a Git repository", hint=hint)


def in_tree(path: str, root: str) -> str:
    """A typed path as it is called inside the tree.

    It is read from the current folder, and from the root if there is nothing: a bare
    repository or an older revision has folders that are nowhere on disk.
    """
    inside = _below(os.path.abspath(path), root) or _below(
        os.path.realpath(path), os.path.realpath(root)
    )
    if inside is None and not os.path.isabs(path) and not os.path.exists(path):
        inside = _below(os.path.normpath(os.path.join(root, path)), root)
    if inside is None:
        raise UsageError(
            f"{path} is outside of {root}", hint="give --root a folder that holds both"
        )
    inside = inside.removeprefix("/")
    try:
        inside.encode()
    except UnicodeEncodeError:
        raise UsageError(f"the name {inside!a} is not UTF-8", hint="rename the folder") from None
    return inside


def folders_meant(paths: list[str], root: str, tree: Tree) -> list[str]:
    """The folders that these arguments of a command mean."""
    return [f for path in paths for f in folders_called(tree, in_tree(path, root), path)]


def _below(path: str, folder: str) -> str | None:
    """What is left of a path after the folder that it is in: "/" for the folder itself."""
    folder = folder.rstrip("/")
    if path.rstrip("/") == folder:
        return "/"
    return path.removeprefix(folder) if path.startswith(folder + "/") else None


def open_tree(
    settings: Settings,
    root: str,
    revision: str | None,
    *,
    offline: bool = False,
    staged: bool = False,
    base: str = "",
) -> Tree:
    """The work tree as it is on disk, a revision without a checkout, or what is staged.

    It knows what it pins, as far as whom the user trusts lets it: the main branch, which may be
    the base of a comparison.
    """
    tree = _staged(root) if staged else _files_of(root, revision)
    follow_trusted(settings, tree, root, base, offline=offline)
    return tree


def open_fetched(
    settings: Settings, repository: Repository, branch: str, *, offline: bool = False
) -> CommitTree:
    """A branch that the main one names, as it was last fetched, or the main one itself.

    What it pins may come from where it says.
    """
    from reconciler.trees.commit import CommitTree

    tree = CommitTree(repository, repository.fetched_branch(branch))
    _check_committed(repository.path, branch, tree)
    follow_trusted(settings, tree, repository.path, trusted=tree, offline=offline)
    return tree


def _check_committed(root: str, branch: str, tree: CommitTree) -> None:
    """What is on disk alone takes no part, which whoever just wrote it does not expect."""
    from reconciler.git.branches import main_branch
    from reconciler.model.fleet import environment_names
    from reconciler.text.suggestions import listing
    from reconciler.trees.worktree import WorkTree

    if environment_names(tree) or is_bare(root):
        return
    if names := environment_names(WorkTree(root)):
        raise FleetError(
            f"{main_branch(root, branch)} ({tree.commit[:7]}) has no environments; your working "
            f"tree has {listing(names)}",
            hint="commit them, and push or merge them, first",
        )


def _files_of(root: str, revision: str | None) -> Tree:
    if revision is None:
        if is_bare(root):
            raise RepositoryError(
                f"{root} is a bare repository: it has revisions, but no files of its own",
                hint="name a revision, such as --ref HEAD",
            )
        from reconciler.trees.worktree import WorkTree

        return WorkTree(root)
    if find_root(root) is None:
        raise not_in_git("revisions are looked up in one: name it with --root")
    from reconciler.git.repository import Repository
    from reconciler.trees.commit import commit_tree

    return commit_tree(Repository(root), revision)


def _staged(root: str) -> Tree:
    if find_root(root) != root:
        raise not_in_git("change to one, or name it with --root: it has what is staged")
    from reconciler.git.snapshots import Snapshots
    from reconciler.trees.staged import StagedTree

    return StagedTree(Snapshots(root))


def open_repository(root: str) -> Repository | None:
    """The Git repository of a folder, if it is one."""
    if find_root(root) != root:
        return None
    from reconciler.git.repository import Repository

    return Repository(root)


def where_from(place: Place, root: str) -> Place:
    """A place in a tree as the user would type it from here; in a commit, as git show takes it."""
    if place.file.startswith("//"):
        commit, _, path = place.file.removeprefix("//").partition("/")
        return Place(f"{commit[:12]}:{path}", place.line, place.column)
    full = os.path.join(root, place.file)
    return Place(os.path.relpath(full), place.line, place.column)
