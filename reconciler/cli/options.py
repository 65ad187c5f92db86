"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

Root = Annotated[
    str | None,
    typer.Option(
        "--root",
        metavar="FOLDER",
        help="The tree that nothing may leave; otherwise the Git repository around PATH.",
        show_default=False,
    ),
]


class Output(StrEnum):
    text = "text"
    json = "json"


NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Neither look for finished renders nor keep new ones.")
]
Offline = Annotated[
    bool, typer.Option("--offline", help="Fetch no pinned commit that this clone lacks.")
]
