"""What charts bring and Flux puts in later is not known here, and is told as a note."""

from __future__ import annotations

import pytest

from reconciler.checks.finding import Severity
from reconciler.checks.unseen import CHARTS, VARIABLES
from tests.checks.conftest import Check
from tests.checks.test_rules import core, pod, service


def release(fields: str = "", namespace: str = "") -> str:
    where = f", namespace: {namespace}" if namespace else ""
    return (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
        f"metadata: {{name: chart{where}}}\n"
        f"spec: {{interval: 1h, chartRef: {{kind: OCIRepository, name: a}}{fields}}}\n---\n"
    )


APPLICATION = (
    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: other}\n"
    "spec: {project: a, source: {repoURL: https://a.example}, destination: {namespace: default}}\n"
    "---\n"
)
LACKS_SECRET = pod("containers: [{name: web, image: web, envFrom: [{secretRef: {name: db}}]}]")
LACKS_CLASS = core(
    "PersistentVolumeClaim",
    "data",
    "spec: {storageClassName: ceph, accessModes: [ReadWriteOnce], "
    "resources: {requests: {storage: 1Gi}}}",
)


@pytest.mark.parametrize(
    ("lacks", "beside", "rule"),
    [
        (LACKS_SECRET, "", "references/secret"),
        (LACKS_SECRET, release(), CHARTS.id),
        (LACKS_SECRET, release(namespace="default"), CHARTS.id),
        (LACKS_SECRET, release(", targetNamespace: default", "flux"), CHARTS.id),
        (LACKS_SECRET, APPLICATION, CHARTS.id),
        (LACKS_SECRET, release(namespace="elsewhere"), "references/secret"),
        (LACKS_SECRET, release(", targetNamespace: elsewhere", "default"), "references/secret"),
        (LACKS_SECRET, release() + core("Secret", "dbb", "data: {}"), "references/secret"),
        (LACKS_CLASS, "", "references/storage-class"),
        (LACKS_CLASS, release(namespace="elsewhere"), CHARTS.id),
        (service(), release(), CHARTS.id),
    ],
)
def test_what_a_chart_may_bring_is_not_said_to_be_missing(
    run_check: Check, lacks: str, beside: str, rule: str
) -> None:
    (found,) = run_check({"app": lacks, "other": beside or core("ConfigMap", "x")}).findings
    assert found.rule == rule
    assert (found.severity is Severity.note) == (rule == CHARTS.id)


FLUX = {"flux/apps.yaml": "kind: Kustomization\nspec: {postBuild: {substitute: {A: b}}}\n"}
NAMED = core("ConfigMap", "'${APP}'", "data: {a: b}")
SIZED = LACKS_CLASS.replace("1Gi", "'${SIZE:=1Gi}'").replace("storageClassName: ceph, ", "")


@pytest.mark.parametrize(
    ("manifest", "files", "rules"),
    [
        (NAMED, FLUX, [VARIABLES.id]),
        (NAMED, {}, ["objects/metadata"]),
        (SIZED, FLUX, [VARIABLES.id]),
        (SIZED, {}, ["types/wrong-type"]),
        (core("ConfigMap", "Paw", "data: {a: '${APP}'}"), FLUX, ["objects/metadata"]),
    ],
)
def test_a_variable_of_flux_is_no_mistake_where_flux_puts_one_in(
    run_check: Check, manifest: str, files: dict[str, str], rules: list[str]
) -> None:
    assert [f.rule for f in run_check(manifest, files).findings] == rules
