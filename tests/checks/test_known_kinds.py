"""What much of the ecosystem lives on is known by heart: nobody has to bring its definitions."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from reconciler.checks.finding import Severity
from reconciler.cli.variables import SETTINGS
from tests.checks.conftest import Check, JudgeOne

ROOT = Path(__file__).parents[2]


def custom(api: str, kind: str, spec: str) -> str:
    return f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: one, namespace: a}}\nspec: {spec}\n"


SEALED = custom("bitnami.com/v1alpha1", "SealedSecret", "{encryptedData: {password: AgBy}}")
ISSUER = "issuerRef: {name: a}, secretName: a"
CERTIFICATE = custom("cert-manager.io/v1", "Certificate", f"{{{ISSUER}, dnsNames: [a.example]}}")
RELEASE = custom(
    "helm.toolkit.fluxcd.io/v2",
    "HelmRelease",
    "{interval: 1h, chartRef: {kind: OCIRepository, name: a}}",
)
ROUTE = custom("gateway.networking.k8s.io/v1", "HTTPRoute", "{hostnames: [a.example]}")
SCALED = custom(
    "keda.sh/v1alpha1",
    "ScaledObject",
    "{scaleTargetRef: {name: a}, triggers: [{type: cpu, metadata: {value: '50'}}]}",
)
STORE = "secretStoreRef: {name: a}, target: {name: a}"
EXTERNAL = custom("external-secrets.io/v1", "ExternalSecret", f"{{{STORE}, dataFrom: []}}")
SNAPSHOT = custom(
    "snapshot.storage.k8s.io/v1",
    "VolumeSnapshot",
    "{volumeSnapshotClassName: a, source: {persistentVolumeClaimName: a}}",
)
APPLICATION = custom(
    "argoproj.io/v1alpha1",
    "Application",
    "{project: a, source: {repoURL: https://a.example}, destination: {name: a}}",
)
MONITOR = custom("monitoring.coreos.com/v1", "ServiceMonitor", "{selector: {}, endpoints: []}")


@pytest.mark.parametrize(
    "manifest",
    [
        SEALED,
        CERTIFICATE,
        RELEASE,
        ROUTE,
        SCALED,
        EXTERNAL,
        SNAPSHOT,
        APPLICATION,
        MONITOR,
    ],
    ids=lambda text: text.split()[3],
)
def test_a_kind_of_another_project_is_known(manifest: str, judge_one: JudgeOne) -> None:
    assert judge_one(manifest) == ()
    (found,) = judge_one(manifest.replace("spec: {", "spec: {nonsense: 1, "))
    assert (found.rule, found.path) == ("types/unknown-field", "spec.nonsense")


def test_a_finding_says_whose_definition_it_is_by(judge_one: JudgeOne) -> None:
    (found,) = judge_one(CERTIFICATE.replace("dnsNames", "dnsname"))
    assert found.hint.startswith(
        "did you mean dnsNames?; checked with the definition of github.com/cert-manager/"
    )
    assert "put its own into crds/" in found.hint


@pytest.mark.parametrize(
    ("manifest", "severity"),
    [
        (CERTIFICATE.replace("dnsNames", "dnsname"), Severity.error),
        (CERTIFICATE.replace("spec: {", "spec: {newInTheNextRelease: 1, "), Severity.warning),
        (APPLICATION.replace("project: a", "project: [a]"), Severity.error),
        (RELEASE.replace("OCIRepository", "NewSource"), Severity.warning),
    ],
    ids=["a slip", "a field of another release", "a wrong type", "a value of another release"],
)
def test_what_another_release_may_allow_is_a_warning(
    judge_one: JudgeOne, manifest: str, severity: Severity
) -> None:
    (found,) = judge_one(manifest)
    assert found.severity is severity


def test_a_definition_of_the_repository_comes_first(judge_one: JudgeOne) -> None:
    own = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: certificates.cert-manager.io}
spec:
  group: cert-manager.io
  names: {kind: Certificate, plural: certificates, singular: certificate, listKind: CertificateList}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {type: object, properties: {issuerRef: {type: object}}}}
"""
    found = judge_one(CERTIFICATE, {"crds/certificates.yaml": own})
    assert {f.path for f in found} == {"spec.dnsNames", "spec.secretName", "spec.issuerRef.name"}
    assert not any("built in" in f.hint for f in found)


@pytest.mark.parametrize(
    ("kind", "plural"),
    [
        ("Thing", "things"),
        ("NetworkPolicy", "networkpolicies"),
        ("Gateway", "gateways"),
        ("EnvoyProxy", "envoyproxies"),
        ("Alias", "aliases"),
        ("ServiceAccount", "serviceaccounts"),
    ],
)
def test_a_group_that_nothing_has_is_a_warning_with_the_command(
    run_check: Check, kind: str, plural: str
) -> None:
    report = run_check(custom("example.com/v1", kind, "{}"))
    (found,) = report.findings
    assert (found.rule, found.severity) == ("types/unknown-kind", Severity.warning)
    assert found.what.startswith(f"no schema for {kind} (example.com/v1)")
    name = f"{plural}.example.com"
    assert f"kubectl get crd {name} -o yaml > crds/{name}.yaml" in found.hint
    assert not report.fails


def test_a_kind_that_a_known_group_lacks_is_an_error(run_check: Check) -> None:
    report = run_check(custom("cert-manager.io/v1", "Certificates", "{}"))
    (found,) = report.findings
    assert (found.rule, found.severity) == ("types/unknown-kind", Severity.error)
    assert report.fails


@pytest.mark.peers
def test_what_is_built_in_is_what_the_pinned_modules_have() -> None:
    script = runpy.run_path(str(ROOT / "kernel/definitions.py"))
    wanted = script["definitions"](Path(SETTINGS.peers_folder))
    folder = ROOT / "kernel/internal/checks/definitions"
    there = {file.name: file.read_text() for file in folder.glob("*.json")}
    assert there.keys() == wanted.keys()
    assert [name for name in wanted if there[name] != wanted[name]] == [], "run make definitions"
