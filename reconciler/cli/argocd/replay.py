"""reconciler argocd replay"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from reconciler.checks.application_findings import told_paths
from reconciler.cli.extras import check_installed
from reconciler.cli.fast_commands import write_out
from reconciler.cli.options import Root
from reconciler.cli.output import console
from reconciler.cli.variables import SETTINGS
from reconciler.errors import CheckFailed, Place, RepositoryError, UsageError, printable
from reconciler.git.addresses import remote_urls, without_user
from reconciler.git.command import run_git
from reconciler.model.fleet import load_fleet
from reconciler.model.layout import Layout
from reconciler.model.paths import AppName, argocd_app_file
from reconciler.session.apps import one_app
from reconciler.session.trees import find_source, open_repository, open_tree
from reconciler.session.trust import trusted_urls
from reconciler.text.markdown_lists import count
from reconciler.trees.tree import FILE, Tree
from reconciler.yaml.nodes import LOADER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.argocd.replay.request import GenerateRequest, SentArchive
    from reconciler.model.environment import Environment

EXAMPLES = """**Examples**

`reconciler argocd replay prod/gethrelay`: what Argo CD would be given, from the files on disk

`reconciler argocd replay prod/gethrelay --ref v1.2.0 --via stock`: by Argo CD's own server

`kubectl get application gethrelay-prod -n argocd -o yaml | reconciler argocd replay prod/gethrelay
--application -`: with the parameters that it has in the cluster
"""


class ReplayVia(StrEnum):
    ours = "ours"
    stock = "stock"


def replay(
    name: Annotated[str, typer.Argument(metavar="ENV/APP", help="The app.", show_default=False)],
    via: Annotated[
        ReplayVia, typer.Option(help="Which plugin server is asked: ours, or Argo CD's own.")
    ] = ReplayVia.ours,
    ref: Annotated[
        str | None,
        typer.Option(
            "--ref", metavar="REV", help="Generate this revision and not the files on disk."
        ),
    ] = None,
    application: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="The Application as kubectl prints it, or - for standard input; otherwise as "
            "`argocd apps` writes it.",
            show_default=False,
        ),
    ] = None,
    whole: Annotated[
        bool,
        typer.Option(
            "--whole", help="Send all of the repository, whatever paths the Application names."
        ),
    ] = False,
    kubernetes: Annotated[
        str, typer.Option(metavar="VERSION", help="The Kubernetes version that the plugin is told.")
    ] = "",
    timeout: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=0.1, help="How long the controller would wait."),
    ] = 60.0,
    root: Root = None,
) -> None:
    """Generate an app as Argo CD's repo-server does: from what it sends, in the time it waits.

    It prints the manifests, or the error that Argo CD would show instead.
    """
    check_installed("argocd", "the plugin server")
    from reconciler.argocd.replay.request import TargetCluster, sent

    source = find_source([], root)
    tree = open_tree(SETTINGS, source, ref)
    entry = Layout(tree).entry_of(one_app(tree, name, source))
    if entry is None:
        raise UsageError(f"{name} is not an app of an environment", hint="write ENV/APP")
    environment = load_fleet(tree).environment(entry.environment)
    urls = [*trusted_urls(SETTINGS, source)[0], *remote_urls(source)]
    asked = _asked(tree, environment, entry.app, next(map(without_user, urls), source))
    if application:
        asked = _as_in(application, asked)
    version = kubernetes or (f"{environment.kubernetes}.0" if environment.kubernetes else "")
    with _checkout(source, ref) as (checkout, commit):
        request = sent(checkout, commit, asked, TargetCluster(version), whole=whole)
    answer, seconds = _answer(request, asked, via, source, urls, timeout)
    _show(request, answer, seconds)


def _asked(tree: Tree, environment: Environment, app: AppName, repository: str) -> GenerateRequest:
    """The Application as `argocd apps` has it written."""
    from reconciler.argocd.applications.manifests import (
        application_name,
        namespace_of,
        revision_of,
    )
    from reconciler.argocd.replay.request import GenerateRequest

    file = argocd_app_file(environment.name, app)
    paths = told_paths(tree, file)[0] if tree.look(file).kind == FILE else []
    return GenerateRequest(
        name=application_name(environment, app),
        project=environment.name,
        namespace=namespace_of(environment, app),
        repository=repository,
        revision=revision_of(environment),
        path=environment.entry(app).folder,
        generate_paths=";".join(f"/{path}" for path in paths),
    )


def _as_in(file: str, asked: GenerateRequest) -> GenerateRequest:
    """The Application in a file; what it does not say is as it was."""
    from reconciler.argocd.applications.manifests import GENERATE_PATHS
    from reconciler.argocd.replay.request import GenerateRequest

    found = _document(file)
    meta, spec = found.get("metadata") or {}, found["spec"]
    source = spec["source"]
    plugin = source.get("plugin") or {}
    return GenerateRequest(
        name=meta.get("name", asked.name),
        project=spec.get("project", asked.project),
        namespace=(spec.get("destination") or {}).get("namespace", ""),
        repository=source.get("repoURL", asked.repository),
        revision=source.get("targetRevision", ""),
        path=source.get("path", asked.path),
        variables=tuple((v["name"], v["value"]) for v in plugin.get("env") or ()),
        parameters=plugin.get("parameters") or (),
        generate_paths=(meta.get("annotations") or {}).get(GENERATE_PATHS, ""),
    )


def _document(file: str) -> Any:
    try:
        text = typer.get_text_stream("stdin").read() if file == "-" else Path(file).read_text()
        found = yaml.load(text, LOADER)  # noqa: S506
        if found["kind"] == "Application" and isinstance(found["spec"]["source"], dict):
            return found
    except OSError as e:
        raise UsageError(f"{file} cannot be read", why=e.strerror or "") from e
    except (yaml.YAMLError, KeyError, TypeError, ValueError):
        pass
    raise UsageError(
        "this is not an Application with one source",
        where=Place(file),
        hint="kubectl get application NAME -n argocd -o yaml prints one",
    )


@contextmanager
def _checkout(root: str, ref: str | None) -> Iterator[tuple[str, str]]:
    """A folder with the files of the revision, and the name of its commit."""
    repository = open_repository(root)
    if repository is None:
        raise RepositoryError("there is no Git repository here", hint="replay in a clone")
    commit = repository.resolve(ref or "HEAD")
    if ref is None:
        yield root, commit
        return
    with tempfile.TemporaryDirectory(prefix="reconciler-") as folder:
        run_git(folder, "clone", "--quiet", "--shared", "--no-checkout", root, "checkout")
        checkout = os.path.join(folder, "checkout")
        run_git(checkout, "checkout", "--quiet", "--detach", commit)
        yield checkout, commit


def _answer(
    request: SentArchive,
    asked: GenerateRequest,
    via: ReplayVia,
    source: str,
    urls: list[str],
    timeout: float,
) -> tuple[list[str], float]:
    """The manifests, and how long they took: without the start of the server."""
    from reconciler.argocd.plugin_pb2 import ManifestResponse
    from reconciler.argocd.replay.plugin_client import call
    from reconciler.argocd.replay.server_process import ours, stock, with_clone
    from reconciler.argocd.server.rpc import Refused
    from reconciler.argocd.server.service import SERVICE

    variables = with_clone(os.environ, source, urls)
    binary = _stock_binary() if via is ReplayVia.stock else ""
    with tempfile.TemporaryDirectory(prefix="rc-") as folder:
        server = stock(binary, folder, urls, variables) if binary else ours(folder, urls, variables)
        with server as socket:
            method = f"{SERVICE}GenerateManifest"
            began = time.monotonic()
            try:
                found = call(socket, method, request.messages(), timeout)
            except Refused as e:
                words = "".join(word.capitalize() for word in e.code.name.split("_"))
                raise CheckFailed(
                    f'CMP processing failed for application "{asked.name}": error generating'
                    f" manifests in cmp: rpc error: code = {words} desc = {e.text}"
                ) from e
            seconds = time.monotonic() - began
    return list(ManifestResponse.FromString(found).manifests), seconds


def _stock_binary() -> str:
    """On PATH, or as the testbed has compiled it."""
    from reconciler.testbed.builder import key
    from reconciler.testbed.peers import PEERS

    for program in ("argocd-cmp-server", "argocd"):
        if found := shutil.which(program):
            return found
    built = Path(SETTINGS.peers_folder) / key(PEERS["argocd"])
    if not built.exists():
        raise UsageError(
            "Argo CD's own plugin server is not on this machine",
            why="neither argocd-cmp-server nor argocd is on PATH",
            hint="put it on PATH, or have it compiled: reconciler testbed up --argocd",
        )
    return str(built)


def _show(request: SentArchive, manifests: list[str], seconds: float) -> None:
    from reconciler.argocd.replay.response import received

    made = received(manifests)
    for warning in made.warnings:
        console().print(printable(f"warning: {warning}"), markup=False)
    what = f"{request.entries:,} files and folders in {len(request.archive):,} bytes"
    where = f"below {request.root}" if request.root else "of the whole repository"
    console().print(
        f"{count(len(made.objects), 'object')} from {what} {where}, in {seconds * 1000:,.0f} ms",
        markup=False,
    )
    text = "---\n".join(m if m.endswith("\n") else f"{m}\n" for m in manifests)
    write_out(text.encode())
