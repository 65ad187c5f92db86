"""reconciler status"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import typer

from reconciler.cli.options import DataOutput, DataOutputOption, Offline, Root
from reconciler.cli.output import write_apps
from reconciler.cli.reconciling import Names, Reconciling, reconciling
from reconciler.cli.seal.options import ContextOption, KubeconfigOption
from reconciler.cluster.api_client import ApiClient
from reconciler.controller.sync.app_status import AppStatus
from reconciler.errors import CheckFailed, printable
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment

EXAMPLES = """**Examples**

`reconciler status prod`: how all apps of prod are in their cluster

`reconciler status prod/shop -o json`: one app, for programs
"""


def status(
    names: Names,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    output: DataOutputOption = DataOutput.text,
    root: Root = None,
    offline: Offline = False,
) -> None:
    """Show how what was applied of apps is in the cluster, and why what is not well is not.

    The exit code is 1 if something is missing or not well.
    """
    work = reconciling(names, "", kubeconfig, context, root, offline=offline)
    found: list[tuple[Entry, AppStatus]] = []
    for environment, entries in work.apps():
        found += work.run(environment, partial(_look, work, environment, entries))
    if output is not DataOutput.text:
        write_apps(output, (_document(*one) for one in found))
    else:
        for entry, one in found:
            for line in status_lines(entry, one):
                typer.echo(printable(line))
    if not all(one.is_healthy for _, one in found):
        raise typer.Exit(CheckFailed.exit_code)


async def _look(
    work: Reconciling, environment: Environment, entries: Sequence[Entry], client: ApiClient
) -> list[tuple[Entry, AppStatus]]:
    return [
        (entry, await work.app(client, environment, entry).status(work.desired))
        for entry in entries
    ]


def status_lines(entry: Entry, found: AppStatus) -> Iterator[str]:
    """One line where all is well, and one more for each object that is not."""
    yield f"{entry}: {found.says}"
    yield from (f"  {problem}" for problem in found.problems)


def _document(entry: Entry, found: AppStatus) -> dict[str, Any]:
    return {
        "environment": entry.environment,
        "app": entry.app,
        "healthy": found.is_healthy,
        "objects": [
            {
                "group": i.group,
                "kind": i.kind,
                "namespace": i.namespace or None,
                "name": i.name,
                "state": state,
                "reason": reason or None,
            }
            for i, state, reason in sorted(
                [
                    *((i, s.state.value, s.reason) for i, s in found.objects.items()),
                    *((i, "missing", "") for i in found.missing),
                ]
            )
        ],
    }
