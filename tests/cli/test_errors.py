"""What a user sees, and what a script gets, when something is wrong."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.cli import cache, program
from reconciler.cli.fast_commands import run_quickly
from tests.cli.conftest import Run
from tests.conftest import Repo
from tests.sample import rendered, repository

COMMAND = f"{shlex.quote(sys.executable)} -m reconciler"
BROKEN = {
    "apps/app1/kustomization.yaml": "resource: [../../base]\n",
    "apps/app2/kustomization.yaml": "resources:\n- nothing.yaml\n",
}


@pytest.fixture
def apps(repo: Repo) -> Repo:
    repo.commit(repository(3))
    return repo


@pytest.fixture
def large(repo: Repo) -> Repo:
    """An app with more in it than a pipe holds."""
    files = repository(1)
    files["base/config.yaml"] += "".join(f"  key{i}: {'x' * 90}\n" for i in range(2000))
    repo.commit(files)
    return repo


@pytest.fixture
def typed(
    apps: Repo, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """A command in this process, in the repository: exit code, output, errors."""
    monkeypatch.chdir(apps.path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> tuple[int, str, str]:
        code = program.run(list(arguments))
        out, err = capfd.readouterr()
        return code, out, err.replace(str(apps.path), "REPO")

    return run


def shell(command: str, cwd: Path) -> tuple[int, str, str]:
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        errors="surrogateescape",
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            "render apps/nothing",
            "error: there is no folder, environment or app called apps/nothing\n"
            "  to do: check the path and the revision\n",
        ),
        (
            "render apps",
            "error: apps: there is no kustomization.yaml in this folder\n"
            "  to do: name a folder that has one, or add one here\n",
        ),
        (
            "render apps/app0/kustomization.yaml",
            "error: apps/app0/kustomization.yaml: this is a file, and a folder with a"
            " kustomization.yaml is expected\n"
            "  to do: name the folder: apps/app0\n",
        ),
        (
            "render apps/app0 ../x",
            "error: ../x is outside of REPO\n  to do: give --root a folder that holds both\n",
        ),
        (
            "render apps/app0 --ref nothing",
            "error: there is no commit 'nothing' in REPO\n"
            "  to do: git fetch first if it is on a remote; git log names what is here\n",
        ),
        (
            "render apps/app0 --ref HEAD~9",
            "error: there is no commit 'HEAD~9' in REPO\n"
            "  to do: git fetch first if it is on a remote; git log names what is here\n",
        ),
        (
            "render app0 --root apps --ref HEAD",
            "error: REPO/apps is not the top folder of a Git repository\n"
            "  to do: revisions are in a repository: name its top folder with --root\n",
        ),
        (
            "render apps/app0 --root nothing",
            "error: there is no folder nothing\n  to do: --root names a repository\n",
        ),
        (
            "render apps/app0 -o xml",
            "error: there is no output xml\n  to do: use yaml, json or dir=FOLDER\n",
        ),
        (
            "render apps/app0 -o dir=base/config.yaml",
            "error: base/config.yaml/apps/app0.yaml cannot be written\n"
            "  because: Not a directory\n  to do: name another folder\n",
        ),
        (
            "affected nothing",
            "error: there is no commit 'nothing' in REPO\n"
            "  to do: git fetch first if it is on a remote; git log names what is here\n",
        ),
    ],
)
def test_a_mistake_is_said_in_one_line_with_what_to_do(
    typed: Callable[..., tuple[int, str, str]], arguments: str, expected: str
) -> None:
    assert typed(*arguments.split()) == (2, "", expected)


def test_outside_of_a_repository_there_are_no_revisions(tmp_path: Path, reconciler: Run) -> None:
    (tmp_path / "kustomization.yaml").write_text("resources: []\n")
    done = reconciler("render", ".", "--ref", "HEAD")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"error: not in a Git repository\n")


@pytest.mark.parametrize(
    "arguments",
    [
        *["check", "list", "diff", "affected HEAD", "secrets forbid", "seal status"],
        *["render **", "check */prod", "check prod", "argocd apps", "check --staged"],
    ],
)
def test_outside_of_a_repository_nothing_is_looked_for(
    typed: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: str,
) -> None:
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    monkeypatch.chdir(nowhere)
    code, out, error = typed(*arguments.split())
    assert (code, out) == (2, "")
    assert error.startswith("error: not in a Git repository\n  to do: change to one, or name it")
    assert "--root" in error


def test_a_folder_in_place_of_a_file_stops_its_output(
    typed: Callable[..., tuple[int, str, str]], apps: Repo
) -> None:
    (apps.path / "out/apps/app1.yaml").mkdir(parents=True)
    code, _, error = typed("render", "apps/*", "-o", "dir=out")
    assert code == 2
    assert "out/apps/app1.yaml cannot be written\n  because: Is a directory" in error
    assert (apps.path / "out/apps/app0.yaml").read_bytes() == rendered(0)
    assert sorted(p.name for p in (apps.path / "out/apps").iterdir()) == ["app0.yaml", "app1.yaml"]


def test_each_of_many_failures_is_told_and_nothing_is_printed(
    typed: Callable[..., tuple[int, str, str]], apps: Repo
) -> None:
    apps.write(BROKEN)
    code, out, error = typed("render", "apps/*")
    assert (code, out) == (2, "")
    assert error == (
        'error: apps/app1/kustomization.yaml:1:1: unknown field "resource"\n'
        '  to do: did you mean "resources"?\n'
        "error: apps/app2/kustomization.yaml:2:3: nothing.yaml does not exist\n"
        "  to do: correct the name, or add the file\n"
    )


def test_json_has_each_failure_beside_what_was_rendered(
    typed: Callable[..., tuple[int, str, str]], apps: Repo
) -> None:
    apps.write(BROKEN)
    code, out, error = typed("render", "apps/*", "-o", "json")
    first, second, third = json.loads(out)["renders"]
    assert (code, error, first["error"], second["objects"]) == (2, "", None, [])
    assert first["objects"][0]["metadata"]["name"] == "app0-config"
    assert second["error"] == {
        "what": 'unknown field "resource"',
        "file": "apps/app1/kustomization.yaml",
        "line": 1,
        "column": 1,
        "why": None,
        "hint": 'did you mean "resources"?',
    }
    assert (third["error"]["line"], third["error"]["column"]) == (2, 3)


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ("render apps/app1", "in result"),
        ("render apps/app1 --ref nothing", "NotFoundError: 'nothing'"),
    ],
)
def test_debug_shows_where_in_the_program_an_error_came_from(
    typed: Callable[..., tuple[int, str, str]], apps: Repo, arguments: str, where: str
) -> None:
    apps.write(BROKEN)
    plain = typed(*arguments.split())
    code, out, error = typed("--debug", *arguments.split())
    assert (code, out) == plain[:2]
    assert error.startswith(plain[2])
    assert "Traceback" not in plain[2]
    assert where in error


def test_a_fault_of_the_program_says_that_it_is_one(
    typed: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cache, "open_store", fail)
    code, out, error = typed("cache", "stats")
    assert (code, out) == (70, "")
    assert error == (
        "error: ZeroDivisionError in the program itself\n"
        "  to do: run it again with --debug, and report what it prints\n"
    )
    assert "in fail" in typed("--debug", "cache", "stats")[2]


def spoil(folder: Path, how: str) -> None:
    """Make something that is in the way of a cache in this folder."""
    file = folder / "renders-1.sqlite"
    match how:
        case "a file in its place":
            folder.write_text("x")
        case "a file above it":
            folder.parent.rmdir()
            folder.parent.write_text("x")
        case "a folder in place of its file":
            file.mkdir(parents=True)
        case "garbage in its file":
            folder.mkdir()
            file.write_bytes(b"garbage" * 999)
        case "an empty file":
            folder.mkdir()
            file.touch()


@pytest.mark.parametrize(
    ("how", "mended"),
    [
        ("a file in its place", False),
        ("a file above it", False),
        ("a folder in place of its file", False),
        ("garbage in its file", True),
        ("an empty file", True),
    ],
)
def test_a_cache_that_cannot_be_kept_is_no_failure(
    typed: Callable[..., tuple[int, str, str]],
    how: str,
    mended: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "above").mkdir()
    spoil(tmp_path / "above/cache", how)
    monkeypatch.setenv("RECONCILER_CACHE", str(tmp_path / "above/cache"))
    assert run_quickly(["render", "apps/app0"]) == 0
    assert typed("render", "apps/app0") == (0, rendered(0).decode() * 2, "")
    for command in ("stats", "prune"):
        code, _, error = typed("cache", command)
        if mended:
            assert (code, error) == (0, "")
        else:
            assert code == 1
            assert error.startswith("error: the cache cannot be used, and renders go on without it")
            assert "because: " in error


def test_a_shared_cache_that_is_away_is_no_failure(
    typed: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECONCILER_CACHE_URL", "redis://user:hunter2@127.0.0.1:1/0")
    assert typed("render", "apps/app0") == (0, rendered(0).decode(), "")
    for command in ("stats", "prune"):
        code, _, error = typed("cache", command)
        assert code == 1
        assert "the cache cannot be used" in error
        assert "hunter2" not in error


FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no disk here is always full")
PRINTING = ["render apps/app0", "render apps/app0 -o json", "cache stats"]


@FULL
@pytest.mark.parametrize("arguments", [*PRINTING, "render -h"])
def test_a_disk_that_is_full_is_said_to_be(large: Repo, arguments: str) -> None:
    assert shell(f"{COMMAND} {arguments} > /dev/full", large.path) == (
        2,
        "",
        "error: standard output cannot be written\n"
        "  because: No space left on device\n"
        "  to do: write to another place\n",
    )


@pytest.mark.parametrize("arguments", PRINTING)
def test_a_reader_that_has_seen_enough_is_no_error(large: Repo, arguments: str) -> None:
    code, out, error = shell(f"{COMMAND} {arguments} | head -1", large.path)
    assert (code, error) == (0, "")
    assert out.count("\n") == 1


MISTYPED = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {replica: 1}
"""


