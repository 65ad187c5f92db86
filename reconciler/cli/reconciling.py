"""What the commands share that make clusters what Git says: apps, trees and clusters."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Annotated, TypeVar

import typer

from reconciler.checks.check import check
from reconciler.checks.groups import groups_of
from reconciler.cli.output import show_warning
from reconciler.cli.variables import SETTINGS
from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.inventory.record import About
from reconciler.controller.app import AppInCluster, Desired
from reconciler.controller.desired import rendered_digests
from reconciler.controller.loop.source import desired_at
from reconciler.errors import CheckFailed, RepositoryError, UsageError
from reconciler.git.command import run_git
from reconciler.git.repository import Repository
from reconciler.health.kind_rules import status_rules
from reconciler.health.wrong_rules import refuse_wrong_rules
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.model.fleet import Fleet, load_fleet
from reconciler.model.notations import is_name
from reconciler.model.paths import AppName
from reconciler.render.binary import CHECKING
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Renderer
from reconciler.session.clusters import access_for
from reconciler.session.opened import open_store
from reconciler.session.repository import the_repository
from reconciler.session.trees import open_tree
from reconciler.text.markdown_lists import count
from reconciler.trees.commit import CommitTree
from reconciler.trees.tree import Tree

T = TypeVar("T")

Names = Annotated[
    list[str], typer.Argument(metavar="ENV[/APP]", help="All apps of an environment, or one.")
]
OneApp = Annotated[str, typer.Argument(metavar="ENV/APP", help="The app.")]
Ref = Annotated[
    str, typer.Option("--ref", metavar="REV", help="What to apply; otherwise what is committed.")
]
OwnRights = Annotated[
    bool,
    typer.Option(
        "--own-rights", help="With your own rights, and not as the account that ENV names."
    ),
]


@dataclass(frozen=True, slots=True)
class Reconciling:
    """Apps at a commit, and where their clusters are."""

    fleet: Fleet
    entries: tuple[Entry, ...]
    desired: Desired
    kubeconfig: str | None
    context: str | None
    path: str  # of the repository
    offline: bool
    own_rights: bool = False  # where the environment names an account
    kernel: Kernel = field(default_factory=partial(Kernel, CHECKING))  # begins when it is asked

    def at(self, commit: str) -> tuple[Fleet, Tree]:
        """As it was at another commit, such as the one that was applied last."""
        if commit == self.desired.commit:
            return self.fleet, self.desired.tree
        tree = open_tree(SETTINGS, self.path, commit, offline=self.offline)
        return load_fleet(tree), tree

    def desired_at(self, commit: str) -> Desired:
        return replace(self.desired, tree=self.at(commit)[1], commit=commit)

    def one_app(self, work: Callable[[AppInCluster, About, ApiClient], Awaitable[T]]) -> T:
        """Work on the one app that was named, and of which something is applied."""
        if len(self.entries) != 1:
            raise UsageError(
                f"this is for one app, and {len(self.entries)} were named",
                hint="name it as ENV/APP",
            )
        ((environment, (entry,)),) = self.apps()

        async def work_on_it(client: ApiClient) -> T:
            app = self.app(client, environment, entry)
            return await work(app, await app.read_applied(self.desired), client)

        return self.run(environment, work_on_it)

    def holds(self, entry: Entry, commit: str) -> bool:
        """Has a commit what is wanted of an app: in its history, or because it renders the same?"""
        wanted = self.desired.commit
        try:
            if commit == wanted or Repository(self.path).merge_base(wanted, commit) == wanted:
                return True
            trees = self.desired.tree, self.at(commit)[1]
        except RepositoryError:
            return False  # one that this clone does not have
        with Renderer(open_store(SETTINGS)) as renderer:
            now, then = (rendered_digests(renderer, tree, [entry]).get(entry) for tree in trees)
        return now is not None and now == then

    def apps(self) -> Iterator[tuple[Environment, list[Entry]]]:
        for environment in self.fleet.environments:
            own = [e for e in self.entries if e.environment == environment.name]
            if own:
                refuse_wrong_rules(environment, self.kernel)
                yield self._as_who(environment), own

    def app(self, client: ApiClient, environment: Environment, entry: Entry) -> AppInCluster:
        return AppInCluster(client, environment, entry, status_rules(environment, self.kernel))

    def run(self, environment: Environment, work: Callable[[ApiClient], Awaitable[T]]) -> T:
        """Work in the cluster of an environment, to which there is one connection for all of it."""
        access = access_for(SETTINGS, environment, self.kubeconfig, self.context)

        async def connected() -> T:
            async with ApiClient(access) as client:
                return await work(client)

        try:
            return asyncio.run(connected())
        finally:
            self.kernel.close()

    def _as_who(self, environment: Environment) -> Environment:
        if not self.own_rights:
            return environment
        return replace(environment, reconcile=replace(environment.reconcile, account=""))

    def refuse_what_checks_find(self, renderer: Renderer, environment: Environment) -> None:
        """What the API server would refuse is known before it is asked."""
        folders = [e.folder for e in self.entries if e.environment == environment.name]
        for group in groups_of(self.desired.tree, folders):
            report = check(renderer, self.desired.tree, group.apps, group.beside, group.settings)
            for _, error in report.failed:
                raise error
            if report.fails:
                raise CheckFailed(
                    f"checks find {count(len(report.findings), 'problem')} in {environment.name}",
                    hint=f"reconciler check {environment.name} --ref {self.desired.commit[:10]}; "
                    "or apply all the same, with --no-check",
                )


def reconciling(
    names: Sequence[str],
    ref: str,
    kubeconfig: str | None,
    context: str | None,
    root: str | None,
    *,
    offline: bool,
    gone_too: bool = False,
    own_rights: bool = False,
) -> Reconciling:
    """`gone_too`: an app that the environment does not run any more can be named, too."""
    repository = the_repository(root)
    tree = open_tree(SETTINGS, repository.path, ref or "HEAD", offline=offline)
    if not isinstance(tree, CommitTree):
        raise UsageError("only what is committed is applied", hint="git commit")
    if not ref and run_git(repository.path, "status", "--porcelain").strip():
        show_warning("what is not committed yet is not applied")
    fleet = load_fleet(tree)
    called = _gone_or_called if gone_too else Fleet.entries_called
    entries = tuple(dict.fromkeys(entry for name in names for entry in called(fleet, name)))
    desired = desired_at(repository.path, tree)
    return Reconciling(
        fleet,
        entries,
        desired,
        kubeconfig,
        context,
        repository.path,
        offline=offline,
        own_rights=own_rights,
    )


@contextmanager
def checking_renderer(kernel: Kernel | None = None, *, cache: bool) -> Iterator[Renderer]:
    """One that can check what it renders, too."""
    with (
        kernel or Kernel(CHECKING) as kernel,
        Renderer(open_store(SETTINGS, cache), kernel) as renderer,
    ):
        yield renderer


def _gone_or_called(fleet: Fleet, name: str) -> list[Entry]:
    environment, _, app = name.partition("/")
    known = any(e.name == environment for e in fleet.environments)
    if known and is_name(app):
        return [fleet.environment(environment).entry(AppName(app))]
    return fleet.entries_called(name)
