"""Nobody becomes a reader of secrets unseen: a new certificate is told of, and asked about.

Controllers renew theirs each month, so one more block in sealing-cert.pem looks like any other
month. A change that brings one names it in the difference, the checks and the promotion's report,
and a clone that has sealed with another one takes it only from somebody who has compared it.
"""

from __future__ import annotations

import html
import os
import pty
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from reconciler.sealing.certificate import fingerprint_of
from reconciler.sealing.sealed_secret import read_sealed_secret
from reconciler.yaml.read import read_documents
from tests.cli.conftest import Run
from tests.cli.conftest import typed as typed
from tests.cli.sealed_fleet import SEALED, environment, sealed_fleet
from tests.conftest import Repo
from tests.hooked import APP, FLEET, SECRET, Hooked
from tests.sealing.material import certificate, certificate_pem, key_pem, private_key

FILE = "environments/prod/sealing-cert.pem"
OURS, THEIRS, RENEWED = (fingerprint_of(private_key(n).public_key()) for n in (1, 5, 6))
# Whoever makes a certificate chooses since when it is valid.
NEXT = timedelta(minutes=-1)
COMPARE = f"reconciler seal cert fetch prod --fingerprint {THEIRS}"
SEAL = ("seal", "set", "prod/shop", "api", "password", "--from-file", ".git/value")


@pytest.fixture
def fleet(repo: Repo, typed: Run) -> Repo:
    """Something is sealed in prod, and pushed."""
    sealed_fleet(repo)
    (repo.path / ".git/value").write_text("the-first-password")
    put = ("seal", "put", "prod/shop", "api", "--from-file", "password=.git/value")
    assert typed(*put, cwd=repo.path).returncode == 0
    repo.commit()
    (repo.path / ".git/value").write_text("the-real-password")
    return repo


def append(fleet: Repo, number: int = 5) -> None:
    file = fleet.path / FILE
    file.write_bytes(file.read_bytes() + certificate_pem(private_key(number), begins=NEXT))


def pull_request(fleet: Repo) -> None:
    """renewed, as each month"""
    fleet.git("checkout", "--quiet", "-b", "pr")
    append(fleet)
    fleet.commit()


def sealed_with(fleet: Repo) -> str:
    (document,) = read_documents((fleet.path / SEALED).read_bytes(), SEALED)
    record = read_sealed_secret(document).record
    assert record
    return record.items["password"].fingerprint


def test_who_seals_is_told_with_which_certificate(typed: Run, fleet: Repo) -> None:
    assert typed(*SEAL, cwd=fleet.path).stderr.decode() == f"for prod, with {OURS}\n"


def test_what_a_pull_request_appends_seals_nothing_for_a_clone_that_sealed_before(
    typed: Run, fleet: Repo
) -> None:
    pull_request(fleet)
    fleet.git("checkout", "--quiet", "main")
    fleet.git("merge", "--quiet", "pr")
    done = typed(*SEAL, cwd=fleet.path)
    assert done.returncode == 2
    said = done.stderr.decode()
    assert f"{FILE}: the certificate of prod is {THEIRS}, with which nothing was sealed" in said
    assert f"it was {OURS} so far, and whoever has the new one's key can read" in said
    assert COMPARE in said
    assert sealed_with(fleet) == OURS
    assert fleet.git("status", "--short") == ""
    done = typed("seal", "status", cwd=fleet.path)
    assert f"another than this clone has sealed with: {COMPARE}" in done.stderr.decode()


def test_the_difference_names_it_though_no_object_changes(typed: Run, fleet: Repo) -> None:
    pull_request(fleet)
    between = ("diff", "--from", "main", "--to", "pr")
    done = typed(*between, cwd=fleet.path)
    assert done.returncode == 1
    assert done.stdout.decode() == (
        f"prod  {FILE}\n"
        f"+ {THEIRS} is new: whoever has its key can read what is sealed from now on\n"
        f"  to do: {COMPARE}\n"
    )
    for form in ("markdown", "comment"):
        said = html.unescape(typed(*between, "-o", form, cwd=fleet.path).stdout.decode())
        assert "**A new certificate: whoever has its key reads what is sealed** for" in said
        assert COMPARE in said
    assert typed("diff", "dev", "--from", "main", "--to", "pr", cwd=fleet.path).returncode == 0
    assert typed("diff", "--from", "pr", "--to", "main", cwd=fleet.path).stdout == b""


