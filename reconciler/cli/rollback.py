"""reconciler rollback"""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from reconciler.cli.options import NoCache, Offline, Root
from reconciler.cli.reconciling import (
    OneApp,
    Reconciling,
    checking_renderer,
    reconciling,
    show_done,
    summary,
)
from reconciler.cli.seal.options import ContextOption, KubeconfigOption
from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.inventory.record import About
from reconciler.controller.app import AppInCluster
from reconciler.controller.desired import rendered_digests
from reconciler.controller.sync.sync_plan import SyncStep
from reconciler.errors import CheckFailed, UsageError
from reconciler.git.repository import Repository
from reconciler.render.renderer import Renderer

EXAMPLES = """**Examples**

`reconciler rollback prod/shop`: at once to the commit with which all of it was last well

`reconciler rollback prod/shop --to 1a2b3c4`: to any commit that this clone has

`reconciler promote rollback prod shop`: have Git say so, too; until then this lasts until Git
renders something else
"""


def rollback(
    name: OneApp,
    to: Annotated[
        str,
        typer.Option(
            metavar="REV",
            help="A commit; otherwise the last one with which all was well.",
            show_default=False,
        ),
    ] = "",
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    root: Root = None,
    no_cache: NoCache = False,
    offline: Offline = False,
) -> None:
    """Apply an earlier commit of one app, at once and in the cluster alone.

    A running reconciler leaves it so until Git renders something else. What a newer release did
    to its data stays as it is.
    """
    work = reconciling([name], "", kubeconfig, context, root, offline=offline)
    with checking_renderer(work.kernel, cache=not no_cache) as renderer:
        good = work.one_app(partial(_roll_back, work, renderer, to))
    if not good:
        raise typer.Exit(CheckFailed.exit_code)


async def _roll_back(
    work: Reconciling, renderer: Renderer, to: str, app: AppInCluster, about: About, _: ApiClient
) -> bool:
    commit = Repository(work.path).resolve(to) if to else about.well
    if not commit:
        raise UsageError(
            f"it is not known when {app.entry} was last well",
            why="that is remembered by reconciler run, and by reconciler apply --wait",
            hint="name a commit with --to",
        )
    if not to and commit == about.commit:
        raise UsageError(
            f"{commit[:10]} is what runs, and with which {app.entry} was last well",
            hint="name another commit with --to",
        )
    now = rendered_digests(renderer, work.desired.tree, [app.entry]).get(app.entry, "")
    desired = work.desired_at(commit)
    plan = await app.plan(renderer, desired)
    done = await app.sync(plan, desired, instead_of=now, told=show_done)
    typer.echo(
        typer.style(
            f"{app.entry}: {commit[:10]} instead of {work.desired.commit[:10]}: "
            f"{summary(done, len(plan.of(SyncStep.same)))}",
            bold=True,
        )
    )
    return all(one.is_good for one in done)
