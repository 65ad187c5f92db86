"""reconciler promote merge"""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.options import ForgeKind, NoCache, Root
from reconciler.cli.output import show_warning
from reconciler.cli.promote.request_output import show_outcome
from reconciler.cli.variables import SETTINGS
from reconciler.errors import CheckFailed, UsageError
from reconciler.forges.forge import MergeOutcome, PullRequestState
from reconciler.promotion.pull_request.advance import advance
from reconciler.promotion.pull_request.situation import RequestOptions
from reconciler.session.promotion import open_locked_session
from reconciler.session.repository import the_repository

EXAMPLES = """**Examples**

`reconciler promote merge 3`: merge pull request 3, if its gates let it pass
"""


def merge_(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The pull request.")],
    forge: ForgeKind = "",
    root: Root = None,
    no_cache: NoCache = False,
) -> None:
    """Merge a promotion whose gates are open, as it is on the newest main branch.

    For requests that are kept in the repository; elsewhere the forge's own button does it, too.
    """
    repository = the_repository(root)
    with open_locked_session(
        SETTINGS, repository, forge, cache=not no_cache, warn=show_warning
    ) as session:
        pull = session.forge.pull(number)
        if pull.state is not PullRequestState.open:
            raise UsageError(f"pull request {number} is {pull.state}")
        ours = session.our_pull(pull)
        if ours is None:
            raise UsageError(f"pull request {number} is no promotion", hint="merge it in the forge")
        done = advance(session, ours.request, RequestOptions(merge=True))
    if done.merge is MergeOutcome.merged:
        typer.echo(f"pull request {number} is merged")
        return
    show_outcome(done)
    if done.pull is None or done.pull.state is not PullRequestState.open:
        return
    if any(not result.passes for result in done.results):
        raise CheckFailed(f"pull request {number} has to wait", hint="its gates say for what")
    if done.merge:
        raise CheckFailed(f"pull request {number} is not merged: {done.merge}", hint="try it again")
