"""reconciler plan --save and apply --plan: what was looked at is what is applied, or nothing is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.test_apply import app as app
from tests.cli.test_apply import files
from tests.cli.test_apply import fleet as fleet
from tests.cli.test_run import value_of
from tests.conftest import Repo
from tests.testbed.plugin import Cluster


@pytest.fixture
def plan(fleet: Repo, app: str, typed: Run, there: list[str], tmp_path: Path) -> Path:
    """Of a second release, where the first is applied."""
    file = tmp_path / "prod.plan"
    assert typed("apply", f"prod/{app}", *there, cwd=fleet.path).returncode == 0
    fleet.commit(files(app, "2"))
    done = typed("plan", f"prod/{app}", "--save", file, *there, cwd=fleet.path)
    assert done.returncode == 1
    assert file.stat().st_mode & 0o777 == 0o600
    return file


def test_a_plan_is_applied_as_it_was_looked_at_though_git_went_on(
    plan: Path, fleet: Repo, app: str, typed: Run, there: list[str], cluster: Cluster
) -> None:
    fleet.commit(files(app, "3"))
    cluster.kubectl("-n", app, "label", "configmap/one", "theirs=1")  # which is nothing of ours
    done = typed("apply", "--plan", plan, *there, cwd=fleet.path)
    assert done.returncode == 0, done
    assert value_of(cluster) == "2"
    again = typed("apply", "--plan", plan, *there, cwd=fleet.path)
    assert (again.returncode, b"is void" in again.stderr) == (1, True)


@pytest.mark.parametrize(
    ("words", "moved"),
    [
        (["patch", "configmap/one", "--type=merge", "-p", '{"data":{"k":"x"}}'], "one"),
        (["delete", "configmap/two"], "two"),
    ],
)
def test_a_plan_is_void_once_anything_moved(
    words: list[str],
    moved: str,
    plan: Path,
    fleet: Repo,
    app: str,
    typed: Run,
    there: list[str],
    cluster: Cluster,
) -> None:
    cluster.kubectl("-n", app, *words)
    done = typed("apply", "--plan", plan, *there, cwd=fleet.path)
    assert done.returncode == 1
    assert f"the plan of prod/{app} is void: ConfigMap {app}/{moved} moved since" in (
        done.stderr.decode()
    )
    assert value_of(cluster, "two" if moved == "one" else "one") == "1"


BROKEN = {
    "is no saved plan": "{}",
    "is no saved plan ": "not json",
    "by another version": '{"format": 7, "plans": []}',
    "plans nothing": '{"format": 1, "plans": []}',
}


@pytest.mark.parametrize("said", BROKEN)
def test_what_is_no_plan_is_told(
    said: str, fleet: Repo, typed: Run, there: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "plan"
    file.write_text(BROKEN[said])
    done = typed("apply", "--plan", file, *there, cwd=fleet.path)
    assert (done.returncode, said.strip() in done.stderr.decode()) == (2, True), done
    missing = typed("apply", "--plan", tmp_path / "none", *there, cwd=fleet.path)
    assert (missing.returncode, b"cannot be read" in missing.stderr) == (2, True)


def test_a_plan_of_another_cluster_is_refused(
    plan: Path, fleet: Repo, typed: Run, there: list[str], cluster: Cluster
) -> None:
    found = json.loads(plan.read_text())
    found["plans"][0]["cluster"] = "another"
    plan.write_text(json.dumps(found))
    done = typed("apply", "--plan", plan, *there, cwd=fleet.path)
    assert (done.returncode, b"for another cluster" in done.stderr) == (2, True)
    both = typed("apply", "prod", "--plan", plan, *there, cwd=fleet.path)
    assert (both.returncode, b"either apps, or a plan" in both.stderr) == (2, True)
    assert value_of(cluster) == "1"
