"""reconciler events"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from reconciler.cli.options import DataOutput, DataOutputOption, Offline, Root, read_span
from reconciler.cli.output import write_data
from reconciler.cli.reconciling import OneApp, reconciling
from reconciler.cli.seal.options import ContextOption, KubeconfigOption
from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.inventory.record import About
from reconciler.cluster.reconciled_apps import app_key
from reconciler.compare.as_json import identity_document
from reconciler.controller.app import AppInCluster
from reconciler.controller.inspection.events import ClusterEvent, events_of
from reconciler.controller.inspection.live_objects import Unseen
from reconciler.controller.inspection.object_tree import tree_of
from reconciler.errors import printable
from reconciler.text.durations import age

EXAMPLES = """**Examples**

`reconciler events prod/shop`: what the cluster tells of its objects and their pods

`reconciler events prod/shop --since 10m`: of the last ten minutes
"""
COLOURS = {"Warning": "yellow"}


def events(
    name: OneApp,
    since: Annotated[
        str, typer.Option(metavar="TIME", help="How far back, such as 10m or 2h.")
    ] = "",
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    output: DataOutputOption = DataOutput.text,
    root: Root = None,
    offline: Offline = False,
) -> None:
    """Show the events of an app's objects and of what they made, the newest last.

    A cluster keeps its events for an hour, unless it is told otherwise.
    """
    now = datetime.now(UTC)
    start = now - read_span(since) if since else None
    work = reconciling([name], "", kubeconfig, context, root, offline=offline, gone_too=True)

    async def look(
        app: AppInCluster, about: About, client: ApiClient
    ) -> tuple[AppInCluster, list[ClusterEvent], tuple[Unseen, ...]]:
        tree = await tree_of(
            client, app.items.values(), app_key(app.entry), app.status_rules, whole=True
        )
        found, unseen = await events_of(client, tree)
        return app, found, tuple(sorted({*tree.unseen, *unseen}))

    app, found, unseen = work.one_app(look)
    shown = [event for event in found if start is None or event.last >= start]
    if output is not DataOutput.text:
        write_data(
            output,
            {
                "version": 1,
                "environment": app.entry.environment,
                "app": app.entry.app,
                "events": [_document(event) for event in shown],
                "unseen": [one.as_json() for one in unseen],
            },
        )
        return
    if not shown:
        typer.echo(f"{app.entry}: no events" + f" in the last {since}" * bool(since))
    for line in _lines(shown, now):
        typer.echo(line)
    for one in unseen:
        typer.echo(printable(str(one)))


def _lines(events: Sequence[ClusterEvent], now: datetime) -> Iterator[str]:
    """Columns as wide as what is in them."""
    rows = [
        (
            age(now - event.last),
            printable(event.type),
            printable(event.reason) + (f" x{event.count:,}" if event.count > 1 else ""),
            printable(event.identity.short),
            printable(" ".join(event.message.split())),
        )
        for event in events
    ]
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(4)]
    for time, type_, reason, who, message in rows:
        kind = typer.style(f"{type_:{widths[1]}}", fg=COLOURS.get(type_))
        yield (
            f"{time:>{widths[0]}}  {kind}  {reason:{widths[2]}}  {who:{widths[3]}}  {message}"
        ).rstrip()


def _document(event: ClusterEvent) -> dict[str, Any]:
    return {
        **identity_document(event.identity),
        "type": event.type,
        "reason": event.reason,
        "message": event.message,
        "source": event.source or None,
        "first": event.first.isoformat(),
        "last": event.last.isoformat(),
        "count": event.count,
    }
