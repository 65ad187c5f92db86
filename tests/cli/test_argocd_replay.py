"""reconciler argocd replay, as it is typed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from reconciler.argocd.replay.response import received
from tests.argocd.client import FLEET, WEB
from tests.cli.conftest import Run
from tests.conftest import Repo
from tests.peers import program


@pytest.fixture
def fleet(repo: Repo) -> Repo:
    repo.git("remote", "add", "origin", "https://git.example.org/fleet/apps")
    repo.commit(FLEET)
    return repo


def replay(typed: Run, fleet: Repo, *arguments: str) -> CompletedProcess[bytes]:
    return typed("argocd", "replay", *arguments, cwd=fleet.path)


@pytest.mark.parametrize("via", ["ours", pytest.param("stock", marks=pytest.mark.peers)])
def test_a_generation_is_replayed_without_a_cluster(
    fleet: Repo, reconciler: Run, via: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if via == "stock":
        (tmp_path / "argocd").symlink_to(program("argocd"))
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    arguments = ("argocd", "replay", "dev/web", "--via", via)
    fleet.write({"overlays/web/kustomization.yaml": "resources:\n- gone.yaml\n"})
    done = reconciler(*arguments, "--ref", "HEAD", cwd=fleet.path)
    assert done.returncode == 0, done.stderr
    assert b"1 object from" in done.stderr
    assert received([done.stdout.decode()]).objects[0].name == "web"

    done = reconciler(*arguments, cwd=fleet.path)
    assert done.returncode == 1
    assert b'CMP processing failed for application "web-dev": error generating' in done.stderr
    assert b"overlays/web/kustomization.yaml:2:3: gone.yaml does not exist" in done.stderr


def test_the_parameters_of_an_application_take_part(
    fleet: Repo, typed: Run, tmp_path: Path
) -> None:
    parameters = [{"name": "replicas", "map": {"web": "many"}}]
    source = {"path": WEB, "plugin": {"name": "p", "parameters": parameters}}
    file = tmp_path / "application.json"
    document = {"kind": "Application", "metadata": {"name": "w"}, "spec": {"source": source}}
    file.write_text(json.dumps(document))
    done = replay(typed, fleet, "dev/web", "--application", str(file))
    assert done.returncode == 1
    assert b"code = InvalidArgument desc = the parameter replicas cannot be" in done.stderr
    file.write_text("kind: Deployment\n")
    done = replay(typed, fleet, "dev/web", "--application", str(file))
    assert done.returncode == 2
    assert b"this is not an Application" in done.stderr


def test_a_path_that_argo_cd_does_not_watch_is_missing_in_what_it_sends(
    fleet: Repo, typed: Run
) -> None:
    """What the rule argocd/generate-paths finds, as Argo CD's page would show it."""
    fleet.write({"environments/argocd/dev/web.yaml": f"app: web\npaths: [/{WEB}]\n"})
    done = replay(typed, fleet, "dev/web")
    assert done.returncode == 1
    assert b"leads out of the tree" in done.stderr
    assert replay(typed, fleet, "dev/web", "--whole").returncode == 0


def test_without_argo_cd_s_server_it_is_said_where_it_comes_from(
    fleet: Repo, reconciler: Run, tmp_path: Path
) -> None:
    arguments = ("argocd", "replay", "dev/web", "--via", "stock")
    done = reconciler(*arguments, cwd=fleet.path, RECONCILER_PEERS=str(tmp_path))
    assert done.returncode == 2
    assert b"Argo CD's own plugin server is not on this machine" in done.stderr
