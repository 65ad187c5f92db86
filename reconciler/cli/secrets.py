"""reconciler secrets"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer
from rich.text import Text

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.github_annotations import commands
from reconciler.cli.group import Commands
from reconciler.cli.options import NoCache, Offline, Root
from reconciler.cli.output import (
    console,
    show_note,
    show_warning,
    while_somebody_reads,
    write_json,
)
from reconciler.cli.scans import asked_for, is_staged, repository, scanned, summary
from reconciler.errors import CheckFailed, Place, UsageError, printable
from reconciler.git.snapshots import Snapshots
from reconciler.model.plaintext import PLAINTEXT_FILE
from reconciler.session.revision_range import revisions_among
from reconciler.session.trees import where_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.sealing.plaintext.found import Plaintext
    from reconciler.sealing.plaintext.scan import Scan

FORBID_EXAMPLES = """**Examples**

`reconciler secrets forbid`: what is staged, as a hook before each commit does

`reconciler secrets forbid environments overlays`: all that the index holds there

`reconciler secrets forbid --range origin/main..HEAD -o github`: each commit of a pull request

`reconciler secrets forbid --pre-push "$1"`: in .git/hooks/pre-push, each commit that is pushed
"""

SEAL_EXAMPLES = """**Examples**

`reconciler secrets seal`: what is staged, as a hook before each commit does
"""

CHECK_EXAMPLES = """**Examples**

`reconciler secrets check`: what is staged, as a hook before each commit does
"""

app = Commands("secrets", "Keep secrets that are not sealed out of Git: for hooks and for CI.")


class SecretsOutput(StrEnum):
    text = "text"
    json = "json"
    github = "github"


@app.command("forbid", epilog=FORBID_EXAMPLES)
def forbid(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH|A..B",
            help="These files and folders of the index, or each commit of a range.",
        ),
    ] = None,
    revisions: Annotated[
        str | None,
        typer.Option("--range", metavar="A..B", help="The same range, whatever files are called."),
    ] = None,
    pre_push: Annotated[
        str | None,
        typer.Option(
            "--pre-push",
            metavar="REMOTE",
            help="Each commit that is new to it, of what Git tells its hook on standard input.",
        ),
    ] = None,
    output: Annotated[
        SecretsOutput, typer.Option("--output", "-o", help="Output format.")
    ] = SecretsOutput.text,
    root: Root = None,
) -> None:
    """Refuse what would be committed in the clear. No value is ever shown."""
    source = repository(root)
    files, named = revisions_among(paths or [], source)
    if sum(map(bool, (files, named, revisions, pre_push is not None))) > 1:
        raise UsageError("--pre-push, --range and PATH exclude each other", hint="give one of them")
    if named:
        revisions = f"{named.before}..{named.after or 'HEAD'}"
    scans = asked_for(source, files, revisions, pre_push)
    if revisions and any(scan.changes_rules for scan in scans):
        _tell_of_rules(output, source)
    _refuse(scans, output, source)


@app.command("seal", epilog=SEAL_EXAMPLES)
def seal(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH", help="These files and folders of the index."),
    ] = None,
    root: Root = None,
) -> None:
    """Seal what is staged in the clear, stage that instead, and refuse this one commit.

    The files of environments/ENV/APP are sealed for ENV. What belongs to no environment is refused
    as it stands. What was sealed takes the place of the plaintext on disk, too, where that is what
    is staged; else the file on disk is left alone.
    """
    from reconciler.cli.seal.guard import leave_no_core
    from reconciler.cli.staging import seal_staged

    source = repository(root)
    leave_no_core()
    [scan] = scanned(source, paths or [])
    sealed = bool(scan.found) and seal_staged(Snapshots(source), scan.found, source)
    if not sealed:
        _refuse([scan], SecretsOutput.text, source)
        return
    left = [path for path in paths or () if is_staged(source, path)]
    again = scanned(source, left) if left or not paths else []
    if any(one.found for one in again):
        _refuse(again, SecretsOutput.text, source)
    raise CheckFailed(
        "secrets were sealed and staged: this commit is stopped so that you can look at them",
        hint="git diff --cached shows them; then commit again",
    )


@app.command("check", epilog=CHECK_EXAMPLES)
def check(root: Root = None, offline: Offline = False, no_cache: NoCache = False) -> None:
    """Validate sealed secrets as the next commit would have them rendered."""
    from reconciler.cli.check import check_
    from reconciler.cli.seal.verify import RULES

    check_(rules=RULES, staged=True, root=root, offline=offline, no_cache=no_cache)


def _refuse(scans: Sequence[Scan], output: SecretsOutput, root: str) -> None:
    """Say what is in the clear, in a line each; no value is among it."""
    found = [(scan.commit, plaintext) for scan in scans for plaintext in scan.found]
    with while_somebody_reads():
        if output is SecretsOutput.json:
            write_json(_document(scans))
        else:
            _write(found, output, root)
    if found:
        raise _refusal(scans)
    if output is SecretsOutput.json:
        return
    if not any(scan.files for scan in scans):
        show_warning("no file was looked at: none is added or changed")
        return
    console().print(summary(scans))


def _document(scans: Sequence[Scan]) -> dict[str, object]:
    return {
        "version": 1,
        "files": sum(scan.files for scan in scans),
        "found": [
            {
                "commit": scan.commit or None,
                "file": plaintext.file,
                "line": plaintext.line,
                "what": str(plaintext),
            }
            for scan in scans
            for plaintext in scan.found
        ],
        "unrendered": sorted({folder for scan in scans for folder in scan.unrendered}),
    }


def _tell_of_rules(output: SecretsOutput, root: str) -> None:
    """Who proposes commits is judged by rules that may be a part of them."""
    what = "these commits change what counts as a secret: look at what is allowed now"
    place = Place(PLAINTEXT_FILE)
    if output is SecretsOutput.json:
        return
    if output is SecretsOutput.github:
        for line in commands([Finding("secrets/rules", Severity.warning, what, where=place)]):
            typer.echo(line)
    else:
        show_note(what, place, root)


def _write(found: Sequence[tuple[str, Plaintext]], output: SecretsOutput, root: str) -> None:
    if output is SecretsOutput.github:
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
    what = f"{plaintext}, in the commit {commit[:12]}" if commit else str(plaintext)
    where = Place(plaintext.file, plaintext.line)
    return Finding("secrets/plaintext", Severity.error, what, where=where)


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
