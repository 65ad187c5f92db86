"""What environment.yaml and people say of apps that `reconciler run` keeps."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.cli.test_apply import app as app
from tests.cli.test_apply import files
from tests.cli.test_apply import fleet as fleet
from tests.cli.test_run import Begin, value_of
from tests.cli.test_run import begin as begin
from tests.conftest import Repo
from tests.testbed.plugin import Cluster

DEFINITIONS = Path(__file__).parents[2] / "overlays/reconciler/base/definitions.yaml"
SETTINGS = "environments/prod/environment.yaml"


@pytest.fixture(autouse=True)
def definitions(cluster: Cluster) -> None:
    cluster.kubectl("apply", "--server-side", "-f", str(DEFINITIONS))
    for kind in ("reconciledapps", "reconciledenvironments"):
        cluster.kubectl("wait", "--for=condition=Established", f"crd/{kind}.reconciler.dev")


@pytest.fixture
def say(fleet: Repo, app: str) -> Callable[[str], None]:
    """What reconcile is in environment.yaml, committed."""

    def said(settings: str) -> None:
        text = f"destination:\n  cluster: prod\n  namespace: {app}\nreconcile:\n{settings}"
        fleet.commit({SETTINGS: text})

    return said


def shown(cluster: Cluster, app: str) -> dict[str, Any]:
    """Nothing before it is shown for the first time."""
    words = ("-n", "reconciler-system", "get", "rapp", f"prod.{app}", "--ignore-not-found")
    found = cluster.kubectl(*words, "-o", "json")
    status: dict[str, Any] = json.loads(found).get("status", {}) if found else {}
    return status


def ready(status: dict[str, Any]) -> tuple[str, str]:
    found = [c for c in status.get("conditions", ()) if c["type"] == "Ready"]
    return (found[0]["status"], found[0]["reason"]) if found else ("", "")


def eventually(look: Callable[[], Any], wanted: Any, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    found = None
    while time.monotonic() < end:
        found = look()
        if found == wanted:
            return
        time.sleep(0.1)
    assert found == wanted


def test_kubectl_shows_what_is_ready_and_what_is_not(
    fleet: Repo, app: str, begin: Begin, cluster: Cluster, say: Callable[[str], None]
) -> None:
    say("  drift: report\n")
    running = begin("--interval", "1")
    commit = running.wait_for("well", app=f"prod/{app}")["commit"]
    eventually(lambda: ready(shown(cluster, app)), ("True", "Ready"))
    status = shown(cluster, app)
    assert (status["commit"], status["objects"]["summary"]) == (commit, "2/2")
    cluster.kubectl(
        *("-n", "reconciler-system", "wait", "--for=condition=Ready", f"rapp/prod.{app}")
    )
    cluster.kubectl("-n", app, "patch", "configmap/one", "--type=merge", "-p", '{"data":{"k":"x"}}')
    eventually(lambda: ready(shown(cluster, app)), ("False", "Drifted"))
    assert shown(cluster, app)["failing"][0]["name"] == "one"
    table = cluster.kubectl("-n", "reconciler-system", "get", "rapp", "-o", "wide")
    assert f"ConfigMap {app}/one was changed by kubectl-patch" in table
    fleet.commit(files(app, "2"))
    running.wait_for("applied", app=f"prod/{app}")
    eventually(lambda: ready(shown(cluster, app)), ("True", "Ready"))
    eventually(
        lambda: cluster.kubectl(
            *("-n", "reconciler-system", "get", "renv", "prod"),
            *("--ignore-not-found", "-o", "jsonpath={.status.apps}"),
        ),
        "1",
    )


def test_what_shows_an_app_is_made_anew_when_somebody_deletes_it(
    app: str, begin: Begin, cluster: Cluster
) -> None:
    begin("--interval", "1").wait_for("well", app=f"prod/{app}")
    eventually(lambda: ready(shown(cluster, app)), ("True", "Ready"))
    cluster.kubectl("-n", "reconciler-system", "delete", "rapp", f"prod.{app}")
    eventually(lambda: ready(shown(cluster, app)), ("True", "Ready"))


def test_what_is_suspended_stays_until_somebody_resumes_it(
    fleet: Repo,
    app: str,
    begin: Begin,
    cluster: Cluster,
    typed: Run,
    there: list[str],
) -> None:
    running = begin("--interval", "1")
    running.wait_for("applied", app=f"prod/{app}")
    done = typed(
        *("suspend", f"prod/{app}", "--reason", "new disk", "--until", "2h", *there), cwd=fleet.path
    )
    assert f"prod/{app} is suspended until" in done.stdout.decode()
    assert "new disk" in running.wait_for("not changed now", app=f"prod/{app}")["why"]
    fleet.commit(files(app, "2"))
    refused = typed("apply", f"prod/{app}", *there, cwd=fleet.path)
    assert refused.returncode == 1
    assert b"new disk" in refused.stderr
    time.sleep(3)
    assert value_of(cluster) == "1"
    assert ready(shown(cluster, app)) == ("False", "Suspended")
    typed("resume", f"prod/{app}", *there, cwd=fleet.path)
    running.wait_for("applied", changed=2)
    assert value_of(cluster) == "2"
    again = typed("resume", f"prod/{app}", *there, cwd=fleet.path)
    assert again.stdout.decode() == f"prod/{app} was not suspended\n"


def test_outside_its_hours_only_who_asks_has_it_synced(
    fleet: Repo,
    app: str,
    begin: Begin,
    cluster: Cluster,
    say: Callable[[str], None],
    typed: Run,
    there: list[str],
) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
    say(f"  hours: [{{type: freeze, from: {yesterday}, to: {tomorrow}, reason: holidays}}]\n")
    running = begin("--interval", "1")
    assert "holidays" in running.wait_for("not changed now", app=f"prod/{app}")["why"]
    done = typed("sync", f"prod/{app}", *there, cwd=fleet.path)
    assert done.stdout.decode().startswith(f"prod/{app}: ")
    assert value_of(cluster) == "1"


def test_apps_wait_for_those_that_they_depend_on(
    fleet: Repo, app: str, begin: Begin, cluster: Cluster, say: Callable[[str], None]
) -> None:
    claim = (
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: disk}\n"
        "spec: {storageClassName: nobody-has-it, accessModes: [ReadWriteOnce],"
        " resources: {requests: {storage: 1Gi}}}\n"
    )
    needed = f"{app}-db"
    folder = f"environments/prod/{needed}"
    fleet.commit(
        {
            f"{folder}/kustomization.yaml": "resources: [objects.yaml]\n",
            f"{folder}/objects.yaml": claim,
        }
    )
    say(f"  dependsOn: [{{app: {app}, on: {needed}}}]\n")
    running = begin("--interval", "1")
    assert needed in running.wait_for("not changed now", app=f"prod/{app}")["why"]
    fleet.commit({f"{folder}/objects.yaml": claim.replace("PersistentVolumeClaim", "ConfigMap")
                  .partition("spec:")[0]})  # fmt: skip
    running.wait_for("applied", app=f"prod/{needed}")
    running.wait_for("applied", app=f"prod/{app}")
    assert value_of(cluster) == "1"


def test_a_change_may_stand_for_a_while(
    fleet: Repo, app: str, begin: Begin, cluster: Cluster, say: Callable[[str], None]
) -> None:
    say("  correctAfter: 4s\n")
    running = begin("--interval", "1")
    running.wait_for("applied", app=f"prod/{app}")
    cluster.kubectl("-n", app, "patch", "configmap/one", "--type=merge", "-p", '{"data":{"k":"x"}}')
    running.wait_for("changed by somebody", object=f"ConfigMap {app}/one")
    began = time.monotonic()
    running.wait_for("applied", app=f"prod/{app}")
    assert time.monotonic() - began > 3
    assert value_of(cluster) == "1"


def test_what_is_left_to_its_writer_is_not_told(
    app: str, begin: Begin, cluster: Cluster, say: Callable[[str], None]
) -> None:
    said = "{kind: ConfigMap, name: one, jsonPointers: [/data/k]}"
    say(f"  drift: report\n  ignoreDifferences: [{said}]\n")
    running = begin("--interval", "1")
    running.wait_for("well", app=f"prod/{app}")
    for name in ("one", "two"):
        about = ("-n", app, "patch", f"configmap/{name}", "--type=merge")
        cluster.kubectl(*about, "-p", '{"data":{"k":"x"}}', "--field-manager=operator")
    running.wait_for("changed by somebody", object=f"ConfigMap {app}/two")
    assert f"ConfigMap {app}/one" not in running.log.read_text()


def test_what_git_says_no_more_may_stand_for_a_while(
    fleet: Repo, app: str, begin: Begin, cluster: Cluster, say: Callable[[str], None]
) -> None:
    def names() -> set[str]:
        found = cluster.get("configmaps")["items"]
        return {o["metadata"]["name"] for o in found} - {"kube-root-ca.crt"}

    def is_leaving() -> bool:
        words = ("-n", "reconciler-system", "get", "configmap", f"inventory.prod.{app}")
        return " leaving " in cluster.kubectl(*words, "-o", "yaml")

    say("  prune: {after: 10s}\n")
    running = begin("--interval", "1")
    running.wait_for("applied", app=f"prod/{app}")
    fleet.commit(files(app, "1", "one"))
    eventually(is_leaving, True)
    assert names() == {"one", "two"}
    fleet.commit(files(app, "1", "one", "two"))  # it was a slip
    eventually(is_leaving, False)
    assert names() == {"one", "two"}
    fleet.commit(files(app, "1", "one"))
    eventually(names, {"one"})


DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      nodeSelector: NODE
      containers: [{name: web, image: "example.org/web:1"}]
"""


