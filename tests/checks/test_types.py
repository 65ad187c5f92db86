"""Strict types: what an API server refuses is found, where it is, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reconciler.checks.finding import Severity
from tests.checks.conftest import JudgeOne

TABLE = Path(__file__).with_name("broken.yaml").read_text()
BROKEN = [text for text in TABLE.split("\n---\n") if "# finds:" in text]
STRICT = ("types/unknown-field", "types/wrong-type", "types/unknown-kind")


def test_the_table_is_large() -> None:
    assert len(BROKEN) >= 100


@pytest.mark.parametrize("manifest", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_object_is_found_out_where_it_is_broken(
    manifest: str, judge_one: JudgeOne
) -> None:
    expected = re.findall(r"^# finds: (\S+) (\S+)$", manifest, re.MULTILINE)
    found = [
        (f.rule, f.path)
        for f in judge_one(manifest)
        if f.rule in (*STRICT, "types/version-not-served")
    ]
    assert found == expected


DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, FIELDS}]}
"""


@pytest.mark.parametrize(
    ("fields", "hint"),
    [
        ("imagePullpolicy: Always", "did you mean imagePullPolicy?"),
        ("portz: []", "did you mean ports?"),
        ("xyzzy: 1", ""),
        ("tty: 'true'", "leave the quotes out"),
        ("tty: 'aye'", ""),
        ("command: [1]", "put it into quotes"),
    ],
)
def test_a_mistake_comes_with_what_was_meant(fields: str, hint: str, judge_one: JudgeOne) -> None:
    (found,) = judge_one(DEPLOYMENT.replace("FIELDS", fields))
    assert found.hint == hint


@pytest.mark.parametrize(
    ("version", "kind", "kubernetes", "rules"),
    [
        ("networking.k8s.io/v1", "Ingress", "1.18", ["types/version-not-served"]),
        ("networking.k8s.io/v1", "Ingress", "1.19", []),
        ("networking.k8s.io/v1beta1", "Ingress", "1.18", []),
        ("networking.k8s.io/v1beta1", "Ingress", "1.21", ["types/deprecated"]),
        ("networking.k8s.io/v1beta1", "Ingress", "1.22", ["types/version-not-served"]),
        ("policy/v1beta1", "PodDisruptionBudget", "1.24", ["types/deprecated"]),
        ("policy/v1beta1", "PodDisruptionBudget", "1.25", ["types/version-not-served"]),
        ("flowcontrol.apiserver.k8s.io/v1", "FlowSchema", "1.28", ["types/version-not-served"]),
        ("flowcontrol.apiserver.k8s.io/v1", "FlowSchema", "1.29", []),
        ("storage.k8s.io/v1beta1", "VolumeAttributesClass", "1.33", ["types/not-enabled"]),
    ],
)
def test_a_version_is_judged_by_the_release_of_kubernetes(
    version: str, kind: str, kubernetes: str, rules: list[str], judge_one: JudgeOne
) -> None:
    manifest = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: web}}\n"
    if kind == "VolumeAttributesClass":
        manifest += "driverName: example.com\n"
    found = [f.rule for f in judge_one(manifest, kubernetes=kubernetes)]
    assert [r for r in found if r.startswith("types/") and r != "types/missing-field"] == rules


@pytest.mark.parametrize(
    ("manifest", "rule", "path"),
    [
        ("kind: Namespace\nmetadata: {name: A}", "objects/metadata", "metadata.name"),
        ("kind: Namespace\nmetadata: {name: a, namespace: b}", "objects/metadata", "metadata.namespace"),
        ("kind: Namespace\nmetadata: {name: a.b}", "objects/metadata", "metadata.name"),
        ("kind: Service\nmetadata: {name: 1a}\nspec: {ports: [{port: 1}]}", "objects/metadata", "metadata.name"),
        ("kind: ConfigMap\nmetadata: {name: a_b}", "objects/metadata", "metadata.name"),
        ("kind: ConfigMap\nmetadata: {name: a, namespace: B}", "objects/metadata", "metadata.namespace"),
        ("kind: ConfigMap\nmetadata: {name: a, labels: {a b: c}}", "objects/metadata", "metadata.labels"),
        ("kind: ConfigMap\nmetadata: {name: a, labels: {a: b c}}", "objects/metadata", "metadata.labels"),
        (f"kind: ConfigMap\nmetadata: {{name: a, annotations: {{a: {'x' * 262144}}}}}", "objects/metadata", "metadata.annotations"),
        ("kind: ConfigMap", "objects/metadata", "metadata"),
        ("kind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 0}]}", "objects/port", "spec.ports[0].port"),
        ("kind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 1, name: A}]}", "objects/name", "spec.ports[0].name"),
        (f"kind: ConfigMap\nmetadata: {{name: a}}\ndata: {{a: {'x' * 1600000}}}", "objects/too-large", ""),
    ],
)  # fmt: skip
def test_names_and_sizes_are_what_upstream_allows(
    manifest: str, rule: str, path: str, judge_one: JudgeOne
) -> None:
    found = judge_one(f"apiVersion: v1\n{manifest}\n")
    assert [(f.rule, re.sub(r"\.a$", "", f.path)) for f in found] == [(rule, path)]
    assert found[0].severity is Severity.error


@pytest.mark.parametrize(
    "manifest",
    [
        "kind: Namespace\nmetadata: {name: a}",
        "kind: Service\nmetadata: {name: a1}\nspec: {ports: [{port: 1, name: a, nodePort: 30000}]}",
        "kind: ConfigMap\nmetadata: {name: a.b, labels: {example.com/a: ''}}\ndata: {a: b}",
    ],
)
def test_a_good_object_is_left_alone(manifest: str, judge_one: JudgeOne) -> None:
    assert judge_one(f"apiVersion: v1\n{manifest}\n") == ()


