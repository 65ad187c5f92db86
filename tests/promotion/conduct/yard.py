"""A fleet in a real forge, and what a run works with there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reconciler.forges.forge import Forge, PullRequest
from reconciler.git.addresses import address
from reconciler.git.branches import Branches, SeenBranches
from reconciler.git.commit import CommitTree
from reconciler.git.origin import OriginBranches
from reconciler.git.pins import Pins
from reconciler.git.remote import Remote
from reconciler.git.repository import Repository
from reconciler.git.workbench import Committer, Workbench
from reconciler.promotion.conduct.assessment import Assessor
from reconciler.promotion.conduct.branch import Shop
from reconciler.promotion.conduct.conduct import Conducted, conduct
from reconciler.promotion.conduct.desk import Desk
from reconciler.promotion.conduct.planning import Planner
from reconciler.promotion.conduct.round import Happened, Round
from reconciler.promotion.errand import Errand, Kind
from reconciler.promotion.gates.sources.sources import Sources
from reconciler.render.binary import CHECKING
from reconciler.render.process import Kernel
from reconciler.render.renderer import Renderer
from tests.conftest import Repo
from tests.forges.conftest import Site
from tests.promotion.fleet import URL, Fleet, entry

PAW = Errand(Kind.promotion, "stage", "prod", ("paw",))
ALL = Errand(Kind.promotion, "stage", "prod")


def unreachable(*_: object) -> object:
    raise AssertionError("no source of health is declared")


@dataclass(slots=True)
class Yard:
    """People work in `fleet`, a clone; the bot works in a bare one."""

    site: Site
    fleet: Fleet
    root: Path
    branches: Branches
    kernel: Kernel
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @classmethod
    def build(cls, site: Site, repo: Repo, kernel: Kernel, more: Mapping[str, str]) -> Yard:
        fleet = Fleet(repo, more)
        where = f"{site.server.url}/fleet/{site.name}.git"
        password = site.server.token("bot")
        repo.git("remote", "add", "origin", where.replace("://", f"://bot:{password}@"))
        repo.git("push", "--quiet", "--force", "origin", "main")
        root = repo.path.parent / "bot.git"
        repo.git("clone", "--quiet", "--bare", str(repo.path), str(root))
        bare = Repo.__new__(Repo)
        bare.path = root
        bare.git("remote", "set-url", "origin", where)
        bare.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
        remote = Remote(str(root), where, os.environ, lambda: ("bot", password))
        return cls(site, fleet, root, OriginBranches(remote), kernel)

    @property
    def forge(self) -> Forge:
        return self.site.forge("bot")

    def push(self) -> None:
        self.fleet.repo.git("push", "--quiet", "origin", "main")

    def pull(self) -> None:
        self.fleet.repo.git("pull", "--quiet", "--no-edit", "origin", "main")

    def tag(self, name: str, environment: str = "stage", app: str = "paw", ref: str = "") -> None:
        """What an environment runs from now on."""
        self.fleet.commit(entry(environment, ref or self.fleet.first, name, app=app))
        self.push()

    def desk(self) -> Desk:
        repository = Repository(str(self.root))

        def opened(branch: str) -> CommitTree:
            tree = repository.fetched(branch)
            tree.pins = Pins(str(self.root), lambda: ([URL], []))
            return tree

        renderer = Renderer(kernel=self.kernel)
        planner = Planner(repository, renderer, opened)
        bench = Workbench(str(self.root), Committer("bot", "bot@fleet.example"))
        shop = Shop(bench, SeenBranches(self.branches))
        desk = Desk(shop, self.forge, planner, now=lambda: self.now)
        desk.refresh()
        return desk

    def sources(self) -> Sources:
        return Sources(unreachable, unreachable)  # type: ignore[arg-type]

    def conduct(self, errand: Errand = PAW, **words: object) -> Conducted:
        desk = self.desk()
        assessor = self.assessor(desk)
        return conduct(desk, errand, assessor, **words)  # type: ignore[arg-type]

    def assessor(self, desk: Desk) -> Assessor:
        return Assessor(desk.planner.renderer, self.sources(), lambda: self.now, desk.forge)

    def round(self) -> list[Happened]:
        desk = self.desk()
        return list(Round(desk, self.assessor(desk), self.sources()).go())

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    def open(self) -> list[PullRequest]:
        return self.forge.open_pulls()

    def branch_names(self) -> set[str]:
        found = self.branches.tips("refs/heads/promote/", "refs/heads/rollback/")
        return {name.removeprefix("refs/heads/") for name in found}

    def file(self, revision: str, environment: str = "prod", app: str = "paw") -> str:
        self.fleet.repo.git("fetch", "--quiet", "origin", revision)
        path = f"environments/{environment}/{app}/kustomization.yaml"
        return self.fleet.repo.git("show", f"FETCH_HEAD:{path}")


__all__ = ["ALL", "CHECKING", "PAW", "Yard", "address"]
