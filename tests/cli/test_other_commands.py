"""affected, cache, help and completion, as they are typed."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from reconciler import __version__
from reconciler.cli.program import run
from tests.cli.conftest import Run, on_a_terminal, unmeasured
from tests.conftest import Repo
from tests.model.fleets import entry
from tests.sample import repository


def test_affected_lists_a_folder_a_line(repo: Repo, reconciler: Run) -> None:
    repo.commit(repository(3))
    repo.commit({"apps/app1/kustomization.yaml": "resources: [../../base]\n"})
    done = reconciler("affected", "HEAD~1", "HEAD", cwd=repo.path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"apps/app1\n", b"")


def test_affected_compares_with_the_files_on_disk(repo: Repo, reconciler: Run) -> None:
    repo.commit(repository(2))
    repo.write({"apps/app1/kustomization.yaml": "resources: [../../base]\n"})
    done = reconciler("affected", "HEAD", "--only", "apps/**", "-o", "json", cwd=repo.path)
    assert json.loads(done.stdout) == {
        "version": 1,
        "affected": [
            {
                "path": "apps/app1",
                "environment": None,
                "app": None,
                "change": "changed",
                "files": ["apps/app1/kustomization.yaml"],
            }
        ],
    }


@pytest.fixture
def fleet(repo: Repo) -> Repo:
    """Two apps in two environments, and a change that touches three of the four."""
    up = "resources: [../../../"
    bases = {f"{base}/kustomization.yaml": "namePrefix: a-\n" for base in ("paw", "xai")}
    repo.commit(
        bases
        | entry("dev", "paw", f"{up}paw]")
        | entry("prod", "paw", f"{up}paw]")
        | entry("dev", "xai", f"{up}xai]")
        | entry("prod", "xai", f"{up}xai]")
    )
    repo.commit({"paw/kustomization.yaml": ""} | entry("prod", "xai", f"namePrefix: b-\n{up}xai]"))
    return repo


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        (["prod"], "prod/paw prod/xai"),
        (["prod/x*"], "prod/xai"),
        (["dev/xai"], ""),
        (["dev", "prod/paw"], "dev/paw prod/paw"),
        (["environments/*/*"], "dev/paw prod/paw prod/xai"),
    ],
)
def test_affected_goes_by_environment_and_app(
    fleet: Repo,
    only: list[str],
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(fleet.path)
    chosen = [part for glob in only for part in ("--only", glob)]
    assert run(["affected", "HEAD~1", "HEAD", *chosen, "-o", "json"]) == 0
    found = json.loads(capsys.readouterr().out)["affected"]
    assert " ".join(f"{a['environment']}/{a['app']}" for a in found) == expected
    assert run(["affected", "HEAD~1", "HEAD", *chosen]) == 0
    assert capsys.readouterr().out.split() == [f"environments/{e}" for e in expected.split()]


def test_a_terminal_shows_the_name_beside_the_folder(fleet: Repo) -> None:
    seen = on_a_terminal(fleet.path, "affected", "HEAD~1", "HEAD", "--only", "prod", NO_COLOR="1")
    assert b"environments/prod/paw" in seen
    assert b"  prod/paw" in seen


def test_cache_counts_and_forgets(repo: Repo, reconciler: Run) -> None:
    repo.commit(repository(3))
    reconciler("render", "apps/*", cwd=repo.path)
    assert b"renders   3" in reconciler("cache", "stats").stdout
    assert reconciler("cache", "prune").stdout == b"0 renders removed\n"
    assert reconciler("cache", "prune", "--size", "0").stdout == b"3 renders removed\n"
    assert b"renders   0" in reconciler("cache", "stats").stdout


def test_a_render_without_the_cache_leaves_nothing_in_it(repo: Repo, reconciler: Run) -> None:
    repo.commit(repository(3))
    reconciler("render", "apps/*", "--no-cache", cwd=repo.path)
    assert b"renders   0" in reconciler("cache", "stats").stdout


def test_a_home_that_cannot_be_written_is_no_failure(repo: Repo, reconciler: Run) -> None:
    repo.commit(repository(1))
    done = reconciler("render", "apps/app0", cwd=repo.path, RECONCILER_CACHE="/dev/null/cache")
    assert done.returncode == 0
    assert not done.stderr


def test_a_cache_address_that_is_none_is_the_users_mistake(reconciler: Run) -> None:
    done = reconciler("cache", "stats", RECONCILER_CACHE_URL="nonsense://user:hunter2@host")
    assert done.returncode == 2
    assert b"redis://" in done.stderr
    assert b"hunter2" not in done.stderr


def test_a_cache_that_is_away_is_said_to_be(repo: Repo, reconciler: Run) -> None:
    repo.commit(repository(1))
    away = {"RECONCILER_CACHE_URL": "redis://127.0.0.1:1/0"}
    done = reconciler("cache", "stats", **away)
    assert done.returncode == 1
    assert b"the cache cannot be used" in done.stderr
    assert reconciler("render", "apps/app0", cwd=repo.path, **away).returncode == 0


def test_a_reader_that_stops_early_is_no_error(repo: Repo) -> None:
    repo.commit(repository(1))
    for arguments in ("affected HEAD -o json", "cache stats", "render --help"):
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", f"{sys.executable} -m reconciler {arguments} | true"],
            cwd=repo.path,
            capture_output=True,
        )
        assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("command", [[], ["render"], ["affected"], ["cache"], ["cache", "prune"]])
def test_every_command_explains_itself(reconciler: Run, command: list[str]) -> None:
    for flag in ("--help", "-h"):
        done = reconciler(*command, flag)
        assert done.returncode == 0
        assert b"Usage:\n  reconciler" in done.stdout


def test_help_shows_examples(reconciler: Run) -> None:
    assert b"reconciler render environments/prod/gethrelay" in reconciler("render", "-h").stdout
    assert b"reconciler affected main HEAD" in reconciler("affected", "-h").stdout


def test_the_version_is_the_packages(reconciler: Run) -> None:
    assert reconciler("--version").stdout.decode() == f"reconciler {__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_can_complete(reconciler: Run, shell: str) -> None:
    variables = {"_RECONCILER_COMPLETE": f"source_{shell}"}
    assert b"reconciler" in reconciler(**variables).stdout


@pytest.mark.parametrize("arguments", [["rendr"], ["render"], ["render", "a", "--nothing"]])
def test_a_typing_error_is_the_users(reconciler: Run, arguments: list[str]) -> None:
    done = reconciler(*arguments)
    assert done.returncode == 2
    assert not done.stdout
    assert b"Traceback" not in done.stderr


HEAVY = {"typer", "click", "rich", "pygit2", "kubernetes", "grpc", "cryptography", "dataclasses"}
HEAVY |= {"aiohttp", "asyncio", "yaml", "ruamel", "ruamel.yaml"}
HEAVY |= {"re", "typing", "json", "pathlib", "difflib", "threading"}


@pytest.mark.parametrize("typed", ["apps/app0", "prod/paw", "prod"])
def test_a_cached_render_imports_next_to_nothing(repo: Repo, reconciler: Run, typed: str) -> None:
    repo.commit(repository(1) | entry("prod", "paw", "resources: [../../../base]"))
    reconciler("render", typed, cwd=repo.path)
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "reconciler", "render", typed],
        cwd=repo.path,
        env=unmeasured(),
        capture_output=True,
        text=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "reconciler.render.renderer" in imported
    assert not imported & HEAVY


@pytest.mark.parametrize("typed", [["--help"], ["promote", "--help"], ["seal", "--help"]])
def test_what_writes_documents_again_is_loaded_only_for_that(repo: Repo, typed: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "reconciler", *typed],
        cwd=repo.path,
        env=unmeasured(),
        capture_output=True,
        text=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert done.returncode == 0
    assert not {name for name in imported if name.startswith("ruamel")}
