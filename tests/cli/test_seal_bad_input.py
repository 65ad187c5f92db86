"""Whatever is wrong is said with its place, and no value is ever said."""

from __future__ import annotations

import base64
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from reconciler.yaml.write import as_yaml
from tests.cli.conftest import Run
from tests.cli.sealed_fleet import SEALED, sealed_fleet
from tests.cli.test_seal import put, sealed_in, values_of
from tests.conftest import Repo
from tests.sealing.material import certificate_pem, key_pem, private_key

ROOT = Path(__file__).parents[2]
LOUD = "hunter2"  # nothing that is printed may hold it


@pytest.fixture
def fleet(repo: Repo) -> Repo:
    return sealed_fleet(repo)


SECRET = f"""\
apiVersion: v1
kind: Secret
metadata: {{name: api, namespace: shop}}
stringData: {{password: {LOUD}}}
"""

CERTIFICATES: list[tuple[Callable[[], bytes], str]] = [
    (lambda: certificate_pem(ends=timedelta(hours=-1)), "the certificate expired on 20"),
    (
        lambda: certificate_pem(begins=timedelta(days=1)),
        "the certificate is not valid before 20",
    ),
    (lambda: certificate_pem(private_key(0, 1024)), "has a key of 1024 bits, less than 2048"),
    (
        lambda: certificate_pem(ec.generate_private_key(ec.SECP256R1())),
        "the certificate's key is not an RSA key",
    ),
    (lambda: certificate_pem()[:300], "the certificate is cut short"),
    (
        lambda: certificate_pem()[:300] + b"\n-----END CERTIFICATE-----\n",
        "the certificate is damaged",
    ),
    (key_pem, "THIS IS A PRIVATE KEY"),
    (lambda: certificate_pem() + key_pem(), "THIS IS A PRIVATE KEY"),
    (lambda: key_pem()[:200], "THIS IS A PRIVATE KEY"),
    (
        lambda: b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "this is a public key, and a certificate belongs here",
    ),
    (lambda: b"", "there is no certificate in this file"),
    (lambda: b"\xff\x00", "there is no certificate in this file"),
]


@pytest.mark.parametrize(("content", "what"), CERTIFICATES)
def test_a_certificate_that_must_not_be_used_is_refused(
    typed: Run, fleet: Repo, content: Callable[[], bytes], what: str
) -> None:
    file = fleet.path / "environments/prod/sealing-cert.pem"
    file.write_bytes(content())
    fleet.write({"secret.yaml": SECRET, "v.env": f"a={LOUD}"})
    for command in (
        ["seal", "--env", "prod", "-f", "secret.yaml"],
        ["seal", "--cert", file, "-f", "secret.yaml"],
        ["seal", "prod/shop", "api", "--from-env-file", "v.env"],
    ):
        done = typed(*command, cwd=fleet.path)
        assert done.returncode == 2
        assert not done.stdout
        assert what in done.stderr.decode()
        assert "sealing-cert.pem" in done.stderr.decode()
        assert LOUD not in done.stderr.decode()
        assert "-----BEGIN RSA" not in done.stderr.decode()


def secret(text: str) -> str:
    return f"apiVersion: v1\nkind: Secret\n{text}"


