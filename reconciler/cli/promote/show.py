"""reconciler promote show"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from reconciler.cli.diff import styled
from reconciler.cli.options import ForgeKind, NoCache, Root
from reconciler.cli.output import write_json
from reconciler.cli.promote.plan_output import show_plan
from reconciler.cli.promote.request_output import is_kept_here
from reconciler.cli.variables import SETTINGS
from reconciler.errors import printable
from reconciler.forges.forge import PullRequestState
from reconciler.promotion.gates.as_json import status_document
from reconciler.promotion.gates.as_text import gate_lines
from reconciler.promotion.plan.as_json import plan_document
from reconciler.promotion.pull_request.promotion_status import status_of
from reconciler.session.promotion import open_promotion_session
from reconciler.session.repository import the_repository
from reconciler.text.markdown import SPACE, unquiet
from reconciler.text.markdown_as_text import text_of

EXAMPLES = """**Examples**

`reconciler promote show 3`: what request 3 says, what it would change by now, and its gates

`reconciler promote show 3 -o markdown`: its title and text as a forge gets them
"""


class RequestForm(StrEnum):
    text = "text"
    markdown = "markdown"
    json = "json"


def show(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The request.")],
    output: Annotated[
        RequestForm,
        typer.Option("--output", "-o", help="What to write; Markdown is as it is kept."),
    ] = RequestForm.text,
    forge: ForgeKind = "",
    root: Root = None,
    no_cache: NoCache = False,
) -> None:
    """Show a request: its title and text, its plan on the newest main branch, and its gates."""
    repository = the_repository(root)
    opened = open_promotion_session(
        SETTINGS, repository, forge, cache=not no_cache, warn=lambda _: None, reads_only=True
    )
    with opened as (session, _):
        session.refresh()
        pull = session.forge.pull(number)
        ours = session.our_pull(pull) if pull.state is PullRequestState.open else None
        status = status_of(session, ours, datetime.now(UTC)) if ours else None
    if output is RequestForm.json:
        known = {"number": number, "url": pull.url, "title": pull.title, "body": pull.body}
        found = {"version": 1, **known, "state": pull.state.value, "plan": None, "status": None}
        if status:
            found["plan"] = plan_document(status.question.plan)
            found["status"] = status_document(status.request.kind, status.question, status.results)
        write_json(found)
        return
    if output is RequestForm.markdown:
        for line in [f"# {pull.title}", "", *pull.body.strip().splitlines()]:
            typer.echo(_in_markdown(line))
        return
    where = f"branch {pull.branch}" if is_kept_here(pull) else pull.url
    draft = ", a draft" if pull.draft else ""
    typer.echo(printable(f"request {number}: {unquiet(pull.title)}"))
    typer.echo(printable(f"{pull.state}{draft}, opened by {pull.author}, {where}"))
    typer.echo()
    for line in text_of(pull.body):
        typer.echo(printable(line))
    typer.echo()
    if status:
        question = status.question
        show_plan(question.plan, repository, lacks=tuple(question.lacks or ()))
        color = False if os.environ.get("NO_COLOR") else None
        for gate in gate_lines(status.results, why=True):
            typer.echo(styled(gate), color=color)


def _in_markdown(line: str) -> str:
    """With the spaces that nobody sees: they keep a forge from taking words for names."""
    return SPACE.join(map(printable, line.split(SPACE)))
