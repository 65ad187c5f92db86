"""reconciler render"""

from __future__ import annotations

import json
import os
from enum import StrEnum
from typing import Annotated

import typer

from reconciler.cli.fast_commands import join, write_out
from reconciler.cli.options import NoCache, Offline, Root
from reconciler.cli.output import (
    progress,
    show_error,
    show_notice,
    write_json,
)
from reconciler.cli.variables import SETTINGS
from reconciler.errors import UsageError
from reconciler.git.whole_files import write_whole
from reconciler.render.render_options import RenderOptions
from reconciler.render.renderer import Render, Renderer
from reconciler.session.opened import open_store
from reconciler.session.trees import find_source, folders_meant, open_tree
from reconciler.text.markdown_lists import count
from reconciler.trees.pins import is_reference, pins_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.trees.tree import Tree

EXAMPLES = """**Examples**

`reconciler render environments/prod/gethrelay`: what kustomize build prints, from the work tree

`reconciler render environments/prod/gethrelay --ref v1.2.0`: the same at a tag, without a checkout

`reconciler render prod/gethrelay`: the same folder, by environment and app

`reconciler render prod`: all apps of an environment

`reconciler render 'environments/*/*' -o dir=out`: everything, a file each

`reconciler render environments/prod/gethrelay -o json | jq '.renders[0].objects[].kind'`
"""


class Reorder(StrEnum):
    none = "none"
    legacy = "legacy"


class LoadRestrictor(StrEnum):
    root = "root"
    none = "none"


def render(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH|ENV[/APP]", help="Folders with a kustomization, or globs of them."
        ),
    ],
    ref: Annotated[
        str | None,
        typer.Option(
            "--ref", metavar="REV", help="Render this revision and not the files on disk."
        ),
    ] = None,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="yaml|json|dir=FOLDER", help="Output format.")
    ] = "yaml",
    root: Root = None,
    no_cache: NoCache = False,
    offline: Offline = False,
    reorder: Annotated[
        Reorder | None, typer.Option(help="kustomize's --reorder.", show_default=False)
    ] = None,
    load_restrictor: Annotated[
        LoadRestrictor,
        typer.Option(
            help="root: files come from a kustomization's own folder; none: from the tree."
        ),
    ] = LoadRestrictor.root,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.001, help="The time that one folder may take.")
    ] = 60.0,
    max_file_size: Annotated[
        int, typer.Option(metavar="MIB", min=1, max=512, help="The largest file that is read.")
    ] = 16,
) -> None:
    """Print manifests exactly as kustomize build does: of any folder, at any revision."""
    folder = _folder_of(output)
    source = find_source(paths, root)
    tree = open_tree(SETTINGS, source, ref, offline=offline)
    tree.max_file_size = max_file_size << 20
    chosen = RenderOptions(
        reorder=reorder.value if reorder else "",
        unbounded=load_restrictor is LoadRestrictor.none,
        timeout=timeout,
    )
    wanted = folders_meant(paths, source, tree)

    with Renderer(open_store(SETTINGS, not no_cache)) as renderer:
        with progress("rendering", len(wanted)) as advance:
            renders = renderer.render_all(tree, wanted, chosen, advance)
        for found_render in renders:
            for notice in found_render.notices:
                show_notice(notice, source)
        if output == "json":
            write_json(_as_json(renderer, tree, renders))
        errors = [r.error for r in renders if r.error]
        for error in errors if output != "json" else []:
            show_error(error, root=source)
        if errors:
            raise typer.Exit(max(error.exit_code for error in errors))
    if folder:
        for r in renders:
            write_file(os.path.join(folder, (r.path or "manifests") + ".yaml"), r.manifest)
        typer.echo(f"{count(len(renders), 'file')} in {folder}", err=True)
    elif output == "yaml":
        write_out(join(r.manifest for r in renders))


def _folder_of(output: str) -> str | None:
    kind, _, folder = output.partition("=")
    if kind == "dir" and folder:
        return folder
    if output in ("yaml", "json"):
        return None
    raise UsageError(f"there is no output {output}", hint="use yaml, json or dir=FOLDER")


def _as_json(renderer: Renderer, tree: Tree, renders: list[Render]) -> dict[str, object]:
    """Version 1 of this shape only ever gains fields: docs/reference/json.md describes it."""
    return {
        "version": 1,
        "renders": [
            {
                "path": r.path,
                "objects": json.loads(renderer.kernel.objects(r.manifest)) if not r.error else [],
                "error": r.error.as_json() if r.error else None,
                "warnings": [
                    {"what": n.what, "file": n.where.file, "line": n.where.line} for n in r.notices
                ],
                "cached": r.cached,
                "files": [path for path in r.paths if not is_reference(path)],
                "pins": [
                    {"file": pin.file, "url": pin.url, "commit": pin.commit, "exact": pin.exact}
                    for pin in pins_of(tree, r.paths)
                ],
            }
            for r in renders
        ],
    }


def write_file(path: str, content: bytes) -> None:
    """What can be rendered again need not outlast a power failure."""
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write_whole(path, content, 0o666 & ~_umask(), durable=False)
    except OSError as e:
        raise UsageError(
            f"{path} cannot be written", why=e.strerror or str(e), hint="name another folder"
        ) from e


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