def test_a_release_that_does_not_become_well_goes_back_to_the_last_that_was(
    fleet: Repo, app: str, begin: Begin, cluster: Cluster, say: Callable[[str], None]
) -> None:
    objects = f"environments/prod/{app}/objects.yaml"
    fleet.commit({objects: DEPLOYMENT.replace("NODE", "{}")})
    say("  rollback: [{after: 5s}]\n")
    running = begin("--interval", "1")
    well = running.wait_for("well", app=f"prod/{app}")["commit"]
    fleet.commit({objects: DEPLOYMENT.replace("NODE", "{disk: none-has-it}")})
    failed = running.wait_for("applied", app=f"prod/{app}")["commit"]
    told = running.wait_for("rolled back", app=f"prod/{app}")
    assert (told["failed"], told["to"]) == (failed, well)
    running.wait_for("applied", commit=well)
    running.wait_for("well", commit=well)
    eventually(lambda: ready(shown(cluster, app)), ("False", "RolledBack"))
    spec = cluster.get("deployment/web")["spec"]["template"]["spec"]
    assert "nodeSelector" not in spec
    ran = shown(cluster, app)["history"]
    assert [(one["commit"], one.get("insteadOf")) for one in ran] == [
        (well, failed),
        (failed, None),
        (well, None),
    ]
    assert ["healthyAt" in one for one in ran] == [True, False, True]
    running.process.kill()
    running.process.wait()

    # Whoever comes next knows of it, until Git has something else.
    running = begin("--interval", "1")
    eventually(lambda: ready(shown(cluster, app)), ("False", "RolledBack"))
    fleet.commit({objects: DEPLOYMENT.replace("NODE", "{}").replace("web:1", "web:2")})
    newest = fleet.git("rev-parse", "HEAD")
    running.wait_for("well", commit=newest)
    eventually(lambda: ready(shown(cluster, app)), ("True", "Ready"))
