"""From an object's field in a manifest to the file and the line that wrote it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from reconciler.checks.finding import Finding
from reconciler.compare.difference import Identity
from reconciler.errors import Place
from reconciler.explain.app import ExplainedApp
from reconciler.git.tree import Tree
from reconciler.model.layout import kustomization_in
from reconciler.render.renderer import Renderer


def with_places(renderer: Renderer, tree: Tree, findings: Sequence[Finding]) -> list[Finding]:
    """The findings, each with where in the repository it comes from, as far as that is known."""
    by_app: dict[str, list[Finding]] = defaultdict(list)
    for f in findings:
        if f.where is None:
            by_app[f.app].append(f)
    places: dict[Finding, Place | None] = {}
    for app, about in by_app.items():
        located = _Located(renderer, tree, app)
        places.update((f, located.place(f)) for f in about)
    return [f if f.where else replace(f, where=places[f]) for f in findings]


class _Located:
    """One app, rendered again with what Kustomize says of its origins."""

    def __init__(self, renderer: Renderer, tree: Tree, app: str) -> None:
        entry = kustomization_in(tree, app)
        self._entry = Place(entry) if entry else None
        self._app = ExplainedApp(renderer, tree, app)
        self._positions = {_key(named): i for i, named in enumerate(self._app.objects)}

    def place(self, finding: Finding) -> Place | None:
        position = self._position(finding.object)
        if position is None:
            return self._entry
        return self._app.written(position, finding.path) or self._entry

    def _position(self, about: Identity | None) -> int | None:
        if about is None:
            return None
        for namespace in (about.namespace, ""):
            found = self._positions.get((about.kind, namespace, about.name))
            if found is not None:
                return found
        return None


def _key(named: Identity) -> tuple[str, str, str]:
    return named.kind, named.namespace or "", named.name
