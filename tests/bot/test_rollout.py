"""From dev to prod and back: reviews, gates, merges, Argo CD, and what is told of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pytest
import yaml

from reconciler.forges.forge import PullRequest, PullRequestState, StatusVerdict
from reconciler.testbed.addons.argocd import OURS
from tests.bot.gitea_fleet import GiteaFleet, entry, fleet
from tests.testbed.plugin import Cluster
from tests.testbed.test_argocd import healthy

Build = Callable[[Mapping[str, str]], GiteaFleet]
APPS = ["api", "web"]
GATES = "{propose: app, autoMerge: true, gates: [{type: approvals}, {type: checks}]}"
QUOTA = """apiVersion: v1
kind: ResourceQuota
metadata: {name: few}
spec: {hard: {pods: "6"}}
"""


def policies(cluster: Cluster) -> dict[str, str]:
    """Applications are called after the test, since all tests share one Argo CD."""
    config = yaml.safe_load(cluster.kubeconfig.read_text())
    name = config["current-context"]
    health = (
        "health:\n- type: argocd\n"
        f"  application: {cluster.namespace}-{{environment}}-{{app}}\n  cluster: {name}\n"
    )
    waits = GATES.replace("[{type: approvals}", "[{type: health}, {type: approvals}")
    fields = "fields: [{promote: [replicas]}]"
    return {
        "dev": "",
        "stage": f"{health}promotion: {GATES[:-1]}, {fields}}}\n",
        "prod": f"{health}promotion: {waits[:-1]}, {fields}}}\n",
    }


class Clusters:
    """Stage and prod, in a namespace each, as Argo CD deploys them."""

    def __init__(self, gitea_fleet: GiteaFleet, cluster: Cluster) -> None:
        self.gitea_fleet = gitea_fleet
        self.cluster = cluster
        for environment in ("stage", "prod"):
            namespace = self.namespace(environment)
            cluster.kubectl("create", "namespace", namespace)
            for app in APPS:
                self._deploy(environment, app)
        cluster.kubectl("apply", "-n", self.namespace("prod"), "-f", "-", stdin=QUOTA)

    def namespace(self, environment: str) -> str:
        return f"{self.cluster.namespace}-{environment}"

    def application(self, environment: str, app: str) -> str:
        return f"{self.cluster.namespace}-{environment}-{app}"

    def _deploy(self, environment: str, app: str) -> None:
        site = self.gitea_fleet.site
        made = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": self.application(environment, app), "namespace": "argocd"},
            "spec": {
                "project": "default",
                "source": {
                    "repoURL": f"{site.server.url}/fleet/{site.name}.git",
                    "path": f"environments/{environment}/{app}",
                    "targetRevision": "main",
                    "plugin": {"name": OURS},
                },
                "destination": {
                    "server": "https://kubernetes.default.svc",
                    "namespace": self.namespace(environment),
                },
                "syncPolicy": {"automated": {"prune": True, "selfHeal": True}},
            },
        }
        self.cluster.kubectl("apply", "-f", "-", stdin=json.dumps(made))

    def synced(self, environment: str, revision: str) -> None:
        for app in APPS:
            name = self.application(environment, app)
            self.cluster.kubectl(
                "annotate", "application", name, "-n", "argocd", "--overwrite",
                "argocd.argoproj.io/refresh=normal",
            )  # fmt: skip
        for app in APPS:
            self.cluster.kubectl(
                "wait", "-n", "argocd", f"--for=jsonpath={{.status.sync.revision}}={revision}",
                f"application/{self.application(environment, app)}", "--timeout=400s",
            )  # fmt: skip

    def well(self, environment: str, revision: str) -> None:
        self.synced(environment, revision)
        for app in APPS:
            healthy(self.cluster, self.application(environment, app))

    def image(self, environment: str, app: str) -> str:
        found = json.loads(
            self.cluster.kubectl(
                "get", "deploy", f"{app}-web", "-n", self.namespace(environment), "-o", "json"
            )
        )
        return str(found["spec"]["template"]["spec"]["containers"][0]["image"])

    def remove(self) -> None:
        for environment in ("stage", "prod"):
            for app in APPS:
                name = self.application(environment, app)
                self.cluster.kubectl("delete", "application", name, "-n", "argocd")
            namespace = self.namespace(environment)
            self.cluster.kubectl("delete", "namespace", namespace, "--wait=false")


def main(gitea_fleet: GiteaFleet) -> str:
    gitea_fleet.people.git("fetch", "--quiet", "origin", "main")
    return gitea_fleet.people.git("rev-parse", "FETCH_HEAD")


def said(gitea_fleet: GiteaFleet, pull: PullRequest) -> str:
    found = [c.body for c in gitea_fleet.forge.comments(pull) if "Rollout of" in c.body]
    assert len(found) == 1
    return found[0]


def verdicts(gitea_fleet: GiteaFleet, pull: PullRequest) -> dict[str, StatusVerdict]:
    return {s.context: s.verdict for s in gitea_fleet.forge.statuses(pull.commit)}


def merge_all(gitea_fleet: GiteaFleet, pulls: list[PullRequest]) -> None:
    """In as many rounds as it takes: a busy Gitea may not have decided yet whether it can."""
    for _ in range(5):
        gitea_fleet.go()
        if all(
            gitea_fleet.forge.pull(pull.number).state is PullRequestState.merged for pull in pulls
        ):
            return
    raise AssertionError(gitea_fleet.open())


@pytest.mark.timeout(1200)
def test_from_dev_to_prod_and_back(argocd: Cluster, build: Build) -> None:
    gitea_fleet = build(fleet(APPS, policies(argocd)))
    gitea_fleet.variables["KUBECONFIG"] = str(argocd.kubeconfig)
    gitea_fleet.site.protect(required_approvals=1)
    clusters = Clusters(gitea_fleet, argocd)
    for environment in ("stage", "prod"):
        clusters.well(environment, main(gitea_fleet))

    # dev runs a new release of both, and the bot proposes it to stage.
    gitea_fleet.change({k: v for app in APPS for k, v in entry("dev", app, "v2").items()})
    gitea_fleet.go()
    to_stage = [gitea_fleet.open()[f"promote/dev/stage/app/{app}"] for app in APPS]
    for pull in to_stage:
        assert verdicts(gitea_fleet, pull)["promotion/approvals"] is StatusVerdict.pending
        assert verdicts(gitea_fleet, pull)["promotion/checks"] is StatusVerdict.success
        gitea_fleet.site.approve(pull.number)

    # Reviewed, it is merged; what stage runs now is not yet healthy, so prod waits.
    merge_all(gitea_fleet, to_stage)
    clusters.well("stage", main(gitea_fleet))
    gitea_fleet.go()
    for pull in to_stage:
        assert "is at" in said(gitea_fleet, pull)
        assert "✅" in said(gitea_fleet, pull)
    to_prod = [gitea_fleet.open()[f"promote/stage/prod/app/{app}"] for app in APPS]
    for pull in to_prod:
        assert verdicts(gitea_fleet, pull)["promotion/health"] is StatusVerdict.success
        assert verdicts(gitea_fleet, pull)["promotion/all"] is StatusVerdict.pending
        gitea_fleet.site.approve(pull.number, "bob")
    merge_all(gitea_fleet, to_prod)
    assert gitea_fleet.open() == {}
    clusters.well("prod", main(gitea_fleet))
    gitea_fleet.go()
    assert all("✅" in said(gitea_fleet, pull) for pull in to_prod)
    assert clusters.image("prod", "web") == "web:v2"

    # A release that cannot run in prod is told with what the cluster says, and a way back.
    gitea_fleet.change(entry("dev", "web", "v3", "replicas:\n- {name: web-web, count: 20}\n"))
    gitea_fleet.go()
    gitea_fleet.site.approve(gitea_fleet.open()["promote/dev/stage/app/web"].number)
    gitea_fleet.go()
    clusters.well("stage", main(gitea_fleet))
    gitea_fleet.go()
    bad = gitea_fleet.open()["promote/stage/prod/app/web"]
    gitea_fleet.site.approve(bad.number)
    gitea_fleet.go()
    clusters.synced("prod", main(gitea_fleet))
    argocd.kubectl(
        "wait", "-n", "argocd", "--for=jsonpath={.status.health.status}=Degraded",
        f"application/{clusters.application('prod', 'web')}", "--timeout=400s",
    )  # fmt: skip
    gitea_fleet.run("bot", "--once", "--unhealthy-seconds", "0")
    words = said(gitea_fleet, bad)
    assert "❌" in words
    assert "exceeded quota" in words
    back = gitea_fleet.open()["rollback/prod/app/web"]
    assert back.url in words

    # Approved, it goes back while it fails, and the release is not promoted again by itself.
    gitea_fleet.site.approve(back.number)
    gitea_fleet.run("bot", "--once", "--unhealthy-seconds", "0")
    clusters.well("prod", main(gitea_fleet))
    assert clusters.image("prod", "web") == "web:v2"
    gitea_fleet.go()
    assert gitea_fleet.open() == {}
    assert "is held back" in gitea_fleet.run_failing("promote", "stage", "prod", "web", "--dry-run")
    clusters.remove()
