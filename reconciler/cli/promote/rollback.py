"""reconciler promote rollback"""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.options import NoCache, Output, Root
from reconciler.cli.output import write_json
from reconciler.cli.promote.forge import ForgeKind
from reconciler.cli.promote.place import the_repository
from reconciler.cli.promote.plan_output import end_with, show_plan
from reconciler.cli.promote.request_output import conducted_document, show_conducted
from reconciler.cli.promote.session import open_promotion_session
from reconciler.promotion.promotion_request import PromotionKind, PromotionRequest
from reconciler.promotion.pull_request.conduct import End, conduct
from reconciler.text.markdown import quiet

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
    again: Annotated[
        bool, typer.Option("--again", help="Also what somebody closed without merging it.")
    ] = False,
    output: Annotated[Output, typer.Option("--output", "-o", help="What to write.")] = Output.text,
    forge: ForgeKind = "",
    root: Root = None,
    no_cache: NoCache = False,
) -> None:
    """Open the pull request that takes a release back, and hold that release.

    What the environment changed for itself since stays. A held release is not promoted again but
    with `--override hold`; a newer one is.
    """
    repository = the_repository(root)
    with open_promotion_session(repository, forge, cache=not no_cache) as office, office.alone():
        release = (
            repository.resolve(to) if to else office.desk.planner.release_before(environment, app)
        )
        errand = PromotionRequest(
            PromotionKind.rollback, environment, environment, (app,), release, quiet(reason.strip())
        )
        done = conduct(office.desk, errand, office.assessor, again=again)
    if output is Output.json:
        write_json({"version": 1, "plans": [conducted_document(done)]})
    else:
        show_plan(done.plan)
        show_conducted(done)
    end_with([done.plan], done.end is End.abandoned)
