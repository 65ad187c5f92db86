"""reconciler crds"""

from __future__ import annotations

import os
from typing import Annotated

import typer

from reconciler.checks.exported_crds import PLACE, declares, exported, kinds_in
from reconciler.cli.group import Commands
from reconciler.cli.options import NoCache, Root
from reconciler.cli.output import progress
from reconciler.cli.seal.options import ContextOption, KubeconfigOption
from reconciler.cli.variables import SETTINGS
from reconciler.cluster.blocking_client import connect
from reconciler.errors import UsageError
from reconciler.git.whole_files import replace_file
from reconciler.render.renderer import Renderer
from reconciler.session.apps import apps_called
from reconciler.session.opened import open_store
from reconciler.session.sealing_controller import WantedCluster, context_for
from reconciler.session.trees import find_source, open_tree
from reconciler.text.suggestions import did_you_mean
from reconciler.trees.tree import FILE, Tree
from reconciler.yaml.write import as_yaml

EXAMPLES = """**Examples**

`reconciler crds fetch`: those of the kinds that apps use, from the current context's cluster

`reconciler crds fetch certificates.cert-manager.io --context prod`: one of them
"""

app = Commands("crds", "Take the definitions of custom kinds that checks go by from a cluster.")


@app.command("fetch", epilog=EXAMPLES)
def fetch(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME",
            help="Definitions to take; otherwise those of all custom kinds in the apps.",
        ),
    ] = None,
    folder: Annotated[
        str,
        typer.Option(
            "--to", metavar="FOLDER", help="The folder of the repository to write them to."
        ),
    ] = "crds",
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    root: Root = None,
    no_cache: NoCache = False,
) -> None:
    """Take definitions of custom kinds from a cluster into the repository."""
    source = find_source([], root)
    tree = open_tree(SETTINGS, source, None, offline=False)
    used = set() if names else _used(tree, source, cache=not no_cache)
    cluster = context_for(SETTINGS, WantedCluster(None, kubeconfig, context), None)
    with connect(cluster, SETTINGS.variables) as client:
        there = {crd["metadata"]["name"]: crd for crd in client.list(PLACE).items}
    for name in names or ():
        if name not in there:
            raise UsageError(
                f"the cluster of the context {cluster.name} has no definition {name}",
                hint=did_you_mean(name, there),
            )
    wanted = names or [name for name, crd in there.items() if declares(crd) in used]
    for name, crd in exported(there[name] for name in sorted(wanted)):
        path = f"{folder}/{name}.yaml"
        found, before = tree.fetch(path)
        known = before if found.kind == FILE else None
        replace_file(os.path.join(source, path), as_yaml(crd).encode(), before=known)
        typer.echo(path)
    if not wanted:
        typer.echo(f"the cluster of the context {cluster.name} defines no kind that an app uses")


def _used(tree: Tree, root: str, *, cache: bool) -> set[tuple[str, str]]:
    folders = apps_called([tree], [], root)
    with (
        Renderer(open_store(SETTINGS, cache)) as renderer,
        progress("rendering", len(folders)) as advance,
    ):
        renders = renderer.render_all(tree, folders, progress=advance)
    return kinds_in(render.manifest for render in renders)
