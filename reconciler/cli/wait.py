"""reconciler wait"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated

import typer

from reconciler.cli.options import DataOutput, DataOutputOption, Offline, Root, read_span
from reconciler.cli.output import waiting, write_apps
from reconciler.cli.reconciling import Names, Reconciling, reconciling
from reconciler.cli.seal.options import ContextOption, KubeconfigOption
from reconciler.cluster.api_client import ApiClient
from reconciler.controller.inspection.waiting import Goal, Waited, WaitFor, wait_for
from reconciler.errors import CheckFailed, printable
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.text.json_object import JsonObject

EXAMPLES = """**Examples**

`reconciler wait prod/shop`: until all of it is well

`reconciler wait prod --for synced --commit v1.2.0 --timeout 10m`: until that is applied

`reconciler wait dev/shop --for gone`: until nothing of it is left
"""
Told = Callable[[Sequence[tuple[Entry, Waited]]], None]


def wait(
    names: Names,
    for_: Annotated[WaitFor, typer.Option("--for", help="What to wait for.")] = WaitFor.healthy,
    commit: Annotated[
        str,
        typer.Option(
            metavar="REV",
            help="The commit that must be applied, or a later one; for synced otherwise HEAD.",
            show_default=False,
        ),
    ] = "",
    timeout: Annotated[
        str, typer.Option(metavar="TIME", help="How long, such as 90s or 10m.")
    ] = "300s",
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    output: DataOutputOption = DataOutput.text,
    root: Root = None,
    offline: Offline = False,
) -> None:
    """Wait until apps are well, until a commit of them is applied, or until they are gone.

    The exit code is 1 when the time is up, and what was waited for is named, with the reason.
    """
    end = time.monotonic() + read_span(timeout).total_seconds()
    is_gone = for_ is WaitFor.gone
    work = reconciling(names, commit, kubeconfig, context, root, offline=offline, gone_too=is_gone)
    asks_commit = bool(commit) or for_ is WaitFor.synced
    goal = Goal(for_, work.holds if asks_commit else None)
    found: dict[Entry, Waited] = {}
    with waiting() as show:

        def told(open_: Sequence[tuple[Entry, Waited]]) -> None:
            show("; ".join(f"{entry}: {waited.says}" for entry, waited in open_))

        for environment, entries in work.apps():
            look = partial(_wait, work, goal, end, told, environment, entries)
            found |= work.run(environment, look)
    if output is not DataOutput.text:
        write_apps(output, (_document(*one) for one in found.items()))
    else:
        for entry, waited in found.items():
            _show(entry, waited, for_)
    if not all(waited.is_done for waited in found.values()):
        raise typer.Exit(CheckFailed.exit_code)


async def _wait(
    work: Reconciling,
    goal: Goal,
    end: float,
    told: Told,
    environment: Environment,
    entries: Sequence[Entry],
    client: ApiClient,
) -> dict[Entry, Waited]:
    apps = {entry: work.app(client, environment, entry) for entry in entries}
    looks = {e: partial(goal.look, client, app, work.desired) for e, app in apps.items()}
    return await wait_for(looks, end - time.monotonic(), told)


def _show(entry: Entry, waited: Waited, wanted: WaitFor) -> None:
    end = "" if waited.is_done else f", and not {wanted} when the time was up"
    typer.echo(printable(f"{entry}: {waited.says}{end}"))
    for why in () if waited.is_done else waited.why:
        typer.echo(printable(f"  {why}"))


def _document(entry: Entry, waited: Waited) -> JsonObject:
    return {
        "environment": entry.environment,
        "app": entry.app,
        "done": waited.is_done,
        "says": waited.says,
        "why": list(waited.why),
    }
