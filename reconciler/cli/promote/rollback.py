"""reconciler promote rollback"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from reconciler.cli.options import ForgeKind, NoCache, Output, Root
from reconciler.cli.output import show_warning, write_json
from reconciler.cli.promote.dry_run import foresee, foreseen_document, show_foreseen
from reconciler.cli.promote.plan_output import end_with, show_plan
from reconciler.cli.promote.request_output import outcome_document, show_outcome
from reconciler.cli.variables import SETTINGS
from reconciler.errors import printable
from reconciler.model.paths import AppName
from reconciler.promotion.promotion_request import PromotionKind, PromotionRequest
from reconciler.promotion.pull_request.actions import Action, OpenPullRequest
from reconciler.promotion.pull_request.advance import End, advance
from reconciler.promotion.pull_request.open_rollback import open_rollback
from reconciler.promotion.pull_request.situation import RequestOptions
from reconciler.session.promotion import open_locked_session
from reconciler.session.repository import the_repository
from reconciler.text.markdown import quiet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.promotion.plan.planner import Planner
    from reconciler.promotion.pull_request.session import OurPullRequest, PromotionSession

EXAMPLES = """**Examples**

`reconciler promote rollback prod gethrelay --reason 'no peers since 02:10'`: back to the release
before, by a pull request

`reconciler promote rollback prod gethrelay --to 1a2b3c4`: to a release that prod has run
"""


def rollback(
    environment: Annotated[str, typer.Argument(metavar="ENV", help="The environment.")],
    app: Annotated[str, typer.Argument(metavar="APP", help="The app.")],
    to: Annotated[
        str | None,
        typer.Option(
            metavar="RELEASE",
            help="A commit that ENV has run; otherwise the release before the present one.",
            show_default=False,
        ),
    ] = None,
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why, for those who read it.", show_default=False)
    ] = "",
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only show the plan, and the steps that would be taken."),
    ] = False,
    again: Annotated[
        bool,
        typer.Option(
            "--again", help="Propose it even if somebody closed such a request without merging."
        ),
    ] = False,
    output: Annotated[Output, typer.Option("--output", "-o", help="What to write.")] = Output.text,
    forge: ForgeKind = "",
    root: Root = None,
    no_cache: NoCache = False,
) -> None:
    """Open the pull request that takes a release back, and hold that release.

    What the environment changed for itself since stays. A held release is not promoted again but
    with `--override hold`; a newer one is. Where such a request is open already, it stays as it is.
    """
    name = AppName(app)
    repository = the_repository(root)
    release = repository.resolve(to) if to else ""
    options = RequestOptions(again=again, leave_open=True)

    def request(planner: Planner, session: PromotionSession | None) -> PromotionRequest:
        opened = open_rollback(session, environment, name, release) if session else None
        if opened:
            _say_reason(opened, quiet(reason.strip()))
            return opened.request
        return PromotionRequest(
            *(PromotionKind.rollback, environment, environment, (name,)),
            planner.release_to(environment, name, release),
            quiet(reason.strip()),
        )

    if dry_run:
        (found,) = foresee(repository, forge, [request], options, cache=not no_cache, offline=False)
        if output is Output.json:
            write_json({"version": 1, "plans": [foreseen_document(found)]})
        else:
            show_foreseen(found, repository, explain=False)
        if not reason.strip() and found.plan.due:
            _warn_of_none(found.actions)
        end_with([found.plan])
        return
    with open_locked_session(
        SETTINGS, repository, forge, cache=not no_cache, warn=show_warning
    ) as session:
        done = advance(session, request(session.planner, session), options)
    if output is Output.json:
        write_json({"version": 1, "plans": [outcome_document(done)]})
    else:
        show_plan(done.plan, repository, lacks=done.lacks)
        show_outcome(done)
    if not reason.strip():
        _warn_of_none(done.actions)
    end_with([done.plan], done.end is End.abandoned)


def _warn_of_none(actions: Sequence[Action] | None) -> None:
    """Where it is opened with this very run."""
    if actions is None or any(isinstance(action, OpenPullRequest) for action in actions):
        show_warning("it has no reason, for those who read it: --reason TEXT says why")


def _say_reason(opened: OurPullRequest, reason: str) -> None:
    said = opened.request.reason
    if reason not in ("", said):
        kept = (
            f"the reason that it was opened for: {said}" if said else "no reason, as it was opened"
        )
        show_warning(printable(f"request {opened.pull.number} keeps {kept}"))
