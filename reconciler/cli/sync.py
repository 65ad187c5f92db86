"""reconciler sync"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer

from reconciler.cli.options import Offline, Root
from reconciler.cli.reconciling import Names, reconciling
from reconciler.cli.seal.options import ContextOption, KubeconfigOption
from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.status.state import condition
from reconciler.controller.reporting.app_wishes import request_sync, wait_for_sync
from reconciler.errors import CheckFailed, printable
from reconciler.model.entry import Entry

EXAMPLES = """**Examples**

`reconciler sync prod/shop`: have the running reconciler sync it now, and wait for that
"""


def sync(
    names: Names,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=1, help="How long to wait for each app.")
    ] = 120.0,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    root: Root = None,
    offline: Offline = False,
) -> None:
    """Ask a running reconciler to sync apps now, outside their hours, too.

    It syncs to what it has of Git; what somebody changed by hand is set back where the environment
    wants that. The exit code is 1 if not all of it went well.
    """
    work = reconciling(names, "", kubeconfig, context, root, offline=offline)
    good = True
    for environment, entries in work.apps():
        good &= work.run(environment, partial(_sync_all, entries, timeout))
    if not good:
        raise typer.Exit(CheckFailed.exit_code)


async def _sync_all(entries: Sequence[Entry], timeout: float, client: ApiClient) -> bool:
    marks = {entry: await request_sync(client, entry) for entry in entries}
    good = True
    for entry, mark in marks.items():
        found = await wait_for_sync(client, entry, mark, timeout)
        ready = condition(found, "Ready")
        said = f"{ready.reason}, {ready.message}" if ready else "nothing is said of it"
        typer.echo(printable(f"{entry}: {said}"))
        good &= ready is not None and ready.is_true
    return good
