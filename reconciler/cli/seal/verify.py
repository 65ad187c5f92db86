"""reconciler seal verify"""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.options import NoCache, Offline, Root
from reconciler.cli.output import console, while_somebody_reads
from reconciler.cli.seal.options import ContextOption, ControllerOption, KubeconfigOption
from reconciler.cli.variables import SETTINGS
from reconciler.errors import CheckFailed
from reconciler.render.renderer import Renderer
from reconciler.sealing.sealed_secret import is_sealed_secret, read_sealed_secret
from reconciler.session.opened import open_store
from reconciler.session.sealing import open_sealing_session
from reconciler.session.sealing_controller import WantedCluster, open_controller
from reconciler.session.trees import open_tree
from reconciler.yaml.read import read_documents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.sealing.sealed_secret import SealedSecret
    from reconciler.session.sealing import SealingSession

EXAMPLES = """**Examples**

`reconciler seal verify`: all environments, without any cluster

`reconciler seal verify prod --online`: asks the controller of prod whether it can open them
"""
RULES = ["sealing/*", "references/secret", "references/key"]


def verify_(
    target: Annotated[
        str | None,
        typer.Argument(metavar="ENV[/APP]", help="Only this environment or app; otherwise all."),
    ] = None,
    online: Annotated[
        bool, typer.Option("--online", help="Ask the controller whether it can open them.")
    ] = False,
    controller: ControllerOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    root: Root = None,
    offline: Offline = False,
    no_cache: NoCache = False,
) -> None:
    """Validate sealed secrets as they are rendered: what `check` finds wrong with them."""
    if not online:
        from reconciler.cli.check import check_

        names = [target] if target else None
        check_(names, rules=RULES, root=root, offline=offline, no_cache=no_cache)
        return
    place = open_sealing_session(SETTINGS, root)
    wanted = WantedCluster(controller, kubeconfig, context)
    closed = opened = 0
    for environment in place.fleet.environments:
        homes = [h for h in place.homes(target) if h.environment is environment]
        if not homes:
            continue
        rendered = list(_rendered(place, [h.entry.folder for h in homes], offline, no_cache))
        if not rendered:
            continue
        with open_controller(SETTINGS, wanted, environment) as asked:
            for app, sealed in rendered:
                if asked.can_open(sealed):
                    opened += 1
                    continue
                closed += 1
                with while_somebody_reads():
                    typer.echo(f"{app}: {sealed.name}: the controller cannot open it")
    console().print(f"{opened} can be opened, {closed} cannot")
    if closed:
        raise CheckFailed(
            "the controller cannot open all of them",
            hint="seal verify without --online may say why",
        )


def _rendered(
    place: SealingSession, folders: list[str], offline: bool, no_cache: bool
) -> Iterator[tuple[str, SealedSecret]]:
    """The SealedSecrets of these apps as the cluster gets them."""
    tree = open_tree(SETTINGS, place.tree.root, None, offline=offline)
    with Renderer(open_store(SETTINGS, not no_cache)) as renderer:
        for folder, render in zip(folders, renderer.render_all(tree, folders), strict=True):
            if render.error:
                raise render.error
            for document in read_documents(render.manifest, folder):
                if is_sealed_secret(document.value):
                    yield folder, read_sealed_secret(document)
