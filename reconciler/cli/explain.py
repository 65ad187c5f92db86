"""reconciler explain"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from reconciler.cli.options import NoCache, Offline, Root
from reconciler.cli.output import write_json
from reconciler.cli.variables import SETTINGS
from reconciler.errors import printable
from reconciler.explain.as_json import app_document, field_document, object_document
from reconciler.explain.as_text import ExplanationText
from reconciler.explain.explained_app import ExplainedApp
from reconciler.render.renderer import Renderer
from reconciler.session.apps import one_app
from reconciler.session.opened import open_store
from reconciler.session.trees import find_source, open_tree, where_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

EXAMPLES = """**Examples**

`reconciler explain prod/gethrelay`: what it reads, and where its objects begin

`reconciler explain prod/gethrelay Deployment/gethrelay-default-1`: what happens to one of them

`reconciler explain prod/gethrelay svc/gethrelay 'spec.ports[p2p].port'`: what set this value
"""


class ExplainOutput(StrEnum):
    text = "text"
    json = "json"


def explain(
    name: Annotated[str, typer.Argument(metavar="PATH|ENV/APP", help="The app.")],
    wanted: Annotated[
        str | None,
        typer.Argument(
            metavar="OBJECT", help="One of its objects: Kind/name, svc/name, or its name."
        ),
    ] = None,
    field: Annotated[
        str | None, typer.Argument(metavar="FIELD", help="A field of the object.")
    ] = None,
    ref: Annotated[
        str | None,
        typer.Option(
            "--ref", metavar="REV", help="Explain this revision and not the files on disk."
        ),
    ] = None,
    output: Annotated[
        ExplainOutput, typer.Option("--output", "-o", help="Output format.")
    ] = ExplainOutput.text,
    root: Root = None,
    no_cache: NoCache = False,
    offline: Offline = False,
) -> None:
    """Show which file and line an app, an object or a value comes from, and what changed it."""
    source = find_source([name], root)
    tree = open_tree(SETTINGS, source, ref, offline=offline)
    folder = one_app(tree, name, source)
    json = output is ExplainOutput.json
    with Renderer(open_store(SETTINGS, not no_cache)) as renderer:
        app = ExplainedApp(renderer, tree, folder)
        text = ExplanationText(app, lambda place: str(where_from(place, source)))
        if wanted is None:
            _write(app_document(app) if json else text.app())
            return
        position = app.find(wanted)
        if field is None:
            _write(object_document(app, position) if json else text.object(position))
            return
        found = app.field(position, field)
        _write(field_document(app, position, found) if json else text.field(position, found))


def _write(found: dict[str, object] | Iterable[str]) -> None:
    if isinstance(found, dict):
        write_json(found)
        return
    for line in found:
        typer.echo(printable(line))
