"""reconciler promote merge"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Annotated

import typer

from reconciler.cli.options import ForgeKind, NoCache, Output, Root
from reconciler.cli.output import show_warning, write_json
from reconciler.cli.promote.request_output import outcome_document, show_outcome
from reconciler.cli.promote.unpushed import remark_unpushed
from reconciler.cli.variables import SETTINGS
from reconciler.errors import CheckFailed, UsageError
from reconciler.forges.forge import MergeOutcome, PullRequestState
from reconciler.git.repository import Repository
from reconciler.promotion.gates.as_text import waiting_text
from reconciler.promotion.promotion_request import PromotionKind, PromotionRequest
from reconciler.promotion.pull_request.advance import advance
from reconciler.promotion.pull_request.situation import RequestOptions
from reconciler.session.promotion import open_locked_session
from reconciler.session.repository import the_repository

EXAMPLES = """**Examples**

`reconciler promote merge 3`: merge request 3, if its gates let it pass
"""


def merge_(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The request.")],
    override: Annotated[list[str] | None, typer.Option(hidden=True)] = None,
    reason: Annotated[str, typer.Option(hidden=True)] = "",
    output: Annotated[Output, typer.Option("--output", "-o", help="What to write.")] = Output.text,
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
            raise UsageError(f"request {number} is {pull.state}")
        ours = session.our_pull(pull)
        if ours is None:
            raise UsageError(f"request {number} is no promotion", hint="merge it in the forge")
        if override or reason:
            raise _no_override(ours.request, override or [], reason)
        done = advance(session, ours.request, RequestOptions(merge=True))
    if output is Output.json:
        write_json(
            {"version": 1, **outcome_document(done), "merged": done.merge is MergeOutcome.merged}
        )
    elif done.merge is MergeOutcome.merged:
        typer.echo(f"request {number} is merged")
    if done.merge is MergeOutcome.merged:
        remark_unpushed(Repository(repository.path), [done.plan])
        return
    if done.pull and done.pull.state is PullRequestState.closed:
        raise CheckFailed(
            f"request {number} is closed, and not merged",
            why=done.closed_because,
            hint=f"reconciler promote status {done.request.target}",
        )
    if output is Output.text:
        show_outcome(done)
    if done.pull is None or done.pull.state is not PullRequestState.open:
        return
    waiting = [result for result in done.results if not result.passes]
    if waiting:
        raise CheckFailed(
            f"request {number} cannot be merged yet",
            why="; ".join(map(waiting_text, waiting)),
            hint=f"reconciler promote status {done.request.target} --why",
        )
    if done.merge:
        raise CheckFailed(
            f"request {number} is not merged: {done.merge}",
            hint=f"reconciler promote merge {number}",
        )


def _no_override(request: PromotionRequest, gates: Sequence[str], reason: str) -> UsageError:
    words = [part for gate in gates or ["GATE"] for part in ("--override", gate)]
    typed = shlex.join([*words, "--reason", reason or "TEXT"])
    apps = " ".join(request.apps) or "--all"
    is_promotion = request.kind is PromotionKind.promotion
    return UsageError(
        "merging overrides no gate",
        why="an override is said of what is proposed, and is judged with it",
        hint=f"reconciler promote {request.source} {request.target} {apps} {typed}"
        if is_promotion
        else f"reconciler promote status {request.target} --why says what opens it",
    )
