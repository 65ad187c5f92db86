"""Objects that move from one app to another are handed over: nothing of them goes or restarts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.cli.test_adopt import WEB, state
from tests.cli.test_apply import app as app
from tests.cli.test_apply import fleet as fleet
from tests.conftest import Repo
from tests.testbed.plugin import Cluster

OTHER = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\ndata: {a: '1'}\n"


@pytest.fixture
def moving(fleet: Repo, app: str, cluster: Cluster, typed: Run, there: list[str]) -> dict[str, Any]:
    """Two apps in one namespace, of which the first has the Deployment."""
    settings = "destination:\n  cluster: prod\n"
    fleet.commit(
        {
            "environments/prod/environment.yaml": settings,
            **app_files(app, app, WEB, OTHER),
            **app_files(f"{app}-b", app, OTHER.replace("other", "b")),
        }
    )
    done = typed("apply", "prod", "--no-check", *there, cwd=fleet.path)
    assert done.returncode == 0, done
    cluster.wait("condition=Available", "deployment/web")
    return state(cluster)


def app_files(app: str, namespace: str, *documents: str) -> dict[str, str]:
    folder = f"environments/prod/{app}"
    text = f"namespace: {namespace}\nresources: [objects.yaml]\n"
    return {f"{folder}/kustomization.yaml": text, f"{folder}/objects.yaml": "---\n".join(documents)}


@pytest.mark.parametrize("order", ["the old one first", "the new one first"])
def test_the_new_app_has_it_as_it_is(
    order: str,
    fleet: Repo,
    app: str,
    cluster: Cluster,
    typed: Run,
    there: list[str],
    moving: dict[str, Any],
) -> None:
    fleet.commit(
        {
            **app_files(app, app, OTHER),
            **app_files(f"{app}-b", app, OTHER.replace("other", "b"), WEB),
        }
    )
    apps = [f"prod/{app}", f"prod/{app}-b"]
    for entry in apps if order == "the old one first" else reversed(apps):
        done = typed("apply", entry, "--no-check", *there, cwd=fleet.path)
        assert done.returncode == 0, done
    assert state(cluster) == moving
    web = cluster.get("deployment/web")["metadata"]
    assert web["labels"]["reconciler.dev/app"] == f"prod.{app}-b"
    managers = {e["manager"] for e in cluster.get("deployment/web", "--show-managed-fields")
                ["metadata"]["managedFields"]}  # fmt: skip
    assert f"reconciler/prod.{app}" not in managers
    typed("apply", f"prod/{app}", "--no-check", *there, cwd=fleet.path)
    assert typed("plan", *apps, *there, cwd=fleet.path).returncode == 0
    assert state(cluster) == moving


def test_a_renamed_app_goes_on(
    fleet: Repo,
    app: str,
    cluster: Cluster,
    typed: Run,
    there: list[str],
    moving: dict[str, Any],
) -> None:
    fleet.git("mv", f"environments/prod/{app}", f"environments/prod/{app}-c")
    fleet.commit()
    done = typed("apply", f"prod/{app}-c", "--no-check", *there, cwd=fleet.path)
    assert done.returncode == 0, done
    assert state(cluster) == moving
    gone = typed("uninstall", f"prod/{app}", "--yes", *there, cwd=fleet.path)
    assert gone.returncode == 0, gone
    assert state(cluster) == moving


def test_what_both_apps_have_is_refused(
    fleet: Repo,
    app: str,
    cluster: Cluster,
    typed: Run,
    there: list[str],
    moving: dict[str, Any],
) -> None:
    fleet.commit(app_files(f"{app}-b", app, OTHER.replace("other", "b"), WEB))
    done = typed("apply", f"prod/{app}-b", "--no-check", *there, cwd=fleet.path)
    assert done.returncode == 1
    assert f"reconciler/prod.{app} holds" in done.stdout.decode()
    assert state(cluster) == moving
