"""reconciler promote"""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from reconciler.cli.options import ForgeKind, NoCache, Offline, Output, Root
from reconciler.cli.output import progress, show_warning, write_json
from reconciler.cli.promote import PromoteCommands
from reconciler.cli.promote.plan_output import end_with, planned_document, show_plan, show_proposal
from reconciler.cli.promote.unpushed import remark_unpushed
from reconciler.cli.variables import SETTINGS
from reconciler.errors import UsageError
from reconciler.git.branches import OwnBranches
from reconciler.git.commit_builder import CommitBuilder
from reconciler.model.fleet_at import fleet_at
from reconciler.model.globs import is_pattern
from reconciler.model.paths import AppName
from reconciler.promotion.gates import hold
from reconciler.promotion.plan.routes import routes
from reconciler.promotion.promotion_request import PromotionKind, PromotionRequest
from reconciler.promotion.pull_request.branch import BranchWork, propose_branch
from reconciler.promotion.pull_request.gate_question import lacking
from reconciler.promotion.report.inspection import inspect_target
from reconciler.render.binary import CHECKING
from reconciler.session.planner import open_planner
from reconciler.session.repository import the_repository
from reconciler.session.trees import open_fetched
from reconciler.text.markdown import quiet
from reconciler.text.suggestions import did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.git.repository import Repository
    from reconciler.model.fleet import Fleet
    from reconciler.promotion.gates.question import MissingSecret
    from reconciler.promotion.plan.plan import Plan
    from reconciler.promotion.plan.planner import Planner
    from reconciler.promotion.pull_request.branch import Proposal
    from reconciler.promotion.pull_request.session import PromotionSession

EXAMPLES = """**Examples**

`reconciler promote stage prod gethrelay --dry-run`: what would change, and why not

`reconciler promote stage prod gethrelay`: a pull request with that change, in one commit

`reconciler promote stage prod --all --explain`: all apps, with the reason for each line

`reconciler promote stage 'prod-*' --all`: to several environments, a pull request each

`reconciler promote stage prod gethrelay --to-release v1.2.0`: what stage ran earlier

`reconciler promote stage prod gethrelay --override soak --reason 'an incident'`: without waiting
"""


