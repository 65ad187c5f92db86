"""reconciler generate"""

from __future__ import annotations

import json
import os
from typing import Annotated

import typer

from reconciler.argocd.generate import Engine, announce, generate
from reconciler.argocd.repository_places import SOURCE_PATH, in_repository
from reconciler.argocd.server.allowed_repositories import follow_pins
from reconciler.argocd.stock_plugin import order_of
from reconciler.cli.fast_commands import write_out
from reconciler.cli.options import NoCache
from reconciler.cli.output import console
from reconciler.cli.settings import open_mirrors, open_store
from reconciler.errors import ReconcilerError, printable
from reconciler.git.locate import find_root
from reconciler.render.binary import CHECKING
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Renderer
from reconciler.trees.worktree import WorkTree

EXAMPLES = """**Examples**

`reconciler generate`: what the app in the current folder consists of

`reconciler generate --parameters`: what can be set for it, and what holds now
"""


def generate_(
    parameters: Annotated[
        bool, typer.Option("--parameters", help="Print the parameters of the app, as JSON.")
    ] = False,
    allow_repository: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="A repository whose pinned commits may be fetched."),
    ] = None,
    no_cache: NoCache = False,
) -> None:
    """Generate an app under Argo CD's own plugin server, by the variables that it sets."""
    order = order_of(os.getcwd(), os.environ)
    tree = WorkTree(order.root)
    here = order.root if find_root(order.root) == order.root else None
    follow_pins(tree, allow_repository or (), lambda: open_mirrors(False), here)
    store = open_store(not no_cache)
    with Kernel() as kernel, Kernel(CHECKING) as checking:
        engine = Engine(lambda: Renderer(store, kernel), lambda: Renderer(store, checking))
        try:
            if parameters:
                found = announce(engine, tree, order.folder)
                write_out(json.dumps([a.document() for a in found]).encode() + b"\n")
                return
            made = generate(engine, tree, order.folder, order.parameters)
        except ReconcilerError as e:
            raise in_repository(e, os.environ.get(SOURCE_PATH, ""), order.folder) from None
    for warning in made.warnings:
        console().print(printable(f"warning: {warning}"), markup=False)
    write_out(made.manifest)
