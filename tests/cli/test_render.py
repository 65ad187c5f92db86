"""reconciler render, as it is typed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Run, on_a_terminal
from tests.conftest import Repo
from tests.model.fleets import entry, environment
from tests.sample import rendered, repository


@pytest.fixture
def apps(repo: Repo) -> Repo:
    repo.commit(repository(3))
    return repo


# The plain form and forms that only the full parser takes must not differ.
@pytest.mark.parametrize("extra", [[], ["--no-cache"], ["-o", "yaml"], ["--ref", "HEAD"]])
def test_it_prints_what_kustomize_prints(
    apps: Repo,
    reconciler: Run,
    extra: list[str],
    kustomize: Callable[..., subprocess.CompletedProcess[bytes]],
) -> None:
    expected = kustomize(apps.path / "apps/app1").stdout
    for _ in range(2):
        done = reconciler("render", "apps/app1", *extra, cwd=apps.path)
        assert (done.returncode, done.stdout, done.stderr) == (0, expected, b"")


@pytest.mark.parametrize(
    ("path", "cwd"),
    [(".", "apps/app1"), ("../app1/", "apps/app0"), ("./apps/../apps/app1", "."), ("app1", "apps")],
)
def test_paths_mean_what_they_mean_in_a_shell(
    apps: Repo, reconciler: Run, path: str, cwd: str
) -> None:
    assert reconciler("render", path, cwd=apps.path / cwd).stdout == rendered(1)


def test_a_path_from_elsewhere_finds_its_repository(apps: Repo, reconciler: Run) -> None:
    assert reconciler("render", apps.path / "apps/app1").stdout == rendered(1)


def test_an_older_revision_is_rendered_without_a_checkout(apps: Repo, reconciler: Run) -> None:
    apps.commit({"base/config.yaml": "apiVersion: v1\nkind: A\nmetadata: {name: n}\n"})
    status = apps.git("status", "--porcelain")
    done = reconciler("render", "apps/app2", "--ref", "HEAD~1", cwd=apps.path)
    assert done.stdout == rendered(2)
    assert apps.git("status", "--porcelain") == status


def test_a_folder_that_is_only_in_the_revision_can_be_named(apps: Repo, reconciler: Run) -> None:
    apps.git("rm", "-rq", "apps/app2")
    apps.commit()
    assert reconciler("render", "apps/app2", "--ref", "HEAD~1", cwd=apps.path).stdout == rendered(2)


# By the plain form, and by the full parser.
@pytest.mark.parametrize("extra", [[], ["-o", "yaml"], ["--ref", "HEAD"]])
def test_an_environment_and_an_app_can_be_named(
    repo: Repo, reconciler: Run, extra: list[str]
) -> None:
    files = repository(2) | environment("prod")
    for number in (0, 1):
        files |= entry("prod", f"app{number}", f"resources: [../../../apps/app{number}]")
    repo.commit(files)
    (repo.path / "some").mkdir()
    both = rendered(0) + b"---\n" + rendered(1)
    for typed, expected in (("prod/app1", rendered(1)), ("prod", both), ("prod/*", both)):
        done = reconciler("render", typed, *extra, cwd=repo.path / "some")
        assert (done.returncode, done.stdout, done.stderr) == (0, expected, b"")


def test_a_name_that_is_none_is_answered_with_the_nearest(repo: Repo, reconciler: Run) -> None:
    repo.commit(entry("prod", "paw"))
    done = reconciler("render", "prod/pow", cwd=repo.path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.endswith(b"called prod/pow\n  to do: did you mean prod/paw?\n")


def test_outside_of_git_environments_say_where_the_tree_is(tmp_path: Path, reconciler: Run) -> None:
    (tmp_path / "fleet/sub").mkdir(parents=True)
    for name, text in (repository(1) | environment("dev") | entry("dev", "a")).items():
        (tmp_path / "fleet" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "fleet" / name).write_text(text)
    (tmp_path / "fleet/environments/dev/a/kustomization.yaml").write_text(
        "resources: [../../../apps/app0]"
    )
    assert reconciler("render", "dev/a", cwd=tmp_path / "fleet/sub").stdout == rendered(0)


def test_outside_of_git_it_is_as_with_kustomize(tmp_path: Path, reconciler: Run) -> None:
    for name, text in repository(1).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert reconciler("render", "apps/app0", cwd=tmp_path).stdout == rendered(0)


def test_a_bare_repository_is_named_by_its_root(
    apps: Repo, reconciler: Run, tmp_path: Path
) -> None:
    apps.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    for arguments in (["apps/app1", "--root", "bare.git"], ["bare.git/apps/app1"]):
        done = reconciler("render", *arguments, "--ref", "HEAD", cwd=tmp_path)
        assert done.stdout == rendered(1)


def test_globs_leave_out_what_git_ignores(apps: Repo, reconciler: Run) -> None:
    apps.write({".gitignore": "out/\n", "out/a/kustomization.yaml": "namePrefix: a-\n"})
    done = reconciler("render", "**", "-o", "json", cwd=apps.path)
    assert [r["path"] for r in json.loads(done.stdout)["renders"]] == [
        "apps/app0",
        "apps/app1",
        "apps/app2",
        "base",
    ]


def test_a_root_keeps_reads_inside(apps: Repo, reconciler: Run) -> None:
    done = reconciler("render", "apps/app0", "--root", "apps", cwd=apps.path)
    assert done.returncode == 2
    assert b"out of the tree" in done.stderr


@pytest.mark.parametrize("ref", [[], ["--ref", "HEAD"]])
def test_globs_and_several_paths_make_one_stream(
    apps: Repo, reconciler: Run, ref: list[str]
) -> None:
    expected = b"---\n".join(rendered(i) for i in range(3))
    assert reconciler("render", "apps/*", *ref, cwd=apps.path).stdout == expected
    named = ["apps/app0", "apps/app1", "apps/app2"]
    assert reconciler("render", *named, *ref, cwd=apps.path).stdout == expected


def test_a_glob_that_matches_nothing_is_an_error(apps: Repo, reconciler: Run) -> None:
    done = reconciler("render", "nothing/*", cwd=apps.path)
    assert done.returncode == 2
    assert b"nothing/*" in done.stderr


def test_json_has_a_stable_shape(apps: Repo, reconciler: Run) -> None:
    done = reconciler("render", "apps/app0", "-o", "json", cwd=apps.path)
    assert json.loads(done.stdout) == {
        "version": 1,
        "renders": [
            {
                "path": "apps/app0",
                "objects": [
                    {
                        "apiVersion": "v1",
                        "kind": "ConfigMap",
                        "metadata": {"name": "app0-config"},
                        "data": {"a": "b"},
                    }
                ],
                "error": None,
                "warnings": [],
                "cached": False,
                "files": [
                    "apps/app0",
                    "apps/app0/Kustomization",
                    "apps/app0/kustomization.yaml",
                    "apps/app0/kustomization.yml",
                    "base",
                    "base/Kustomization",
                    "base/config.yaml",
                    "base/kustomization.yaml",
                    "base/kustomization.yml",
                ],
                "pins": [],
            }
        ],
    }


def test_json_tells_errors_apart(apps: Repo, reconciler: Run) -> None:
    apps.write({"apps/app1/kustomization.yaml": "resources:\n- ../nothing\n"})
    done = reconciler("render", "apps/*", "-o", "json", cwd=apps.path)
    renders = json.loads(done.stdout)["renders"]
    assert done.returncode == 2
    assert [bool(r["error"]) for r in renders] == [False, True, False]
    assert renders[1]["error"]["file"] == "apps/app1/kustomization.yaml"
    assert renders[1]["error"]["line"] == 2


def test_a_folder_of_files(apps: Repo, reconciler: Run) -> None:
    for _ in range(2):
        done = reconciler("render", "apps/*", "-o", "dir=out", cwd=apps.path)
        assert done.returncode == 0
        assert (apps.path / "out/apps/app2.yaml").read_bytes() == rendered(2)
    assert sorted(p.name for p in (apps.path / "out/apps").iterdir()) == [
        "app0.yaml",
        "app1.yaml",
        "app2.yaml",
    ]


def test_one_failure_among_many_prints_no_partial_stream(apps: Repo, reconciler: Run) -> None:
    apps.write({"apps/app1/kustomization.yaml": "resources:\n- ../nothing\n"})
    done = reconciler("render", "apps/*", cwd=apps.path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"apps/app1/kustomization.yaml:2:3" in done.stderr


def test_warnings_do_not_disturb_the_output(apps: Repo, reconciler: Run) -> None:
    apps.write({"apps/app1/kustomization.yaml": "bases:\n- ../../base\nnamePrefix: app1-\n"})
    for _ in range(2):
        done = reconciler("render", "apps/app1", cwd=apps.path)
        assert done.stdout == rendered(1)
        assert b"warning: apps/app1/kustomization.yaml:1:1: 'bases' is deprecated" in done.stderr


def test_a_reader_that_stops_early_is_no_error(apps: Repo) -> None:
    done = subprocess.run(
        f"{sys.executable} -m reconciler render apps/app0 | true",
        shell=True,
        cwd=apps.path,
        capture_output=True,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_what_a_pipe_gets_has_no_colour(apps: Repo, reconciler: Run) -> None:
    done = reconciler("render", "apps/nothing", cwd=apps.path)
    assert b"\x1b" not in done.stderr
    assert done.stderr.startswith(
        b"error: there is no folder, environment or app called apps/nothing\n"
    )


def test_a_terminal_gets_colour_unless_asked_not_to(apps: Repo) -> None:
    assert b"\x1b[1;31m" in on_a_terminal(apps.path, "render", "apps/nothing")
    assert b"\x1b[" not in on_a_terminal(apps.path, "render", "apps/nothing", NO_COLOR="1")


def test_a_terminal_gets_a_progress_bar_for_many(apps: Repo) -> None:
    apps.write(repository(60))
    assert b"rendering" in on_a_terminal(apps.path, "render", "apps/*")
    assert b"rendering" not in on_a_terminal(apps.path, "render", "apps/app0")
