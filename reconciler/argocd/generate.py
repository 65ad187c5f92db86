"""From a folder of a tree and an Application's parameters to manifests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reconciler.argocd.parameters import Announcement, Parameters, Stops, announcements
from reconciler.checks.check import check
from reconciler.checks.finding import Finding, Severity
from reconciler.checks.finding_places import with_places
from reconciler.checks.groups import groups_of
from reconciler.errors import CheckFailed, ReconcilerError, RenderError, UsageError
from reconciler.kubernetes.images import images_in
from reconciler.model.paths import KUSTOMIZATION_NAMES, kustomization_in
from reconciler.render.folders import apps_of, apps_or_itself
from reconciler.render.render_options import RenderOptions
from reconciler.render.renderer import Render, Renderer
from reconciler.text.suggestions import did_you_mean
from reconciler.trees.edited import EditedTree
from reconciler.trees.tree import FOLDER, MISSING, Tree

# A kustomization around the app's own, which exists in memory only. No repository has this folder.
AROUND = ".reconciler-parameters"
# More than this does not fit into a message to Argo CD.
MAX_ANSWER_BYTES = 95 << 20
FIRST_FEW = 3


@dataclass(frozen=True, slots=True)
class Generated:
    manifest: bytes
    renders: tuple[Render, ...]
    warnings: tuple[str, ...] = ()


class Engine:
    """What generates for one request, and can be stopped from another thread.

    The kernel that checks is three times as large, and most apps never need it.
    """

    def __init__(
        self,
        rendering: Callable[[], Renderer],
        checking: Callable[[], Renderer],
        largest: int = MAX_ANSWER_BYTES,
    ) -> None:
        self.largest = min(largest, MAX_ANSWER_BYTES)
        self._rendering = rendering
        self._checking = checking
        self._made: list[Renderer] = []
        self._stopped = False

    def renderer(self, *, checks: bool = False) -> Renderer:
        made = self._checking() if checks else self._rendering()
        self._made.append(made)
        if self._stopped:
            made.stop()
        return made

    def stop(self) -> None:
        self._stopped = True
        for renderer in list(self._made):
            renderer.stop()


def generate(
    engine: Engine, tree: Tree, folder: str, parameters: Parameters, seconds: float = 60.0
) -> Generated:
    """The manifests of an app, of an environment's apps, or of any kustomization."""
    folders = _chosen(tree, folder, parameters)
    renderer = engine.renderer(checks=parameters.checks is not Stops.off)
    options = RenderOptions(timeout=max(seconds, 0.001), max_output=engine.largest)
    shown, rendered = _with_parameters(tree, folders, parameters)
    renders = renderer.render_all(shown, rendered, options)
    for render in renders:
        if render.error:
            raise _about_parameters(render.error, parameters)
    manifest = b"---\n".join(r.manifest for r in renders if r.manifest.strip())
    if len(manifest) > engine.largest:
        raise RenderError(
            f"{folder} renders to more than {engine.largest:,} bytes", hint="split it"
        )
    if not manifest and not parameters.allow_empty:
        raise RenderError(
            f"{folder} renders to nothing, and all objects of the app would be pruned",
            hint="if that is meant, set the parameter allow-empty to true",
        )
    _check_images(manifest, parameters)
    warnings = [f"{n.where}: {n.what}" for r in renders for n in r.notices]
    if parameters.checks is not Stops.off:
        names = dict(zip(folders, rendered, strict=True))
        warnings += _checked(renderer, shown, names, parameters.checks)
    return Generated(manifest, tuple(renders), tuple(warnings))


def announce(engine: Engine, tree: Tree, folder: str, seconds: float = 60.0) -> list[Announcement]:
    """The parameters of an app and their values now; an app that does not render has none."""
    folders = _chosen(tree, folder, Parameters())
    options = RenderOptions(timeout=max(seconds, 0.001), max_output=engine.largest)
    images: dict[str, None] = {}
    replicas: dict[str, int] = {}
    renderer = engine.renderer()
    for render in renderer.render_all(tree, folders, options):
        if not render.error:
            for data in json.loads(renderer.kernel.objects(render.manifest)):
                images |= dict.fromkeys(images_in(data))
                replicas |= _replicas_of(data)
    apps = () if folders == [folder] else tuple(apps_of(tree, folder))
    return announcements(list(images), replicas, apps)


def supports(tree: Tree, folder: str) -> bool:
    """Is this something that can be generated?"""
    return any(kustomization_in(tree, f) for f in apps_or_itself(tree, folder))


