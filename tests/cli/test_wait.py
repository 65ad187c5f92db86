"""reconciler wait, for what comes and goes in a real cluster."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from tests.cli.conftest import Run
from tests.cli.test_apply import POD, files
from tests.cli.test_apply import app as app
from tests.cli.test_apply import fleet as fleet
from tests.conftest import Repo
from tests.testbed.plugin import Cluster

Wait = Callable[..., tuple[int, str, str]]


@pytest.fixture
def wait(fleet: Repo, typed: Run, app: str, there: list[str]) -> Wait:
    def typed_(*words: str) -> tuple[int, str, str]:
        done = typed("wait", f"prod/{app}", *words, *there, cwd=fleet.path)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    return typed_


def test_what_is_well_is_not_waited_for(
    fleet: Repo, typed: Run, app: str, there: list[str], wait: Wait
) -> None:
    typed("apply", "prod", *there, cwd=fleet.path)
    assert wait() == (0, f"prod/{app}: 2 of 2 objects are well\n", "")
    head = fleet.git("rev-parse", "HEAD")
    assert wait("--for", "synced") == (0, f"prod/{app}: {head[:10]} is applied\n", "")


def test_what_comes_meanwhile_is_waited_for(
    fleet: Repo, typed: Run, app: str, there: list[str], wait: Wait, cluster: Cluster
) -> None:
    fleet.commit({f"environments/prod/{app}/objects.yaml": POD})
    typed("apply", "prod", "--no-check", *there, cwd=fleet.path)
    assert wait("--timeout", "60s") == (0, f"prod/{app}: 1 of 1 objects are well\n", "")
    finalizer = '{"metadata":{"finalizers":["example.org/slow"]}}'
    cluster.kubectl("-n", app, "patch", "deploy/web", "--type=merge", "-p", finalizer)
    typed("uninstall", f"prod/{app}", "--yes", *there, cwd=fleet.path)
    code, shown, _ = wait("--for", "gone", "--timeout", "1s")
    assert (code, f"  Deployment {app}/web is still there\n" in shown) == (1, True)
    free = '{"metadata":{"finalizers":null}}'
    later = threading.Timer(
        2, cluster.kubectl, ("-n", app, "patch", "deploy/web", "--type=merge", "-p", free)
    )
    later.start()
    assert wait("--for", "gone", "--timeout", "30s") == (0, f"prod/{app}: gone\n", "")
    later.join()


def test_when_the_time_is_up_it_says_what_is_not_well(
    fleet: Repo, typed: Run, app: str, there: list[str], wait: Wait
) -> None:
    expected = f"prod/{app}: nothing is applied, and not healthy when the time was up\n"
    assert wait("--timeout", "1s") == (1, expected, "")
    ill = POD.replace("annotations: {}", "annotations: {testbed/fault: crash}")
    fleet.commit({f"environments/prod/{app}/objects.yaml": ill})
    typed("apply", "prod", "--no-check", *there, cwd=fleet.path)
    code, shown, _ = wait("--timeout", "20s")
    assert code == 1
    assert f"prod/{app}: 0 of 1 objects are well, and not healthy when the time was up" in shown
    assert f"  Deployment {app}/web is degraded: " in shown
    assert "web: CrashLoopBackOff" in shown


def test_a_later_commit_has_the_one_that_is_waited_for(
    fleet: Repo, typed: Run, app: str, there: list[str], wait: Wait
) -> None:
    first = fleet.git("rev-parse", "HEAD")
    typed("apply", "prod", *there, cwd=fleet.path)
    fleet.commit(files(app, "2"))
    code, shown, _ = wait("--for", "synced", "--timeout", "1s")
    assert code == 1
    assert shown == f"prod/{app}: {first[:10]} is applied, and not synced when the time was up\n"
    assert wait("--commit", "HEAD", "--timeout", "1s")[0] == 1
    typed("apply", "prod", *there, cwd=fleet.path)
    assert wait("--for", "synced", "--commit", first)[0] == 0
    assert wait("--commit", "HEAD", "--timeout", "1s")[0] == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--timeout", "soon"], "soon is no time such as 90s, 10m, 24h or 7d"),
        (["--for", "ever"], "'ever' is not one of 'healthy', 'synced', 'gone'"),
        (["--commit", "none"], "none"),
    ],
)
def test_a_mistake_is_the_users(wait: Wait, words: list[str], says: str) -> None:
    code, _, said = wait(*words)
    assert (code, says in said) == (2, True), said
