"""Of two who change files of one repository at once, neither loses what it said that it wrote.

Each command of ours that writes files has a lock of the repository from reading to renaming. It
ends with its process, is shared by all work trees, and nobody waits for it for ever.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.git import file_lock
from reconciler.sealing.certificate import fingerprint_of, read_certificates
from reconciler.sealing.sealed_secret import is_sealed_secret, read_sealed_secret
from reconciler.yaml.read import read_documents
from tests.cli.conftest import Run
from tests.cli.conftest import typed as typed
from tests.cli.sealed_fleet import SEALED, sealed_fleet
from tests.conftest import Repo
from tests.sealing.material import certificate_pem, key_pem, private_key

ROUNDS = 100
SOURCE = str(Path(__file__).parents[2])

# Types commands one after the other, as soon as it is told to begin; {n} is the round.
WRITER = textwrap.dedent("""
    import sys
    from reconciler.cli.program import run
    rounds, *words = sys.argv[1:]
    print("ready", flush=True)
    sys.stdin.readline()
    codes = [run([word.replace("{n}", str(n)) for word in words]) for n in range(int(rounds))]
    sys.exit(max(codes))
""")


class Writer:
    """A process that types a command again and again."""

    def __init__(self, folder: Path, *words: str, rounds: int = ROUNDS) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(rounds), *words],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": SOURCE},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def wait_until_ready(self) -> None:
        assert self.process.stdout
        while self.process.stdout.readline() not in (b"ready\n", b""):
            pass


def at_once(*writers: Writer) -> str:
    """All begin together; what they said."""
    for writer in writers:
        writer.wait_until_ready()
    for writer in writers:
        assert writer.process.stdin
        writer.process.stdin.write(b"\n")
        writer.process.stdin.flush()
    said = b""
    for writer in writers:
        output, errors = writer.process.communicate(timeout=200)
        assert writer.process.returncode == 0, errors.decode()
        said += output
    return said.decode()


@pytest.fixture
def fleet(repo: Repo) -> Repo:
    sealed_fleet(repo)
    (repo.path / ".git/value").write_text("hunter2")
    return repo


def keys(path: Path) -> set[str]:
    (document,) = read_documents(path.read_bytes(), str(path))
    return set(read_sealed_secret(document).encrypted)


def put(key: str, name: str = "api") -> list[str]:
    return ["seal", "put", "prod/shop", name, "--from-file", f"{key}=.git/value"]


def test_each_value_that_was_said_to_be_sealed_is_there(fleet: Repo) -> None:
    said = at_once(Writer(fleet.path, *put("a{n}")), Writer(fleet.path, *put("b{n}")))
    assert said.count(" sealed\n") == 2 * ROUNDS
    assert keys(fleet.path / SEALED) == {f"{name}{n}" for n in range(ROUNDS) for name in "ab"}


def test_each_new_secret_is_named_in_the_kustomization(fleet: Repo) -> None:
    rounds = 25
    at_once(*(Writer(fleet.path, *put("key", f"{name}-{{n}}"), rounds=rounds) for name in "ab"))
    named = (fleet.path / SEALED).with_name("kustomization.yaml").read_text()
    assert all(f"- {name}-{n}.sealed.yaml\n" in named for n in range(rounds) for name in "ab")


def test_one_sets_while_another_takes_away(typed: Run, fleet: Repo) -> None:
    values = "".join(f"old{n}=hunter2\n" for n in range(ROUNDS))
    (fleet.path / ".git/old.env").write_text(values)
    typed("seal", "prod/shop", "api", "--from-env-file", ".git/old.env", cwd=fleet.path)
    unset = ["seal", "unset", "prod/shop", "api", "old{n}"]
    at_once(Writer(fleet.path, *put("new{n}")), Writer(fleet.path, *unset))
    assert keys(fleet.path / SEALED) == {f"new{n}" for n in range(ROUNDS)}


SECRET = (
    "apiVersion: v1\nkind: Secret\nmetadata: {{name: api, namespace: shop}}\ndata: {{{}: YQ==}}\n"
)


@pytest.mark.parametrize("git", [True, False], ids=["a repository", "no repository"])
def test_the_filter_merges_into_what_is_there_by_then(
    git: bool, typed: Run, fleet: Repo, tmp_path: Path
) -> None:
    rounds, folder = 30, fleet.path if git else tmp_path / "elsewhere"
    folder.mkdir(exist_ok=True)
    (folder / "cert.pem").write_bytes(certificate_pem(private_key(1)))
    (folder / "secret.yaml").write_text(SECRET.format("first"))
    seal = ["seal", "--cert", "cert.pem", "--secret-file"]
    typed(*seal, "secret.yaml", "-w", "api.yaml", cwd=folder)
    for name in "ab":
        for n in range(rounds):
            (folder / f"{name}{n}.yaml").write_text(SECRET.format(f"{name}{n}"))
    merges = [[*seal, f"{name}{{n}}.yaml", "--merge-into", "api.yaml"] for name in "ab"]
    at_once(*(Writer(folder, *words, rounds=rounds) for words in merges))
    wanted = {f"{name}{n}" for n in range(rounds) for name in "ab"} | {"first"}
    assert keys(folder / "api.yaml") == wanted


def test_certificates_that_come_at_once_all_stay(fleet: Repo) -> None:
    script = textwrap.dedent("""
        import sys
        from reconciler.model.fleet import load_fleet
        from reconciler.trees.worktree import WorkTree
        from reconciler.sealing.certificate import read_certificate
        from reconciler.sealing.certificates import add_certificate
        prod = load_fleet(WorkTree(".")).environment("prod")
        certificate = read_certificate(sys.stdin.buffer.read(), "-")
        for _ in range(50):
            add_certificate(".", prod, certificate)
    """)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script],
            cwd=fleet.path,
            env={**os.environ, "PYTHONPATH": SOURCE},
            stdin=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    for number, process in enumerate(processes, 2):
        assert process.stdin
        process.stdin.write(certificate_pem(private_key(number)))
        process.stdin.close()
    assert [process.wait() for process in processes] == [0, 0]
    file = fleet.path / "environments/prod/sealing-cert.pem"
    found = {c.fingerprint for c in read_certificates(file.read_bytes(), "")}
    assert found == {fingerprint_of(private_key(n).public_key()) for n in (1, 2, 3)}


def test_a_rotation_and_a_new_value_do_not_undo_each_other(fleet: Repo) -> None:
    (fleet.path / ".git/key.pem").write_bytes(key_pem(private_key(1)))
    at_once(Writer(fleet.path, *put("first"), rounds=1))
    rotate = ["seal", "rotate", "prod", "--keys", ".git/key.pem"]
    at_once(Writer(fleet.path, *put("a{n}"), rounds=30), Writer(fleet.path, *rotate, rounds=30))
    assert keys(fleet.path / SEALED) == {"first", *(f"a{n}" for n in range(30))}


def test_the_hook_leaves_alone_what_is_written_meanwhile(fleet: Repo) -> None:
    """It puts what it sealed on disk only where nothing has changed since."""
    plain = SECRET.format("staged")
    fleet.write({"environments/prod/shop/db.yaml": plain})
    fleet.git("add", "environments/prod/shop/db.yaml")
    with locked(fleet.path / ".git/reconciler/files.lock"):
        hook = subprocess.Popen(
            [sys.executable, "-m", "reconciler", "secrets", "seal"],
            cwd=fleet.path,
            env={**os.environ, "PYTHONPATH": SOURCE},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        with pytest.raises(subprocess.TimeoutExpired):
            hook.wait(3)  # it waits for us
        further = plain + "# more\n"
        fleet.write({"environments/prod/shop/db.yaml": further})
    said, _ = hook.communicate(timeout=60)
    assert b"left as it is on disk, where it differs from what was staged\n" in said
    assert (fleet.path / "environments/prod/shop/db.yaml").read_text() == further
    (document,) = read_documents(fleet.git("show", ":environments/prod/shop/db.yaml").encode(), "")
    assert is_sealed_secret(document.value)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


HOLDER = textwrap.dedent("""
    import sys, time
    from reconciler.git.file_lock import only_writer
    with only_writer("."):
        print("mine", flush=True)
        time.sleep(600)