@pytest.mark.parametrize("many", [1, 600])
@pytest.mark.parametrize(
    "arguments",
    ["check", *(f"check -o {output}" for output in ("json", "github", "sarif")), "diff"],
)
def test_what_is_found_is_the_exit_code_though_the_reader_is_gone(
    many: int, arguments: str, repo: Repo
) -> None:
    names = [f"a{number}.yaml" for number in range(many)]
    folder = "environments/prod/web"
    repo.write({"environments/prod/environment.yaml": "destination: {cluster: prod}\n"})
    repo.commit()
    repo.write({f"{folder}/kustomization.yaml": f"resources: {json.dumps(names)}\n"})
    repo.write(
        {f"{folder}/{name}": MISTYPED.replace("web", f"web{i}") for i, name in enumerate(names)}
    )
    code, _, error = shell(f"{COMMAND} {arguments} | true", repo.path)
    assert code == 1
    assert "Traceback" not in error


def test_an_app_that_does_not_render_is_the_exit_code_though_nobody_reads_errors(
    repo: Repo,
) -> None:
    repo.write({"environments/prod/environment.yaml": "destination: {cluster: prod}\n"})
    repo.write({"environments/prod/web/kustomization.yaml": "resources: [gone.yaml]\n"})
    assert shell(f"{COMMAND} check 2>&1 | true", repo.path)[0] == 2
    assert shell(f"{COMMAND} render prod/web 2>&1 | true", repo.path)[0] == 2


