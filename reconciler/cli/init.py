"""reconciler init"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from reconciler.checks.settings import NEWEST
from reconciler.errors import UsageError
from reconciler.git.file_lock import only_writer
from reconciler.git.locate import find_fleet, find_root, is_bare
from reconciler.model.ci_files import CI_FILES, CiSystem
from reconciler.model.fleet import Fleet, environment_names, load_fleet
from reconciler.model.followed_overlays import following
from reconciler.model.layout import Layout
from reconciler.model.layout_guess import init_for
from reconciler.model.paths import AppName
from reconciler.model.scaffold import CHAIN, HELLO, NewApp, app_files, environment_files
from reconciler.render.folders import kustomizations
from reconciler.session.apps import without_components
from reconciler.text.markdown_lists import count
from reconciler.text.suggestions import listing
from reconciler.trees.edited import EditedTree
from reconciler.trees.tree import MISSING
from reconciler.trees.worktree import WorkTree

EXAMPLES = """**Examples**

`reconciler init`: dev, stage and prod, and an app called hello

`reconciler init --env test --env live --app shop --image example/shop:1.2.0`: others

`reconciler init --app shop --image example/shop:1.2.0 --port 3000`: one app more

`reconciler init --env stage --env prod --apps 'apps/{env}'`: for apps that are there already

