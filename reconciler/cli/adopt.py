"""reconciler adopt"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer

from reconciler.cli.options import NoCache, Offline, Root
from reconciler.cli.reconciling import Names, Reconciling, Ref, reconciling
from reconciler.cli.seal.options import ContextOption, KubeconfigOption
from reconciler.cli.variables import SETTINGS
from reconciler.cluster.adoption import DEPLOYERS
from reconciler.cluster.api_client import ApiClient
from reconciler.controller.desired import wanted_objects
from reconciler.controller.sync.adopt import ObjectAdopted
from reconciler.controller.sync.adopt import adopt as adopt_objects
from reconciler.errors import printable
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.render.renderer import Renderer
from reconciler.session.opened import open_store
from reconciler.text.markdown_lists import count

EXAMPLES = """**Examples**

`reconciler adopt prod/shop --dry-run`: what kubectl, Helm, Flux or Argo CD applied of it

`reconciler adopt prod/shop`, and then `reconciler plan prod/shop`: take it over, and see what is
otherwise in Git
"""


def adopt(
    names: Names,
    ref: Ref = "",
    managers: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="MANAGER",
            help="Another field manager to take over from, such as my-deployer; once for each.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be taken over.")
    ] = False,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    root: Root = None,
    no_cache: NoCache = False,
    offline: Offline = False,
) -> None:
    """Take objects of apps over that kubectl, Helm, Flux or Argo CD applied.

    Their fields become ours without a change of the object, so no pod restarts; `plan` then shows
    what is otherwise in Git, and `apply` makes it so. What one of these still deploys is refused.
    """
    deployers = {*DEPLOYERS, *(managers or ())}
    work = reconciling(names, ref, kubeconfig, context, root, offline=offline)
    with Renderer(open_store(SETTINGS, not no_cache)) as renderer:
        for environment, entries in work.apps():
            work.run(
                environment,
                partial(
                    _adopt_all, work, renderer, deployers, environment, entries, dry_run=dry_run
                ),
            )


async def _adopt_all(
    work: Reconciling,
    renderer: Renderer,
    deployers: set[str],
    environment: Environment,
    entries: Sequence[Entry],
    client: ApiClient,
    *,
    dry_run: bool,
) -> None:
    for entry in entries:
        wanted = await wanted_objects(
            renderer, work.desired.tree, environment, entry, client.discovery
        )
        done = await adopt_objects(client, entry, wanted, deployers, dry_run=dry_run, told=_show)
        taken = sum(bool(one.adopted.managers) for one in done)
        would = "would be taken over" if dry_run else "taken over"
        said = f"{entry}: {count(taken, 'object')} of {len(wanted):,} {would}"
        typer.echo(typer.style(said, bold=True))


def _show(done: ObjectAdopted) -> None:
    if done.adopted.managers:
        typer.echo(printable(f"  {done.identity} from {', '.join(done.adopted.managers)}"))
    if done.adopted.left:
        who = ", ".join(done.adopted.left)
        typer.echo(
            printable(f"  {done.identity}: {who} holds fields by another version of its kind")
        )
