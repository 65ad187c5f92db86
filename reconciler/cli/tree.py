"""reconciler tree"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from reconciler.cli.options import DataOutput, DataOutputOption, Offline, Root
from reconciler.cli.output import write_data
from reconciler.cli.reconciling import OneApp, reconciling
from reconciler.cli.seal.options import ContextOption, KubeconfigOption
from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.inventory.record import About
from reconciler.cluster.reconciled_apps import app_key
from reconciler.compare.as_json import identity_document
from reconciler.controller.app import AppInCluster
from reconciler.controller.inspection.object_tree import (
    MISSING,
    UNKNOWN,
    ObjectTree,
    TreeNode,
    tree_of,
)
from reconciler.errors import printable
from reconciler.text.durations import since

EXAMPLES = """**Examples**

`reconciler tree prod/shop`: its objects, and the pods below them, with what is wrong with each

`reconciler tree prod/shop --all`: with old ReplicaSets and revisions, too
"""
COLOURS = {
    "healthy": "green",
    "progressing": "yellow",
    "degraded": "red",
    MISSING: "red",
    UNKNOWN: "yellow",
}


def tree(
    name: OneApp,
    all_: Annotated[
        bool, typer.Option("--all", help="With what is of the past: old ReplicaSets, revisions.")
    ] = False,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    output: DataOutputOption = DataOutput.text,
    root: Root = None,
    offline: Offline = False,
) -> None:
    """Show the objects of an app and below each what it made, with state, age and reason."""
    work = reconciling([name], "", kubeconfig, context, root, offline=offline, gone_too=True)

    async def look(
        app: AppInCluster, about: About, client: ApiClient
    ) -> tuple[AppInCluster, About, ObjectTree]:
        found = await tree_of(
            client, app.items.values(), app_key(app.entry), app.status_rules, whole=all_
        )
        return app, about, found

    app, about, found = work.one_app(look)
    if output is not DataOutput.text:
        write_data(
            output,
            {
                "version": 1,
                "environment": app.entry.environment,
                "app": app.entry.app,
                "commit": about.commit,
                "objects": [_document(one) for one in found.roots],
                "unseen": [one.as_json() for one in found.unseen],
            },
        )
        return
    typer.echo(typer.style(f"{app.entry} at {about.commit[:10]}", bold=True))
    for line in tree_lines(found.roots, datetime.now(UTC)):
        typer.echo(line)
    for unseen in found.unseen:
        typer.echo(printable(str(unseen)))


def tree_lines(roots: Sequence[TreeNode], now: datetime) -> Iterator[str]:
    """The states one below the other, however deep the objects are."""
    rows = list(_rows(roots, ""))
    width = max((len(label) for label, _ in rows), default=0)
    for label, node in rows:
        state = typer.style(node.state, fg=COLOURS.get(node.state))
        rest = (
            f"{'':{11 - len(node.state)}}  {since(node.made_at, now):>9}  {printable(node.reason)}"
        )
        yield f"{label:{width}}  {state}{rest.rstrip()}"


def _rows(nodes: Sequence[TreeNode], indent: str) -> Iterator[tuple[str, TreeNode]]:
    for node in nodes:
        is_last = node is nodes[-1]
        name = node.identity.short if indent else str(node.identity)
        yield f"{indent}{'└── ' if is_last else '├── '}{printable(name)}", node
        yield from _rows(node.children, indent + ("    " if is_last else "│   "))


def _document(node: TreeNode) -> dict[str, Any]:
    return {
        **identity_document(node.identity),
        "state": node.state,
        "reason": node.reason or None,
        "created": node.made_at or None,
        "children": [_document(child) for child in node.children],
    }
