"""reconciler diff"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from reconciler.cli.options import NoCache, Offline, Root
from reconciler.cli.output import progress, while_somebody_reads, write_json
from reconciler.cli.variables import SETTINGS
from reconciler.compare.app_differences import FolderPair, differences, same_folders
from reconciler.compare.as_json import document
from reconciler.compare.as_text import app_lines, counts_text
from reconciler.compare.markdown_report import DEFAULT_MAX_CHARACTERS, MIN_CHARACTERS, markdown
from reconciler.compare.pull_request_comment import comment
from reconciler.compare.report import ComparisonReport, Side
from reconciler.errors import CheckFailed, RepositoryError, UsageError, printable
from reconciler.git.locate import is_bare
from reconciler.model.fleet import environment_names
from reconciler.model.layout import Layout
from reconciler.model.paths import AppName
from reconciler.render.renderer import Renderer
from reconciler.sealing.new_certificates import new_certificates
from reconciler.session.apps import apps_called, those_in
from reconciler.session.opened import open_store
from reconciler.session.revision_range import revisions_among
from reconciler.session.trees import find_source, open_tree
from reconciler.text.diff_lines import ADDED, CHANGED, PLACE, REMOVED, Line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.compare.app_differences import AppDifference
    from reconciler.trees.tree import Tree

EXAMPLES = """**Examples**

`reconciler diff`: what the edits on disk change in all environments

`reconciler diff stage prod`: what differs between two environments

`reconciler diff stage prod gethrelay`: one app of them

`reconciler diff HEAD~1`: what changed since a commit

`reconciler diff v1.2.0..v1.3.0 prod/gethrelay`: one app, between two tags