def test_plaintext_is_refused_though_nobody_reads_where_it_is(repo: Repo) -> None:
    repo.write({"a.yaml": "apiVersion: v1\nkind: Secret\nstringData: {a: hunter2hunter2}\n"})
    repo.git("add", ".")
    assert shell(f"{COMMAND} secrets forbid | true", repo.path)[0] == 1


def test_a_closed_output_is_an_error_and_nothing_is_written_elsewhere(apps: Repo) -> None:
    code, _, error = shell(f"{COMMAND} render apps/app0 >&-", apps.path)
    assert (code, error.splitlines()[0]) == (2, "error: standard output cannot be written")


@pytest.mark.parametrize("closed", ["<&-", "2>&-", "<&- 2>&-"])
def test_other_streams_that_are_closed_are_not_missed(apps: Repo, closed: str) -> None:
    code, out, _ = shell(f"{COMMAND} render apps/app0 --no-cache {closed}", apps.path)
    assert (code, out) == (0, rendered(0).decode())


@FULL
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_error_that_nobody_can_read_is_still_the_exit_code(unbuffered: str, apps: Repo) -> None:
    command = f"PYTHONUNBUFFERED={unbuffered} {COMMAND} render apps/nothing 2> /dev/full"
    assert shell(command, apps.path)[0] == 2


