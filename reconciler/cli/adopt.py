"""reconciler adopt"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from reconciler.cli.options import DataOutput, DataOutputOption, NoCache, Offline, Root
from reconciler.cli.outcomes import end_as, show_failure
from reconciler.cli.output import for_people, write_apps
from reconciler.cli.reconciling import Names, Reconciling, Ref, reconciling
from reconciler.cli.seal.options import ContextOption, KubeconfigOption
from reconciler.cli.variables import SETTINGS
from reconciler.cluster.adoption import DEPLOYERS
from reconciler.cluster.api_client import ApiClient
from reconciler.controller.app import AppInCluster
from reconciler.controller.desired import WantedObject, wanted_objects
from reconciler.controller.sync.adopt import ObjectAdopted
from reconciler.controller.sync.adopt import adopt as adopt_objects
from reconciler.controller.sync.as_documents import adopted_document
from reconciler.errors import ReconcilerError, printable
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.render.renderer import Renderer
from reconciler.session.opened import open_store
from reconciler.text.json_object import JsonObject
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
    output: DataOutputOption = DataOutput.text,
    root: Root = None,
    no_cache: NoCache = False,
    offline: Offline = False,
) -> None:
    """Take objects of apps over that kubectl, Helm, Flux or Argo CD applied.

    Their fields become ours without a change of the object, so no pod restarts; `plan` then shows
    what is otherwise in Git, and `apply` makes it so. What one of these still deploys is refused.
    """
    work = reconciling(names, ref, kubeconfig, context, root, offline=offline)
    wanted = _Wanted({*DEPLOYERS, *(managers or ())}, dry_run, output)
    adopted: list[_Adopted] = []
    with Renderer(open_store(SETTINGS, not no_cache)) as renderer:
        for environment, entries in work.apps():
            adopt_all = partial(_adopt_all, work, renderer, wanted, environment, entries)
            adopted += work.run(environment, adopt_all)
    if output is not DataOutput.text:
        write_apps(output, (one.document(work.desired.commit, dry_run) for one in adopted))
    end_as(adopted)


@dataclass(frozen=True, slots=True)
class _Wanted:
    deployers: set[str]
    dry_run: bool
    output: DataOutput


@dataclass(frozen=True, slots=True)
class _Adopted:
    entry: Entry
    done: Sequence[ObjectAdopted] = ()
    error: ReconcilerError | None = None

    @property
    def is_good(self) -> bool:
        return self.error is None

    def document(self, commit: str, dry_run: bool) -> JsonObject:
        return adopted_document(self.entry, commit, self.done, self.error, dry_run=dry_run)


async def _adopt_all(
    work: Reconciling,
    renderer: Renderer,
    wanted: _Wanted,
    environment: Environment,
    entries: Sequence[Entry],
    client: ApiClient,
) -> list[_Adopted]:
    """What is wrong with one app holds up no other."""
    adopted = []
    for entry in entries:
        try:
            objects = await wanted_objects(
                renderer, work.desired.tree, environment, entry, client.discovery
            )
            app = work.app(client, environment, entry)
            adopted.append(await _adopt(work, client, app, objects, wanted))
        except ReconcilerError as e:
            adopted.append(_Adopted(entry, error=e))
            if wanted.output is DataOutput.text and len(work.entries) > 1:
                show_failure(f"{entry}: not taken over", e)
    return adopted


async def _adopt(
    work: Reconciling,
    client: ApiClient,
    app: AppInCluster,
    objects: Collection[WantedObject],
    wanted: _Wanted,
) -> _Adopted:
    """What somebody changed of an app that is applied already would be ours, and so no drift."""
    entry = app.entry
    take = partial(adopt_objects, client, entry, objects, wanted.deployers)
    done = await take(dry_run=True)
    if done and not wanted.dry_run:
        await app.doubt({one.identity for one in done}, work.desired)
        done = await take()
    for one in done:
        for_people(wanted.output, _show)(one)
    taken = sum(bool(one.adopted.managers) for one in done)
    would = "would be taken over" if wanted.dry_run else "taken over"
    said = f"{entry}: {count(taken, 'object')} of {len(objects):,} {would}"
    for_people(wanted.output, typer.echo)(typer.style(said, bold=True))
    return _Adopted(entry, done)


def _show(done: ObjectAdopted) -> None:
    if done.adopted.managers:
        typer.echo(printable(f"  {done.identity} from {', '.join(done.adopted.managers)}"))
    if done.adopted.left:
        who = ", ".join(done.adopted.left)
        typer.echo(
            printable(f"  {done.identity}: {who} holds fields by another version of its kind")
        )
    if done.adopted.beside:
        typer.echo(
            printable(f"  {done.identity}: {', '.join(done.adopted.beside)} holds fields, too")
        )
