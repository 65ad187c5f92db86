"""reconciler resume"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import typer

from reconciler.cli.options import Offline, Root
from reconciler.cli.reconciling import Names, reconciling
from reconciler.cli.seal.options import ContextOption, KubeconfigOption
from reconciler.cluster.api_client import ApiClient
from reconciler.controller.reporting.app_wishes import resume as resume_app
from reconciler.model.entry import Entry

EXAMPLES = """**Examples**

`reconciler resume prod/shop`: let it be changed again; what Git says meanwhile is applied at once
"""


def resume(
    names: Names,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    root: Root = None,
    offline: Offline = False,
) -> None:
    """End the suspension of apps."""
    work = reconciling(names, "", kubeconfig, context, root, offline=offline)
    for environment, entries in work.apps():
        work.run(environment, partial(_resume_all, entries))


async def _resume_all(entries: Sequence[Entry], client: ApiClient) -> None:
    for entry in entries:
        was = await resume_app(client, entry)
        typer.echo(f"{entry} {'is resumed' if was else 'was not suspended'}")
