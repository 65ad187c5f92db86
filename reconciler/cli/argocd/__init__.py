"""reconciler argocd"""

from __future__ import annotations

from typing import ClassVar

import typer

from reconciler.cli.group import LazyGroup

EPILOG = """**Examples**

`reconciler argocd apps`: what Argo CD is to run, as files in environments/argocd

`reconciler argocd replay prod/gethrelay`: what Argo CD would be given for an app, or why not

`reconciler argocd doctor --context prod`: what makes an installation slow or unsafe
"""


class ArgoCDCommands(LazyGroup):
    package = __name__
    called: ClassVar = {"apps": "apps", "replay": "replay", "doctor": "doctor"}


app = typer.Typer(
    name="argocd",
    cls=ArgoCDCommands,
    help="Have Argo CD run the apps.",
    epilog=EPILOG,
    no_args_is_help=True,
)
