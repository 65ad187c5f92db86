"""Sealing the secrets of apps, as somebody types it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.sealing.certificate import fingerprint_of
from reconciler.sealing.keys import PrivateKey, opened
from reconciler.sealing.sealed_secret import SealedSecret, read_sealed_secret
from reconciler.yaml.read import read_documents
from tests.cli.conftest import Run
from tests.cli.sealed_fleet import ENVIRONMENTS, SEALED, sealed_fleet
from tests.conftest import Repo
from tests.sealing.material import certificate_pem, key_pem, private_key


@pytest.fixture
def fleet(repo: Repo) -> Repo:
    return sealed_fleet(repo)


def values_of(fleet: Repo, env: str = "prod", name: str = "api") -> dict[str, bytes]:
    sealed = sealed_in(fleet, env, name)
    key = private_key(ENVIRONMENTS[env])
    keys = [PrivateKey(key, fingerprint_of(key.public_key()))]
    return {key: bytes(value) for key, value in opened(sealed, keys).items()}


def sealed_in(fleet: Repo, env: str = "prod", name: str = "api") -> SealedSecret:
    path = f"environments/{env}/shop/{name}.sealed.yaml"
    (document,) = read_documents((fleet.path / path).read_bytes(), path)
    return read_sealed_secret(document)


def put(typed: Run, fleet: Repo, text: str, *more: str, target: str = "prod/shop") -> str:
    """Seal values from a file of lines."""
    (fleet.path / ".git" / "values.env").write_text(text)
    done = typed("seal", *more, target, "api", "--from-env-file", ".git/values.env", cwd=fleet.path)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def changed_lines(fleet: Repo) -> list[str]:
    lines = fleet.git("diff", "--unified=0", "--no-color").splitlines()
    return [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def test_a_new_secret_is_sealed_and_named_in_the_kustomization(typed: Run, fleet: Repo) -> None:
    said = put(typed, fleet, "user=admin\npassword=hunter2\n")
    entry = f"{os.path.dirname(SEALED)}/kustomization.yaml"
    assert said == f"{SEALED}: password user sealed\n{entry}: names it now\n"
    assert values_of(fleet) == {"user": b"admin", "password": b"hunter2"}
    assert sealed_in(fleet).namespace == "shop"
    assert changed_lines(fleet) == ["+- api.sealed.yaml"]
    rendered = typed("render", "prod/shop", cwd=fleet.path).stdout
    assert b"kind: SealedSecret" in rendered


def test_the_same_values_change_no_byte_and_one_changed_key_changes_one_item(
    typed: Run, fleet: Repo
) -> None:
    put(typed, fleet, "user=admin\npassword=hunter2\n")
    file = fleet.path / SEALED
    file.write_text(file.read_text().replace("spec:\n", "spec:\n  # Ask the shop's team.\n"))
    fleet.commit()
    said = put(typed, fleet, "user=admin\npassword=hunter2\n")
    assert said == f"{SEALED}: password user unchanged\n"
    assert changed_lines(fleet) == []
    assert put(typed, fleet, "user=admin\npassword=hunter3\n") == (
        f"{SEALED}: password sealed, user unchanged\n"
    )
    assert all("password" in line for line in changed_lines(fleet))
    assert len(changed_lines(fleet)) == 4  # the value, and the line that says how it was sealed
    assert values_of(fleet)["password"] == b"hunter3"
    assert put(typed, fleet, "user=admin\n", "--reseal") == f"{SEALED}: user sealed\n"


def test_one_secret_is_sealed_for_every_environment(typed: Run, fleet: Repo) -> None:
    put(typed, fleet, "password=hunter2\n", "--all-envs", target="shop")
    for name in ENVIRONMENTS:
        assert values_of(fleet, name) == {"password": b"hunter2"}


def test_for_all_environments_or_for_none(typed: Run, fleet: Repo) -> None:
    (fleet.path / "environments/prod/sealing-cert.pem").unlink()
    (fleet.path / "v.env").write_text("a=b")
    done = typed("seal", "--all-envs", "shop", "api", "--from-env-file", "v.env", cwd=fleet.path)
    assert done.returncode == 2
    assert b"reconciler seal cert fetch prod" in done.stderr
    there = fleet.git("status", "--short").splitlines()
    assert there == ["D environments/prod/sealing-cert.pem", "?? v.env"]


def test_a_value_is_set_and_unset_without_knowing_the_others(typed: Run, fleet: Repo) -> None:
    put(typed, fleet, "user=admin\npassword=hunter2\n")
    (fleet.path / "new").write_bytes(b"\x00new")
    typed("seal", "set", "prod/shop", "api", "password", "--from-file", "new", cwd=fleet.path)
    assert values_of(fleet) == {"user": b"admin", "password": b"\x00new"}
    done = typed("seal", "unset", "prod/shop", "api", "user", cwd=fleet.path)
    assert done.stdout.decode() == f"{SEALED}: user removed\n"
    assert values_of(fleet) == {"password": b"\x00new"}
    assert "user" not in (fleet.path / SEALED).read_text()
    done = typed("seal", "unset", "prod/shop", "api", "user", cwd=fleet.path)
    assert done.returncode == 2
    assert b"api has no key user\n  to do: it has password" in done.stderr


def test_keys_that_are_not_given_stay_unless_they_are_pruned(typed: Run, fleet: Repo) -> None:
    put(typed, fleet, "a=1\nb=2\n")
    put(typed, fleet, "b=2\nc=3\n")
    assert values_of(fleet) == {"a": b"1", "b": b"2", "c": b"3"}
    assert put(typed, fleet, "b=2\n", "--prune") == f"{SEALED}: b unchanged, a c removed\n"
    assert values_of(fleet) == {"b": b"2"}


def test_a_value_is_read_from_standard_input_byte_for_byte(fleet: Repo) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", "seal", "prod/shop", "api", "--from-stdin", "k"],
        cwd=fleet.path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        input=b"line\n",
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert b"note: the value of k ends with a line break" in done.stderr
    assert values_of(fleet) == {"k": b"line\n"}


def test_a_value_is_asked_for_and_not_shown(fleet: Repo) -> None:
    seal = [sys.executable, "-m", "reconciler", "seal", "prod/shop", "api", "--prompt", "password"]
    with subprocess.Popen(
        [sys.executable, "-c", "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]))", *seal],
        cwd=fleet.path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "TERM": "dumb"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as typing:
        assert typing.stdin
        assert typing.stdout
        shown = b""
        while b"password: " not in shown:
            shown += os.read(typing.stdout.fileno(), 100)
        typing.stdin.write(b"hunter2\n")
        typing.stdin.flush()
        shown += typing.stdout.read()
    assert b"hunter2" not in shown
    assert values_of(fleet) == {"password": b"hunter2"}


def test_an_editor_gets_a_file_in_memory_that_is_gone_afterwards(
    typed: Run, fleet: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = tmp_path / "editor"
    seen = tmp_path / "seen"
    editor.write_text(f'#!/bin/sh\necho "$1" > {seen}\necho password=hunter2 >> "$1"\n')
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.delenv("VISUAL", raising=False)
    done = typed("seal", "prod/shop", "api", "--edit", cwd=fleet.path)
    assert done.returncode == 0, done.stderr
    assert values_of(fleet) == {"password": b"hunter2"}
    assert not os.path.exists(os.path.dirname(seen.read_text().strip()))


def test_names_are_sealed_as_kustomize_will_write_them(typed: Run, fleet: Repo) -> None:
    entry = fleet.path / "environments/prod/shop/kustomization.yaml"
    entry.write_text(entry.read_text() + "namePrefix: big-\n")
    put(typed, fleet, "password=hunter2\n")
    assert sealed_in(fleet).name == "api"
    record = sealed_in(fleet).record
    assert record
    assert record.context == "shop/big-api"
    assert "sealing/binding" not in typed("check", "prod/shop", cwd=fleet.path).stdout.decode()


def test_a_secret_that_moved_is_refused_until_all_of_it_is_given(typed: Run, fleet: Repo) -> None:
    put(typed, fleet, "user=admin\npassword=hunter2\n")
    entry = fleet.path / "environments/prod/shop/kustomization.yaml"
    entry.write_text(entry.read_text().replace("namespace: shop", "namespace: store"))
    (fleet.path / "v.env").write_text("password=x")
    command = ["seal", "prod/shop", "api", "--from-env-file", "v.env"]
    done = typed(*command, cwd=fleet.path)
    assert done.returncode == 2
    assert b"user of api are sealed for shop/api, and would not open as store/api" in done.stderr
    put(typed, fleet, "user=admin\npassword=hunter2\n")
    record = sealed_in(fleet).record
    assert record
    assert record.context == "store/api"


def test_a_namespace_that_the_app_does_not_have_is_refused(typed: Run, fleet: Repo) -> None:
    (fleet.path / "v.env").write_text("a=b")
    command = ["seal", "prod/shop", "api", "--from-env-file", "v.env", "--namespace", "other"]
    done = typed(*command, cwd=fleet.path)
    assert done.returncode == 2
    assert b"api of prod/shop is in the namespace shop" in done.stderr


def test_a_name_that_no_secret_can_have_is_refused_before_a_value_is_asked_for(
    typed: Run, fleet: Repo
) -> None:
    done = typed("seal", "prod/shop", "Db", "--prompt", "password", cwd=fleet.path)
    assert (done.returncode, done.stderr.decode()) == (
        2,
        'error: a Secret cannot be called "Db"\n'
        "  to do: a name has at most 253 lower-case letters, digits, hyphens and dots, and begins "
        "and ends with a letter or a digit, such as db\n",
    )


def test_a_team_sees_with_its_key_that_nothing_changed_on_any_machine(
    typed: Run, fleet: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "key"
    key.write_text("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n")
    monkeypatch.setenv("RECONCILER_SEALING_KEY_FILE", str(key))
    put(typed, fleet, "user=admin\npassword=hunter2\n")
    fleet.commit()
    (fleet.path / ".git/reconciler/sealed.sqlite").unlink()  # as on another machine
    assert "unchanged" in put(typed, fleet, "user=admin\npassword=hunter2\n")
    assert changed_lines(fleet) == []
    put(typed, fleet, "user=admin\npassword=hunter3\n")
    assert all("password" in line for line in changed_lines(fleet))
    key.write_text("short")
    done = typed("seal", "status", cwd=fleet.path)
    assert done.returncode == 2
    assert b"no key for digests" in done.stderr


def test_what_is_known_of_values_is_for_its_owner_only(typed: Run, fleet: Repo) -> None:
    put(typed, fleet, "password=hunter2\n")
    file = fleet.path / ".git/reconciler/sealed.sqlite"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"hunter2" not in file.read_bytes()


def test_status_shows_where_a_secret_is_and_where_it_is_missing(typed: Run, fleet: Repo) -> None:
    put(typed, fleet, "user=admin\npassword=hunter2\n")
    done = typed("seal", "status", "-o", "json", cwd=fleet.path)
    found = json.loads(done.stdout)
    (secret,) = found["secrets"]
    assert secret["environments"]["dev"] == {"missing": True}
    assert [v["certificate"] for v in secret["environments"]["prod"]["values"]] == ["current"] * 2
    lines = typed("seal", "status", cwd=fleet.path).stdout.decode().splitlines()
    assert lines[-1].split()[:4] == ["shop/api", "missing", "2", "current,"]


def test_certificates_are_shown_to_programs_too(typed: Run, fleet: Repo) -> None:
    done = typed("seal", "cert", "show", "prod", "-o", "json", cwd=fleet.path)
    found = json.loads(done.stdout)
    (certificate,) = found["certificates"]
    assert (found["version"], found["environment"]) == (1, "prod")
    status = json.loads(typed("seal", "status", "-o", "json", cwd=fleet.path).stdout)
    assert certificate in [c for e in status["environments"] for c in e["certificates"]]
    assert certificate["fingerprint"].startswith("SHA256:")


def test_status_asks_for_a_newer_certificate_when_it_is_old(typed: Run, repo: Repo) -> None:
    fleet = sealed_fleet(repo, certificateAge="30d")
    old = certificate_pem(private_key(1), begins=timedelta(days=-40))
    fleet.write({"environments/prod/sealing-cert.pem": old})
    said = typed("seal", "status", cwd=fleet.path).stderr.decode()
    assert "the certificate is 40 days old" in said
    assert "environments/dev" not in said


def test_verify_says_what_check_says(typed: Run, fleet: Repo) -> None:
    put(typed, fleet, "user=admin\n", "--all-envs", target="shop")
    done = typed("seal", "verify", "prod", cwd=fleet.path)
    assert done.returncode == 1
    assert b"the Secret api has no key password" in done.stdout
    put(typed, fleet, "password=hunter2\n", "--all-envs", target="shop")
    assert typed("seal", "verify", cwd=fleet.path).returncode == 0
    (fleet.path / "environments/dev/shop/api.sealed.yaml").write_bytes(
        (fleet.path / SEALED).read_bytes()
    )
    done = typed("seal", "verify", "dev", cwd=fleet.path)
    assert done.returncode == 1
    assert b"sealing/certificate" in done.stdout


def test_secrets_move_to_another_environment_with_the_keys_of_the_first(
    typed: Run, fleet: Repo
) -> None:
    put(typed, fleet, "user=admin\npassword=hunter2\n", target="dev/shop")
    (fleet.path / ".git/key.pem").write_bytes(key_pem(private_key(0)))
    command = ["seal", "migrate", "dev", "prod", "--keys", ".git/key.pem"]
    done = typed(*command, cwd=fleet.path)
    assert done.returncode == 0, done.stderr
    assert values_of(fleet) == {"user": b"admin", "password": b"hunter2"}
    put(typed, fleet, "user=other\n")
    typed(*command, cwd=fleet.path)
    assert values_of(fleet)["user"] == b"other"
    typed(*command, "--overwrite", cwd=fleet.path)
    assert values_of(fleet)["user"] == b"admin"


def test_values_are_sealed_again_with_the_keys_when_the_cluster_is_gone(
    typed: Run, fleet: Repo
) -> None:
    put(typed, fleet, "user=admin\npassword=hunter2\n")
    file = fleet.path / "environments/prod/sealing-cert.pem"
    file.write_bytes(certificate_pem(private_key(2)) + file.read_bytes())
    (fleet.path / ".git/key.pem").write_bytes(key_pem(private_key(1)))
    fleet.commit()
    new = fingerprint_of(private_key(2).public_key())
    rotate = ("seal", "rotate", "prod", "--keys", ".git/key.pem", "--fingerprint", new)
    done = typed(*rotate, cwd=fleet.path)
    assert done.returncode == 0, done.stderr
    assert f"{SEALED}: 2 sealed again" in done.stdout.decode()
    assert file.read_bytes().count(b"BEGIN") == 1, "nothing needs the older certificate"
    fleet.commit()
    assert "unchanged" in put(typed, fleet, "user=admin\npassword=hunter2\n")
    assert changed_lines(fleet) == [], "what is known of values stays known"


def test_only_who_has_the_key_unseals(typed: Run, fleet: Repo) -> None:
    put(typed, fleet, "password=hunter2\n")
    for number, code in ((0, 2), (1, 0)):
        (fleet.path / ".git/key.pem").write_bytes(key_pem(private_key(number)))
        done = typed("seal", "unseal", "--keys", ".git/key.pem", SEALED, cwd=fleet.path)
        assert done.returncode == code
    assert b"  password: aHVudGVyMg==\n" in done.stdout


def test_help_and_render_do_not_load_what_encrypts(fleet: Repo) -> None:
    for arguments in (["--help"], ["render", "prod/shop"]):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "reconciler", *arguments],
            cwd=fleet.path,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
        )
        imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
        assert not imported & {"cryptography", "httpx", "pyrage", "aiohttp", "kubernetes"}, (
            arguments
        )


def test_status_of_one_environment_shows_what_it_lacks(typed: Run, fleet: Repo) -> None:
    put(typed, fleet, "password=hunter2\n", target="dev/shop")
    for name in ("prod", "prod/shop"):
        lines = typed("seal", "status", name, cwd=fleet.path).stdout.decode().splitlines()
        assert [line.split()[0] for line in lines] == ["prod", "SECRET", "shop/api"]
        assert lines[-1].split()[1:] == ["missing"]


def test_a_table_in_a_pipe_is_never_cut(fleet: Repo, reconciler: Run, typed: Run) -> None:
    name = "a-secret-whose-name-takes-more-than-half-of-a-line"
    typed("seal", "prod/shop", name, "--unsafe-literal", "password=x", cwd=fleet.path)
    typed("seal", "dev/shop", name, "--unsafe-literal", "password=x", cwd=fleet.path)
    done = reconciler("seal", "status", cwd=fleet.path, COLUMNS="40")
    row = done.stdout.decode().splitlines()[-1]
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert row.split() == [f"shop/{name}", *["1", "current,", today] * 2]


def test_a_certificate_is_added_from_a_file(typed: Run, fleet: Repo) -> None:
    file = fleet.path / "environments/prod/sealing-cert.pem"
    before = file.read_text()
    newer = certificate_pem(private_key(2)).decode()
    (fleet.path / "new.pem").write_text(newer)
    done = typed("seal", "cert", "add", "prod", "new.pem", cwd=fleet.path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().startswith("environments/prod/sealing-cert.pem: SHA256:")
    assert done.stdout.endswith(b" is new\n")
    assert file.read_text() == newer + before
    again = typed("seal", "cert", "add", "prod", "new.pem", cwd=fleet.path)
    assert again.stdout.endswith(b" is there already\n")
    assert file.read_text() == newer + before


def test_what_is_no_certificate_is_not_added(typed: Run, fleet: Repo) -> None:
    fleet.write({"key.pem": "-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\n"})
    for file, said in (
        ("key.pem", "THIS IS A PRIVATE KEY"),
        ("environments/dev/environment.yaml", "there is no certificate in this file"),
        ("nowhere.pem", "nowhere.pem cannot be read"),
    ):
        done = typed("seal", "cert", "add", "prod", file, cwd=fleet.path)
        assert done.returncode == 2
        assert said in done.stderr.decode()
    assert changed_lines(fleet) == []


def test_without_a_cluster_rotate_names_the_way_by_keys(typed: Run, fleet: Repo) -> None:
    done = typed("seal", "rotate", "prod", "--kubeconfig", "/nowhere/config", cwd=fleet.path)
    assert done.returncode == 2
    assert b"rotate without the cluster, by --keys FILE" in done.stderr


def test_an_environment_and_an_app_are_written_as_one_word(typed: Run, fleet: Repo) -> None:
    done = typed("seal", "prod", "shop", "api", "--prompt", "password", cwd=fleet.path)
    assert done.returncode == 2
    assert b"to do: write prod/shop\n" in done.stderr