NAMED = "metadata: {name: api, namespace: shop}\n"
SECRETS = [
    ("", "there is no Secret on standard input"),
    ("hunter2", "1:1: this is not a Secret"),
    ("{", "this is not YAML: "),
    ("a: *hunter2", "1:4: this is not YAML: found undefined alias"),
    ("a: 'hunter2", "this is not YAML: "),
    ("kind: ConfigMap\napiVersion: v1\ndata: {a: hunter2}", "this is a ConfigMap"),
    ("kind: Secret\ndata: {a: hunter2}", "this is a Secret, and only a Secret is sealed"),
    (secret("stringData: {a: hunter2}"), "the Secret has no name"),
    (secret("metadata: {name: Api, namespace: x}"), '3:18: a Secret cannot be called "Api"'),
    (secret("metadata: {name: a, namespace: x.y}"), "3:32: a namespace cannot have this name"),
    (secret("metadata: {name: a, namespace: 7}"), "3:32: metadata.namespace must be text"),
    (secret(NAMED), "the Secret api holds no value"),
    (secret("metadata: {name: a}\nstringData: {a: hunter2}"), "the Secret a has no namespace"),
    (secret(f"{NAMED}data: {{a: hunter2.}}"), "4:11: the value of a is not base64"),
    (secret(f"{NAMED}data: {{a: [hunter2]}}"), "4:11: data.a must be text"),
    (secret(f"{NAMED}data: [hunter2]"), "4:7: data must be a mapping"),
    (secret(f"{NAMED}stringData: {{a: 7}}"), "4:17: stringData.a must be text"),
    (secret(f"{NAMED}stringData: {{a: true}}"), "4:17: stringData.a must be text"),
    (secret(f"{NAMED}stringData: {{a: !x hunter2}}"), "4:17: stringData.a must be text"),
    (secret(f"{NAMED}stringData: {{a: b, a: hunter2}}"), "4:20: this key is here twice"),
    (secret(f"{NAMED}stringData: {{a/b: hunter2}}"), "a key of a Secret cannot have this name"),
    (secret(f"{NAMED}stringData: {{..a: hunter2}}"), "a key of a Secret cannot have this name"),
    (secret(f"{NAMED}immutable: hunter2"), "4:12: immutable is true or false"),
    (secret(f"{NAMED}x: &a {{b: c}}\n<<: *a"), "a key is plain text here"),
    ('{"kind": "Secret", "kind": "hunter2"}', "a key is here twice in one object"),
    ("[" * 60 + "hunter2", "more than 50 levels are nested here"),
]


@pytest.mark.parametrize(("text", "what"), SECRETS)
def test_an_input_that_is_no_good_secret_is_refused_without_its_values(
    typed: Run, fleet: Repo, text: str, what: str
) -> None:
    fleet.write({"s.yaml": text})
    done = typed("seal", "--env", "prod", "-f", "s.yaml", cwd=fleet.path)
    assert done.returncode == 2
    assert not done.stdout
    assert what in done.stderr.decode()
    assert LOUD not in done.stderr.decode()
    debug = typed("--debug", "seal", "--env", "prod", "-f", "s.yaml", cwd=fleet.path)
    assert LOUD not in debug.stderr.decode()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"a\xff: hunter2", "this is not text in UTF-8"),
        (b"a: hunter2\x01", "U+0001, which YAML does not allow"),
        (b"a: " + b"hunter2" * (3 << 20), "more than the 16,777,216 that are read"),
    ],
)
def test_bytes_that_are_no_text_are_refused(
    typed: Run, fleet: Repo, content: bytes, what: str
) -> None:
    fleet.write({"s.yaml": content})
    done = typed("seal", "--env", "prod", "-f", "s.yaml", cwd=fleet.path)
    assert (done.returncode, what in done.stderr.decode()) == (2, True)
    assert LOUD not in done.stderr.decode()


@pytest.mark.parametrize("raw", [False, True])
def test_a_secret_larger_than_kubernetes_takes_is_refused(
    typed: Run, fleet: Repo, raw: bool
) -> None:
    large = b"x" * (2 << 20)
    data = {"a": base64.b64encode(large).decode()}
    metadata = {"name": "api", "namespace": "shop"}
    text = as_yaml({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})
    fleet.write({"s.yaml": text, "large": large})
    command = (
        ["--raw", "--from-file", "large", "--name", "a", "-n", "b"] if raw else ["-f", "s.yaml"]
    )
    done = typed("seal", "--env", "prod", *command, cwd=fleet.path)
    assert done.returncode == 2
    assert b"2,097,152 bytes together, and a Secret holds at most 1,048,576" in done.stderr


def test_the_largest_secret_is_sealed(typed: Run, fleet: Repo) -> None:
    fleet.write({"large": b"x" * (1 << 20)})
    command = ["seal", "prod/shop", "api", "--from-file", "large"]
    assert typed(*command, cwd=fleet.path).returncode == 0
    assert values_of(fleet) == {"large": b"x" * (1 << 20)}