def _chosen(tree: Tree, folder: str, parameters: Parameters) -> list[str]:
    found = tree.look(folder)
    if found.kind == MISSING:
        raise UsageError(
            f"the folder {folder} is not in what Argo CD sent",
            hint="check spec.source.path, and the annotation manifest-generate-paths",
        )
    if found.kind != FOLDER and not tree.names(folder):
        raise UsageError(
            f"{folder} is not a folder",
            why=found.why,
            hint=f"name a folder with {KUSTOMIZATION_NAMES[0]} in it",
        )
    folders = apps_or_itself(tree, folder)
    if not parameters.apps:
        return folders
    by_name = apps_of(tree, folder)
    for name in parameters.apps:
        if name not in by_name:
            raise UsageError(
                f"the parameter apps names {name!r}, which {folder} does not run",
                hint=did_you_mean(name, by_name)
                or "name apps only where the source is the folder of an environment",
            )
    return [at for name, at in by_name.items() if name in parameters.apps]


def _with_parameters(
    tree: Tree, folders: list[str], parameters: Parameters
) -> tuple[Tree, list[str]]:
    """What to render; with overrides, a kustomization around that of the one app."""
    if not parameters.images and not parameters.replicas:
        return tree, folders
    if len(folders) != 1:
        raise UsageError(
            f"images and replicas are parameters of one app, and these are {len(folders)}",
            hint="give each app an Application of its own, or name one in the parameter apps",
        )
    document: dict[str, Any] = {"resources": [f"../../{folders[0]}"]}
    if parameters.images:
        document["images"] = [
            {"name": image.name}
            | ({"newName": image.new_name} if image.new_name else {})
            | ({"newTag": image.tag} if image.tag else {})
            | ({"digest": image.digest} if image.digest else {})
            for image in parameters.images
        ]
    if parameters.replicas:
        document["replicas"] = [{"name": n, "count": c} for n, c in parameters.replicas]
    around = f"{AROUND}/{folders[0].rpartition('/')[2] or 'app'}"
    file = f"{around}/{KUSTOMIZATION_NAMES[0]}"
    return EditedTree(tree, {file: json.dumps(document).encode()}), [around]


def _about_parameters(error: ReconcilerError, parameters: Parameters) -> ReconcilerError:
    """An error in the kustomization that nobody wrote is one of what it was made from."""
    if error.where is None or not error.where.file.startswith(AROUND):
        return error
    names = ", ".join(name for name, _ in parameters.replicas)
    which = f"replicas ({names})" if names else "images"
    return UsageError(
        f"the parameter {which} does not fit this app",
        why=error.what,
        hint="name what it runs: reconciler generate --parameters, in the app's folder, lists it",
    )


def _check_images(manifest: bytes, parameters: Parameters) -> None:
    for image in parameters.images:
        if str(image).encode() not in manifest:
            raise UsageError(
                f"the parameter images names {image.name}, which no container of this app runs",
                hint="write its name without the tag: reconciler list shows the images of each app",
            )


def _checked(
    renderer: Renderer, tree: Tree, names: Mapping[str, str], stops: Stops
) -> Iterator[str]:
    """Findings to warn of; an error if there is one that stops the generation.

    The names say of each app's folder what was rendered for it.
    """
    reports = []
    for group in groups_of(tree, list(names)):
        known = group.settings.namespaces
        namespaces = {**known, **{names[f]: known[f] for f in group.apps if f in known}}
        settings = replace(group.settings, namespaces=namespaces)
        apps = [names[f] for f in group.apps]
        reports.append(check(renderer, tree, apps, group.beside, settings))
    for report in reports:
        for _, error in report.failed:
            raise error
    findings = [f for r in reports for f in r.findings]
    stopping = [f for f in findings if f.severity.reaches(Severity(stops))]
    if stopping:
        first, *others = with_places(renderer, tree, stopping[:FIRST_FEW])
        rest = [_said(f) for f in others]
        more = len(stopping) - 1 - len(rest)
        rest += [f"and {more} more"] if more else []
        raise CheckFailed(
            f"the checks found {_said(first)}",
            why="; ".join(rest),
            hint=first.hint or "reconciler check shows it, with all that is known of it",
        )
    return map(_said, findings)


def _said(finding: Finding) -> str:
    about = f" in {finding.object}" if finding.object else ""
    place = f"{finding.where}: " if finding.where else ""
    return f"{finding.severity}: {place}{finding.what}{about} [{finding.rule}]"


def _replicas_of(data: Any) -> dict[str, int]:
    if not isinstance(data, Mapping) or data.get("kind") not in ("Deployment", "StatefulSet"):
        return {}
    count = (data.get("spec") or {}).get("replicas", 1)
    name = (data.get("metadata") or {}).get("name")
    return {name: count} if isinstance(name, str) and isinstance(count, int) else {}
