"""reconciler pin"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated

import typer

from reconciler.cli.options import NoCache, Offline, Root
from reconciler.cli.output import progress, show_rewritten, show_warning
from reconciler.cli.variables import SETTINGS
from reconciler.errors import printable
from reconciler.git.file_lock import only_writer
from reconciler.git.whole_files import replace_file
from reconciler.model.fleet import load_fleet
from reconciler.promotion.pin_entries import PinnedEntry, PinnedEnvironment, pin_entries
from reconciler.render.renderer import Renderer
from reconciler.session.opened import open_store
from reconciler.session.repository import the_repository
from reconciler.session.trees import open_tree
from reconciler.text.suggestions import listing
from reconciler.trees.edited import EditedTree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.git.repository import Repository
    from reconciler.model.fleet import Fleet
    from reconciler.promotion.plan.plan import EntryEdit
    from reconciler.trees.tree import Tree

EXAMPLES = """**Examples**

`reconciler pin stage prod`: all apps of stage and prod, to the newest commit of the main branch

`reconciler pin prod/shop --commit v1.2.0`: one app, to a commit of your choice

`reconciler pin prod --dry-run`: only say what would change
"""


def pin(
    names: Annotated[
        list[str], typer.Argument(metavar="ENV[/APP]", help="The apps that are to pin a commit.")
    ],
    commit: Annotated[
        str | None,
        typer.Option(
            metavar="REV",
            help="A commit of the main branch; otherwise its newest, as it was last fetched.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would change, and write nothing.")
    ] = False,
    root: Root = None,
    no_cache: NoCache = False,
    offline: Offline = False,
) -> None:
    """Pin a commit for apps that follow the branch: from then on promotions change them.

    In the files on disk, the path of an overlay becomes a URL with a commit. Apps that pin
    already stay as they are.
    """
    repository = the_repository(root)
    with only_writer(repository.path):
        tree = open_tree(SETTINGS, repository.path, None, offline=offline)
        fleet = load_fleet(tree)
        found = list(_planned(tree, fleet, repository, names, commit))
        differing = _differing(tree, found, cache=not no_cache)
        if not dry_run:
            for edit in _edits(found):
                path = os.path.join(repository.path, edit.path)
                replace_file(path, edit.after, before=edit.before)
    for pinned in found:
        for line in _lines(pinned, differing, dry_run):
            typer.echo(printable(line))
    for pinned in found:
        if pinned.edits and not pinned.environment.promotes_from:
            name = pinned.environment.name
            show_warning(f"nothing is promoted to {name}, so only edits by hand will move its pins")
    for edit in _edits(found):
        if edit.rewritten:
            show_rewritten(edit.path, repository.path)
    if not _edits(found):
        typer.echo("nothing is to be pinned")
    elif dry_run:
        typer.echo("nothing is written with --dry-run")
    else:
        typer.echo(_next(found), err=True)


def _planned(
    tree: Tree, fleet: Fleet, repository: Repository, names: Sequence[str], commit: str | None
) -> Iterator[PinnedEnvironment]:
    wanted = {entry for name in names for entry in fleet.entries_called(name)}
    for environment in fleet.environments:
        own = [entry for entry in fleet.entries if entry.environment == environment.name]
        chosen = [entry for entry in own if entry in wanted]
        others = [entry for entry in own if entry not in wanted]
        if chosen:
            yield pin_entries(tree, repository, environment, chosen, others, commit)


def _edits(found: Iterable[PinnedEnvironment]) -> list[EntryEdit]:
    return [edit for pinned in found for edit in pinned.edits]


def _differing(tree: Tree, found: Sequence[PinnedEnvironment], *, cache: bool) -> set[str]:
    """The entries that render other manifests when they pin; raises what keeps one from that."""
    edits = {edit.path: edit.after for edit in _edits(found)}
    folders = [p.entry.folder for pinned in found for p in pinned.entries if p.edit]
    pairs = [(side, at) for at in folders for side in (tree, EditedTree(tree, edits))]
    if not pairs:
        return set()
    with (
        Renderer(open_store(SETTINGS, cache)) as renderer,
        progress("rendering", len(pairs)) as advance,
    ):
        renders = renderer.render_each(pairs, progress=advance)
    for render in renders:
        if render.error:
            raise render.error
    both = zip(folders, renders[::2], renders[1::2], strict=True)
    return {at for at, before, after in both if before.manifest != after.manifest}


def _lines(pinned: PinnedEnvironment, differing: set[str], dry_run: bool) -> Iterator[str]:
    for one in pinned.entries:
        if one.edit:
            word = "to pin" if dry_run else "pinned"
            yield f"{word}  {one.entry}  {listing(one.overlays)} at {pinned.commit[:10]}"
        else:
            yield f"kept    {one.entry}  {_why_kept(one)}"
        if one.entry.folder in differing:
            yield "        that commit is not what is on disk: what it renders changes"
    if pinned.policy:
        word = "to say" if dry_run else "said  "
        yield f"{word}  {pinned.policy.path}  releases.policy is pin"


def _why_kept(one: PinnedEntry) -> str:
    return "it pins a commit already" if one.pins else "it names no overlay"


def _next(found: Sequence[PinnedEnvironment]) -> str:
    """What to do, as it would be typed; what follows is planned on the main branch."""
    names = listing([pinned.environment.name for pinned in found])
    commands = [
        "reconciler diff",
        f"git commit --all --message 'Pin the releases of {names}'",
        "git push",
    ]
    target = found[-1].environment
    if target.promotes_from:
        commands.append(
            f"reconciler promote {target.promotes_from[0]} {target.name} --all --dry-run"
        )
    return "\n".join(["", "Next:", *(f"  {command}" for command in commands)])
