"""reconciler argocd apps"""

from __future__ import annotations

import os
from typing import Annotated

import typer

from reconciler.argocd.applications.wanted import present_files, wanted_files
from reconciler.cli.options import NoCache, Offline, Root
from reconciler.cli.output import progress
from reconciler.cli.variables import SETTINGS
from reconciler.errors import CheckFailed, Place, UsageError, printable
from reconciler.git.addresses import remote_urls, without_user
from reconciler.git.file_lock import only_writer
from reconciler.git.whole_files import replace_file
from reconciler.model.fleet import load_fleet
from reconciler.render.binary import CHECKING
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Renderer
from reconciler.session.opened import open_store
from reconciler.session.trees import find_source, open_tree
from reconciler.text.markdown_lists import count
from reconciler.trees.tree import FILE, Tree

EXAMPLES = """**Examples**

`reconciler argocd apps`: write environments/argocd for all environments

`reconciler argocd apps prod`: after a change in prod alone

`reconciler argocd apps --check`: in CI, that what is there is what there should be
"""


def apps(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="ENV", help="For these environments; otherwise for all."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing, and fail where something differs.")
    ] = False,
    root: Root = None,
    offline: Offline = False,
    no_cache: NoCache = False,
) -> None:
    """Write what Argo CD is to run: a project and a set of Applications for each environment.

    What each Application needs and watches is what the render of its app looks at and makes.
    """
    source = find_source([], root)
    tree = open_tree(SETTINGS, source, None, offline=offline)
    fleet = load_fleet(tree)
    chosen = [fleet.environment(name) for name in names or ()] or list(fleet.environments)
    origin = next(map(without_user, remote_urls(source)), "")
    with (
        Kernel(CHECKING) as kernel,
        Renderer(open_store(SETTINGS, not no_cache), kernel) as renderer,
        progress("rendering", len(fleet.entries)) as advance,
    ):
        wanted = wanted_files(renderer, tree, fleet, chosen, origin, advance)
    gone = [file for file in present_files(tree, fleet, chosen) if file not in wanted]
    before = {file: _content(tree, file) for file in wanted}
    differing = [f for f in wanted if before[f] != wanted[f].encode()]
    for file in (*differing, *gone):
        word = "remove" if file in gone else "write" if before[file] is None else "change"
        typer.echo(printable(f"{'to ' if check else ''}{word} {file}"))
    if check and (differing or gone):
        raise CheckFailed(
            f"{count(len(differing) + len(gone), 'file')} must be written again for Argo CD",
            hint=" ".join(["reconciler argocd apps", *(names or ())]),
        )
    if not check and (differing or gone):
        with only_writer(source):
            _write(source, {f: wanted[f] for f in differing}, before, gone)
    if not differing and not gone:
        typer.echo(f"{count(len(wanted), 'file')}, all up to date")


def _content(tree: Tree, file: str) -> bytes | None:
    found, content = tree.fetch(file)
    return content if found.kind == FILE else None


def _write(
    root: str, files: dict[str, str], before: dict[str, bytes | None], gone: list[str]
) -> None:
    for file, text in files.items():
        replace_file(os.path.join(root, file), text.encode(), before=before[file])
    for file in gone:
        try:
            os.unlink(os.path.join(root, file))
        except OSError as e:
            raise UsageError(
                "the file cannot be removed", where=Place(file), why=e.strerror or ""
            ) from e
