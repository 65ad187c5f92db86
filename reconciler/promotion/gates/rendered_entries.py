"""What entries render from and to, at a commit; several sources of health ask it at once."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cached_property, partial
from threading import RLock

from reconciler.errors import RepositoryError
from reconciler.git.repository import Repository
from reconciler.health.evidence import HealthQuestion
from reconciler.health.rendered_release import RenderedRelease
from reconciler.kubernetes.structure import Structure, read_structure
from reconciler.model.entry import Entry
from reconciler.render.renderer import Renderer
from reconciler.trees.commit import CommitTree, commit_tree
from reconciler.trees.pins import is_reference


class RenderedEntries:
    """Of a tree of the main branch. What does not render is raised to whoever asks."""

    def __init__(self, renderer: Renderer, repository: Repository, tree: CommitTree) -> None:
        self._renderer = renderer
        self._repository = repository
        self._tree = tree
        self._paths: dict[Entry, list[str]] = {}
        self._alone = RLock()

    def asked(self, entry: Entry, since: datetime, until: datetime) -> HealthQuestion:
        """About the release that the entry has at this commit."""
        return HealthQuestion(
            entry, since, until, partial(self.is_same, entry), partial(self.release, entry)
        )

    def paths(self, entry: Entry) -> list[str]:
        """All that a render looks at, but for what it pins."""
        with self._alone:
            if entry not in self._paths:
                render = self._renderer.render(self._tree, entry.folder)
                self._paths[entry] = [path for path in render.paths if not is_reference(path)]
            return self._paths[entry]

    def is_same(self, entry: Entry, commit: str) -> bool | None:
        """Is all that an entry looks at the same at a commit? None if this clone lacks it."""
        try:
            tree = commit_tree(self._repository, commit)
        except RepositoryError:
            return None
        paths = self.paths(entry)
        return all(tree.look(path).token == self._tree.look(path).token for path in paths)

    def release(self, entry: Entry) -> RenderedRelease:
        with self._alone:
            manifest = self._renderer.render(self._tree, entry.folder).manifest
            found = json.loads(self._renderer.kernel.objects(manifest))
            return RenderedRelease(found, self._structure, self._renderer.kernel)

    @cached_property
    def _structure(self) -> Structure:
        return read_structure(self._renderer.kernel.structure())
