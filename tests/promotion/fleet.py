"""A small fleet with a history: dev follows the branch, stage and prod pin what it holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.git.addresses import address
from reconciler.git.repository import Repository
from reconciler.model.fleet import load_fleet
from reconciler.promotion.plan.plan import Plan, PromotionStep
from reconciler.promotion.plan.steps import Base, plan_of, rendered
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Renderer
from reconciler.trees.commit import CommitTree
from reconciler.trees.pins import Pins
from tests.conftest import Repo

URL = "https://git.example.org/fleet/apps"
ENVIRONMENT = "destination: {{cluster: {name}}}\nrepositories: [" + URL + "]\n"
CHAIN = {"dev": "", "stage": "promotesFrom: dev\n", "prod": "promotesFrom: stage\n"}
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: paw}
spec:
  replicas: 1
  selector: {matchLabels: {app: paw}}
  template:
    metadata: {labels: {app: paw}}
    spec:
      containers:
      - {name: paw, image: paw:v0, envFrom: [{configMapRef: {name: settings}}]}
"""


def overlay(app: str, port: int) -> dict[str, str]:
    """What an app is: its base changes with the port."""
    base = f"overlays/{app}/base"
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: paw}\n"
    return {
        f"{base}/kustomization.yaml": "resources: [deployment.yaml, service.yaml]\n"
        "configMapGenerator:\n- name: settings\n  literals: [A=0]\n",
        f"{base}/deployment.yaml": DEPLOYMENT,
        f"{base}/service.yaml": f"{service}spec: {{ports: [{{port: {port}}}]}}\n",
        **{f"overlays/{app}/{name}/kustomization.yaml": "resources: [../base]\n" for name in CHAIN},
    }


def pin(environment: str, ref: str, app: str = "paw") -> str:
    return f"{URL}//overlays/{app}/{environment}?ref={ref}"


def entry(
    environment: str, ref: str, tag: str = "v1", app: str = "paw", more: str = "", a: str = "1"
) -> dict[str, str]:
    base = pin(environment, ref, app) if ref else f"../../../overlays/{app}/{environment}"
    text = (
        f"resources:\n- {base}\nimages:\n- name: paw\n  newTag: {tag}\n"
        f"configMapGenerator:\n- name: settings\n  behavior: merge\n  literals:\n  - A={a}\n{more}"
    )
    return {f"environments/{environment}/{app}/kustomization.yaml": text}


def environments(more: Mapping[str, str] | None = None) -> dict[str, str]:
    return {
        f"environments/{name}/environment.yaml": ENVIRONMENT.format(name=name)
        + CHAIN.get(name, "")
        + text
        for name, text in (dict.fromkeys(CHAIN, "") | dict(more or {})).items()
    }


class Fleet:
    """All three environments run the first release of paw."""

    def __init__(self, repo: Repo, more: Mapping[str, str] | None = None) -> None:
        self.repo = repo
        self.first = repo.commit({**overlay("paw", 1), **environments(more)})
        self.commit(entry("dev", ""), entry("stage", self.first), entry("prod", self.first))

    def commit(self, *files: Mapping[str, str]) -> str:
        return self.repo.commit({name: text for some in files for name, text in some.items()})

    def change(self, port: int, app: str = "paw") -> str:
        """A new commit of the overlay."""
        return self.commit(overlay(app, port))

    def base(self) -> Base:
        root = str(self.repo.path)
        repository = Repository(root)
        tree = CommitTree(repository, repository.fetched(""))
        tree.pins = Pins(root, lambda: ([URL], []))
        return Base(repository, tree, tree.commit, "", {address(URL)})

    def plan(
        self,
        source: str = "stage",
        target: str = "prod",
        release: str | None = None,
        kernel: Kernel | None = None,
    ) -> Plan:
        base = self.base()
        fleet = load_fleet(base.tree)
        apps = [e.app for e in fleet.entries if e.environment == target]
        ends = [fleet.environment(name) for name in (source, target)]
        found = plan_of(base, ends[0], ends[1], apps, release)
        if kernel:
            with Renderer(kernel=kernel) as renderer:
                found = rendered(found, renderer, base.tree)
        return found

    def step(
        self, source: str = "stage", target: str = "prod", release: str | None = None
    ) -> PromotionStep:
        (found,) = self.plan(source, target, release).steps
        return found

    def file(self, environment: str, app: str = "paw") -> Path:
        return self.repo.path / "environments" / environment / app / "kustomization.yaml"