def test_line_ends_of_windows_are_no_part_of_values_and_stay_in_files(
    typed: Run, fleet: Repo
) -> None:
    put(typed, fleet, "user=admin\r\npassword=hunter2\r\n")
    assert values_of(fleet) == {"user": b"admin", "password": b"hunter2"}
    file = fleet.path / SEALED
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    put(typed, fleet, "password=other\n")
    content = file.read_bytes()
    assert content.count(b"\n") == content.count(b"\r\n")
    assert values_of(fleet)["password"] == b"other"


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        (lambda text: text[:-8], "sealing/ciphertext"),
        (lambda text: "hunter2", "sealing/ciphertext"),
        (lambda text: "", "sealing/ciphertext"),
    ],
)
def test_a_damaged_ciphertext_is_found(
    typed: Run, fleet: Repo, damage: Callable[[str], str], rule: str
) -> None:
    put(typed, fleet, "password=x\n", "--all-envs", target="shop")
    file = fleet.path / SEALED
    whole = sealed_in(fleet).encrypted["password"]
    file.write_text(file.read_text().replace(whole, '"' + damage(whole)[:40] + '"'))
    done = typed("seal", "verify", "prod", cwd=fleet.path)
    assert (done.returncode, rule in done.stdout.decode()) == (1, True)
    assert LOUD not in done.stdout.decode() + done.stderr.decode()


def test_a_flipped_bit_is_said_when_it_is_opened(typed: Run, fleet: Repo) -> None:
    put(typed, fleet, "password=hunter2\n")
    file = fleet.path / SEALED
    whole = sealed_in(fleet).encrypted["password"]
    flipped = whole[:-20] + ("A" if whole[-20] != "A" else "B") + whole[-19:]
    file.write_text(file.read_text().replace(whole, flipped))
    (fleet.path / ".git/key.pem").write_bytes(key_pem(private_key(1)))
    done = typed("seal", "unseal", "--keys", ".git/key.pem", SEALED, cwd=fleet.path)
    assert done.returncode == 2
    assert b"no key that was given opens the value of password" in done.stderr
    assert put(typed, fleet, "password=hunter2\n") == f"{SEALED}: password sealed\n"


def test_a_scope_is_a_scope(typed: Run, fleet: Repo) -> None:
    fleet.write({"s.yaml": SECRET})
    done = typed("seal", "--env", "prod", "--scope", "wide", "-f", "s.yaml", cwd=fleet.path)
    assert done.returncode == 2
    assert b"there is no scope wide\n  to do: write strict, namespace-wide, " in done.stderr
    put(typed, fleet, "a=1\nb=2\n")
    fleet.write({"v.env": "a=1"})
    wider = ["seal", "prod/shop", "api", "--scope", "cluster-wide", "--from-env-file", "v.env"]
    done = typed(*wider, cwd=fleet.path)
    assert done.returncode == 2
    assert b"b of api are sealed strict, and would not open as cluster-wide" in done.stderr


# Root may write everywhere but where the file system itself does not.
READ_ONLY = """
mount --bind environments/prod/shop environments/prod/shop || exit 77
mount -o remount,ro,bind environments/prod/shop || exit 77
exec "$@"
"""


def test_a_folder_that_cannot_be_written_is_said(fleet: Repo) -> None:
    folder = fleet.path / "environments/prod/shop"
    fleet.write({"v.env": f"a={LOUD}"})
    command = [sys.executable, "-m", "reconciler", "seal", "prod/shop", "api"]
    if os.getuid() == 0:
        command = ["unshare", "--mount", "sh", "-c", READ_ONLY, "sh", *command]
    else:
        folder.chmod(0o500)
    before = sorted(os.listdir(folder))
    done = subprocess.run(
        [*command, "--from-env-file", "v.env"],
        cwd=fleet.path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
    )
    folder.chmod(0o700)
    if done.returncode == 77 or b"unshare:" in done.stderr:
        pytest.skip("no file system can be mounted here")
    assert done.returncode == 2, done.stderr
    assert b"the file cannot be written" in done.stderr
    assert LOUD.encode() not in done.stdout + done.stderr
    assert sorted(os.listdir(folder)) == before


