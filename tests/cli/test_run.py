"""reconciler run: a real cluster kept as Git says, by a real process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.cli.test_apply import app as app
from tests.cli.test_apply import files
from tests.cli.test_apply import fleet as fleet
from tests.conftest import Repo
from tests.testbed.plugin import Cluster

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120


@dataclass
class Running:
    """The process, and what it logged so far."""

    process: subprocess.Popen[bytes]
    log: Path
    seen: list[dict[str, Any]] = field(default_factory=list)

    def lines_about(self, app: str) -> list[str]:
        """The cluster has the apps of other tests, too, and it is told of those."""
        return [line for line in self.log.read_text().splitlines() if f"prod/{app}" in line]

    def wait_for(self, message: str, **fields: object) -> dict[str, Any]:
        """The next line that says so; what came before it is not looked at again."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            for line in self.log.read_text().splitlines()[len(self.seen) :]:
                found: dict[str, Any] = json.loads(line)
                self.seen.append(found)
                if found["message"] == message and fields.items() <= found.items():
                    return found
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.02)
        raise AssertionError(f"no {message} {fields} in {self.log.read_text()}")


Begin = Callable[..., Running]


def process_variables() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.fixture
def begin(fleet: Repo, there: list[str], tmp_path: Path) -> Iterator[Begin]:
    started: list[subprocess.Popen[bytes]] = []

    def run(*arguments: str) -> Running:
        log = tmp_path / f"log{len(started)}"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "reconciler", "run", "prod", "--lease", "2"),
                    *(*there, *arguments),
                ],
                cwd=fleet.path,
                env=process_variables(),
                stderr=file,
            )
        started.append(process)
        return Running(process, log)

    yield run
    for process in started:
        process.kill()
        process.wait()


def value_of(cluster: Cluster, name: str = "one") -> str:
    return str(cluster.get(f"configmap/{name}")["data"]["k"])


def test_commits_are_applied_and_what_somebody_changes_is_told_and_set_back(
    fleet: Repo, app: str, begin: Begin, cluster: Cluster
) -> None:
    running = begin("--interval", "1")
    assert running.wait_for("applied", app=f"prod/{app}")["created"] == 2
    cluster.kubectl("-n", app, "patch", "configmap/one", "--type=merge", "-p", '{"data":{"k":"x"}}')
    told = running.wait_for("changed by somebody", object=f"ConfigMap {app}/one")
    assert told["by"] == "kubectl-patch"
    running.wait_for("applied", changed=1)
    assert value_of(cluster) == "1"
    cluster.kubectl("-n", app, "delete", "configmap", "two")
    running.wait_for("deleted by somebody", object=f"ConfigMap {app}/two")
    running.wait_for("applied", created=1)
    cluster.kubectl("-n", app, "label", "configmap/one", "theirs=1")
    fleet.commit(files(app, "2"))
    running.wait_for("applied", changed=2)
    assert value_of(cluster) == value_of(cluster, "two") == "2"
    quiet = running.lines_about(app)
    time.sleep(3)  # some rounds in which nothing happened
    assert running.lines_about(app) == quiet
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(PATIENCE_SECONDS) == 0


def test_a_broken_commit_leaves_the_last_good_one_in_force(
    fleet: Repo, app: str, begin: Begin, cluster: Cluster
) -> None:
    running = begin("--interval", "1")
    running.wait_for("applied")
    fleet.commit({f"environments/prod/{app}/objects.yaml": "not: [yaml\n"})
    assert "error" in running.wait_for("not applied", app=f"prod/{app}")
    assert value_of(cluster) == "1"
    (fleet.path / "environments/prod/environment.yaml").write_text("destination: nonsense\n")
    fleet.commit()
    running.wait_for("Git could not be read")
    fleet.git("revert", "--no-edit", "HEAD")
    fleet.commit(files(app, "3"))
    running.wait_for("applied", changed=2)
    assert value_of(cluster) == "3"


def test_what_checks_find_in_one_object_holds_up_no_other(
    fleet: Repo, app: str, begin: Begin, cluster: Cluster
) -> None:
    running = begin("--interval", "1")
    running.wait_for("applied")
    good, bad = files(app, "2", "one"), "---\napiVersion: v1\nkind: ConfigMap\n"
    objects = f"environments/prod/{app}/objects.yaml"
    good[objects] += f"{bad}metadata: {{name: two}}\ndata: {{k: {{not: text}}}}\n"
    fleet.commit(good)
    told = running.wait_for("refused", object=f"ConfigMap {app}/two")
    assert "checks find 1 problem" in told["error"]
    assert (value_of(cluster), value_of(cluster, "two")) == ("2", "1")
    fleet.commit(files(app, "3"))
    running.wait_for("applied", changed=2)
    assert value_of(cluster, "two") == "3"


