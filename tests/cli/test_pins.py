"""Pinned commits, as they are typed, shown and refused."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Run, unmeasured
from tests.cli.test_other_commands import HEAVY
from tests.conftest import Repo
from tests.fleet import CASE, URL, Fleet, reach_only


@pytest.fixture
def fleet(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    fleet = Fleet(repo)
    reach_only(fleet, monkeypatch)
    return fleet


def enter(fleet: Fleet, url: str) -> None:
    fleet.enter(f"namePrefix: my-\nresources:\n- near/cm.yaml\n- '{url}'  # the release\n")


@pytest.mark.parametrize("extra", [[], ["--no-cache"], ["-o", "yaml"], ["--offline"]])
def test_a_pinned_entry_is_printed_as_kustomize_prints_it(
    fleet: Fleet,
    reconciler: Run,
    extra: list[str],
    kustomize: Callable[..., subprocess.CompletedProcess[bytes]],
) -> None:
    enter(fleet, "{url}//overlays/paw/prod?ref={first}")
    expected = kustomize(fleet.repo.path / CASE).stdout
    for _ in range(2):
        done = reconciler("render", CASE, *extra, cwd=fleet.repo.path)
        assert (done.returncode, done.stdout, done.stderr) == (0, expected, b"")


def test_an_older_revision_follows_its_own_pins(fleet: Fleet, reconciler: Run) -> None:
    enter(fleet, "{url}//overlays/paw/base?ref={first}")
    fleet.repo.commit()
    before = reconciler("render", CASE, cwd=fleet.repo.path).stdout
    enter(fleet, "{url}//overlays/paw/base?ref={second}")
    assert reconciler("render", CASE, cwd=fleet.repo.path).stdout != before
    assert reconciler("render", CASE, "--ref", "HEAD", cwd=fleet.repo.path).stdout == before


def test_json_says_what_was_followed(fleet: Fleet, reconciler: Run) -> None:
    enter(fleet, "{url}//overlays/paw/prod?ref={first}")
    for cached in (False, True):
        done = reconciler("render", CASE, "-o", "json", cwd=fleet.repo.path)
        (render,) = json.loads(done.stdout)["renders"]
        assert render["cached"] is cached
        assert render["pins"] == [
            {
                "file": f"{CASE}/kustomization.yaml",
                "url": f"{URL}//overlays/paw/prod?ref={fleet.first}",
                "commit": fleet.first,
                "exact": True,
            }
        ]
        assert not any("//" in path for path in render["files"])


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("{url}//objects?ref=nothing", f"{CASE}/kustomization.yaml:4:3"),
        ("{url}//overlays/broken?ref=main", "[0-9a-f]{12}:overlays/broken/kustomization.yaml:1:13"),
    ],
)
def test_an_error_stands_at_the_url_or_in_the_commit(
    url: str, place: str, fleet: Fleet, reconciler: Run
) -> None:
    enter(fleet, url)
    done = reconciler("render", CASE, "--offline", cwd=fleet.repo.path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert re.match(f"error: {place}: ", done.stderr.decode())


def test_a_commit_that_only_the_remote_has_is_fetched_unless_offline(
    fleet: Fleet, reconciler: Run, tmp_path: Path
) -> None:
    near = tmp_path / "near"
    subprocess.run(["git", "clone", "--quiet", fleet.repo.path, near], check=True)
    newer = fleet.repo.commit({"objects/cm.yaml": "kind: A\napiVersion: v1\nmetadata: {name: n}\n"})
    entry = near / "entry/kustomization.yaml"
    entry.parent.mkdir()
    entry.write_text(f"resources: ['{fleet.file}//objects?ref={newer}']\n")
    done = reconciler("render", "entry", "--offline", cwd=near)
    assert done.returncode == 2
    assert b"entry/kustomization.yaml:1:13: " in done.stderr
    assert b"nothing is fetched offline" in done.stderr
    done = reconciler("render", "entry", "--no-cache", cwd=near)
    assert done.stdout == b'apiVersion: v1\nkind: A\nmetadata:\n  name: "n"\n'
    again = reconciler("render", "entry", "--no-cache", "--offline", cwd=near)
    assert again.stdout == done.stdout


def test_a_folder_outside_of_any_repository_pins_nothing(
    fleet: Fleet, reconciler: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "kustomization.yaml").write_text(fleet.text("resources: ['{url}//objects']\n"))
    done = reconciler("render", folder)
    assert done.returncode == 2
    assert b"kustomization.yaml:1:13: " in done.stderr
    assert b"no Git repository" in done.stderr


def test_affected_lists_what_a_new_pin_changes(fleet: Fleet, reconciler: Run) -> None:
    enter(fleet, "{url}//overlays/paw/base?ref={first}")
    fleet.repo.commit()
    fleet.repo.commit({"overlays/paw/base/data.txt": "not pinned yet\n"})
    only = ("--only", "environments/**")
    assert reconciler("affected", "HEAD~1", "HEAD", *only, cwd=fleet.repo.path).stdout == b""
    enter(fleet, "{url}//overlays/paw/base?ref={second}")
    done = reconciler("affected", "HEAD", *only, cwd=fleet.repo.path)
    assert done.stdout.decode().splitlines() == [CASE]


def test_a_cached_pin_loads_no_git_library(fleet: Fleet, reconciler: Run) -> None:
    enter(fleet, "{url}//overlays/paw/prod?ref={first}")
    reconciler("render", CASE, cwd=fleet.repo.path)
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "reconciler", "render", CASE],
        cwd=fleet.repo.path,
        env=unmeasured(),
        capture_output=True,
        text=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "reconciler.trees.pins" in imported
    assert not imported & {*HEAVY, "subprocess", "re", "reconciler.git.mirrors"}


def test_an_environment_lists_what_else_is_this_repository(fleet: Fleet, reconciler: Run) -> None:
    url = "https://mirror.example/fleet/apps"
    enter(fleet, url + "//overlays/paw/prod?ref={first}")
    refused = reconciler("render", CASE, cwd=fleet.repo.path)
    assert b"it is another repository than this one" in refused.stderr
    described = fleet.repo.path / "environments" / "prod" / "environment.yaml"
    described.parent.mkdir(parents=True, exist_ok=True)
    described.write_text(f"destination: {{cluster: prod}}\nrepositories: [{url}]\n")
    assert reconciler("render", CASE, cwd=fleet.repo.path).returncode == 0
    fleet.repo.git("remote", "remove", "origin")
    unmerged = reconciler("render", CASE, cwd=fleet.repo.path)
    assert b"environments/prod/environment.yaml:2:16 lists that repository" in unmerged.stderr
    assert f"git config --add reconciler.repository {url}\n".encode() in unmerged.stderr
    fleet.repo.commit()
    assert reconciler("render", CASE, cwd=fleet.repo.path).returncode == 0
    described.write_text("destination: {cluster: prod}\n")
    fleet.repo.commit()
    fleet.repo.git("config", "--add", "reconciler.repository", url)
    assert reconciler("render", CASE, cwd=fleet.repo.path).returncode == 0
    fleet.repo.git("config", "--unset", "reconciler.repository")
    described.write_text(f"destination: {{cluster: prod}}\nrepositoris: [{url}]\n")
    broken = reconciler("render", CASE, cwd=fleet.repo.path)
    assert broken.returncode == 2
    assert b"environments/prod/environment.yaml:2:1" in broken.stderr
