"""Objects of a custom kind, judged by an environment's expressions in a real cluster."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cli.conftest import Run
from tests.cli.test_run import Begin
from tests.cli.test_run import begin as begin
from tests.conftest import Repo
from tests.testbed.plugin import Cluster

GROUP = "health.example.org"
DEFINITION = f"""apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: widgets.{GROUP}}}
spec:
  group: {GROUP}
  scope: Namespaced
  names: {{kind: Widget, plural: widgets}}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {{status: {{}}}}
    schema:
      openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}
"""
RULE = f"""reconcile:
  health:
    - apiVersion: {GROUP}/v1
      kind: Widget
      inProgress: status.phase == 'Pending'
      failed: status.phase == 'Broken'
      current: status.phase == 'Ready'
"""
OBJECTS = f"""apiVersion: {GROUP}/v1
kind: Widget
metadata: {{name: pump}}
spec: {{size: 1}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: after, annotations: {{argocd.argoproj.io/sync-wave: "1"}}}}
"""


@pytest.fixture
def app(cluster: Cluster) -> str:
    return cluster.namespace


@pytest.fixture
def widgets(cluster: Cluster) -> Cluster:
    """Left there: others may use it at the same time."""
    cluster.kubectl("apply", "--server-side", "-f", "-", stdin=DEFINITION)
    cluster.kubectl("wait", "--for=condition=Established", f"crd/widgets.{GROUP}")
    return cluster


@pytest.fixture
def fleet(repo: Repo, app: str) -> Repo:
    described(repo, app, RULE)
    return repo


def described(repo: Repo, app: str, settings: str) -> None:
    place = f"destination:\n  cluster: prod\n  namespace: {app}\n"
    repo.commit(
        {
            "crds/widgets.yaml": DEFINITION,
            "environments/prod/environment.yaml": place + settings,
            f"environments/prod/{app}/kustomization.yaml": "resources: [objects.yaml]\n",
            f"environments/prod/{app}/objects.yaml": OBJECTS,
        }
    )


def say(cluster: Cluster, phase: str) -> None:
    """As its controller would."""
    cluster.kubectl(
        *("patch", "widgets/pump", "-n", cluster.namespace, "--subresource=status"),
        *("--type=merge", "-p", f'{{"status":{{"phase":"{phase}"}}}}'),
    )


@contextmanager
def controller(cluster: Cluster, *phases: str) -> Iterator[None]:
    """It begins once there is something to do."""

    def work() -> None:
        cluster.wait("create", "widgets/pump")
        for phase in phases:
            say(cluster, phase)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    thread.join()


@pytest.fixture
def soon_ready(widgets: Cluster) -> Iterator[None]:
    with controller(widgets, "Pending", "Ready"):
        yield


def test_a_wave_waits_until_what_is_before_it_is_current(
    fleet: Repo, typed: Run, app: str, there: list[str], soon_ready: None
) -> None:
    done = typed("apply", f"prod/{app}", "--wait", *there, cwd=fleet.path)
    assert done.stdout.decode().splitlines() == [
        f"+ Widget {app}/pump",
        f"+ ConfigMap {app}/after",
        f"prod/{app}: 2 created",
        f"prod/{app}: 2 of 2 objects are well",
    ], done.stderr.decode()
    assert done.returncode == 0


def test_a_wave_does_not_come_after_what_fails(
    fleet: Repo, typed: Run, app: str, there: list[str], widgets: Cluster
) -> None:
    with controller(widgets, "Pending", "Broken"):
        done = typed("apply", f"prod/{app}", *there, cwd=fleet.path)
    why = f"Widget {app}/pump, which is degraded: failed: status.phase == 'Broken'"
    assert f"  ConfigMap {app}/after waits for {why}" in done.stdout.decode().splitlines()
    assert done.returncode == 1


def test_who_asks_is_told_by_which_expression(
    fleet: Repo, typed: Run, app: str, there: list[str], widgets: Cluster, soon_ready: None
) -> None:
    entry = f"prod/{app}"
    assert typed("apply", entry, *there, cwd=fleet.path).returncode == 0
    for phase, says in (
        ("Broken", "degraded: failed: status.phase == 'Broken'"),
        ("Pending", "progressing: inProgress: status.phase == 'Pending'"),
        ("Odd", "progressing: none of the expressions for its kind is true yet"),
    ):
        say(widgets, phase)
        asked = typed("status", entry, *there, cwd=fleet.path)
        assert (asked.returncode, asked.stdout.decode().splitlines()) == (
            1,
            [f"{entry}: 1 of 2 objects are well", f"  Widget {app}/pump is {says}"],
        )
    assert "none of the expressions" in typed("tree", entry, *there, cwd=fleet.path).stdout.decode()
    waited = typed("wait", entry, "--timeout", "1s", *there, cwd=fleet.path)
    assert (waited.returncode, b"none of the expressions" in waited.stdout) == (1, True)
    say(widgets, "Ready")
    assert typed("wait", entry, "--timeout", "30s", *there, cwd=fleet.path).returncode == 0


def test_run_tells_what_fails_and_goes_by_a_rule_that_changes(
    fleet: Repo, app: str, begin: Begin, widgets: Cluster, soon_ready: None
) -> None:
    entry = f"prod/{app}"
    running = begin("--interval", "1")
    running.wait_for("well", app=entry)
    say(widgets, "Broken")
    told = running.wait_for("not well", app=entry)
    assert (told["state"], told["why"]) == ("degraded", "failed: status.phase == 'Broken'")
    described(fleet, app, RULE.replace("== 'Broken'", "=="))
    assert (
        "reconcile.health[0].failed is not right"
        in running.wait_for("Git could not be read")["error"]
    )
    described(fleet, app, RULE.replace("'Ready'", "'Broken'").replace("'Broken'", "'Odd'", 1))
    running.wait_for("well", app=entry)


def test_a_wrong_rule_is_refused_by_all_with_the_same_words(
    fleet: Repo, typed: Run, reconciler: Run, app: str, there: list[str]
) -> None:
    described(fleet, app, RULE.replace("status.phase == 'Ready'", "state.phase == 'Ready'"))
    checked = typed("check", cwd=fleet.path)
    assert checked.stderr.decode().splitlines() == [
        "error: environments/prod/environment.yaml:10:16: reconcile.health[0].current is not "
        "right: undeclared reference to 'state'",
        "  to do: the variables are apiVersion, kind, metadata, spec, status, data, "
        "and object for all of it",
    ]
    assert checked.returncode == 2
    for command in ("apply", "status", "wait"):
        refused = typed(command, f"prod/{app}", *there, cwd=fleet.path)
        assert (refused.returncode, refused.stderr) == (2, checked.stderr), command
    refused = reconciler("run", "prod", *there, cwd=fleet.path)
    assert (refused.returncode, refused.stderr) == (2, checked.stderr)
