"""A fleet in a forge, and what a run works with there."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reconciler.bot.round import Happened, run_round
from reconciler.forges.forge import Forge, PullRequest
from reconciler.forges.local import LocalForge
from reconciler.git.branches import Branches, OwnBranches, SeenBranches
from reconciler.git.commit_builder import CommitBuilder, Committer
from reconciler.git.origin_branches import OriginBranches
from reconciler.git.remote import Remote
from reconciler.git.repository import Repository
from reconciler.health.sources import HealthSources
from reconciler.model.paths import AppName
from reconciler.promotion.plan.planner import Planner
from reconciler.promotion.promotion_request import PromotionKind, PromotionRequest
from reconciler.promotion.pull_request.advance import PromotionOutcome, advance
from reconciler.promotion.pull_request.arrival_witness import Witness
from reconciler.promotion.pull_request.assessment import Assessor
from reconciler.promotion.pull_request.session import PromotionSession
from reconciler.promotion.pull_request.situation import RequestOptions
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Renderer
from reconciler.trees.commit import CommitTree
from reconciler.trees.pins import Pins
from tests.conftest import Repo
from tests.forges.conftest import Site
from tests.promotion.fleet import URL, Fleet, entry

PAW = PromotionRequest(PromotionKind.promotion, "stage", "prod", (AppName("paw"),))
ALL = PromotionRequest(PromotionKind.promotion, "stage", "prod")


def unreachable(*_: object) -> object:
    raise AssertionError("no source of health is declared")


@dataclass(frozen=True, slots=True)
class ForgeSetup:
    """Where pull requests are, and the bare repository that the bot works in."""

    root: Path
    branches: Branches
    forge: Callable[[], Forge]
    approve: Callable[[int], None]


def bare_clone(repo: Repo, name: str) -> Repo:
    root = repo.path.parent / name
    repo.git("clone", "--quiet", "--bare", str(repo.path), str(root))
    found = Repo.__new__(Repo)
    found.path = root
    for key, value in (("name", "bot"), ("email", "bot@fleet.example")):
        found.git("config", f"user.{key}", value)
    return found


def in_gitea(site: Site, repo: Repo) -> ForgeSetup:
    where = f"{site.server.url}/fleet/{site.name}.git"
    password = site.server.token("bot")
    repo.git("remote", "add", "origin", where.replace("://", f"://bot:{password}@"))
    repo.git("push", "--quiet", "--force", "origin", "main")
    bare = bare_clone(repo, "bot.git")
    bare.git("remote", "set-url", "origin", where)
    bare.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    remote = Remote(str(bare.path), where, os.environ, lambda: ("bot", password))
    return ForgeSetup(bare.path, OriginBranches(remote), lambda: site.forge("bot"), site.approve)


def in_the_repository(repo: Repo) -> ForgeSetup:
    bare = bare_clone(repo, "shared.git")
    bare.git("remote", "remove", "origin")
    repo.git("remote", "add", "origin", str(bare.path))
    root = str(bare.path)

    def approve(number: int) -> None:
        alice = LocalForge(root, "alice")
        alice.approve(alice.pull(number))

    return ForgeSetup(bare.path, OwnBranches(root), lambda: LocalForge(root, "bot"), approve)


@dataclass(slots=True)
class PromotionFleet:
    """People work in `fleet`, a clone."""

    forge_setup: ForgeSetup
    fleet: Fleet
    kernel: Kernel
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @classmethod
    def build(
        cls,
        settle: Callable[[Repo], ForgeSetup],
        repo: Repo,
        kernel: Kernel,
        more: Mapping[str, str],
    ) -> PromotionFleet:
        fleet = Fleet(repo, more)
        return cls(settle(repo), fleet, kernel)

    @property
    def forge(self) -> Forge:
        return self.forge_setup.forge()

    def push(self) -> None:
        self.fleet.repo.git("push", "--quiet", "origin", "main")

    def pull(self) -> None:
        self.fleet.repo.git("pull", "--quiet", "--no-edit", "origin", "main")

    def tag(self, name: str, environment: str = "stage", app: str = "paw", ref: str = "") -> None:
        """What an environment runs from now on."""
        self.fleet.commit(entry(environment, ref or self.fleet.first, name, app=app))
        self.push()

    def session(
        self,
        forge: Forge | None = None,
        branches: Branches | None = None,
        sources: HealthSources | None = None,
    ) -> PromotionSession:
        root = str(self.forge_setup.root)
        repository = Repository(root)

        def opened(branch: str) -> CommitTree:
            tree = CommitTree(repository, repository.fetched_branch(branch))
            tree.pins = Pins(root, lambda: ([URL], []))
            return tree

        forge = forge or self.forge
        planner = Planner(repository, Renderer(kernel=self.kernel), opened)
        sources = sources or self.sources()
        session = PromotionSession(
            CommitBuilder(root, Committer("bot", "bot@fleet.example")),
            SeenBranches(branches or self.forge_setup.branches),
            forge,
            planner,
            Assessor(planner.renderer, sources, lambda: self.now, forge, Witness(forge)),
            sources,
            now=lambda: self.now,
        )
        session.refresh()
        return session

    def sources(self) -> HealthSources:
        return HealthSources(unreachable, unreachable)  # type: ignore[arg-type]

    def advance(self, request: PromotionRequest = PAW, **options: object) -> PromotionOutcome:
        return advance(self.session(), request, RequestOptions(**options))  # type: ignore[arg-type]

    def round(self, sources: HealthSources | None = None) -> list[Happened]:
        return list(run_round(self.session(sources=sources)))

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    def open(self) -> list[PullRequest]:
        return self.forge.open_pulls()

    def branch_names(self) -> set[str]:
        found = self.forge_setup.branches.tips("refs/heads/promote/", "refs/heads/rollback/")
        return {name.removeprefix("refs/heads/") for name in found}

    def file(self, revision: str, environment: str = "prod", app: str = "paw") -> str:
        self.fleet.repo.git("fetch", "--quiet", "origin", revision)
        path = f"environments/{environment}/{app}/kustomization.yaml"
        return self.fleet.repo.git("show", f"FETCH_HEAD:{path}")
