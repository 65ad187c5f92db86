"""What becomes of objects after rendering is not known here, and nothing is held against it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.mentioned_fields import texts_in
from reconciler.checks.rule import CheckRule
from reconciler.checks.world import World
from reconciler.kubernetes.objects import Object
from reconciler.trees.tree import Tree

CHARTS = CheckRule(
    "references/unseen",
    Severity.note,
    """Something is not there, unless a chart or another repository brings it.

A HelmRelease, a HelmChart, a Kustomization of Flux and an Application of Argo CD bring objects that
are rendered elsewhere. What is missing in their namespaces may be among these, so it is no mistake,
if no other name is meant.
""",
)
VARIABLES = CheckRule(
    "types/variable",
    Severity.note,
    """A variable of Flux stands where a value belongs.

`postBuild` of a Flux Kustomization puts values in after rendering. What they are is not known here.
""",
)
UNSEEN = (CHARTS, VARIABLES)

VARIABLE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*")
ANY = "*"
YAML = (".yaml", ".yml")
# By group and kind: where they say which namespace is for what they bring, if not their own.
BRINGERS = {
    ("helm.toolkit.fluxcd.io", "HelmRelease"): ("spec", "targetNamespace"),
    ("helm.cattle.io", "HelmChart"): ("spec", "targetNamespace"),
    ("kustomize.toolkit.fluxcd.io", "Kustomization"): ("spec", "targetNamespace"),
    ("argoproj.io", "Application"): ("spec", "destination", "namespace"),
}


def as_far_as_seen(findings: Iterable[Finding], world: World, tree: Tree) -> Iterator[Finding]:
    """Findings; such as need not be true become notes."""
    filled = set(_filled(world))
    objects = {(o.folder, o.index): o for o in world.objects}
    substitutes: bool | None = None
    for finding in findings:
        about = objects.get((finding.folder, finding.index))
        if about and _holds_variable(finding, about):
            if substitutes is None:
                substitutes = _uses_variables(tree)
            if substitutes:
                yield _note(finding, VARIABLES, "Flux puts in the value of a variable later")
                continue
        if finding.missing_in is not None and filled & {finding.missing_in, ANY}:
            yield _note(finding, CHARTS, "charts are not rendered, and may bring what is missing")
            continue
        yield finding


def _note(finding: Finding, rule: CheckRule, what: str) -> Finding:
    return replace(finding, rule=rule.id, severity=rule.severity, what=what, hint="")


def _filled(world: World) -> Iterator[str]:
    """The namespaces that get objects from elsewhere, and that of objects which are in none."""
    for (group, kind), path in BRINGERS.items():
        for o in world.of(kind, group=group):
            yield from ("", o.text(*path) or o.text("metadata", "namespace") or ANY)


def _holds_variable(finding: Finding, about: Object) -> bool:
    there = (t for path, t in texts_in(about.data, "") if path.startswith(finding.path))
    return any(VARIABLE.search(text) for text in (about.name, finding.what, *there))


def _uses_variables(tree: Tree) -> bool:
    return any(b"postBuild" in tree.fetch(path)[1] for path in tree.files() if path.endswith(YAML))
