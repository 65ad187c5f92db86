"""reconciler apply"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from reconciler.cli.done_lines import show_done, summary
from reconciler.cli.options import DataOutput, DataOutputOption, NoCache, Offline, Root
from reconciler.cli.outcomes import AppDone, end_as, show_failure
from reconciler.cli.output import for_people, write_apps
from reconciler.cli.plan_files import load_plans
from reconciler.cli.reconciling import (
    OwnRights,
    Reconciling,
    Ref,
    checking_renderer,
    reconciling,
)
from reconciler.cli.seal.options import ContextOption, KubeconfigOption
from reconciler.cli.status import status_lines
from reconciler.cluster.api_client import ApiClient
from reconciler.controller.app import AppInCluster, Desired
from reconciler.controller.reporting.app_wishes import suspension_in_force
from reconciler.controller.sync.app_status import wait_until_well
from reconciler.controller.sync.object_done import ObjectDone, all_good
from reconciler.controller.sync.saved_plan import SavedPlan, refuse_what_moved, saved
from reconciler.controller.sync.sync_plan import SyncPlan, SyncStep
from reconciler.errors import CheckFailed, ReconcilerError, UsageError, printable
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.render.renderer import Renderer

EXAMPLES = """**Examples**

`reconciler apply dev`: all apps of dev, as they are committed, in the cluster that dev names

`reconciler apply prod/shop --ref v1.2.0 --wait`: one app, at a tag, until it is well

`reconciler plan prod`: what that would change, and nothing is written
"""


def apply(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="ENV[/APP]", help="All apps of an environment, or one."),
    ] = None,
    ref: Ref = "",
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    plan: Annotated[
        str,
        typer.Option(
            "--plan",
            metavar="FILE",
            help="Do what this plan says, and nothing if anything moved since it was saved.",
            show_default=False,
        ),
    ] = "",
    prune_all: Annotated[
        bool,
        typer.Option("--prune-all", help="Delete what is in Git no more, however much it is."),
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait until all that was applied is well.")
    ] = False,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=1, help="How long to wait for each app.")
    ] = 300.0,
    no_check: Annotated[
        bool, typer.Option("--no-check", help="Apply what checks find fault with, too.")
    ] = False,
    own_rights: OwnRights = False,
    output: DataOutputOption = DataOutput.text,
    root: Root = None,
    no_cache: NoCache = False,
    offline: Offline = False,
) -> None:
    """Make clusters what Git says of apps, and delete what Git says no more.

    What is there is named in an inventory in the cluster, and nothing else is ever deleted. An
    object that is refused, or held by somebody else, holds up no other. The exit code is 1 if
    there is such a one.
    """
    plans = load_plans(plan) if plan else []
    if bool(names) == bool(plans) or (ref and plans):
        raise UsageError(
            "name either apps, or a plan", hint="reconciler apply ENV[/APP], or apply --plan FILE"
        )
    names = names or [one.entry for one in plans]
    ref = plans[0].commit if plans else ref
    work = reconciling(
        names, ref, kubeconfig, context, root, offline=offline, own_rights=own_rights
    )
    by_app = {one.entry: one for one in plans}
    wanted = _Wanted(timeout if wait else None, by_app, prune_all, output)
    applied: list[AppDone] = []
    with checking_renderer(work.kernel, cache=not no_cache) as renderer:
        for environment, entries in work.apps():
            if not no_check:
                work.refuse_what_checks_find(renderer, environment)
            applied += work.run(
                environment, partial(_apply_all, work, renderer, wanted, environment, entries)
            )
    if output is not DataOutput.text:
        write_apps(output, (one.document(work.desired.commit) for one in applied))
    end_as(applied)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """How it was asked for."""

    seconds: float | None  # to wait until all is well
    plans: Mapping[str, SavedPlan]  # by app, where it is to be as it was looked at
    prunes_all: bool
    output: DataOutput


async def _apply_all(
    work: Reconciling,
    renderer: Renderer,
    wanted: _Wanted,
    environment: Environment,
    entries: Sequence[Entry],
    client: ApiClient,
) -> list[AppDone]:
    """What is wrong with one app holds up no other."""
    applied = []
    for entry in entries:
        app = work.app(client, environment, entry)
        try:
            await _refuse_what_is_suspended(client, entry)
            applied.append(await _apply(app, renderer, work.desired, wanted))
        except ReconcilerError as e:
            applied.append(AppDone(entry, error=e))
            if wanted.output is DataOutput.text and len(work.entries) > 1:
                show_failure(f"{entry}: not applied", e)
    return applied


async def _refuse_what_is_suspended(client: ApiClient, entry: Entry) -> None:
    if suspension := await suspension_in_force(client, entry):
        raise CheckFailed(f"{entry} is {suspension}", hint=f"reconciler resume {entry}")


async def _apply(
    app: AppInCluster, renderer: Renderer, desired: Desired, wanted: _Wanted
) -> AppDone:
    plan = await app.plan(renderer, desired)
    if before := wanted.plans.get(str(app.entry)):
        now = saved(app.entry, desired.commit, await app.place(desired), plan)
        refuse_what_moved(before, now)
    told = for_people(wanted.output, show_done)
    done = await app.sync(plan, desired, all_may_go=wanted.prunes_all, told=told)
    is_told = wanted.output is DataOutput.text
    if is_told:
        _show(app.entry, plan, done)
    if not all_good(done) or wanted.seconds is None:
        return AppDone(app.entry, plan, done)
    found = await wait_until_well(lambda: app.status(desired), wanted.seconds)
    for line in status_lines(app.entry, found) if is_told else ():
        typer.echo(printable(line))
    if found.is_healthy:
        await app.remember_well(desired.commit)
    return AppDone(app.entry, plan, done, is_well=found.is_healthy)


def _show(entry: Entry, plan: SyncPlan, done: Sequence[ObjectDone]) -> None:
    same = len(plan.of(SyncStep.same))
    typer.echo(typer.style(f"{entry}: {summary(done, same)}", bold=True))
    for kept in plan.of(SyncStep.keep, SyncStep.ask, SyncStep.wait):
        why = printable(kept.why)
        typer.echo(f"  {kept.identity} stays, though Git says it no more: {why}")
    for skipped in plan.of(SyncStep.skip):
        typer.echo(f"  {skipped.identity} is left alone: {printable(skipped.why)}")