def test_an_app_that_left_git_is_told_of_and_goes_when_somebody_says_so(
    fleet: Repo, app: str, begin: Begin, cluster: Cluster, typed: Run, there: list[str]
) -> None:
    running = begin("--interval", "1")
    running.wait_for("applied")
    fleet.git("rm", "-r", "--quiet", f"environments/prod/{app}")
    fleet.commit(files("another", "1", "only"))
    told = running.wait_for("in Git no more, and still there", app=f"prod/{app}")
    assert told["hint"] == f"reconciler uninstall prod/{app} --yes"
    running.process.terminate()
    assert value_of(cluster) == "1"
    done = typed("uninstall", f"prod/{app}", "--yes", *there, cwd=fleet.path)
    assert f"prod/{app}: 2 deleted" in done.stdout.decode()
    typed("uninstall", "prod/another", "--yes", *there, cwd=fleet.path)


@pytest.mark.parametrize("moment", range(6))
def test_a_process_that_is_killed_is_completed_by_the_next(
    fleet: Repo, app: str, begin: Begin, cluster: Cluster, moment: int
) -> None:
    """Wherever it ends: each object of Git is there once, and all that is there is known."""
    names = [f"c{i}" for i in range(40)]
    fleet.commit(files(app, "1", *names))
    first = begin("--interval", "1")
    time.sleep(0.55 + moment * 0.06)
    first.process.kill()
    first.process.wait()
    fleet.commit(files(app, "2", *names[10:], "new"))
    second = begin("--once")
    assert second.process.wait(PATIENCE_SECONDS) == 0, second.log.read_text()
    items = cluster.get("configmaps", "-l", f"reconciler.dev/app=prod.{app}")["items"]
    assert {i["metadata"]["name"]: i["data"]["k"] for i in items} == dict.fromkeys(
        [*names[10:], "new"], "2"
    )
    inventory = json.loads(
        cluster.kubectl(
            *("get", "configmap", f"inventory.prod.{app}", "-n", "reconciler-system"),
            *("-o", "json"),
        )
    )
    lines = [line.split() for line in inventory["data"]["objects"].splitlines()]
    assert {line[4]: line[6] for line in lines} == {
        i["metadata"]["name"]: i["metadata"]["uid"] for i in items
    }


ANNOTATED = """apiVersion: v1
kind: ConfigMap
metadata: {name: ITS, annotations: {reconciler.dev/SAYS}}
data: {k: "1"}
---
"""
ENDLESS = """apiVersion: batch/v1
kind: Job
metadata: {name: endless, annotations: {argocd.argoproj.io/hook: PostSync}}
spec:
  template:
    metadata: {annotations: {testbed/fault: unready}}
    spec: {restartPolicy: Never, containers: [{name: run, image: "run:1"}]}
"""


def annotated(name: str, says: str) -> str:
    return ANNOTATED.replace("ITS", name).replace("SAYS", says)


def test_what_objects_say_of_themselves_holds(
    fleet: Repo, app: str, begin: Begin, cluster: Cluster
) -> None:
    file = f"environments/prod/{app}/objects.yaml"
    told, asks = annotated("told", "drift: report"), annotated("asks", "prune: confirm")
    fleet.commit({file: told + asks})
    running = begin("--interval", "1")
    running.wait_for("applied", created=2)
    patch = ("--type=merge", "-p", '{"data":{"k":"x"}}')
    cluster.kubectl("-n", app, "patch", "configmap/told", *patch)
    running.wait_for("changed by somebody", object=f"ConfigMap {app}/told")
    fleet.commit({file: told})
    running.wait_for("not deleted yet", object=f"ConfigMap {app}/asks")
    assert value_of(cluster, "told") == "x"
    fleet.commit({file: told.replace('"1"', '"2"') + ENDLESS})
    cluster.wait("create", "job/endless")
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(PATIENCE_SECONDS) == 0  # though the hook goes on
    assert sum("not deleted yet" in line for line in running.lines_about(app)) == 1
