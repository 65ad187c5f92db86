"""From an object's field in a manifest to the file and the line that wrote it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

from reconciler.checks.finding import Finding
from reconciler.errors import Place
from reconciler.explain.explained_app import ExplainedApp
from reconciler.kubernetes.identity import Identity
from reconciler.model.paths import kustomization_in
from reconciler.render.renderer import Renderer
from reconciler.trees.tree import Tree

Found = tuple[str, int, int]
Field = tuple[Identity | None, str]


def with_places(renderer: Renderer, tree: Tree, findings: Sequence[Finding]) -> list[Finding]:
    """The findings, each with where in the repository it comes from, as far as that is known.

    What a render read decides where its objects come from, so both are kept alike.
    """
    fields: dict[str, list[Field]] = defaultdict(list)
    for f in findings:
        if f.where is None and (f.object, f.path) not in fields[f.folder]:
            fields[f.folder].append((f.object, f.path))
    keys = {
        render.path: sha256(b"places\n" + render.key + repr(fields[render.path]).encode()).digest()
        for render in renderer.render_all(tree, fields)
    }
    kept = renderer.store.get([*keys.values()])
    places: dict[str, Mapping[Field, Found]] = {}
    fresh: list[tuple[bytes, bytes, list[str], bytes]] = []
    for app, wanted in fields.items():
        key = keys[app]
        if key not in kept:
            kept[key] = json.dumps(_find(renderer, tree, app, wanted)).encode()
            fresh.append((key, key, [], kept[key]))
        places[app] = dict(zip(wanted, json.loads(kept[key]), strict=True))
    if fresh:
        renderer.store.put(fresh)
    return [
        f if f.where else replace(f, where=Place(*places[f.folder][f.object, f.path]))
        for f in findings
    ]


def _find(renderer: Renderer, tree: Tree, app: str, wanted: Sequence[Field]) -> list[Found]:
    """One app, rendered again with what Kustomize says of its origins."""
    explained = ExplainedApp(renderer, tree, app)
    entry = Place(kustomization_in(tree, app) or app)
    positions = {(o.kind, o.namespace, o.name): i for i, o in enumerate(explained.objects)}
    found = []
    for about, path in wanted:
        position = None
        if about:  # an object that names no namespace is in the one where it will be
            names = ((about.kind, namespace, about.name) for namespace in (about.namespace, ""))
            position = next((positions[n] for n in names if n in positions), None)
        place = entry if position is None else explained.written(position, path) or entry
        found.append((place.file, place.line, place.column))
    return found
