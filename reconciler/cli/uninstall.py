"""reconciler uninstall"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer

from reconciler.cli.options import Offline, Root
from reconciler.cli.reconciling import (
    Names,
    OwnRights,
    Reconciling,
    Ref,
    reconciling,
    show_done,
    summary,
)
from reconciler.cli.seal.options import ContextOption, KubeconfigOption
from reconciler.cli.variables import SETTINGS
from reconciler.cluster.api_client import ApiClient
from reconciler.controller.app import AppInCluster, Desired
from reconciler.controller.sync.object_done import all_good
from reconciler.controller.sync.sync_plan import SyncStep
from reconciler.errors import CheckFailed, UsageError, printable
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
    good = True
    with Renderer(open_store(SETTINGS)) as renderer:
        for environment, entries in work.apps():
            remove = partial(_remove_all, work, renderer, environment, entries)
            good &= work.run(environment, remove)
    if not good:
        raise typer.Exit(CheckFailed.exit_code)


async def _remove_all(
    work: Reconciling,
    renderer: Renderer,
    environment: Environment,
    entries: Sequence[Entry],
    client: ApiClient,
) -> bool:
    apps = [work.app(client, environment, entry) for entry in entries]
    return all([await _remove(app, renderer, work.desired) for app in apps])


async def _remove(app: AppInCluster, renderer: Renderer, desired: Desired) -> bool:
    plan = await app.plan_removal(renderer, desired)
    done = await app.sync(plan, desired, all_may_go=True, told=show_done)
    await app.forget()
    typer.echo(typer.style(f"{app.entry}: {summary(done, 0)}", bold=True))
    for kept in plan.of(SyncStep.keep, SyncStep.ask):
        typer.echo(f"  {kept.identity} stays: {printable(kept.why)}")
    return all_good(done)
