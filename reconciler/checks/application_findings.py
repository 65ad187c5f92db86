"""What Argo CD is told of an app, held against what its render looks at."""

from __future__ import annotations

from collections.abc import Iterator

from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule
from reconciler.errors import Place
from reconciler.model.entry import Entry
from reconciler.model.files import read
from reconciler.model.paths import ARGOCD_FOLDER, argocd_app_file, argocd_file
from reconciler.render.renderer import Render
from reconciler.render.watched_paths import uncovered, watched
from reconciler.trees.tree import FILE, FOLDER, Tree
from reconciler.yaml.nodes import YamlText

APPLICATION = CheckRule(
    "argocd/application",
    Severity.error,
    """Argo CD runs other apps of this repository, and not this one.

`environments/argocd/` holds a file for each environment and each app, from which Argo CD makes
Applications. An app without one runs nowhere. `reconciler argocd apps` writes it.
""",
)
GENERATE_PATHS = CheckRule(
    "argocd/generate-paths",
    Severity.error,
    """A render looks at a path that Argo CD does not watch for the app.

When a commit changes nothing below the paths of `manifest-generate-paths`, Argo CD serves what was
generated before. So a change of a path that is missing there would reach nobody.
`reconciler argocd apps` writes the paths that the app's render looks at.
""",
)
APPLICATIONS = (APPLICATION, GENERATE_PATHS)
FEW = 3


def application_findings(tree: Tree, render: Render, entry: Entry) -> Iterator[Finding]:
    """What is to be said of one app, where there is Argo CD at all."""
    if tree.look(ARGOCD_FOLDER).kind != FOLDER:
        return
    hint = f"reconciler argocd apps {entry.environment}"
    for file in (argocd_file(entry.environment), argocd_app_file(entry.environment, entry.app)):
        if tree.look(file).kind != FILE:
            what = f"Argo CD does not run this app: there is no {file}"
            yield _finding(APPLICATION, render, Place(render.path), what, hint)
            return
    items, where = told_paths(tree, argocd_app_file(entry.environment, entry.app))
    missing = uncovered(items, watched(tree, render.path, render.paths))
    if missing:
        more = f" and {len(missing) - FEW} more" if len(missing) > FEW else ""
        what = f"the app reads what Argo CD does not watch: {', '.join(missing[:FEW])}{more}"
        yield _finding(GENERATE_PATHS, render, where, what, hint)


def told_paths(tree: Tree, file: str) -> tuple[list[str], Place]:
    """The paths in an app's file, as they are called in the tree, and where they stand."""
    source = YamlText(file)
    node = source.document(read(tree, file))
    if isinstance(node, MappingNode):
        for name, key, value in source.entries(node):
            if name == "paths" and isinstance(value, SequenceNode):
                items = [n.value for n in value.value if isinstance(n, ScalarNode)]
                return [item.strip("/") for item in items], source.place(key)
    return [], Place(file)


def _finding(rule: CheckRule, render: Render, where: Place, what: str, hint: str) -> Finding:
    return Finding(rule.id, rule.severity, what, hint, folder=render.path, where=where)