`reconciler init --ci github`: a workflow too, which checks each pull request
"""

MORE = """
To add an app:
  reconciler init --app NAME --image IMAGE:TAG"""


def init(
    folder: Annotated[
        str | None,
        typer.Argument(
            metavar="FOLDER",
            help="Where to start; otherwise the Git repository around this folder.",
        ),
    ] = None,
    env: Annotated[
        list[str] | None,
        typer.Option(
            "--env", metavar="NAME", help="An environment, each promoting from the one before."
        ),
    ] = None,
    app: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="The name of an app.")
    ] = None,
    image: Annotated[
        list[str] | None, typer.Option(metavar="IMAGE:TAG", help="The image that the app runs.")
    ] = None,
    port: Annotated[
        int,
        typer.Option(metavar="PORT", min=1, max=65535, help="The port that the app listens on."),
    ] = HELLO.port,
    apps: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GLOB", help="Where apps are already: {env} stands for the environment."
        ),
    ] = None,
    ci: Annotated[
        CiSystem | None,
        typer.Option(
            "--ci", help="Add a CI job that checks each pull request and shows what it changes."
        ),
    ] = None,
) -> None:
    """Start a repository: environments, and a first app. Never changes a file that is there."""
    named = _the_app(app or [], image or [], port)
    root = _root(folder)
    with only_writer(root):
        tree = WorkTree(root)
        chain = _chain(tree, env)
        new = named or (None if apps else _first(tree))
        files = environment_files(chain, NEWEST, apps or ())
        files |= dict([CI_FILES[ci]]) if ci else {}
        files |= app_files(new, chain) if new else {}
        _check(tree, files, chain, apps or ())
        _write(tree, files, new)


def _the_app(names: list[str], images: list[str], port: int) -> NewApp | None:
    if bool(names) != bool(images):
        raise UsageError("--app and --image belong together", hint="name both, or neither")
    if len(names) > 1 or len(images) > 1:
        each = (
            f"reconciler init --app {shlex.quote(name)} --image {shlex.quote(image)}"
            for name, image in zip(names, images, strict=False)
        )
        raise UsageError(
            "one app is made at a time",
            hint=" && ".join(each)
            if len(names) == len(images)
            else "name one --app and one --image",
        )
    return NewApp(AppName(names[0]), images[0], port) if names else None


def _chain(tree: WorkTree, env: list[str] | None) -> list[str]:
    if env or not environment_names(tree):
        return list(dict.fromkeys(env or CHAIN))
    return [environment.name for environment in load_fleet(tree).environments]


def _first(tree: WorkTree) -> NewApp | None:
    """An app to begin with, where there is none."""
    layout = Layout(tree)
    if any(layout.apps(name) for name in layout.environments()):
        return None
    if there := without_components(tree, kustomizations(tree)):
        raise UsageError(
            f"this repository has {count(len(there), 'kustomization')} already, such as {there[0]}",
            why="an app called hello beside them is hardly what you want",
            hint=f"{init_for(there)}, if they run there; or name a new app and its --image",
        )
    return HELLO


def _check(
    tree: WorkTree, files: Mapping[str, str], chain: Sequence[str], apps: Sequence[str]
) -> None:
    """That it will be a fleet, before anything is written."""
    fresh = {p: t.encode() for p, t in files.items() if tree.look(p).kind == MISSING}
    fleet = load_fleet(EditedTree(tree, fresh))
    for environment in fleet.environments:
        if apps and environment.name in chain and not environment.folders:
            globs = listing([glob.replace("{env}", environment.name) for glob in apps])
            raise UsageError(
                f"no folder with a kustomization is {globs}",
                hint=f"{init_for(kustomizations(tree))}, perhaps",
            )


def _write(tree: WorkTree, files: Mapping[str, str], new: NewApp | None) -> None:
    root = tree.root
    created = 0
    for path, text in files.items():
        fresh = _create(tree, path, text)
        typer.echo(f"{'created' if fresh else 'kept':8} {path}")
        created += fresh
    fleet = load_fleet(WorkTree(root))
    if not created:
        names = " → ".join(environment.name for environment in fleet.environments)
        typer.echo(f"nothing is missing: {names} with {listing(fleet.apps) or 'no app'}")
    typer.echo(_next(root, fleet, new) if created else MORE, err=True)


def _root(folder: str | None) -> str:
    if folder is None:
        root = find_root(".") or find_fleet(".") or os.getcwd()
    else:
        root = os.path.abspath(folder)
        around = find_root(root)
        if around and around != root:
            raise UsageError(
                f"{folder} is inside of the repository {around}",
                why="environments are at the root of a repository",
                hint=f"reconciler init {os.path.relpath(around)}",
            )
        try:
            os.makedirs(root, exist_ok=True)
        except OSError as e:
            raise UsageError(f"{folder} cannot be made", why=e.strerror or str(e)) from e
    if is_bare(root):
        raise UsageError(f"{root} is a bare repository", hint="run it in a clone of it")
    return root


def _create(tree: WorkTree, path: str, text: str) -> bool:
    """Is the file new? Whatever is there already stays, links too: they may lead anywhere."""
    if tree.look(path).kind != MISSING:
        return False
    full = os.path.join(tree.root, path)
    try:
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "x", encoding="utf-8") as file:
            file.write(text)
    except OSError as e:
        raise UsageError(f"{path} cannot be written", why=e.strerror or str(e)) from e
    return True


def _next(root: str, fleet: Fleet, new: NewApp | None) -> str:
    """What to try, as it would be typed."""
    here = os.path.relpath(root)
    commands = [] if here == "." else [f"cd {shlex.quote(here)}"]
    commands += [] if find_root(root) else ["git init"]
    entries = [e for e in fleet.entries if new is None or e.app == new.name]
    commands += ["reconciler list", *(f"reconciler render {e}" for e in entries[:1])]
    commands += ["git add --all && git commit"]
    lines = ["", "Next:", *(f"  {command}" for command in commands)]
    tree = WorkTree(root)
    return "\n".join([*lines, *_checked(tree), *_later(tree, fleet)])


def _checked(tree: WorkTree) -> list[str]:
    """How a pull request is checked, where nothing does that."""
    if any(tree.look(path).kind != MISSING for path, _ in CI_FILES.values()):
        return []
    return [
        "",
        "To have each pull request checked:",
        f"  reconciler init --ci {'|'.join(CiSystem)}",
    ]


def _later(tree: WorkTree, fleet: Fleet) -> list[str]:
    """What only works with a repository that others can fetch from."""
    names = [e.name for e in fleet.environments if following(tree, fleet, e)]
    if not names:
        return []
    said = f"Once this is pushed, let {listing(names)} change by promotions alone:"
    return ["", said, f"  reconciler pin {' '.join(names)}"]