def test_the_checks_of_a_pull_request_name_it_and_cannot_be_told_not_to(
    typed: Run, fleet: Repo, tmp_path: Path
) -> None:
    pull_request(fleet)
    fleet.write(
        {
            "environments/prod/environment.yaml": environment("prod")
            + "checks:\n  ignore:\n  - {check: '*/*', reason: as each month}\n"
        }
    )
    fleet.commit()
    clone = tmp_path / "clone"
    fleet.git("clone", "--quiet", "--branch=pr", str(fleet.path), str(clone))
    subprocess.run(["git", "remote", "set-head", "origin", "main"], cwd=clone, check=True)
    for arguments in ([], ["--ref", "origin/pr"], ["--staged"]):
        said = typed("check", *arguments, cwd=clone).stdout.decode()
        assert f"{FILE}: warning: {THEIRS} is new: whoever has its key" in said, arguments
        assert COMPARE in said
    assert "certificate-new" not in typed("check", cwd=fleet.path).stdout.decode(), "on disk alone"
    assert "certificate-new" not in typed("check", "--ref", "main", cwd=clone).stdout.decode()


FORMS: dict[str, dict[str, str | bytes]] = {
    "another file": {
        "environments/prod/environment.yaml": environment("prod", certificate="prod.pem"),
        "prod.pem": certificate_pem(private_key(5), begins=NEXT),
    },
    "only the new one": {FILE: certificate_pem(private_key(5), begins=NEXT)},
    "the new one first": {
        FILE: certificate_pem(private_key(5), begins=NEXT) + certificate_pem(private_key(1))
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_it_is_named_wherever_a_change_puts_it(form: str, typed: Run, fleet: Repo) -> None:
    fleet.write(FORMS[form])
    said = typed("diff", cwd=fleet.path).stdout.decode()
    assert f"+ {THEIRS} is new: " in said
    assert OURS not in said
    assert typed(*SEAL, cwd=fleet.path).returncode == 2
    assert sealed_with(fleet) == OURS


def test_a_file_that_cannot_be_read_hides_nothing(typed: Run, fleet: Repo) -> None:
    (fleet.path / FILE).write_text("-----BEGIN CERTIFICATE-----\n")
    done = typed("diff", cwd=fleet.path)
    assert done.returncode == 1
    assert (
        b"~ it cannot be told whose certificate this is: the certificate is cut short"
        in done.stdout
    )


def test_who_has_compared_it_seals_with_it(typed: Run, fleet: Repo) -> None:
    append(fleet)
    done = typed(*SEAL, "--fingerprint", OURS, cwd=fleet.path)
    assert done.returncode == 2
    assert f"the certificate of prod is {THEIRS}".encode() in done.stderr
    done = typed(*SEAL, "--fingerprint", THEIRS, cwd=fleet.path)
    assert done.stderr.decode() == f"for prod, with {THEIRS}\n"
    assert sealed_with(fleet) == THEIRS
    assert typed(*SEAL, cwd=fleet.path).returncode == 0, "it is asked once"


def test_somebody_elses_word_is_written_down_by_hand(typed: Run, fleet: Repo) -> None:
    append(fleet)
    confirm = ("seal", "cert", "confirm", "prod")
    assert typed(*confirm, OURS, cwd=fleet.path).returncode == 2
    assert typed(*SEAL, cwd=fleet.path).returncode == 2
    assert typed(*confirm, THEIRS, cwd=fleet.path).returncode == 0
    assert typed(*SEAL, cwd=fleet.path).returncode == 0


@pytest.mark.parametrize("answer", ["y", "n"])
def test_at_a_terminal_a_person_is_asked(answer: str, fleet: Repo) -> None:
    append(fleet)
    main, side = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "reconciler", *SEAL],
        cwd=fleet.path,
        env={**os.environ, "TERM": "dumb", "PYTHONPATH": str(Path(__file__).parents[2])},
        stdin=side,
        stdout=side,
        stderr=side,
    )
    os.close(side)
    shown = b""
    while b"[y/N]" not in shown:
        shown += os.read(main, 1000)
    assert f"reads what is sealed: {THEIRS}. Is it the controller's?".encode() in shown
    os.write(main, answer.encode() + b"\n")
    assert process.wait(60) == (0 if answer == "y" else 2)
    os.close(main)
    assert sealed_with(fleet) == (THEIRS if answer == "y" else OURS)


