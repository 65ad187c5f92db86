"""`reconciler generate`, as the stock plugin server starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from reconciler.argocd.parameters import read_parameters
from reconciler.argocd.repository_places import in_repository
from reconciler.argocd.stock_plugin import root_of
from reconciler.errors import Place, UsageError
from tests.argocd.client import DEPLOYMENT, FLEET
from tests.conftest import Repo

PLUGIN_FILE = Path(__file__).parents[2] / "argocd-plugin/plugin.yaml"


@pytest.mark.parametrize(
    ("current", "source_path", "root"),
    [
        ("/tmp/_cmp_server/1/environments/dev/web", "environments/dev/web", "/tmp/_cmp_server/1"),
        ("/tmp/_cmp_server/1/dev/web", "environments/dev/web", "/tmp/_cmp_server/1"),
        ("/tmp/_cmp_server/1", "environments/dev/web", "/tmp/_cmp_server/1"),
        ("/tmp/_cmp_server/1", ".", "/tmp/_cmp_server/1"),
        ("/src/repo/environments/dev/web", "environments/dev/web", "/src/repo"),
        ("/src/repo/dev/web", "environments/dev/web", "/src/repo"),
        ("/src/repo", "environments/dev/web", "/src/repo"),
        ("/a", "a", "/"),
    ],
)
def test_the_root_is_never_above_the_folder_of_the_request(
    current: str, source_path: str, root: str
) -> None:
    assert root_of(current, source_path) == root


def test_a_source_path_that_climbs_is_refused() -> None:
    with pytest.raises(UsageError, match="leads out"):
        root_of("/tmp/x", "../../x")


def generate(
    folder: Path, *flags: str, parameters: object = None, **more: str
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ARGOCD_APP_PARAMETERS": json.dumps(parameters), **more}
    return subprocess.run(
        [sys.executable, "-m", "reconciler", "generate", *flags],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )


def test_the_app_in_the_current_folder_is_printed(repo: Repo, tmp_path: Path) -> None:
    repo.write(FLEET)
    assert generate(repo.path / "environments/dev/web").stdout == DEPLOYMENT
    sent = Repo(tmp_path / "_cmp_server" / "1234")
    sent.write(FLEET)
    done = generate(sent.path / "environments/dev", ARGOCD_APP_SOURCE_PATH="environments/dev")
    assert done.stdout.count("kind: Deployment") == 2


def test_another_app_s_files_beside_the_request_are_out_of_reach(tmp_path: Path) -> None:
    for name in ("mine", "others"):
        Repo(tmp_path / "_cmp_server" / name).write(FLEET)
    sent = tmp_path / "_cmp_server/mine"
    file = sent / "environments/dev/web/kustomization.yaml"
    file.write_text("resources: [../../../../others/overlays/web]\n")
    done = generate(file.parent, ARGOCD_APP_SOURCE_PATH="environments/dev/web")
    assert done.returncode == 2
    assert not done.stdout
    assert "leads out of the tree" in done.stderr


def test_a_mistake_is_told_with_its_place_and_nothing_is_printed(repo: Repo) -> None:
    repo.write({"a/kustomization.yaml": "resources:\n- gone.yaml\n"})
    done = generate(repo.path / "a")
    assert (done.returncode, done.stdout) == (2, "")
    assert "kustomization.yaml:2:3: gone.yaml does not exist" in done.stderr
    done = generate(repo.path / "a", parameters=[{"name": "x"}])
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.parametrize(
    ("source_path", "folder", "file"),
    [
        ("environments/dev/web", "", "environments/dev/web/kustomization.yaml"),
        ("environments/dev/web", "web", "environments/dev/kustomization.yaml"),
        ("environments/dev/web", "environments/dev/web", "kustomization.yaml"),
        ("environments/dev/web", "eb", "kustomization.yaml"),
        ("", "", "kustomization.yaml"),
    ],
)
def test_a_mistake_is_where_the_repository_has_it_also_if_a_part_of_it_was_sent(
    source_path: str, folder: str, file: str
) -> None:
    error = in_repository(
        UsageError("x", where=Place("kustomization.yaml", 2)), source_path, folder
    )
    assert str(error) == f"{file}:2: x"


def test_parameters_are_printed_as_argo_cd_reads_them(repo: Repo) -> None:
    repo.write(FLEET)
    done = generate(repo.path / "environments/dev/web", "--parameters")
    found = json.loads(done.stdout)
    assert {p["name"]: p.get("array") or p.get("map") for p in found} == {
        "images": ["web:1"],
        "replicas": {"web": "2"},
        "checks": None,
        "allow-empty": None,
    }
    assert read_parameters(done.stdout).replicas == (("web", 2),)


def test_the_shipped_plugin_file_names_this_version() -> None:
    from reconciler import __version__

    file = yaml.safe_load(PLUGIN_FILE.read_text())
    assert file["spec"]["version"] == f"v{__version__}"
    assert "discover" not in file["spec"]
    assert file["spec"]["generate"]["command"] == ["reconciler", "generate"]


def test_a_pinned_commit_of_the_repository_itself_is_followed(repo: Repo) -> None:
    repo.git("remote", "add", "origin", "https://git.example.org/fleet/apps")
    commit = repo.commit(FLEET)
    url = f"https://git.example.org/fleet/apps//overlays/web?ref={commit}"
    repo.write({"a/kustomization.yaml": f"resources: ['{url}']\n"})
    assert generate(repo.path / "a").stdout == DEPLOYMENT
