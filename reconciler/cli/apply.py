"""reconciler apply"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from reconciler.cli.options import NoCache, Offline, Output, Root
from reconciler.cli.output import show_error, write_json
from reconciler.cli.plan_files import load_plans
from reconciler.cli.reconciling import (
    OwnRights,
    Reconciling,
    Ref,
    checking_renderer,
    reconciling,
    show_done,
    summary,
)
from reconciler.cli.seal.options import ContextOption, KubeconfigOption
from reconciler.cli.status import status_lines
from reconciler.cluster.api_client import ApiClient
from reconciler.controller.app import AppInCluster, Desired
from reconciler.controller.reporting.app_wishes import suspension_in_force
from reconciler.controller.sync.app_status import wait_until_well
from reconciler.controller.sync.as_documents import done_document
from reconciler.controller.sync.object_done import ObjectDone
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
    output: Annotated[Output, typer.Option("--output", "-o", help="What to write.")] = Output.text,
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
    wanted = _Wanted(timeout if wait else None, by_app, prune_all, output is Output.text)
    applied: list[_Applied] = []
    with checking_renderer(work.kernel, cache=not no_cache) as renderer:
        for environment, entries in work.apps():
            if not no_check:
                work.refuse_what_checks_find(renderer, environment)
            applied += work.run(
                environment, partial(_apply_all, work, renderer, wanted, environment, entries)
            )
    if output is Output.json:
        commit = work.desired.commit
        apps = [done_document(one.entry, commit, one.done, one.error) for one in applied]
        write_json({"version": 1, "apps": apps})
    if not all(one.is_good for one in applied):
        raise typer.Exit(CheckFailed.exit_code)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """How it was asked for."""

    seconds: float | None  # to wait until all is well
    plans: Mapping[str, SavedPlan]  # by app, where it is to be as it was looked at
    prunes_all: bool
    is_told: bool  # object by object, for people


@dataclass(frozen=True, slots=True)
class _Applied:
    entry: Entry
    done: Sequence[ObjectDone] = ()
    error: ReconcilerError | None = None
    is_good: bool = False  # and well, where that was waited for


async def _apply_all(
    work: Reconciling,
    renderer: Renderer,
    wanted: _Wanted,
    environment: Environment,
    entries: Sequence[Entry],
    client: ApiClient,
) -> list[_Applied]:
    """What is wrong with one app holds up no other."""
    applied = []
    for entry in entries:
        app = work.app(client, environment, entry)
        try:
            await _refuse_what_is_suspended(client, entry)
            applied.append(await _apply(app, renderer, work.desired, wanted))
        except ReconcilerError as e:
            if len(work.entries) == 1:
                raise
            applied.append(_Applied(entry, error=e))
            if wanted.is_told:
                typer.echo(typer.style(f"{entry}: not applied", bold=True))
                show_error(e)
    return applied


async def _refuse_what_is_suspended(client: ApiClient, entry: Entry) -> None:
    if suspension := await suspension_in_force(client, entry):
        raise CheckFailed(f"{entry} is {suspension}", hint=f"reconciler resume {entry}")


async def _apply(
    app: AppInCluster, renderer: Renderer, desired: Desired, wanted: _Wanted
) -> _Applied:
    plan = await app.plan(renderer, desired)
    if before := wanted.plans.get(str(app.entry)):
        now = saved(app.entry, desired.commit, await app.place(desired), plan)
        refuse_what_moved(before, now)
    told = show_done if wanted.is_told else lambda _: None
    done = await app.sync(plan, desired, all_may_go=wanted.prunes_all, told=told)
    if wanted.is_told:
        _show(app.entry, plan, done)
    good = all(one.is_good for one in done)
    if not good or wanted.seconds is None:
        return _Applied(app.entry, done, is_good=good)
    found = await wait_until_well(lambda: app.status(desired), wanted.seconds)
    for line in status_lines(app.entry, found) if wanted.is_told else ():
        typer.echo(printable(line))
    if found.is_healthy:
        await app.remember_well(desired.commit)
    return _Applied(app.entry, done, is_good=found.is_healthy)


def _show(entry: Entry, plan: SyncPlan, done: Sequence[ObjectDone]) -> None:
    same = len(plan.of(SyncStep.same))
    typer.echo(typer.style(f"{entry}: {summary(done, same)}", bold=True))
    for kept in plan.of(SyncStep.keep, SyncStep.ask, SyncStep.wait):
        why = printable(kept.why)
        typer.echo(f"  {kept.identity} stays, though Git says it no more: {why}")
    for skipped in plan.of(SyncStep.skip):
        typer.echo(f"  {skipped.identity} is left alone: {printable(skipped.why)}")
