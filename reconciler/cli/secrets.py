"""reconciler secrets"""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from reconciler.checks.annotations import commands
from reconciler.checks.finding import Finding, Severity
from reconciler.cli.options import Root
from reconciler.cli.output import console
from reconciler.cli.source import find_source, in_tree, where_from
from reconciler.errors import CheckFailed, Place, UsageError, printable
from reconciler.git.locate import find_root
from reconciler.git.snapshots import Snapshots
from reconciler.model.plaintext import PLAINTEXT_FILE
from reconciler.sealing.plaintext.scan import Scan, Scanner, read_rules, scan_commits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.sealing.plaintext.found import Plaintext

FORBID_EXAMPLES = """**Examples**

`reconciler secrets forbid`: what is staged, as a hook before each commit does

`reconciler secrets forbid environments overlays`: all that the index holds there

`reconciler secrets forbid --range origin/main..HEAD -o github`: each commit of a pull request
"""

app = typer.Typer(
    name="secrets",
    help="Keep secrets that are not sealed out of Git: for hooks and for CI.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


class Output(StrEnum):
    text = "text"
    github = "github"


@app.command("forbid", epilog=FORBID_EXAMPLES)
def forbid(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH", help="These files and folders of the index."),
    ] = None,
    revisions: Annotated[
        str | None,
        typer.Option("--range", metavar="A..B", help="Each commit of a range, and not the index."),
    ] = None,
    output: Annotated[Output, typer.Option("--output", "-o", help="What to write.")] = Output.text,
    root: Root = None,
) -> None:
    """Refuse what would be committed in the clear. No value is ever shown."""
    source = _repository(root)
    scans = _scans(Snapshots(source), paths or [], revisions or _pushed(), source)
    found = [(scan.commit, plaintext) for scan in scans for plaintext in scan.found]
    _write(found, output, source)
    if found:
        raise _refusal(scans)
    files = sum(scan.files for scan in scans)
    console().print(f"{files:,} files: nothing is in the clear")


def _repository(root: str | None) -> str:
    source = find_source([], root)
    if find_root(source) != source:
        raise UsageError(f"{source} is no Git repository", hint="run it in one, or name its --root")
    return source


def _pushed() -> str | None:
    """The commits that pre-commit was asked to look at, when it runs before a push."""
    first, last = (os.environ.get(f"PRE_COMMIT_{end}_REF") for end in ("FROM", "TO"))
    return f"{first}..{last}" if first and last else None


def _scans(
    snapshots: Snapshots, paths: Sequence[str], revisions: str | None, root: str
) -> Sequence[Scan]:
    if revisions:
        return scan_commits(snapshots, revisions)
    scanner = Scanner(snapshots, read_rules(snapshots, ""))
    if paths:
        return [scanner.scan(snapshots.indexed([in_tree(path, root) for path in paths]))]
    return [scanner.scan(snapshots.staged())]


def _write(found: Sequence[tuple[str, Plaintext]], output: Output, root: str) -> None:
    if output is Output.github:
        for line in commands([_finding(commit, plaintext) for commit, plaintext in found]):
            typer.echo(line)
        return
    out = console(stderr=False)
    for commit, plaintext in found:
        where = printable(f"{where_from(_place(commit, plaintext), root)}: ")
        out.print(Text.assemble((where, "bold"), printable(str(plaintext))))


def _place(commit: str, plaintext: Plaintext) -> Place:
    return Place(f"//{commit}/{plaintext.file}" if commit else plaintext.file, plaintext.line)


def _finding(commit: str, plaintext: Plaintext) -> Finding:
    return Finding(
        "secrets/plaintext", Severity.error, str(plaintext), where=_place(commit, plaintext)
    )


def _refusal(scans: Sequence[Scan]) -> CheckFailed:
    files = len({(scan.commit, f.file) for scan in scans for f in scan.found})
    some = "a file" if files == 1 else f"{files} files"
    if not scans[0].commit:
        return CheckFailed(
            f"{some} would put secrets into Git in the clear",
            hint=f"seal them and git restore --staged the file, or say in {PLAINTEXT_FILE} "
            "why they may be there",
        )
    return CheckFailed(
        f"{some} put secrets into Git in the clear",
        why="what a commit holds stays in Git's history, removed or not",
        hint="rewrite the branch without them, and replace the secrets that were pushed",
    )