`reconciler diff main...HEAD -o comment`: for a pull request
"""

COLOURS = {ADDED: "green", REMOVED: "red", CHANGED: "yellow", PLACE: "cyan"}
ON_DISK = "the files on disk"


class DiffOutput(StrEnum):
    text = "text"
    markdown = "markdown"
    comment = "comment"
    json = "json"


def diff(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH|ENV[/APP]|REV",
            help="Apps, by PATH, ENV or ENV/APP; two environments, which are compared, and apps of "
            "them; or revisions: A, A B, A..B, or A...B from their merge base.",
        ),
    ] = None,
    before: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="REV",
            help="The earlier revision; otherwise HEAD.",
            show_default=False,
        ),
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="REV",
            help="The later revision; otherwise the files on disk.",
            show_default=False,
        ),
    ] = None,
    merge_base: Annotated[
        bool,
        typer.Option("--merge-base", help="Compare from the merge base of the two revisions."),
    ] = False,
    output: Annotated[
        DiffOutput, typer.Option("--output", "-o", help="Output format.")
    ] = DiffOutput.text,
    stat: Annotated[
        bool, typer.Option("--stat", help="Count objects, a line for each app.")
    ] = False,
    limit: Annotated[
        int,
        typer.Option(
            metavar="CHARACTERS",
            min=MIN_CHARACTERS,
            help="How long the Markdown may be; what does not fit is summed up.",
        ),
    ] = DEFAULT_MAX_CHARACTERS,
    whole: Annotated[
        str,
        typer.Option(
            metavar="URL", help="Where the whole difference is, for a link in the comment."
        ),
    ] = "",
    root: Root = None,
    no_cache: NoCache = False,
    offline: Offline = False,
) -> None:
    """Show what changes in the objects of each app: by object and field, not by line."""
    source = find_source(names or [], root)
    wanted, named = revisions_among(names or [], source)
    if named and (before or after):
        raise UsageError("revisions are named twice", hint="leave out --from and --to")
    base = named.typed if named else before or ""
    before, after = (named.before, named.after) if named else (before, after)
    if merge_base:
        if before is None:
            raise UsageError("--merge-base begins at --from", hint="name a revision with --from")
        before = _merge_base(source, before, after or "HEAD")
    new = _tree(source, after, "--to", base, offline)
    environments = _two_environments(wanted, new)
    if before is None and not environments:
        before = "HEAD"
    old = _tree(source, before, "--from", base, offline)
    if environments:
        pairs = _across(environments, [AppName(name) for name in wanted[2:]], old, new)
    else:
        chosen = apps_called([old, new], wanted, source)
        pairs = same_folders(those_in(old, chosen), those_in(new, chosen))
    with (
        Renderer(open_store(SETTINGS, not no_cache)) as renderer,
        progress("comparing", len(pairs)) as bar,
    ):
        found = differences(renderer, old, new, pairs, bar)
    first, second = environments or (None, None)
    report = ComparisonReport(
        _side(before, old, first),
        _side(after, new, second),
        len(pairs),
        tuple(found),
        () if environments else tuple(new_certificates(old, new, _named(pairs, wanted, new))),
    )
    with while_somebody_reads():
        match output:
            case DiffOutput.json:
                write_json(document(report))
            case DiffOutput.markdown:
                typer.echo(markdown(report, limit), nl=False)
            case DiffOutput.comment:
                typer.echo(comment(report, Layout(new).entry_of, limit, whole), nl=False)
            case DiffOutput.text:
                _write_text(report, stat)
                _write_certificates(report)
    if report.certificates and not found:
        raise typer.Exit(CheckFailed.exit_code)
    _exit(found)


def _two_environments(names: list[str], tree: Tree) -> tuple[str, str] | None:
    """The environments that are compared, if that is what the first two names are."""
    if len(names) < 2 or not {*names[:2]}.issubset(environment_names(tree)):
        return None
    return names[0], names[1]


def _merge_base(root: str, one: str, other: str) -> str:
    from reconciler.git.repository import Repository

    return Repository(root).merge_base(one, other)


def _tree(root: str, revision: str | None, option: str, base: str, offline: bool) -> Tree:
    if revision is None and is_bare(root):
        raise RepositoryError(
            f"{root} is a bare repository: it has revisions, but no files of its own",
            hint=f"name a revision with {option}",
        )
    return open_tree(SETTINGS, root, revision, offline=offline, base=base)


def _named(pairs: list[FolderPair], named: list[str], tree: Tree) -> list[str]:
    """Those of the apps that are compared, and all if none was named."""
    layout = Layout(tree)
    entries = (layout.entry_of(pair.after or "") for pair in pairs)
    return (
        list(dict.fromkeys(e.environment for e in entries if e))
        if named
        else environment_names(tree)
    )


def _side(revision: str | None, tree: Tree, environment: str | None) -> Side:
    from reconciler.trees.commit import CommitTree

    label = revision or ON_DISK
    if environment:
        label = f"{environment} at {revision}" if revision else environment
    return Side(label, revision, tree.commit if isinstance(tree, CommitTree) else None, environment)


def _across(
    environments: tuple[str, str], apps: list[AppName], old: Tree, new: Tree
) -> list[FolderPair]:
    """The folders of each app in the two environments."""
    before, after = (
        Layout(tree).apps(name) for name, tree in zip(environments, (old, new), strict=True)
    )
    for name, found in zip(environments, (before, after), strict=True):
        if not found:
            raise UsageError(
                f"there is no app in an environment {name}",
                hint="an app is a folder with a kustomization: reconciler list shows what there is",
            )
    for app in apps:
        if app not in before and app not in after:
            raise UsageError(
                f"there is no app {app} in {environments[0]} or {environments[1]}",
                hint="the apps there are " + ", ".join(sorted({*before, *after})),
            )
    return [
        FolderPair(before.get(app), after.get(app))
        for app in sorted({*before, *after})
        if not apps or app in apps
    ]


def _write_text(report: ComparisonReport, stat: bool) -> None:
    for number, app in enumerate(report.apps):
        if number and not stat:
            typer.echo()
        typer.echo(_title(app))
        if not stat:
            for line in app_lines(app, report.labels):
                typer.echo(styled(line))
    if len(report.apps) > 1:
        if not stat:
            typer.echo()
        of = f"{len(report.apps):,} of {report.compared:,} apps differ"
        typer.echo(f"{of}: {counts_text(report.counts())} objects")


def _write_certificates(report: ComparisonReport) -> None:
    for new in report.certificates:
        typer.echo(typer.style(printable(f"{new.environment}  {new.file}"), bold=True))
        if new.why:
            typer.echo(printable(f"~ it cannot be told whose certificate this is: {new.why}"))
            continue
        typer.echo(f"+ {new.what}")
        typer.echo(printable(f"  to do: {new.command}"))


def _title(app: AppDifference) -> str:
    name = typer.style(printable(app.pair.name or "."), bold=True)
    if app.change == "failed":
        return f"{name}  {typer.style('does not render', fg='red')}"
    word = "" if app.change == "changed" else f"{app.change} "
    return f"{name}  {word}{counts_text(app.difference.counts())}"


def styled(line: Line) -> str:
    text = str(line)
    if line.sign == CHANGED:
        text = "~" + text[1:]
    return typer.style(text, fg=COLOURS[line.sign]) if line.sign in COLOURS else text


def _exit(apps: list[AppDifference]) -> None:
    """An app that cannot be rendered any more is a mistake; any other difference is one found."""
    failed = [app.failed_after.exit_code for app in apps if app.failed_after]
    if apps:
        raise typer.Exit(max(failed, default=CheckFailed.exit_code))
