"""Objects of other projects are checked by the API server against their own definitions."""

from __future__ import annotations

from tests.testbed.plugin import Cluster

MONITOR = """
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  endpoints: [{port: metrics, interval: 15s}]
"""


def test_a_service_monitor_is_accepted_and_one_with_a_typing_error_is_not(
    definitions: Cluster,
) -> None:
    definitions.apply(MONITOR)
    said = definitions.kubectl(
        "apply", "-n", definitions.namespace, "-f", "-",
        stdin=MONITOR.replace("interval", "intervall"), ok=False,
    )  # fmt: skip
    assert "intervall" in said


def test_the_definitions_of_all_projects_are_there(definitions: Cluster) -> None:
    groups = definitions.kubectl("get", "crd", "-o", "name")
    for group in (
        "applications.argoproj.io",
        "certificates.cert-manager.io",
        "externalsecrets.external-secrets.io",
        "httproutes.gateway.networking.k8s.io",
        "scaledobjects.keda.sh",
        "sealedsecrets.bitnami.com",
        "servicemonitors.monitoring.coreos.com",
        "volumesnapshots.snapshot.storage.k8s.io",
    ):
        assert f"customresourcedefinition.apiextensions.k8s.io/{group}" in groups
