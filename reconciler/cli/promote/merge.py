"""reconciler promote merge"""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.options import NoCache, Root
from reconciler.cli.promote.forge import ForgeKind
from reconciler.cli.promote.place import the_repository
from reconciler.cli.promote.request_output import show_conducted
from reconciler.cli.promote.session import open_promotion_session
from reconciler.errors import CheckFailed, UsageError
from reconciler.forges.forge import MergeOutcome, PullRequestState
from reconciler.promotion.pull_request.conduct import conduct, merge

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
    with open_promotion_session(repository, forge, cache=not no_cache) as office, office.alone():
        pull = office.desk.forge.pull(number)
        if pull.state is not PullRequestState.open:
            raise UsageError(f"pull request {number} is {pull.state}")
        offer = office.desk.offer(pull)
        if offer is None:
            raise UsageError(f"pull request {number} is no promotion", hint="merge it in the forge")
        done = conduct(office.desk, offer.errand, office.assessor)
        show_conducted(done)
        if done.pull is None or done.pull.state is not PullRequestState.open:
            return
        if any(not result.passes for result in done.results):
            raise CheckFailed(f"pull request {number} has to wait", hint="its gates say for what")
        outcome = merge(office.desk, done)
    if outcome is not MergeOutcome.merged:
        raise CheckFailed(f"pull request {number} is not merged: {outcome}", hint="try it again")
    typer.echo(f"pull request {number} is merged")
