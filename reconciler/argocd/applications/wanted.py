"""From environments to the files in environments/argocd: what there should be."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reconciler.argocd.applications.manifests import (
    HEAD,
    DeployedApp,
    environment_files,
    kustomization,
)
from reconciler.checks.groups import groups_of
from reconciler.checks.judge import Judge
from reconciler.errors import UsageError
from reconciler.git.addresses import protocol
from reconciler.model.addresses import listed_urls
from reconciler.model.environment import Environment
from reconciler.model.fleet import Fleet
from reconciler.model.paths import ARGOCD_FOLDER, argocd_file
from reconciler.render.renderer import Render, Renderer
from reconciler.render.watched_paths import watched
from reconciler.trees.tree import Tree

Progress = Callable[[Render], None]


def wanted_files(
    renderer: Renderer,
    tree: Tree,
    fleet: Fleet,
    environments: Sequence[Environment],
    origin: str,
    progress: Progress | None = None,
) -> dict[str, str]:
    """Every file about these environments, and the one that lists all of them.

    The renderer's kernel is the one that checks: it knows which kinds are in no namespace.
    """
    repository = repository_url(tree, origin)
    files = kustomization(fleet.environments)
    for environment in environments:
        apps = deployed_apps(renderer, tree, fleet, environment, progress)
        files |= environment_files(environment, apps, repository)
    return files


def present_files(tree: Tree, fleet: Fleet, environments: Sequence[Environment]) -> list[str]:
    """The files that were written about these environments, and about such as are no more."""
    others = {e.name for e in fleet.environments} - {e.name for e in environments}
    kept = {argocd_file(name) for name in others}
    return [
        file
        for file in _files_below(tree, ARGOCD_FOLDER)
        if file not in kept
        and file.split("/")[2] not in others
        and tree.fetch(file)[1].startswith(HEAD.encode())
    ]


def deployed_apps(
    renderer: Renderer,
    tree: Tree,
    fleet: Fleet,
    environment: Environment,
    progress: Progress | None = None,
) -> list[DeployedApp]:
    """Raises what keeps an app from rendering: what it needs is not known then."""
    entries = [e for e in fleet.entries if e.environment == environment.name]
    found = []
    for group in groups_of(tree, [e.folder for e in entries]):
        renders = renderer.render_all(tree, group.apps, progress=progress)
        for render in renders:
            if render.error:
                raise render.error
        judged = Judge(renderer, tree, group.settings, renders).judge(renders)
        for render, app in zip(renders, judged, strict=True):
            if app.error:
                raise app.error
            paths = tuple(watched(tree, render.path, render.paths))
            found.append(DeployedApp(group.settings.entries[render.path], app.objects, paths))
    return found


def repository_url(tree: Tree, origin: str) -> str:
    own = [listed.url for listed in listed_urls(tree) if listed.own]
    if not own and not origin:
        raise UsageError(
            "it is not known where Argo CD finds this repository",
            hint="name its URL in `repositories` of an environment.yaml",
        )
    url = own[0] if own else origin
    if protocol(url) == "file" and not url.startswith(("/", "file://")):
        raise UsageError(
            f"Argo CD cannot fetch from {url}: it is a path of this machine",
            hint="name the URL that Argo CD has to use in `repositories` of an environment.yaml",
        )
    return url


def _files_below(tree: Tree, folder: str) -> list[str]:
    found = []
    for name in tree.names(folder):
        path = f"{folder}/{name}"
        found += _files_below(tree, path) or [path]
    return found
