"""reconciler resume"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import typer

from reconciler.cli.options import DataOutput, DataOutputOption, Offline, Root
from reconciler.cli.output import for_people, write_apps
from reconciler.cli.reconciling import Names, reconciling
from reconciler.cli.seal.options import ContextOption, KubeconfigOption
from reconciler.cli.suspend import suspension_document
from reconciler.cluster.api_client import ApiClient
from reconciler.controller.reporting.app_wishes import resume as resume_app
from reconciler.controller.why_held import Suspension
from reconciler.model.entry import Entry
from reconciler.text.json_object import JsonObject

EXAMPLES = """**Examples**

`reconciler resume prod/shop`: let it be changed again; what Git says meanwhile is applied at once
"""


def resume(
    names: Names,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    output: DataOutputOption = DataOutput.text,
    root: Root = None,
    offline: Offline = False,
) -> None:
    """End the suspension of apps."""
    work = reconciling(names, "", kubeconfig, context, root, offline=offline)
    say = for_people(output, typer.echo)
    apps: list[JsonObject] = []
    for environment, entries in work.apps():
        apps += work.run(environment, partial(_resume_all, entries, say))
    if output is not DataOutput.text:
        write_apps(output, apps)


async def _resume_all(
    entries: Sequence[Entry], say: Callable[[str], None], client: ApiClient
) -> list[JsonObject]:
    apps = []
    for entry in entries:
        before = await resume_app(client, entry)
        say(f"{entry} {'is resumed' if before else 'was not suspended'}")
        was = before is not None
        apps.append(suspension_document(entry, before or Suspension(), was=was))
    return apps
