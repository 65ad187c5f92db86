"""An app in a real cluster, whose files a test changes as it goes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from reconciler.cluster.api_access import access_of
from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.kubeconfig import read_kubeconfig
from reconciler.controller.app import AppInCluster, Desired
from reconciler.controller.desired import manager_of
from reconciler.controller.sync.object_done import ObjectDone
from reconciler.controller.sync.preview import Preview, preview
from reconciler.controller.sync.sync_plan import SyncPlan
from reconciler.health.kind_rules import status_rules
from reconciler.kubernetes.structure import read_structure
from reconciler.model.fleet import load_fleet
from reconciler.model.paths import AppName
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Renderer
from tests.model.fleets import tree
from tests.testbed.plugin import Cluster

REPOSITORY = "https://git.example.org/fleet/apps"


@dataclass
class RealApp:
    """prod/NAMESPACE, which no other test uses, with the manifests that a test gives it."""

    cluster: Cluster
    renderer: Renderer
    manifests: str = ""
    repository: str = REPOSITORY
    settings: str = ""  # more of environment.yaml
    commit: str = "0" * 40
    seconds: float = 60.0  # that a sync waits
    told: list[ObjectDone] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.cluster.namespace

    def plan(self) -> SyncPlan:
        return asyncio.run(self._work(syncs=False))[0]

    def sync(self, manifests: str | None = None, **options: bool) -> list[ObjectDone]:
        if manifests is not None:
            self.manifests = manifests
        self.told.clear()
        return asyncio.run(self._work(**options))[1]

    def uninstall(self) -> list[ObjectDone]:
        return asyncio.run(self._removal())

    def outcomes(self, done: list[ObjectDone]) -> dict[str, str]:
        return {
            f"{d.identity.kind} {d.identity.name}": d.applied.outcome if d.applied else d.step
            for d in done
        }

    @property
    def desired(self) -> Desired:
        name = self.name
        folder = f"environments/prod/{name}"
        files = {
            "environments/prod/environment.yaml": f"destination:\n  cluster: prod\n"
            f"  namespace: {name}\n{self.settings}",
            f"{folder}/kustomization.yaml": "resources: [objects.yaml]\n",
            f"{folder}/objects.yaml": self.manifests,
        }
        if not self.manifests:
            files[f"{folder}/kustomization.yaml"] = "resources: []\n"
        return Desired(tree(files), self.repository, self.commit)

    def lines(self) -> dict[str, str]:
        """The state of each object that the inventory names."""
        found = self.cluster.kubectl(
            *("get", "configmap", f"inventory.prod.{self.name}", "-n", "reconciler-system"),
            *("-o", "jsonpath={.data.objects}"),
        )
        words = [line.split(" ") for line in found.splitlines()]
        return {f"{word[1]} {word[4]}": word[5] for word in words}

    def preview(self) -> Preview:
        return asyncio.run(self._previewed())

    async def _work(
        self, *, syncs: bool = True, all_may_go: bool = False
    ) -> tuple[SyncPlan, list[ObjectDone]]:
        async with self._client() as client:
            app = self._app(client)
            plan = await app.plan(self.renderer, self.desired)
            if not syncs:
                return plan, []
            return plan, await app.sync(
                plan, self.desired, all_may_go=all_may_go, told=self.told.append
            )

    async def _previewed(self) -> Preview:
        structure = read_structure(self.renderer.kernel.structure())
        async with self._client() as client:
            app = self._app(client)
            plan = await app.plan(self.renderer, self.desired)
            (prod,) = load_fleet(self.desired.tree).environments
            manager = manager_of(app.entry)
            return await preview(client, plan, manager, structure, prod.reconcile.recreate)

    async def _removal(self) -> list[ObjectDone]:
        async with self._client() as client:
            app = self._app(client)
            plan = await app.plan_removal(self.renderer, self.desired)
            self.told.clear()
            done = await app.sync(plan, self.desired, all_may_go=True, told=self.told.append)
            await app.forget()
            return done

    def _app(self, client: ApiClient) -> AppInCluster:
        (prod,) = load_fleet(self.desired.tree).environments
        soon = replace(
            prod.reconcile,
            timeout=timedelta(seconds=self.seconds),
            degraded_after=timedelta(seconds=2),
        )
        return AppInCluster(
            client,
            replace(prod, reconcile=soon),
            prod.entry(AppName(self.name)),
            status_rules(prod, self.renderer.kernel),
        )

    def _client(self) -> ApiClient:
        context = read_kubeconfig([str(self.cluster.kubeconfig)]).context()
        return ApiClient(access_of(context, os.environ))


@pytest.fixture
def real_app(cluster: Cluster, kernel: Kernel) -> Iterator[RealApp]:
    with Renderer(kernel=kernel) as renderer:
        yield RealApp(cluster, renderer)


def annotated(manifest: str, **annotations: str) -> str:
    """Of a manifest whose metadata is written {name: ...}; the names as ARGO__hook."""
    domains = {"ARGO": "argocd.argoproj.io", "FLUX": "kustomize.toolkit.fluxcd.io"}
    domains |= {"HELM": "helm.sh", "OURS": "reconciler.dev"}
    said = ", ".join(
        f"{domains[domain]}/{name.replace('_', '-')}: {value!r}"
        for domain, name, value in ((*key.split("__"), value) for key, value in annotations.items())
    )
    return manifest.replace("metadata: {name:", f"metadata: {{annotations: {{{said}}}, name:", 1)


def config(name: str, **data: str) -> str:
    lines = "".join(f"  {key}: {value!r}\n" for key, value in data.items())
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata:\n{lines}---\n"