def test_a_file_that_is_a_link_is_not_followed(typed: Run, fleet: Repo, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("")
    (fleet.path / SEALED).symlink_to(tmp_path / "elsewhere")
    fleet.write({"v.env": "a=1"})
    done = typed("seal", "prod/shop", "api", "--from-env-file", "v.env", cwd=fleet.path)
    assert (done.returncode, b"this is a symbolic link" in done.stderr) == (2, True)
    assert (tmp_path / "elsewhere").read_text() == ""


@pytest.mark.parametrize(
    ("kustomization", "said"),
    [
        ("", ": this is not a kustomization"),
        ("# nothing\n", ": this is not a kustomization"),
        ("- a\n", ": this is not a kustomization"),
        ("resources: ../../overlays/shop\n", ":1:12: this is not a list"),
        ("resources:\n  a: b\n", ":2:3: this is not a list"),
        ("resources: []\n<<: {resources: []}\n", ":2:1: this takes over a key that stands above"),
        ("a: [b, # c\n  d]\nresources: &r []\nx: *r\n", ":1: this cannot be edited without losing"),
        ("a: b\n---\nc: d\n", ":2:1: a second document begins here"),
    ],
)
def test_a_kustomization_that_cannot_name_it_leaves_no_file(
    kustomization: str, said: str, typed: Run, fleet: Repo
) -> None:
    path = "environments/prod/shop/kustomization.yaml"
    fleet.commit({path: kustomization})
    fleet.write({".git/v.env": f"password={LOUD}\n"})
    done = typed(
        "seal", "prod/shop", "api", "--namespace", "shop", "--from-env-file", ".git/v.env",
        cwd=fleet.path,
    )  # fmt: skip
    assert done.returncode == 2
    error = done.stderr.decode()
    assert said in error
    assert path in error
    assert LOUD not in error
    assert fleet.git("status", "--short") == ""


@pytest.mark.parametrize(
    ("kustomization", "after"),
    [
        (
            "resources: &r [../../../overlays/shop]\nx: *r  # both\n",
            "resources: &r [../../../overlays/shop, api.sealed.yaml]\n"
            "x: [../../../overlays/shop]\n",
        ),
        (
            "<<: {resources: [../../../overlays/shop]}\n",
            "<<: {resources: [../../../overlays/shop]}\nresources:\n"
            '- "../../../overlays/shop"\n- api.sealed.yaml\n',
        ),
    ],
)
def test_a_kustomization_that_is_written_again_is_said_to_be(
    kustomization: str, after: str, typed: Run, fleet: Repo
) -> None:
    path = "environments/prod/shop/kustomization.yaml"
    fleet.commit({path: kustomization})
    fleet.write({".git/v.env": f"password={LOUD}\n"})
    done = typed(
        "seal", "prod/shop", "api", "--namespace", "shop", "--from-env-file", ".git/v.env",
        cwd=fleet.path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "kustomization.yaml: the whole document was written again" in done.stderr.decode()
    assert b"written again" not in done.stdout
    now = (fleet.path / path).read_text()
    assert [line for line in now.splitlines() if line.strip() != "# both"] == after.splitlines()
    assert now.count("# both") == kustomization.count("# both")


def test_an_interruption_leaves_the_old_file_whole(typed: Run, fleet: Repo) -> None:
    """Killed at many moments: the file is the old one or the new one, and nothing lies beside."""
    put(typed, fleet, "password=hunter2\n")
    file = fleet.path / SEALED
    before = file.read_text()
    fleet.write({".git/v.env": "password=other\n"})
    command = [sys.executable, "-m", "reconciler", "seal", "prod/shop", "api", "--reseal"]
    for delay in (0.3, 0.5, 0.6):
        process = subprocess.Popen(
            [*command, "--from-env-file", ".git/v.env"],
            cwd=fleet.path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(delay)
        process.kill()
        process.wait()
        now = file.read_text()
        assert now == before or values_of(fleet) == {"password": b"other"}
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_no_core_is_dumped_and_no_neighbour_looks_in(fleet: Repo) -> None:
    looked = subprocess.run(
        [
            sys.executable,
            "-c",
            "import ctypes, resource; from reconciler.cli.seal.guard import leave_no_core; "
            "leave_no_core(); print(resource.getrlimit(resource.RLIMIT_CORE), "
            "ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))",
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert looked.stdout == "(0, 0) 0\n"


def test_files_hold_no_plaintext_after_all_of_it(typed: Run, fleet: Repo) -> None:
    (fleet.path / "v.env").write_text("password=hunter2\n")
    typed("seal", "prod/shop", "api", "--from-env-file", "v.env", cwd=fleet.path)
    (fleet.path / "v.env").unlink()
    for path in fleet.path.rglob("*"):
        assert not path.is_file() or LOUD.encode() not in path.read_bytes(), path
