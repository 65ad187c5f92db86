"""reconciler logs"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer

from reconciler.cli.options import Offline, Root, read_span
from reconciler.cli.output import show_warning
from reconciler.cli.reconciling import OneApp, reconciling
from reconciler.cli.seal.options import ContextOption, KubeconfigOption
from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.inventory.record import About
from reconciler.cluster.reconciled_apps import app_key
from reconciler.controller.app import AppInCluster
from reconciler.controller.inspection.object_tree import tree_of
from reconciler.controller.inspection.pod_logs import (
    LogLine,
    LogSource,
    LogWish,
    NoLog,
    follow_logs,
    log_sources,
    read_logs,
)
from reconciler.errors import CheckFailed, UsageError, printable
from reconciler.model.entry import Entry
from reconciler.text.suggestions import listing

EXAMPLES = """**Examples**

`reconciler logs prod/shop --since 10m`: what its pods wrote, in the order in which they did

`reconciler logs prod/shop --container web --previous`: what a container said before it crashed
"""
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def logs(
    name: OneApp,
    container: Annotated[
        str, typer.Option("--container", "-c", metavar="NAME", help="Only containers of this name.")
    ] = "",
    since: Annotated[
        str, typer.Option(metavar="TIME", help="How far back, such as 10m or 2h.")
    ] = "",
    tail: Annotated[
        int, typer.Option(metavar="LINES", min=0, help="The last lines of each container.")
    ] = 100,
    follow: Annotated[
        bool,
        typer.Option("--follow", "-f", help="Go on with what the pods write that are there now."),
    ] = False,
    previous: Annotated[
        bool, typer.Option("--previous", "-p", help="Of the containers before they restarted.")
    ] = False,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    root: Root = None,
    offline: Offline = False,
) -> None:
    """Show what all pods of an app write, each line with its pod and container.

    A container that has no log says why. The exit code is 1 if a log could not be read.
    """
    wish = LogWish(tail, read_span(since) if since else None, is_previous=previous)
    work = reconciling([name], "", kubeconfig, context, root, offline=offline, gone_too=True)
    if not work.one_app(partial(_show_all, wish, container, follow)):
        raise typer.Exit(CheckFailed.exit_code)


async def _show_all(
    wish: LogWish,
    container: str,
    follow: bool,
    app: AppInCluster,
    about: About,
    client: ApiClient,
) -> bool:
    """Whether every log that there is could be read."""
    tree = await tree_of(
        client, app.items.values(), app_key(app.entry), app.status_rules, whole=False
    )
    hidden = [one for one in tree.unseen if one.kind == "Pod"]
    for unseen in hidden:
        show_warning(printable(str(unseen)))
    sources = _chosen(app.entry, list(log_sources(tree)), container)
    failed: list[NoLog] = []

    def show(found: LogLine | NoLog) -> None:
        if isinstance(found, LogLine):
            said = COLOUR.sub("", found.text).rstrip("\r").expandtabs()
            typer.echo(printable(f"{found.source} {said}"))
            return
        show_warning(printable(f"{found.source} has no log: {found.why}"))
        if not found.is_normal:
            failed.append(found)

    if follow:
        await follow_logs(client, sources, wish, show)
    else:
        lines, without = await read_logs(client, sources, wish)
        for line in lines:
            show(line)
        for one in without:
            show(one)
    return not failed and not hidden


def _chosen(entry: Entry, sources: Sequence[LogSource], container: str) -> Sequence[LogSource]:
    if not sources:
        show_warning(f"{entry} has no pods")
    chosen = [source for source in sources if container in ("", source.container)]
    if sources and not chosen:
        names = sorted({source.container for source in sources})
        raise UsageError(
            f"no pod of {entry} has a container {container}", hint=f"there are {listing(names)}"
        )
    return chosen
