"""A fleet in the real Gitea whose entries take their image from the environment before."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.forges.forge import PullRequest
from reconciler.forges.gitea import Gitea
from tests.conftest import Repo
from tests.forges.conftest import Site

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  progressDeadlineSeconds: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web}]}
"""


def entry(environment: str, app: str, tag: str, more: str = "") -> dict[str, str]:
    text = (
        f"namePrefix: {app}-\nresources:\n- ../../../overlays/web\n"
        f"images:\n- name: web\n  newTag: {tag}\n{more}"
    )
    return {f"environments/{environment}/{app}/kustomization.yaml": text}


def fleet(apps: Iterable[str], policies: Mapping[str, str]) -> dict[str, str]:
    """The environments of these policies, each promoting from the one before; all run tag v1."""
    files = {
        "overlays/web/kustomization.yaml": "resources: [deployment.yaml]\n",
        "overlays/web/deployment.yaml": DEPLOYMENT,
    }
    before = ""
    names = list(apps)
    for environment, policy in policies.items():
        comes = f"promotesFrom: {before}\n" if before else ""
        text = f"destination: {{cluster: {environment}}}\n{comes}{policy}"
        files[f"environments/{environment}/environment.yaml"] = text
        for app in names:
            files |= entry(environment, app, "v1")
        before = environment
    return files


@dataclass(slots=True)
class GiteaFleet:
    site: Site
    people: Repo
    bot: Path
    variables: dict[str, str] = field(default_factory=dict)

    @classmethod
    def build(cls, site: Site, people: Repo, folder: Path, files: Mapping[str, str]) -> GiteaFleet:
        people.commit(files)
        where = f"{site.server.url}/fleet/{site.name}.git"
        token = site.server.token("bot")
        people.git("remote", "add", "origin", where.replace("://", f"://bot:{token}@"))
        people.git("push", "--quiet", "--force", "origin", "main")
        bot = folder / "bot"
        subprocess.run(["git", "clone", "--quiet", "--branch=main", people.path, bot], check=True)
        subprocess.run(["git", "remote", "set-url", "origin", where], cwd=bot, check=True)
        variables = {"RECONCILER_FORGE": "gitea", "RECONCILER_FORGE_TOKEN": token}
        return cls(site, people, bot, variables)

    @property
    def forge(self) -> Gitea:
        return self.site.forge("bot")

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "reconciler", *words],
            cwd=self.bot,
            env={**os.environ, **self.variables, "PYTHONPATH": str(Path(__file__).parents[2])},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self, *words: str) -> str:
        process = self.start(*words)
        printed = process.communicate()[0].decode()
        assert process.returncode == 0, printed
        return printed

    def run_failing(self, *words: str) -> str:
        process = self.start(*words)
        printed = process.communicate()[0].decode()
        assert process.returncode == 1, printed
        return printed

    def go(self) -> str:
        printed = self.run("bot", "--once", "--log-format", "text")
        assert "another replica" not in printed, printed
        return printed

    def change(self, files: Mapping[str, str]) -> None:
        """What people push."""
        self.people.git("pull", "--quiet", "--no-edit", "origin", "main")
        self.people.commit(files)
        self.people.git("push", "--quiet", "origin", "main")

    def open(self) -> dict[str, PullRequest]:
        """By branch; two of the same would be told."""
        pulls = self.forge.open_pulls()
        found: dict[str, PullRequest] = {pull.branch: pull for pull in pulls}
        assert len(found) == len(pulls), "two pull requests of one branch"
        return found

    def file(self, branch: str, environment: str, app: str) -> str:
        self.people.git("fetch", "--quiet", "origin", branch)
        return self.people.git(
            "show", f"FETCH_HEAD:environments/{environment}/{app}/kustomization.yaml"
        )
