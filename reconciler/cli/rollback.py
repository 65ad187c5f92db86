"""reconciler rollback"""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from reconciler.cli.done_lines import show_done, summary
from reconciler.cli.options import DataOutput, DataOutputOption, NoCache, Offline, Root
from reconciler.cli.outcomes import AppDone, end_as
from reconciler.cli.output import for_people, write_apps
from reconciler.cli.reconciling import (
    OneApp,
    Reconciling,
    checking_renderer,
    reconciling,
)
from reconciler.cli.seal.options import ContextOption, KubeconfigOption
from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.inventory.record import About
from reconciler.controller.app import AppInCluster
from reconciler.controller.desired import rendered_digests
from reconciler.controller.sync.sync_plan import SyncStep
from reconciler.errors import ReconcilerError, UsageError
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
    output: DataOutputOption = DataOutput.text,
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
        commit, done = work.one_app(partial(_roll_back, work, renderer, to, output))
    if output is not DataOutput.text:
        write_apps(output, [{**done.document(commit), "instead_of": work.desired.commit}])
    end_as([done])


async def _roll_back(
    work: Reconciling,
    renderer: Renderer,
    to: str,
    output: DataOutput,
    app: AppInCluster,
    about: About,
    _: ApiClient,
) -> tuple[str, AppDone]:
    """The commit to which it went, and what came of it."""
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
    try:
        plan = await app.plan(renderer, desired)
        done = await app.sync(plan, desired, instead_of=now, told=for_people(output, show_done))
    except ReconcilerError as e:
        return commit, AppDone(app.entry, error=e)
    for_people(output, typer.echo)(
        typer.style(
            f"{app.entry}: {commit[:10]} instead of {work.desired.commit[:10]}: "
            f"{summary(done, len(plan.of(SyncStep.same)))}",
            bold=True,
        )
    )
    return commit, AppDone(app.entry, plan, done)