""")


@contextmanager
def holder(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": SOURCE},
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"mine\n"
        yield process
        process.kill()


def test_a_lock_ends_with_the_one_who_has_it(typed: Run, fleet: Repo) -> None:
    with holder(fleet.path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert typed(*put("password"), cwd=fleet.path).returncode == 0


def test_one_who_was_stopped_is_not_waited_for_for_ever(
    typed: Run, fleet: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_lock, "LOCK_WAIT_SECONDS", 0.2)
    with holder(fleet.path) as process:
        process.send_signal(signal.SIGSTOP)
        done = typed(*put("password"), cwd=fleet.path)
    assert done.returncode == 2
    assert b"files.lock: another reconciler process is writing files here\n" in done.stderr
    assert not (fleet.path / SEALED).exists()


def test_all_work_trees_have_one_lock(
    typed: Run, fleet: Repo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fleet.git("worktree", "add", "--quiet", str(tmp_path / "further"))
    monkeypatch.setattr(file_lock, "LOCK_WAIT_SECONDS", 0.2)
    seal = ["seal", "put", "prod/shop", "api", "--from-file", f"password={fleet.path}/.git/value"]
    with holder(fleet.path):
        assert typed(*seal, cwd=tmp_path / "further").returncode == 2
    assert typed(*seal, cwd=tmp_path / "further").returncode == 0
    assert keys(tmp_path / "further" / SEALED) == {"password"}


def test_where_git_cannot_be_written_nothing_is(fleet: Repo) -> None:
    words = [sys.executable, "-m", "reconciler", *put("password")]
    mount = "mount --bind .git .git && mount -o remount,ro,bind .git && exec "
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", mount + '"$@"', "sh", *words],
        cwd=fleet.path,
        env={**os.environ, "PYTHONPATH": SOURCE, "COLUMNS": "200"},
        capture_output=True,
        text=True,
    )
    if "unshare:" in done.stderr or "mount:" in done.stderr:
        pytest.skip("no file system can be mounted here")
    assert done.returncode == 2
    assert "files.lock: this cannot be locked, and so no files are written\n" in done.stderr
    assert "because: Read-only file system" in done.stderr
    assert fleet.git("status", "--short") == ""