def promote(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="The environment to promote from.")
    ],
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="The environment to promote to, or a glob.")
    ],
    apps: Annotated[
        list[str] | None, typer.Argument(metavar="APP", help="The apps to promote.")
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
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only show the plan, and the steps that would be taken."),
    ] = False,
    no_pull_request: Annotated[
        bool,
        typer.Option(
            "--no-pull-request",
            help="Only make the branch, in this repository, and open no request.",
        ),
    ] = False,
    again: Annotated[
        bool,
        typer.Option(
            "--again", help="Propose it even if somebody closed such a request without merging."
        ),
    ] = False,
    override: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GATE",
            help="Pass this gate, if promotion.overrides names you; `hold` is that of a rollback.",
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
    repository = the_repository(root)
    main = open_fetched(SETTINGS, repository, "", offline=offline)
    here = fleet_at(main, main.commit)
    _check_is_environment(source, here)
    names = apps or []
    if bool(names) is everything:
        raise UsageError(
            "name the apps, or say --all" if everything is False else "--all leaves no app to name",
            hint=f"reconciler promote {source} {target} APP",
        )
    patterns = [name for name in names if is_pattern(name)]
    if patterns:
        raise UsageError(
            f"{patterns[0]} is a pattern, and apps are promoted by their names",
            hint=f"all of them: reconciler promote {source} {target} --all",
        )
    gates = override or []
    if bool(gates) is not bool(reason.strip()):
        raise UsageError(
            "an override needs a reason" if gates else "--reason is for --override",
            hint="write --override GATE --reason TEXT",
        )
    commit = repository.resolve(release) if release else ""
    unheld = quiet(reason) if hold.NAME in gates else ""
    wanted = tuple(map(AppName, names))
    requests = [
        PromotionRequest(PromotionKind.promotion, source, end.name, wanted, commit, unheld=unheld)
        for _, end in routes(here, source, target)
    ]
    if no_pull_request and not dry_run:
        _make_branches(repository, requests, explain, output, cache=not no_cache, offline=offline)
        return
    from reconciler.cli.promote.dry_run import foresee, foreseen_document, show_foreseen
    from reconciler.cli.promote.request_output import outcome_document, show_outcome
    from reconciler.promotion.gates.override_line import Override
    from reconciler.promotion.pull_request.advance import End, advance
    from reconciler.promotion.pull_request.situation import RequestOptions
    from reconciler.session.promotion import open_locked_session

    passing = Override(tuple(gates), quiet(reason), "") if gates else None
    options = RequestOptions(again=again, override=passing)
    if dry_run:
        made = [partial(_as_it_is, request) for request in requests]
        found = foresee(repository, forge, made, options, cache=not no_cache, offline=offline)
        if output is Output.json:
            write_json({"version": 1, "plans": [foreseen_document(one) for one in found]})
        else:
            for one in found:
                show_foreseen(one, repository, explain)
        remark_unpushed(repository, [one.plan for one in found])
        end_with([one.plan for one in found])
        return
    opened = open_locked_session(
        SETTINGS, repository, forge, cache=not no_cache, offline=offline, warn=show_warning
    )
    with opened as session:
        done = [advance(session, request, options) for request in requests]
    if output is Output.json:
        write_json({"version": 1, "plans": [outcome_document(one) for one in done]})
    else:
        for outcome in done:
            show_plan(outcome.plan, repository, explain, outcome.lacks)
            show_outcome(outcome)
    remark_unpushed(repository, [one.plan for one in done])
    end_with([one.plan for one in done], any(one.end is End.abandoned for one in done))


def _as_it_is(request: PromotionRequest, *_: Planner | PromotionSession | None) -> PromotionRequest:
    return request


def _check_is_environment(source: str, fleet: Fleet) -> None:
    """Whatever is no command of promote comes here, so it may have been meant as one."""
    known = [environment.name for environment in fleet.environments]
    if source in known:
        return
    commands = ", ".join(PromoteCommands.called)
    near = did_you_mean(source, [*known, *PromoteCommands.called])
    raise UsageError(
        f"{source} is neither a command of promote nor an environment",
        why=f"commands: {commands}; environments: {', '.join(known)}",
        hint=near or "reconciler promote SOURCE TARGET APP",
    )


def _make_branches(
    repository: Repository,
    requests: list[PromotionRequest],
    explain: bool,
    output: Output,
    *,
    cache: bool,
    offline: bool,
) -> None:
    """Without a forge: on the main branch as it was last fetched."""
    done: list[tuple[Plan, Proposal | None, list[MissingSecret]]] = []
    opened = open_planner(SETTINGS, repository, CHECKING, cache=cache, offline=offline)
    with opened as planner:
        for request in requests:
            with progress("comparing", 2 * max(len(request.apps), 1)) as bar:
                planned = planner.planned(request, progress=bar)
            plan, made = planned.plan, None
            if plan.due:
                work = BranchWork(plan, request)
                builder, branches = CommitBuilder(repository.path), OwnBranches(repository.path)
                made = propose_branch(builder, branches, work)
            seen = inspect_target(plan, planner.renderer, planned.tree, repository)
            done.append((plan, made, lacking(seen)))
    if output is Output.json:
        plans = [planned_document(plan, made) for plan, made, _ in done]
        write_json({"version": 1, "plans": plans})
    else:
        for plan, made, lacks in done:
            show_plan(plan, repository, explain, lacks)
            if made:
                show_proposal(made)
            else:
                typer.echo("nothing to promote")
    remark_unpushed(repository, [plan for plan, _, _ in done])
    end_with([plan for plan, _, _ in done])
