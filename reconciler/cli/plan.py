"""reconciler plan"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from reconciler.cli.diff import styled
from reconciler.cli.options import DataOutput, DataOutputOption, NoCache, Offline, Root
from reconciler.cli.output import for_people, show_error, write_apps
from reconciler.cli.plan_files import save_plans
from reconciler.cli.reconciling import Names, Reconciling, Ref, reconciling
from reconciler.cli.seal.options import ContextOption, KubeconfigOption
from reconciler.cli.variables import SETTINGS
from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.treatment import HookPhase
from reconciler.compare.as_text import counts_text, difference_lines
from reconciler.controller.desired import manager_of
from reconciler.controller.sync.as_documents import plan_document
from reconciler.controller.sync.preview import Preview, preview
from reconciler.controller.sync.saved_plan import SavedPlan, saved
from reconciler.controller.sync.sync_plan import SyncPlan, SyncStep
from reconciler.errors import CheckFailed, printable
from reconciler.kubernetes.structure import Structure, read_structure
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.render.renderer import Renderer
from reconciler.session.opened import open_store
from reconciler.text.diff_lines import ADDED, Line

EXAMPLES = """**Examples**

`reconciler plan prod`: what reconciler apply prod would change in the cluster

`reconciler plan prod/shop --ref origin/main`: of one app, as the main branch has it

`reconciler plan prod --save prod.plan`, and then `reconciler apply --plan prod.plan`: what was
looked at is what is applied, or nothing is
"""


def plan(
    names: Names,
    ref: Ref = "",
    save: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help="Write the plan to this file: reconciler apply --plan does just that, or nothing.",
            show_default=False,
        ),
    ] = "",
    output: DataOutputOption = DataOutput.text,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    root: Root = None,
    no_cache: NoCache = False,
    offline: Offline = False,
) -> None:
    """Show what apply would change in the cluster, by object and field; nothing is written.

    What somebody changed there by hand shows as what would set it back. The exit code is 1 if
    something would change.
    """
    work = reconciling(names, ref, kubeconfig, context, root, offline=offline)
    plans: list[_Planned] = []
    with Renderer(open_store(SETTINGS, not no_cache)) as renderer:
        structure = read_structure(renderer.kernel.structure())
        for environment, entries in work.apps():
            shown = for_people(output, _show)
            look = partial(_look, work, renderer, structure, shown, environment, entries)
            plans += work.run(environment, look)
    if output is not DataOutput.text:
        commit = work.desired.commit
        documents = (plan_document(one.entry, commit, one.plan, one.preview) for one in plans)
        write_apps(output, documents)
    if save:
        save_plans(save, [one.saved for one in plans])
    if not all(one.plan.is_empty for one in plans):
        raise typer.Exit(CheckFailed.exit_code)


@dataclass(frozen=True, slots=True)
class _Planned:
    entry: Entry
    plan: SyncPlan
    preview: Preview
    saved: SavedPlan


async def _look(
    work: Reconciling,
    renderer: Renderer,
    structure: Structure,
    show: Callable[[_Planned], None],
    environment: Environment,
    entries: Sequence[Entry],
    client: ApiClient,
) -> list[_Planned]:
    """Each is shown as soon as it is known."""
    done = []
    for entry in entries:
        app = work.app(client, environment, entry)
        planned = await app.plan(renderer, work.desired)
        recreate = environment.reconcile.recreate
        found = await preview(client, planned, manager_of(entry), structure, recreate)
        about = saved(entry, work.desired.commit, await app.place(work.desired), planned)
        done.append(_Planned(entry, planned, found, about))
        show(done[-1])
    return done


def _show(one: _Planned) -> None:
    entry, planned, found = one.entry, one.plan, one.preview
    counts = counts_text(found.difference.counts())
    same = len(planned.of(SyncStep.same))
    typer.echo(typer.style(f"{entry}  {counts}, {same:,} as they are", bold=True))
    lines: Iterator[Line]
    if all(change.before is None for change in found.difference.objects):
        lines = (Line(ADDED, str(change.identity)) for change in found.difference.objects)
    else:
        lines = difference_lines(found.difference)
    for line in lines:
        typer.echo(styled(line))
    for field in found.held:
        when = f" at {field.time}" if field.time else ""
        typer.echo(printable(f"  {field.identity}: {field.manager} wrote {field.field}{when}"))
    for changed in planned.of(SyncStep.create, SyncStep.change):
        if changed.why:
            typer.echo(f"  {changed.identity}: {changed.why}")
    for anew in found.anew:
        typer.echo(f"  {anew} is made anew")
    for kept in planned.of(SyncStep.keep, SyncStep.ask, SyncStep.wait):
        typer.echo(f"  {kept.identity} stays: {printable(kept.why)}")
    for skipped in planned.of(SyncStep.skip):
        typer.echo(f"  {skipped.identity} is left alone: {printable(skipped.why)}")
    for hook in planned.hooks:
        after = ", if that fails" if hook.phase is HookPhase.sync_fail else ""
        typer.echo(f"  {hook.phase} {hook.identity} would run{after}")
    for identity, error in found.refused:
        typer.echo(f"  {identity} would be refused")
        show_error(error)