def test_a_current_folder_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    gone = f"mkdir gone; cd gone; rmdir ../gone; {COMMAND} render ."
    assert shell(gone, tmp_path) == (
        2,
        "",
        "error: the current folder is gone\n  to do: change to one that exists, and run it again\n",
    )


@pytest.mark.skipif(sys.platform == "darwin", reason="names are always UTF-8 there")
def test_a_folder_whose_name_is_not_utf8_is_told_and_the_others_are_rendered(
    apps: Repo, typed: Callable[..., tuple[int, str, str]]
) -> None:
    os.rename(apps.path / "apps/app1", apps.path / os.fsdecode(b"apps/\xff"))
    code, _, error = typed("render", "apps/*")
    assert (code, error) == (
        2,
        "error: apps/\\xff: this name is not UTF-8\n  to do: rename the folder\n",
    )
    code, out, _ = typed("render", "apps/*", "-o", "json")
    renders = json.loads(out)["renders"]
    assert [r["error"] is None for r in renders] == [True, True, False]
    assert renders[2]["path"] == "apps/\udcff"
    assert shell(f"{COMMAND} affected HEAD", apps.path)[:2] == (0, "apps/app1\napps/\udcff\n")


@contextmanager
def started(cwd: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """In a process group of its own, to which a signal goes as Ctrl-C sends it."""
    with subprocess.Popen(
        [sys.executable, "-m", "reconciler", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        # Tests that run in the background are told to ignore it, and so would all they start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def interrupted(process: subprocess.Popen[bytes]) -> tuple[int, bytes]:
    os.killpg(process.pid, signal.SIGINT)
    _, error = process.communicate(timeout=60)
    return process.returncode, error


@pytest.mark.parametrize("extra", [[], ["-o", "yaml"], ["-o", "json"]])
def test_an_interrupted_output_ends_quietly(large: Repo, extra: list[str]) -> None:
    with started(large.path, "render", "apps/app0", *extra) as process:
        assert process.stdout
        assert process.stdout.read(1)  # the rest waits for a reader
        assert interrupted(process) == (130, b"")


@pytest.mark.parametrize("extra", [[], ["-o", "yaml"]])
def test_an_interrupted_render_ends_quietly_and_leaves_no_process(
    repo: Repo, extra: list[str]
) -> None:
    # Upstream compares every object with every other one: this many take it minutes.
    objects = "---\n".join(
        f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m{i}\n" for i in range(20_000)
    )
    repo.write({"kustomization.yaml": "resources: [r.yaml]\n", "r.yaml": objects})
    with started(repo.path, "render", ".", *extra) as process:
        while not (kernels := children(process.pid)):
            time.sleep(0.02)
        assert interrupted(process) == (130, b"")
    assert not any(running(kernel) for kernel in kernels)


def children(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True)
    return [int(child) for child in found.stdout.split()]


def running(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return not re.match(r"\s*(Z|$)", state.stdout)
