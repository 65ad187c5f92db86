"""What is allowed in a file hides nothing else in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.cli.conftest import Run
from tests.cli.conftest import typed as typed
from tests.conftest import Repo

PEM = (
    ed25519.Ed25519PrivateKey.generate()
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
)
INDENTED = PEM.replace("\n", "\n    ").rstrip()
RULE = "allowed: [{file: '*', key: password, reason: Made up.}]\n"


def secret(name: str, key: str, value: str = "hunter2") -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name},
        "stringData": {key: value},
    }


ALLOWED = "kind: Secret\nmetadata: {name: test}\nstringData:\n  password: hunter2\n"
CONFIG = f"---\nkind: ConfigMap\ndata:\n  key: |\n    {INDENTED}\n"
HIDDEN = {
    "a private key": ("a.yaml", ALLOWED + CONFIG, "a.yaml:9: a private key in the clear"),
    "a private key, in one line": (
        "a.json",
        json.dumps([secret("a", "password"), {"kind": "ConfigMap", "data": {"k": PEM}}]),
        "a.json:1: a private key in the clear",
    ),
    "another Secret, in one line": (
        "a.json",
        json.dumps({"kind": "List", "items": [secret("a", "password"), secret("prod", "token")]}),
        "a.json:1: Secret prod holds token in the clear",
    ),
    "another key, in one line": (
        "a.yaml",
        "{kind: Secret, metadata: {name: a}, stringData: {password: x, token: hunter2}}\n",
        "a.yaml:1: Secret a holds token in the clear",
    ),
    "a generator's literal, in one line": (
        "kustomization.yaml",
        "secretGenerator: [{name: a, literals: [password=x]}, {name: b, literals: [token=x]}]\n",
        "kustomization.yaml:1: the generator of Secret b holds token in the clear",
    ),
}


def told(repo: Repo, typed: Run) -> list[str]:
    repo.git("add", "--all")
    return typed("secrets", "forbid", cwd=Path(repo.path)).stdout.decode().splitlines()


@pytest.mark.parametrize("name", HIDDEN)
def test_what_is_allowed_hides_nothing_else(name: str, repo: Repo, typed: Run) -> None:
    file, text, expected = HIDDEN[name]
    repo.write({file: text, ".plaintext-secrets.yaml": RULE})
    assert told(repo, typed) == [expected]


def test_a_key_in_an_allowed_value_is_allowed_with_it(repo: Repo, typed: Run) -> None:
    """It is what was looked at and found to be of no use to anybody; elsewhere it is another."""
    made = f"kind: Secret\nmetadata: {{name: test}}\nstringData:\n  password: |\n    {INDENTED}\n"
    repo.write({"a.yaml": made, ".plaintext-secrets.yaml": RULE})
    assert told(repo, typed) == []
    repo.write({"b.yaml": CONFIG.removeprefix("---\n")})
    assert told(repo, typed) == ["b.yaml:4: a private key in the clear"]


def test_one_place_is_told_once(repo: Repo, typed: Run) -> None:
    """A key in a value that is reported, and a Secret in a list of Secrets."""
    inside = json.dumps({"kind": "SecretList", "items": [secret("a", "tls.key", PEM)]}, indent=1)
    repo.write({"a.json": inside})
    [line] = told(repo, typed)
    assert "tls.key" in line


def test_what_is_allowed_in_a_generators_file_hides_none_of_the_rest(
    repo: Repo, typed: Run
) -> None:
    repo.write(
        {
            "kustomization.yaml": "secretGenerator: [{name: db, files: [c.yaml]}]\n",
            "c.yaml": f"{ALLOWED}---\ntoken: hunter2\n",
            ".plaintext-secrets.yaml": RULE,
        }
    )
    [line] = told(repo, typed)
    assert line.startswith("c.yaml:1: the file, of which kustomization.yaml makes Secret")
