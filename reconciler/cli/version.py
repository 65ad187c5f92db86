"""reconciler version"""

from __future__ import annotations

import platform
from typing import Annotated

import typer

from reconciler import __version__
from reconciler.checks.settings import NEWEST
from reconciler.cli.options import Output
from reconciler.cli.output import write_json
from reconciler.render.binary import kernel_id
from reconciler.render.kernel_process import Kernel

EXAMPLES = """**Examples**

`reconciler version`: for people, and for a report

`reconciler version -o json | jq -r .kustomize`: for programs
"""


def version(
    output: Annotated[Output, typer.Option("--output", "-o", help="Output format.")] = Output.text,
) -> None:
    """Show the version of the program and of what is in it."""
    with Kernel() as kernel:
        libraries = kernel.versions()
    found = {
        "reconciler": __version__,
        "kernel": kernel_id(),
        "kustomize": libraries["kustomize"],
        "kubernetes": NEWEST,
        "go": libraries["go"],
        "python": platform.python_version(),
    }
    if output is Output.json:
        write_json({"version": 1, **found})
        return
    for name, value in found.items():
        note = "  (the newest whose schemas are known)" if name == "kubernetes" else ""
        typer.echo(f"{name:11} {value}{note}")
