"""One repository in Gitea, with a folder for each set and tool."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmarks.beside.sets import BrokenSet
from reconciler.testbed.loopback import call

ENVIRONMENT = "ours"
ROOTS = {"argocd": "argocd", "flux": "flux", "ours": f"environments/{ENVIRONMENT}"}
LABEL = "beside"


class SharedRepository:
    """A clone that pushes to where the tools read."""

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        token = Path(variables["GITEA_TOKENS"], "bot").read_text()
        server = variables["GITEA_URL"]
        call("POST", f"{server}/api/v1/orgs/fleet/repos", {"name": "beside"}, token=token)
        self.url = f"{server}/fleet/beside.git"
        self._folder = folder
        folder.mkdir()
        self._git("init", "--quiet", "--initial-branch=main")
        self._git("remote", "add", "origin", self.url.replace("://", f"://bot:{token}@"))
        environment = folder / ROOTS["ours"] / "environment.yaml"
        environment.parent.mkdir(parents=True)
        environment.write_text("destination: {cluster: ours}\n")

    def commit(self, sets: Mapping[str, Iterable[BrokenSet]], number: int) -> str:
        """Bring all sets to this release."""
        for tool, its in sets.items():
            for one in its:
                self._write(tool, one, number)
        return self._pushed(f"Release {number}")

    def commit_alone(self, tool: str, sets: Iterable[BrokenSet]) -> str:
        """Nothing but these sets of one tool, with a file of objects for each."""
        for root in ROOTS.values():
            for folder in (self._folder / root).glob("*/"):
                shutil.rmtree(folder)
        for one in sets:
            folder = self._folder / ROOTS[tool] / one.name
            folder.mkdir(parents=True)
            bodies = one.release(1).objects
            (folder / "objects.yaml").write_text("\n---\n".join(map(json.dumps, bodies)))
            said = {"namespace": one.namespace(tool, 1), "resources": ["objects.yaml"]}
            (folder / "kustomization.yaml").write_text(json.dumps(said))
        return self._pushed(f"{tool} alone")

    def _pushed(self, message: str) -> str:
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", "--message", message)
        self._git("push", "--quiet", "origin", "main")
        return self._git("rev-parse", "HEAD")

    def _write(self, tool: str, one: BrokenSet, number: int) -> None:
        release = one.release(number)
        folder = self._folder / ROOTS[tool] / one.name
        shutil.rmtree(folder, ignore_errors=True)
        if release.is_gone:
            return
        folder.mkdir(parents=True)
        names = [f"{i}.yaml" for i in range(len(release.objects))]
        for name, body in zip(names, release.objects, strict=True):
            (folder / name).write_text(json.dumps(body, indent=1))
        marks = {LABEL: one.name, "release": str(min(number, len(one.releases)))}
        kustomization = {
            "namespace": one.namespace(tool, number),
            "labels": [{"pairs": marks}],
            "resources": names,
        }
        (folder / "kustomization.yaml").write_text(json.dumps(kustomization, indent=1))

    def _git(self, *words: str) -> str:
        identity = ("-c", "user.name=beside", "-c", "user.email=beside@localhost")
        return subprocess.check_output(
            ["git", *identity, *words], cwd=self._folder, text=True
        ).strip()