def test_every_way_to_seal_asks(typed: Run, fleet: Repo) -> None:
    append(fleet)
    (fleet.path / ".git/key.pem").write_bytes(key_pem(private_key(1)))
    (fleet.path / ".git/dev.pem").write_bytes(key_pem(private_key(0)))
    fleet.write({"secret.yaml": SECRET})
    ways = [
        ["put", "prod/shop", "api", "--from-file", "a=.git/value"],
        ["put", "--all-envs", "shop", "api", "--from-file", "a=.git/value"],
        ["rotate", "prod", "--keys", ".git/key.pem"],
        ["migrate", "dev", "prod", "--keys", ".git/dev.pem"],
        ["--env", "prod", "--secret-file", "secret.yaml"],
    ]
    before = (fleet.path / SEALED).read_bytes()
    for way in ways:
        done = typed("seal", *way, cwd=fleet.path)
        assert done.returncode == 2, way
        assert THEIRS.encode() in done.stderr
        assert done.stdout == b""
    assert (fleet.path / SEALED).read_bytes() == before


@pytest.mark.parametrize("runner", ["script", "pre-commit", "prek"])
def test_the_hook_refuses_what_nobody_has_compared(runner: str, repo: Repo) -> None:
    hooked = Hooked(repo, runner)
    hooked.install("seal-secrets")
    hooked.add({f"{APP}/db.yaml": SECRET})
    said = hooked.commit().stdout
    assert f"for prod, with {certificate().fingerprint}\n" in said
    assert hooked.commit().returncode == 0
    new = str(FLEET[FILE]).encode() + certificate_pem(private_key(5), begins=NEXT)
    more = SECRET.replace("db", "more")
    hooked.add({FILE: new, f"{APP}/more.yaml": more})
    refused = hooked.commit()
    assert refused.returncode == 1
    assert f"the certificate of prod is {THEIRS}, with which nothing was sealed" in refused.stdout
    assert hooked.staged()[f"{APP}/more.yaml"] == more.strip()
    assert hooked.run("reconciler", "seal", "cert", "confirm", "prod", THEIRS).returncode == 0
    hooked.commit()
    assert hooked.commit().returncode == 0
    assert THEIRS in hooked.repo.git("show", f"HEAD:{APP}/more.yaml")
    assert hooked.holds_nothing_in_the_clear()


def test_a_pipeline_that_names_the_certificate_seals_with_no_other(
    typed: Run, fleet: Repo, tmp_path: Path
) -> None:
    """A fresh clone has sealed with none, and takes what is there: unless it is told which."""
    append(fleet)
    fleet.commit()
    clone = Repo(tmp_path / "clone")
    clone.git("pull", "--quiet", str(fleet.path), "main")
    (clone.path / ".git/value").write_text("the-real-password")
    assert typed(*SEAL, "--fingerprint", OURS, cwd=clone.path).returncode == 2
    assert sealed_with(clone) == OURS
    done = typed(*SEAL, cwd=clone.path)
    assert done.stderr.decode() == f"for prod, with {THEIRS}\n", "and says which that is"


@contextmanager
def controller(number: int) -> Iterator[str]:
    """What a controller answers when it is asked for its certificate."""
    pem = certificate_pem(private_key(number), begins=timedelta(minutes=-10))

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(pem)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_what_the_controller_itself_gives_needs_no_further_word(typed: Run, fleet: Repo) -> None:
    with controller(6) as url:
        fetch = ("seal", "cert", "fetch", "prod", "--controller", url)
        assert typed(*fetch, "--fingerprint", THEIRS, cwd=fleet.path).returncode == 2
        assert typed(*fetch, cwd=fleet.path).returncode == 0
    assert typed(*SEAL, cwd=fleet.path).returncode == 0
    assert sealed_with(fleet) == RENEWED


def test_one_that_says_to_be_newer_than_the_controllers_own_is_named(
    typed: Run, fleet: Repo
) -> None:
    """Of all in the file the newest seals, and whoever makes one chooses its date."""
    append(fleet)
    with controller(6) as url:
        done = typed("seal", "cert", "fetch", "prod", "--controller", url, cwd=fleet.path)
    assert done.returncode == 2
    said = f"{FILE}: {THEIRS} says that it is newer than the controller's, and would seal\n"
    assert said in done.stderr.decode()
    assert typed(*SEAL, cwd=fleet.path).returncode == 2


def test_an_address_that_a_change_brings_is_not_the_controllers_word(
    typed: Run, fleet: Repo
) -> None:
    """environment.yaml says where the controller is, and whoever changes it could say anything."""
    with controller(5) as url:
        changed = environment("prod", controller=url)
        fleet.write({"environments/prod/environment.yaml": changed})
        done = typed("seal", "cert", "fetch", "prod", cwd=fleet.path)
    assert done.returncode == 2
    assert f"{url}: the certificate of prod is {THEIRS}".encode() in done.stderr
    assert typed(*SEAL, cwd=fleet.path).returncode == 0
    assert sealed_with(fleet) == OURS
