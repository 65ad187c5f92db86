"""reconciler diff"""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated

import typer

from reconciler.cli.options import NoCache, Offline, Root
from reconciler.cli.output import progress, write_json
from reconciler.cli.variables import SETTINGS
from reconciler.compare.app_differences import FolderPair, differences, same_folders
from reconciler.compare.as_json import document
from reconciler.compare.as_text import app_lines, counts_text
from reconciler.compare.markdown_report import DEFAULT_MAX_CHARACTERS, MIN_CHARACTERS, markdown
from reconciler.compare.pull_request_comment import comment
from reconciler.compare.report import ComparisonReport, Side
from reconciler.errors import CheckFailed, RepositoryError, UsageError, printable
from reconciler.git.locate import is_bare
from reconciler.model.entry import entry_of
from reconciler.model.fleet import environment_names
from reconciler.model.paths import AppName, apps_in, entry_folder, environment_folder
from reconciler.render.renderer import Renderer
from reconciler.sealing.new_certificates import new_certificates
from reconciler.session.apps import apps_called, those_in
from reconciler.session.opened import open_store
from reconciler.session.trees import find_source, open_repository, open_tree
from reconciler.text.diff_lines import ADDED, CHANGED, PLACE, REMOVED, Line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.compare.app_differences import AppDifference
    from reconciler.trees.tree import Tree

EXAMPLES = """**Examples**

`reconciler diff`: what the edits on disk change in all environments

`reconciler diff prod/gethrelay --from v1.2.0 --to v1.3.0`: one app, between two tags

`reconciler diff --from main --to HEAD --merge-base -o comment`: for a pull request

`reconciler diff --env stage prod gethrelay`: one app in two environments
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
        typer.Argument(metavar="PATH|ENV[/APP]", help="Of these apps; otherwise of all."),
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
        typer.Option(
            "--merge-base", help="Begin where the later revision left the earlier one's history."
        ),
    ] = False,
    environments: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--env",
            metavar="ENV ENV",
            help="Compare two environments of each app; PATH is then the name of an app.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        DiffOutput, typer.Option("--output", "-o", help="What to write.")
    ] = DiffOutput.text,
    stat: Annotated[
        bool, typer.Option("--stat", help="Count objects, a line for each app.")
    ] = False,
    limit: Annotated[
        int,
        typer.Option(
            metavar="CHARACTERS",
            min=MIN_CHARACTERS,
            help="How long the Markdown may be; what has no room in it is summed up.",
        ),
    ] = DEFAULT_MAX_CHARACTERS,
    whole: Annotated[
        str,
        typer.Option(metavar="URL", help="Where a comment says that the whole difference is."),
    ] = "",
    root: Root = None,
    no_cache: NoCache = False,
    offline: Offline = False,
) -> None:
    """Show what changes in the objects of each app: by object and field, not by line."""
    wanted = names or []
    source = find_source([] if environments else wanted, root)
    if environments is None and before is None:
        before = "HEAD"
    base = before or ""
    if merge_base:
        if before is None:
            raise UsageError("--merge-base begins at --from", hint="name a revision with --from")
        before = _merge_base(source, before, after or "HEAD")
    old = _tree(source, before, "--from", base, offline)
    new = _tree(source, after, "--to", base, offline)
    if environments:
        pairs = _across(environments, [AppName(name) for name in wanted], old, new)
    else:
        chosen = _chosen(old, new, wanted, source)
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
    match output:
        case DiffOutput.json:
            write_json(document(report))
        case DiffOutput.markdown:
            typer.echo(markdown(report, limit), nl=False)
        case DiffOutput.comment:
            typer.echo(comment(report, limit, whole), nl=False)
        case DiffOutput.text:
            _write_text(report, stat)
            _write_certificates(report)
    if report.certificates and not found:
        raise typer.Exit(CheckFailed.exit_code)
    _exit(found)


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


def _chosen(old: Tree, new: Tree, names: list[str], root: str) -> list[str]:
    try:
        return apps_called([old, new], names, root)
    except UsageError:
        git = open_repository(root)
        for name in names:
            if git and git.about(name):
                raise UsageError(
                    f"{name} is a revision, and no app", hint="write it after --from or --to"
                ) from None
        raise


def _named(pairs: list[FolderPair], named: list[str], tree: Tree) -> list[str]:
    """Those of the apps that are compared, and all if none was named."""
    entries = (entry_of(pair.after or "") for pair in pairs)
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
        {app: entry_folder(name, app) for app in apps_in(tree, name)}
        for name, tree in zip(environments, (old, new), strict=True)
    )
    for name, found in zip(environments, (before, after), strict=True):
        if not found:
            raise UsageError(
                f"there is no app in an environment {name}",
                hint=f"an app is a folder with a kustomization in {environment_folder(name)}",
            )
    for app in apps:
        if app not in before and app not in after:
            raise UsageError(
                f"there is no app {app} in {environments[0]} or {environments[1]}",
                hint="the apps there are " + ", ".join(sorted(before | after)),
            )
    return [
        FolderPair(before.get(app), after.get(app))
        for app in sorted(before | after)
        if not apps or app in apps
    ]


def _write_text(report: ComparisonReport, stat: bool) -> None:
    color = False if os.environ.get("NO_COLOR") else None
    for number, app in enumerate(report.apps):
        if number and not stat:
            typer.echo()
        typer.echo(_title(app), color=color)
        if not stat:
            for line in app_lines(app, report.labels):
                typer.echo(styled(line), color=color)
    if len(report.apps) > 1:
        if not stat:
            typer.echo()
        of = f"{len(report.apps):,} of {report.compared:,} apps differ"
        typer.echo(f"{of}: {counts_text(report.counts())} objects")


def _write_certificates(report: ComparisonReport) -> None:
    for new in report.certificates:
        typer.echo(typer.style(printable(f"{new.environment}  {new.file}"), bold=True))
        if new.why:
            typer.echo(printable(f"~ it cannot be said who reads what is sealed: {new.why}"))
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
