"""reconciler promote"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.options import NoCache, Offline, Output, Root
from reconciler.cli.output import error_json, progress, write_json
from reconciler.cli.promote.forge import ForgeKind
from reconciler.cli.promote.place import the_repository
from reconciler.cli.promote.plan_output import end_with, show_plan, show_proposal
from reconciler.cli.promote.planning import open_planner
from reconciler.cli.source import open_fetched
from reconciler.errors import UsageError
from reconciler.git.branches import OwnBranches
from reconciler.git.commit_builder import CommitBuilder
from reconciler.model.fleet import load_fleet
from reconciler.promotion.gates import hold
from reconciler.promotion.plan.as_json import plan_document
from reconciler.promotion.plan.routes import routes
from reconciler.promotion.promotion_request import PromotionKind, PromotionRequest
from reconciler.promotion.pull_request.branch import BranchWork, Shop, publish
from reconciler.text.markdown import quiet

if TYPE_CHECKING:
    from reconciler.git.repository import Repository
    from reconciler.promotion.plan.plan import Plan
    from reconciler.promotion.pull_request.branch import Proposal

EXAMPLES = """**Examples**

`reconciler promote stage prod gethrelay --dry-run`: what would change, and why not

`reconciler promote stage prod gethrelay`: a pull request with that change, in one commit

`reconciler promote stage prod --all --explain`: all apps, with the reason for each line

`reconciler promote stage 'prod-*' --all`: to several environments, a pull request each

`reconciler promote stage prod gethrelay --to-release v1.2.0`: what stage ran earlier

`reconciler promote stage prod gethrelay --override soak --reason 'an incident'`: without waiting
"""


def promote(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The environment before.")],
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="The environment to promote to, or a glob.")
    ],
    apps: Annotated[
        list[str] | None, typer.Argument(metavar="APP", help="What is promoted.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Promote all apps that both environments run.")
    ] = False,
    release: Annotated[
        str | None,
        typer.Option(
            "--to-release",
            metavar="REF",
            help="A commit that SOURCE has run; otherwise what it runs now.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the plan.")] = False,
    no_pull_request: Annotated[
        bool,
        typer.Option("--no-pull-request", help="Only make the branch, in this repository."),
    ] = False,
    again: Annotated[
        bool,
        typer.Option("--again", help="Also what somebody closed without merging it."),
    ] = False,
    override: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GATE",
            help="Let it pass this gate, if you may; `hold` promotes what was rolled back.",
        ),
    ] = None,
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why a gate is overridden.", show_default=False)
    ] = "",
    explain: Annotated[
        bool, typer.Option("--explain", help="Say of each field why it changes, or why not.")
    ] = False,
    output: Annotated[Output, typer.Option("--output", "-o", help="What to write.")] = Output.text,
    forge: ForgeKind = "",
    root: Root = None,
    no_cache: NoCache = False,
    offline: Offline = False,
) -> None:
    """Bring what runs in one environment to the next: a pull request with one commit.

    It is planned on the main branch. The files on disk take no part, and stay as they are. What
    is open for the same promotion is brought up to date.
    """
    names = apps or []
    if bool(names) is everything:
        raise UsageError(
            "name the apps, or say --all" if everything is False else "--all leaves no app to name",
            hint=f"reconciler promote {source} {target} APP",
        )
    gates = override or []
    if bool(gates) is not bool(reason.strip()):
        raise UsageError(
            "an override needs a reason" if gates else "--reason is for --override",
            hint="write --override GATE --reason TEXT",
        )
    repository = the_repository(root)
    here = load_fleet(open_fetched(repository, "", offline=offline))
    commit = repository.resolve(release) if release else ""
    unheld = quiet(reason) if hold.NAME in gates else ""
    errands = [
        PromotionRequest(
            PromotionKind.promotion, source, end.name, tuple(names), commit, unheld=unheld
        )
        for _, end in routes(here, source, target)
    ]
    if dry_run or no_pull_request:
        _planned(repository, errands, dry_run, explain, output, cache=not no_cache, offline=offline)
        return
    from reconciler.cli.promote.request_output import conducted_document, show_conducted
    from reconciler.cli.promote.session import open_promotion_session
    from reconciler.promotion.gates.override import Override
    from reconciler.promotion.pull_request.conduct import End, conduct

    passing = Override(tuple(gates), quiet(reason), "") if gates else None
    opened = open_promotion_session(repository, forge, cache=not no_cache, offline=offline)
    with opened as office, office.alone():
        done = [
            conduct(office.desk, errand, office.assessor, again=again, override=passing)
            for errand in errands
        ]
    if output is Output.json:
        write_json({"version": 1, "plans": [conducted_document(one) for one in done]})
    else:
        for one in done:
            show_plan(one.plan, explain)
            show_conducted(one)
    end_with([one.plan for one in done], any(one.end is End.abandoned for one in done))


def _planned(
    repository: Repository,
    errands: list[PromotionRequest],
    dry_run: bool,
    explain: bool,
    output: Output,
    *,
    cache: bool,
    offline: bool,
) -> None:
    """Without a forge: on the main branch as it was last fetched."""
    done: list[tuple[Plan, Proposal | None]] = []
    with open_planner(repository, cache=cache, offline=offline) as planner:
        for errand in errands:
            with progress("comparing", 2 * max(len(errand.apps), 1)) as bar:
                scene = planner.scene(errand, progress=bar)
            made = None
            if scene.plan.due and not dry_run:
                shop = Shop(CommitBuilder(repository.path), OwnBranches(repository.path))
                made = publish(shop, BranchWork(scene.plan, errand))
            done.append((scene.plan, made))
    if output is Output.json:
        plans = [plan_document(plan, made, error_json) for plan, made in done]
        write_json({"version": 1, "plans": plans})
    else:
        for plan, made in done:
            show_plan(plan, explain)
            if made:
                show_proposal(made)
            elif plan.due:
                typer.echo(f"{len(plan.due):,} to be promoted; nothing is written with --dry-run")
            else:
                typer.echo("nothing to promote")
    end_with([plan for plan, _ in done])
