"""reconciler uninstall"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer

from reconciler.cli.done_lines import show_done, summary
from reconciler.cli.options import DataOutput, DataOutputOption, Offline, Root
from reconciler.cli.outcomes import AppDone, end_as, show_failure
from reconciler.cli.output import for_people, write_apps
from reconciler.cli.reconciling import (
    Names,
    OwnRights,
    Reconciling,
    Ref,
    reconciling,
)
from reconciler.cli.seal.options import ContextOption, KubeconfigOption
from reconciler.cli.variables import SETTINGS
from reconciler.cluster.api_client import ApiClient
from reconciler.controller.app import AppInCluster, Desired
from reconciler.controller.sync.object_done import ObjectDone
from reconciler.controller.sync.sync_plan import SyncPlan, SyncStep
from reconciler.errors import ReconcilerError, UsageError, printable
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.render.renderer import Renderer
from reconciler.session.opened import open_store

EXAMPLES = """**Examples**

`reconciler uninstall dev/shop --yes`: delete what was applied of one app
"""


def uninstall(
    names: Names,
    yes: Annotated[bool, typer.Option("--yes", help="It is meant.")] = False,
    ref: Ref = "",
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    output: DataOutputOption = DataOutput.text,
    own_rights: OwnRights = False,
    root: Root = None,
    offline: Offline = False,
) -> None:
    """Delete from a cluster what was applied of apps, and nothing else.

    An app that its environment does not run any more can be named, too.
    Namespaces, claims, volumes and definitions stay: with them goes what nobody can bring back.
    """
    work = reconciling(
        *(names, ref, kubeconfig, context, root),
        offline=offline,
        gone_too=True,
        own_rights=own_rights,
    )
    if not yes:
        apps = ", ".join(map(str, work.entries))
        raise UsageError(f"this deletes all objects of {apps}", hint="say --yes if it is meant")
    removed: list[AppDone] = []
    with Renderer(open_store(SETTINGS)) as renderer:
        for environment, entries in work.apps():
            remove = partial(_remove_all, work, renderer, output, environment, entries)
            removed += work.run(environment, remove)
    if output is not DataOutput.text:
        write_apps(output, (one.document(work.desired.commit) for one in removed))
    end_as(removed)


async def _remove_all(
    work: Reconciling,
    renderer: Renderer,
    output: DataOutput,
    environment: Environment,
    entries: Sequence[Entry],
    client: ApiClient,
) -> list[AppDone]:
    """What is wrong with one app holds up no other."""
    apps = [work.app(client, environment, entry) for entry in entries]
    removed = []
    for app in apps:
        try:
            removed.append(await _remove(app, renderer, work.desired, output))
        except ReconcilerError as e:
            removed.append(AppDone(app.entry, error=e))
            if output is DataOutput.text and len(work.entries) > 1:
                show_failure(f"{app.entry}: not uninstalled", e)
    return removed


async def _remove(
    app: AppInCluster, renderer: Renderer, desired: Desired, output: DataOutput
) -> AppDone:
    plan = await app.plan_removal(renderer, desired)
    told = for_people(output, show_done)
    done = await app.sync(plan, desired, all_may_go=True, told=told)
    await app.forget()
    if output is DataOutput.text:
        _show(app.entry, plan, done)
    return AppDone(app.entry, plan, done)


def _show(entry: Entry, plan: SyncPlan, done: Sequence[ObjectDone]) -> None:
    typer.echo(typer.style(f"{entry}: {summary(done, 0)}", bold=True))
    for kept in plan.of(SyncStep.keep, SyncStep.ask):
        typer.echo(f"  {kept.identity} stays: {printable(kept.why)}")
