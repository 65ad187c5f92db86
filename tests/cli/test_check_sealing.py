"""What reconciler check says of sealed secrets, before anybody merges them."""

from __future__ import annotations

import json

import pytest

from reconciler.sealing.seal import seal
from reconciler.sealing.secret import Secret
from reconciler.yaml.write import as_yaml
from tests.cli.conftest import Run
from tests.conftest import Repo
from tests.sealing.material import certificate, key_pem

ENTRY = "namespace: shop\nresources: [db.yaml, ../../../overlays/shop]\n"
PODS = """apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: web:1
    envFrom: [{secretRef: {name: db}}]
"""


@pytest.fixture
def fleet(repo: Repo) -> Repo:
    """An app that needs a secret, sealed for each of two environments."""
    files = {"overlays/shop/kustomization.yaml": "resources: [pod.yaml]\n"}
    files["overlays/shop/pod.yaml"] = PODS
    for number, name in enumerate(("dev", "prod")):
        secret = Secret("db", "shop", {"password": bytearray(b"hunter2")})
        sealed = as_yaml(seal(secret, certificate(number)).object())
        folder = f"environments/{name}"
        files[f"{folder}/environment.yaml"] = f"destination: {{cluster: {name}}}\n"
        files[f"{folder}/sealing-cert.pem"] = certificate(number).pem
        files[f"{folder}/shop/kustomization.yaml"] = ENTRY
        files[f"{folder}/shop/db.yaml"] = sealed
    repo.write(files)
    return repo


def found(repo: Repo, typed: Run) -> list[tuple[str, str]]:
    done = typed("check", "prod", "-o", "json", "--level", "error", cwd=repo.path)
    assert b"hunter2" not in done.stdout + done.stderr
    findings = json.loads(done.stdout)["findings"]
    return [
        (f["rule"], f"{f['file']}:{f['line']}")
        for f in findings
        if not f["rule"].startswith("types/")
    ]


def test_a_secret_that_is_sealed_for_its_environment_is_fine(fleet: Repo, typed: Run) -> None:
    assert found(fleet, typed) == []


def test_a_secret_that_was_copied_from_another_environment_is_found(
    fleet: Repo, typed: Run
) -> None:
    sealed = (fleet.path / "environments/dev/shop/db.yaml").read_text()
    fleet.write({"environments/prod/shop/db.yaml": sealed})
    [(rule, where)] = found(fleet, typed)
    assert rule == "sealing/certificate"
    line = sealed.splitlines().index("  encryptedData:") + 2
    assert where == f"environments/prod/shop/db.yaml:{line}"


@pytest.mark.parametrize(
    "transformer", ["namePrefix: blue-\n", "nameSuffix: -blue\n", "namespace: other\n"]
)
def test_a_secret_that_kustomize_calls_otherwise_is_found(
    transformer: str, fleet: Repo, typed: Run
) -> None:
    entry = ENTRY.replace("namespace: shop\n", "") if "space" in transformer else ENTRY
    fleet.write({"environments/prod/shop/kustomization.yaml": entry + transformer})
    assert "sealing/binding" in [rule for rule, _ in found(fleet, typed)]


def test_a_secret_that_an_environment_lacks_is_found(fleet: Repo, typed: Run) -> None:
    entry = ENTRY.replace("db.yaml, ", "")
    fleet.write({"environments/prod/shop/kustomization.yaml": entry})
    assert found(fleet, typed) == [("references/secret", "overlays/shop/pod.yaml:8")]
    printed = typed("check", "prod", cwd=fleet.path).stdout.decode()
    assert "to do: reconciler seal prod/shop db, or declare it as an external" in printed


def test_a_private_key_in_the_place_of_the_certificate_stops_everything(
    fleet: Repo, typed: Run
) -> None:
    fleet.write({"environments/prod/sealing-cert.pem": key_pem()})
    done = typed("check", "prod", cwd=fleet.path)
    assert done.returncode == 2
    assert b"THIS IS A PRIVATE KEY" in done.stderr


@pytest.mark.parametrize(
    ("file", "kustomization", "expected"),
    [
        ("more.sealed.yaml", ENTRY, ["sealing/unused"]),
        ("below/more.yaml", ENTRY, ["sealing/unused"]),
        ("more.sealed.yaml", ENTRY.replace("db.yaml", "db.yaml, more.sealed.yaml"), []),
        ("notes.txt", ENTRY, []),
    ],
)
def test_a_sealed_file_that_no_kustomization_names_is_told(
    file: str, kustomization: str, expected: list[str], fleet: Repo, typed: Run
) -> None:
    folder = "environments/prod/shop"
    sealed = (fleet.path / folder / "db.yaml").read_text().replace("name: db", "name: more")
    fleet.write({f"{folder}/{file}": sealed, f"{folder}/kustomization.yaml": kustomization})
    done = typed("check", "prod", "-o", "json", "--rule", "sealing/unused", cwd=fleet.path)
    findings = json.loads(done.stdout)["findings"]
    assert [f["rule"] for f in findings] == expected
    if expected:
        assert findings[0]["file"] == f"{folder}/{file}"
        assert findings[0]["line"] == 1
        assert findings[0]["what"] == "no kustomization names it, so it reaches no cluster"
        assert f"{folder}/kustomization.yaml" in findings[0]["hint"]


def test_what_is_unused_and_no_yaml_at_all_is_nothing_to_be_told(fleet: Repo, typed: Run) -> None:
    fleet.write({"environments/prod/shop/x.yaml": "kind: SealedSecret\n{{ if }}\n"})
    done = typed("check", "prod", "--rule", "sealing/unused", cwd=fleet.path)
    assert (done.returncode, done.stdout) == (0, b"")


def test_what_an_app_beside_reads_is_used(fleet: Repo, typed: Run) -> None:
    sealed = (fleet.path / "environments/prod/shop/db.yaml").read_text()
    fleet.write(
        {
            "environments/prod/shop/for/kustomization.yaml": "resources: [more.yaml]\n",
            "environments/prod/shop/for/more.yaml": sealed.replace("name: db", "name: more"),
            "environments/prod/other/kustomization.yaml": "resources: [../shop/for]\n",
        }
    )
    done = typed("check", "prod", "--rule", "sealing/unused", cwd=fleet.path)
    assert (done.returncode, done.stdout) == (0, b"")
