"""Makes the README's picture: runs real commands in a copy of this repository and records them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "images" / "terminal.svg"
COMMANDS = [
    "sed -i 's/MAX_PEERS=70/MAX_PEERS=100/' environments/dev/gethrelay/kustomization.yaml",
    "reconciler affected HEAD --only 'environments/**'",
    "reconciler diff dev",
    "sed -i 's/replicas: 1/replica: 1/' overlays/gethrelay/relay/deployment.yaml",
    "reconciler check dev --rule 'types/*'",
]


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch, open(os.devnull, "w") as nowhere:
        console = Console(record=True, width=112, file=nowhere, force_terminal=True)
        copy = Path(scratch) / "copy"
        subprocess.run(["git", "clone", "--quiet", ROOT, copy], check=True)
        environment = {**os.environ, "RECONCILER_CACHE": scratch, "FORCE_COLOR": "1"}
        environment.pop("NO_COLOR", None)
        for command in COMMANDS:
            console.print(Text.assemble(("$ ", "green"), (command, "bold")))
            output = subprocess.run(
                ["bash", "-c", command],
                cwd=copy,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            ).stdout
            console.print(Text.from_ansi(output.rstrip("\n")), end="\n" if output else "")
    PICTURE.write_text(svg(console))
    sys.stdout.write(f"{PICTURE.relative_to(ROOT)}\n")


def svg(console: Console) -> str:
    """The recording; it names no font that a reader would have to fetch."""
    text = console.export_svg(title="reconciler", theme=DIMMED_MONOKAI, unique_id="terminal")
    text = re.sub(r"\s*@font-face \{.*?\}", "", text, flags=re.DOTALL)
    text = text.replace("Fira Code", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono")
    return re.sub(r" +$", "", text, flags=re.MULTILINE)


if __name__ == "__main__":
    main()
