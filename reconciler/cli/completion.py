"""reconciler completion, and the answers that the scripts it prints ask for"""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from typing import Annotated, Any

import typer
from typer._completion_classes import completion_init
from typer._completion_shared import get_completion_script

from reconciler.cli.group import COMPLETES

EXAMPLES = """**Examples**

`source <(reconciler completion bash)`: in this shell; in ~/.bashrc, in every one

`reconciler completion zsh > "${fpath[1]}/_reconciler"`: for every zsh

`reconciler completion fish > ~/.config/fish/completions/reconciler.fish`: for every fish
"""


class Shell(StrEnum):
    bash = "bash"
    zsh = "zsh"
    fish = "fish"


def completion(
    shell: Annotated[Shell, typer.Argument(metavar="bash|zsh|fish", help="Your shell.")],
) -> None:
    """Print the script that completes commands, options and names of the repository."""
    script = get_completion_script(
        prog_name="reconciler", complete_var=COMPLETES, shell=shell.value
    )
    typer.echo(script.strip())


def complete(command: Any) -> int:
    """What can stand where the cursor is. Somebody is typing: nothing that goes wrong is shown."""
    completion_init()
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    try:
        command.main([], prog_name="reconciler", standalone_mode=False)
    except SystemExit as e:
        return e.code if isinstance(e.code, int) else 0
    except Exception:
        return 1
    return 0
