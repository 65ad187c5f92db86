"""What the kernel says of rendered manifests: asked once for each, and kept in the store."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from reconciler.checks.finding import POLICY, Finding, Severity
from reconciler.checks.mentioned_fields import mentioned_field
from reconciler.checks.settings import CheckSettings
from reconciler.errors import Place, ReconcilerError
from reconciler.kubernetes.access import text
from reconciler.kubernetes.identity import Identity
from reconciler.kubernetes.objects import Object
from reconciler.model.paths import KUSTOMIZATION_NAMES
from reconciler.render.job import Job
from reconciler.render.jobs_ahead import jobs_ahead
from reconciler.render.renderer import Render, Renderer
from reconciler.trees.edited import EditedTree
from reconciler.trees.tree import FILE, FOLDER, Tree

# Objects that decide about objects of other apps.
SHARED = re.compile(rb"^kind: (?:Namespace|CustomResourceDefinition)$", re.MULTILINE)
SECRET = re.compile(rb"^kind: Secret$", re.MULTILINE)
DOCUMENTS = re.compile(rb"^---\n", re.MULTILINE)

# Where the kernel finds what the apps share; no repository has a file of this name.
RENDERED = ".rendered-by-all-apps.yaml"

YAML = (".yaml", ".yml", ".json")

# Manifests that a policy passes or fails lie beside it, and are no policies.
CASES = "cases"
MAX_JOBS_UNDER_WAY = 32


@dataclass(frozen=True, slots=True)
class Judged:
    """An app's objects, and what is to be said of each; or why nothing can be said."""

    folder: str
    objects: tuple[Object, ...] = ()
    findings: tuple[Finding, ...] = ()
    error: ReconcilerError | None = None


class Judge:
    """Holds manifests against the types, CRDs and policies of one environment."""

    def __init__(
        self, renderer: Renderer, tree: Tree, settings: CheckSettings, renders: Iterable[Render]
    ) -> None:
        self._renderer = renderer
        self._settings = settings
        shared = b"---\n".join(
            document
            for render in renders
            for document in DOCUMENTS.split(render.manifest)
            if SHARED.search(document)
        )
        self._rules: dict[str, Any] = {
            "kubernetes": settings.kubernetes,
            "crds": [p for folder in settings.crds for p in _rule_files(tree, folder)],
            "policies": [p for folder in settings.policies for p in _rule_files(tree, folder)],
            "context": [RENDERED],
        }
        self._tree = EditedTree(tree, {RENDERED: shared})
        tokens = {
            path: self._tree.look(path).token
            for name in ("crds", "policies", "context")
            for path in self._rules[name]
        }
        self._identity = json.dumps([renderer.kernel_id, self._rules, tokens])

    def judge(
        self, renders: Sequence[Render], progress: Callable[[Render], None] | None = None
    ) -> list[Judged]:
        """All apps, in the order given."""
        keys = {r.path: self._key(r) for r in renders}
        known = self._renderer.store.get([*keys.values()])
        fresh: list[tuple[bytes, bytes, list[str], bytes]] = []
        errors: dict[str, ReconcilerError] = {}
        unknown = [r for r in renders if keys[r.path] not in known]
        try:
            with jobs_ahead(unknown, self._ask, MAX_JOBS_UNDER_WAY) as jobs:
                for render, (job,) in jobs:
                    key = keys[render.path]
                    try:
                        known[key] = job.result()
                    except ReconcilerError as e:
                        errors[render.path] = e
                    else:
                        if not SECRET.search(render.manifest):
                            fresh.append((key, key, [], known[key]))
                    if progress:
                        progress(render)
        finally:
            if fresh:
                self._renderer.store.put(fresh)
        return [
            Judged(r.path, error=errors[r.path])
            if r.path in errors
            else self._read(r.path, json.loads(known[keys[r.path]]))
            for r in renders
        ]

    def faults(self) -> list[Finding]:
        """What is wrong with CRDs and policies themselves."""
        if not self._rules["crds"] and not self._rules["policies"]:
            return []
        key = sha256(f"rules\n{self._identity}".encode()).digest()
        found = self._renderer.store.get([key]).get(key)
        if found is None:
            job = self._renderer.kernel.check_rules(self._tree, self._rules, self._settings.timeout)
            found = job.result()
            self._renderer.store.put([(key, key, [], found)])
        return [
            replace(_finding(f), where=Place(f["file"], f.get("line", 0), f.get("column", 0)))
            for f in json.loads(found)
        ]

    def _key(self, render: Render) -> bytes:
        about = json.dumps([self._identity, self._namespace(render.path)])
        head = f"check\n{about}\n".encode()
        return sha256(head + render.manifest).digest()

    def _namespace(self, app: str) -> str:
        return self._settings.namespaces.get(app) or "default"

    def _ask(self, render: Render) -> list[Job]:
        rules = {**self._rules, "namespace": self._namespace(render.path)}
        kernel, seconds = self._renderer.kernel, self._settings.timeout
        return [kernel.check(self._tree, rules, render.manifest, render.path, seconds)]

    def _read(self, app: str, found: Mapping[str, Any]) -> Judged:
        cluster = set(found["cluster"])
        objects = {
            i: Object(app, i, self._identify(app, data, i in cluster), data)
            for i, data in enumerate(found["objects"])
            if isinstance(data, dict)
        }
        findings = []
        for f in found["findings"]:
            about = objects.get(f["object"])
            identity = about.identity if about else None
            one = replace(_finding(f), folder=app, object=identity, index=f["object"])
            if about and one.rule.startswith(POLICY) and not one.path:
                one = replace(one, path=mentioned_field(about.data, one.what))
            findings.append(one)
        return Judged(app, tuple(objects.values()), tuple(findings))

    def _identify(self, app: str, data: Mapping[str, Any], in_cluster: bool) -> Identity:
        namespace = text(data, "metadata", "namespace") or self._namespace(app)
        return Identity(
            text(data, "apiVersion").rpartition("/")[0],
            text(data, "kind"),
            "" if in_cluster else namespace,
            text(data, "metadata", "name"),
        )


def _finding(f: Mapping[str, Any]) -> Finding:
    return Finding(
        rule=f["rule"],
        severity=Severity(f["severity"]),
        what=f["what"],
        hint=f.get("hint", ""),
        path=f.get("path", ""),
    )


def _rule_files(tree: Tree, path: str) -> Iterator[str]:
    """The files of rules in a folder and in those below it."""
    kind, name = tree.look(path).kind, path.rpartition("/")[2]
    if kind == FOLDER and name != CASES:
        for inside in tree.names(path):
            yield from _rule_files(tree, f"{path}/{inside}")
    elif kind == FILE and name.endswith(YAML) and name not in KUSTOMIZATION_NAMES:
        yield path
