"""Which renders a change touches: exactly those that look at something it changed."""

from __future__ import annotations

from reconciler.render.folders import kustomizations
from reconciler.trees.pins import RepositoryReference, is_reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reconciler.render.renderer import Render, Renderer
    from reconciler.trees.tree import Tree

ADDED = "added"
CHANGED = "changed"
REMOVED = "removed"


class Affected:
    """A folder whose render sees a difference, and the paths where it sees one."""

    __slots__ = ("change", "files", "path")

    def __init__(self, path: str, change: str, files: list[str]) -> None:
        self.path = path
        self.change = change
        self.files = files


def affected(
    renderer: Renderer,
    before: Tree,
    after: Tree,
    patterns: Sequence[str] = (),
    progress: Callable[[Render], None] | None = None,
) -> list[Affected]:
    """A render that would look at the same things and find them unchanged is not affected.

    Only the later tree is rendered (or found in the cache): its closures say what to compare.
    """
    old = kustomizations(before, patterns)
    new = kustomizations(after, patterns)
    found = [Affected(path, REMOVED, []) for path in set(old) - set(new)]
    known = set(old)
    for render in renderer.render_all(after, new, progress=progress):
        files = [_shown(p) for p in render.paths if before.look(p).token != after.look(p).token]
        if render.path not in known:
            found.append(Affected(render.path, ADDED, files))
        elif files:
            found.append(Affected(render.path, CHANGED, files))
    return sorted(found, key=lambda a: a.path)


def _shown(path: str) -> str:
    return RepositoryReference(path).url if is_reference(path) else path
