"""What checks find in a commit: all that is new in it is checked together, once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from reconciler.checks.check import check
from reconciler.checks.finding import Finding
from reconciler.checks.groups import groups_of
from reconciler.controller.desired import RENDERING
from reconciler.errors import CheckFailed, ReconcilerError
from reconciler.kubernetes.identity import Identity
from reconciler.render.renderer import Renderer
from reconciler.text.markdown_lists import count
from reconciler.trees.tree import Tree

Refusals = ReconcilerError | Mapping[Identity, ReconcilerError]


class CommitChecks:
    """Of these folders, beside all others of their environment. Nothing is done before it is asked.

    What the API server would refuse, or a guard forbids, is known before anything is applied.
    """

    def __init__(self, renderer: Renderer, tree: Tree, folders: Iterable[str]) -> None:
        self._renderer = renderer
        self._tree = tree
        self._folders = {*folders}
        self._found: Mapping[str, Refusals] | None = None
        self._alone = asyncio.Lock()

    async def refusals(self, folder: str) -> Mapping[Identity, ReconcilerError]:
        """The objects that are refused. Raises what stops the whole app."""
        async with self._alone:
            if self._found is None or folder not in self._folders:
                self._folders.add(folder)
                self._found = await asyncio.to_thread(self._checked)
        found = self._found.get(folder, {})
        if isinstance(found, ReconcilerError):
            raise found.again()
        return found

    def _checked(self) -> dict[str, Refusals]:
        found: dict[str, Refusals] = {}
        with RENDERING:
            for group in groups_of(self._tree, sorted(self._folders)):
                report = check(self._renderer, self._tree, group.apps, group.beside, group.settings)
                stopping: dict[str, list[Finding]] = {}
                for finding in filter(report.stops, report.findings):
                    stopping.setdefault(finding.folder, []).append(finding)
                found |= {folder: _refusals(those) for folder, those in stopping.items()}
                found |= dict(report.failed)
        return found


def _refusals(findings: list[Finding]) -> Refusals:
    """What is said of no object is said of all of them."""
    general = [finding for finding in findings if finding.object is None]
    if general:
        return _error(general)
    by_object: dict[Identity, list[Finding]] = {}
    for finding in findings:
        if finding.object:
            by_object.setdefault(finding.object, []).append(finding)
    return {identity: _error(those) for identity, those in by_object.items()}


def _error(findings: list[Finding]) -> CheckFailed:
    first = findings[0]
    return CheckFailed(
        f"checks find {count(len(findings), 'problem')}: {first.what}",
        where=first.where,
        hint=f"reconciler check {first.folder}",
    )