def test_a_selector_that_cannot_be_parsed_is_found_wherever_it_is(judge_one: JudgeOne) -> None:
    found = judge_one(
        """apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
spec:
  podSelector: {}
  ingress:
  - from: [{podSelector: {matchExpressions: [{key: app, operator: In}]}}]
"""
    )
    assert [(f.rule, f.path) for f in found] == [
        (
            "objects/selector",
            "spec.ingress[0].from[0].podSelector.matchExpressions[0].values",
        )
    ]


def test_an_object_that_is_nested_without_end_is_not_looked_at(judge_one: JudgeOne) -> None:
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: "
    found = judge_one(manifest + "[" * 5000 + "]" * 5000 + "\n")
    assert [f.rule for f in found] == ["types/too-deep"]


def test_a_key_that_is_there_twice_is_found(judge_one: JudgeOne) -> None:
    found = judge_one("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b, a: c}\n")
    assert [(f.rule, f.path) for f in found] == [("types/duplicate-key", "data.a")]


RESTRICTED = """
securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}, allowPrivilegeEscalation: false,
  capabilities: {drop: [ALL]}}"""
LEVEL = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {pod-security.kubernetes.io/%s: %s}}\n---\n"


@pytest.mark.parametrize(
    ("label", "level", "fields", "severities"),
    [
        ("enforce", "restricted", "tty: true", [Severity.error] * 4),
        ("enforce", "restricted", RESTRICTED, []),
        ("enforce", "baseline", "tty: true", []),
        ("enforce", "baseline", "securityContext: {privileged: true}", [Severity.error]),
        ("enforce", "privileged", "securityContext: {privileged: true}", []),
        ("warn", "baseline", "securityContext: {privileged: true}", [Severity.warning]),
        ("audit", "baseline", "securityContext: {privileged: true}", [Severity.note]),
        ("enforce", "strict", "tty: true", [Severity.error]),
    ],
)
def test_pods_are_held_against_the_standard_of_their_namespace(
    label: str, level: str, fields: str, severities: list[Severity], judge_one: JudgeOne
) -> None:
    manifest = LEVEL % (label, level) + DEPLOYMENT.replace("FIELDS", fields)
    found = judge_one(manifest.replace("{name: web}", "{name: web, namespace: a}"))
    assert [f.severity for f in found] == severities
    assert {f.rule for f in found} <= {"objects/pod-security"}


def test_there_is_an_end_to_what_is_said_about_one_app(judge_one: JudgeOne) -> None:
    fields = "".join(f"f{i}: 1\n" for i in range(5000))
    found = judge_one(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\n{fields}")
    assert len(found) == 2001
    assert found[-1].rule == "check/too-many"


def test_the_value_of_a_secret_is_in_no_finding(judge_one: JudgeOne) -> None:
    found = judge_one(
        """apiVersion: v1
kind: Secret
metadata: {name: hunter2secret, labels: {a: hunter2secret with spaces}}
stringData: {password: hunter2secret, port: 54321}
data: {key: not base64 at all}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a, labels: {a: hunter2secret and more}}
"""
    )
    assert len(found) >= 4
    said = "".join(f.what + f.hint for f in found)
    assert not [v for v in ("hunter2", "54321", "not base64 at all") if v in said]


ACCEPTED = Path(__file__).with_name("accepted.yaml").read_text().split("\n---\n")


@pytest.mark.parametrize("manifest", ACCEPTED, ids=range(len(ACCEPTED)))
def test_nothing_is_found_in_what_an_api_server_takes(manifest: str, judge_one: JudgeOne) -> None:
    assert judge_one(manifest) == ()


@pytest.mark.parametrize(
    ("manifest", "path"),
    [
        (DEPLOYMENT.replace("image: web, FIELDS", ""), "spec.template.spec.containers[0].image"),
        (DEPLOYMENT.replace("  selector: {matchLabels: {app: web}}\n", ""), "spec.selector"),
        (DEPLOYMENT.replace("FIELDS", "ports: [{name: a}]"), "spec.template.spec.containers[0].ports[0].containerPort"),
        (DEPLOYMENT.replace("FIELDS", "env: [{value: a}]"), "spec.template.spec.containers[0].env[0].name"),
    ],
)  # fmt: skip
def test_a_field_that_must_be_there_is_missed(
    manifest: str, path: str, judge_one: JudgeOne
) -> None:
    found = [f for f in judge_one(manifest) if f.rule == "types/missing-field"]
    assert [f.path for f in found] == [path]


@pytest.mark.parametrize(
    ("kubernetes", "rules"),
    [("1.33", ["types/field-not-served"]), ("1.34", []), ("1.36", [])],
)
def test_a_field_is_judged_by_the_release_of_kubernetes(
    kubernetes: str, rules: list[str], judge_one: JudgeOne
) -> None:
    fields = "restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [1]}}]"
    found = judge_one(DEPLOYMENT.replace("FIELDS", fields), kubernetes=kubernetes)
    assert [f.rule for f in found] == rules


def test_a_field_that_went_is_known_to_the_release_that_had_it(judge_one: JudgeOne) -> None:
    manifest = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers: []\n"
    manifest += "  resourceClaims: [{name: a, source: {resourceClaimName: a}}]\n"
    assert judge_one(manifest, kubernetes="1.30") == ()
    assert [f.rule for f in judge_one(manifest)] == ["types/unknown-field"]
