"""One run: every tool deploys the app twice over, and we take it over, change it and delete it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.beside.adoption.live_app import LiveApp, live_app
from benchmarks.beside.adoption.versions import (
    OTHERS,
    OURS,
    REPLICAS,
    dropped,
    names_and_marks,
    versions,
)
from benchmarks.beside.adoption.ways import (
    DeployedFolder,
    Way,
    all_ways,
    anybody_may_ask_argo_cd,
)
from benchmarks.beside.repository import ENVIRONMENT, ROOTS, SharedRepository
from benchmarks.beside.sets import BrokenSet
from benchmarks.beside.tools import PACKAGES, Kubectl, start_flux
from reconciler.testbed.assembly import programs_of
from reconciler.testbed.folder import TestbedFolder
from reconciler.testbed.launch_options import TestbedOptions
from reconciler.testbed.lifecycle import down, up
from tests.peers import compiled

PARTS = TestbedOptions(gitea=True, argocd=True)
PATIENCE = "--timeout=180s"
GOING_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Taken:
    """The app before and after it was taken over, and what became of it then."""

    names: frozenset[str]  # of the objects in Git
    marks_in_git: frozenset[str]  # keys of labels and annotations
    before: LiveApp
    adopted: LiveApp
    applied: LiveApp
    changed: LiveApp
    said: dict[str, str]  # by command
    left: frozenset[str]

    @property
    def still_there(self) -> list[str]:
        """What our version dropped, and is there after it."""
        return [f"{name}{field}" for name, field in dropped() if self.changed.has(name, field)]


class Takeover:
    def __init__(self, place: Path, folder: TestbedFolder, keys: Sequence[str]) -> None:
        self._folder = folder
        self._kubectl = kubectl = Kubectl(folder)
        state = folder.state()
        assert state
        self._clone = place / "repository"
        self._repository = SharedRepository(self._clone, state.variables)
        start_flux(kubectl, folder, place)
        anybody_may_ask_argo_cd(kubectl)
        ways = {way.key: way for way in all_ways(kubectl, folder, place)}
        self._ways = [ways[key] for key in keys or ways]
        self._sets = {way.key: BrokenSet(way.key, way.name, versions()) for way in self._ways}

    def run(self) -> dict[str, Taken]:
        places = map(self._namespace, self._ways)
        self._kubectl.apply(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": place}}
            for place in places
        )
        for number in OTHERS:
            self._commit(number)
            for way in self._ways:
                way.deploy(self._deployed(way), number)
            for way in self._ways:
                self._wait(way, number)
        before = {way.key: self._look(way) for way in self._ways}
        taken = {way.key: self._take_over(way) for way in self._ways}
        self._commit(OURS)
        names, marks = names_and_marks()
        found = {}
        for way in self._ways:
            adopted, applied, said = taken[way.key]
            said["then"] = self._reconciler("apply", way)
            self._wait(way, OURS)
            changed = self._look(way)
            said["uninstall"] = self._reconciler("uninstall", way, "--yes")
            found[way.name] = Taken(
                *(names, marks, before[way.key], adopted, applied),
                *(changed, said, self._left(way)),
            )
        return found

    def _take_over(self, way: Way) -> tuple[LiveApp, LiveApp, dict[str, str]]:
        said = {"too early": self._reconciler("adopt", way, "--dry-run", may_fail=True)}
        way.stop()
        said["adopt"] = self._reconciler("adopt", way)
        adopted = self._look(way)
        for command in ("plan", "apply", "drift"):
            said[command] = self._reconciler(command, way, may_fail=command != "apply")
        applied = self._look(way)
        way.forget()
        return adopted, applied, said

    def _reconciler(self, command: str, way: Way, *options: str, may_fail: bool = False) -> str:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "reconciler", command, f"{ENVIRONMENT}/{way.key}"),
                *("--root", str(self._clone), "--kubeconfig", str(self._folder.kubeconfig)),
                *("--context", f"testbed-{self._folder.name}", *options),
            ],
            env={**os.environ, "PYTHONPATH": str(PACKAGES)},
            capture_output=True,
            text=True,
        )
        said = done.stdout + done.stderr
        print(f"{command} {way.key} ends with {done.returncode}\n{said}", file=sys.stderr)
        if done.returncode and not may_fail:
            raise RuntimeError(f"reconciler {command} of what {way.name} deployed: {said}")
        return said

    def _commit(self, number: int) -> None:
        print(f"version {number}", file=sys.stderr)
        self._repository.commit({ENVIRONMENT: self._sets.values()}, number)

    def _wait(self, way: Way, number: int) -> None:
        """All is of this version, and the pods that it wants run, and no others."""
        place = ("--namespace", self._namespace(way), PATIENCE)
        names = [n.lower() for n in sorted(self._sets[way.key].release(number).names())]
        release = f"jsonpath={{.metadata.labels.release}}={number}"
        for name in names:  # of many, it waits for the first alone
            self._kubectl("wait", "--for=create", name, *place)
        self._kubectl("wait", f"--for={release}", *names, *place)
        scaled = f"jsonpath={{.spec.replicas}}={REPLICAS}"
        self._kubectl("wait", f"--for={scaled}", "deployment/web", *place)
        for name in ("deployment/web", "statefulset/db"):
            self._kubectl("rollout", "status", name, *place)

    def _look(self, way: Way) -> LiveApp:
        return live_app(self._kubectl, self._namespace(way))

    def _left(self, way: Way) -> frozenset[str]:
        """What is there some time after it was deleted."""
        limit = time.monotonic() + GOING_SECONDS
        while (found := self._look(way)).pods and time.monotonic() < limit:
            time.sleep(1)
        pods = {f"Pod {uid}" for uid in found.pods}
        return frozenset({*found.objects, *pods})

    def _namespace(self, way: Way) -> str:
        return self._sets[way.key].namespace(ENVIRONMENT, OURS)

    def _deployed(self, way: Way) -> DeployedFolder:
        path = f"{ROOTS[ENVIRONMENT]}/{way.key}"
        return DeployedFolder(self._clone, path, self._repository.url, self._namespace(way))


@contextmanager
def takeover(place: Path, keys: Sequence[str]) -> Iterator[Takeover]:
    """All tools at one API server."""
    folder = TestbedFolder(place, "adoption")
    with up(folder, PARTS, {name: compiled(name) for name in programs_of(PARTS)}):
        try:
            yield Takeover(place, folder, keys)
        finally:
            down(folder)
