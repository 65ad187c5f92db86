"""What `run` and Flux show of an app, in the objects that a real API server keeps of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reconciler.cluster.blocking_client import BlockingApiClient
from reconciler.health import flux, reconciled
from reconciler.health.evidence import Evidence, HealthQuestion
from reconciler.health.spans import total
from reconciler.model.health_sources import FluxHealth
from tests.cli.test_run_settings import DEFINITIONS
from tests.entries import entry_at_home
from tests.health.questions import unasked
from tests.testbed.plugin import Cluster

COMMIT, OTHER, UNKNOWN = "a" * 40, "b" * 40, "c" * 40
NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)
SAME = {COMMIT: True, OTHER: False, UNKNOWN: None}


def asked(app: str) -> HealthQuestion:
    return HealthQuestion(
        entry_at_home("prod", app), NOW - 4 * HOUR, NOW, SAME.__getitem__, unasked
    )


def ready(status: str, reason: str, since: datetime = NOW - HOUR) -> dict[str, Any]:
    return {
        "type": "Ready",
        "status": status,
        "reason": reason,
        "message": "said so",
        "lastTransitionTime": since.isoformat().replace("+00:00", "Z"),
    }


def write(cluster: Cluster, found: dict[str, Any], status: dict[str, Any]) -> None:
    name, namespace = found["metadata"]["name"], found["metadata"]["namespace"]
    kind = found["kind"].lower()
    cluster.kubectl("create", "namespace", namespace, "--dry-run=client", "-o", "name")
    cluster.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(found))
    cluster.kubectl(
        *("-n", namespace, "patch", kind, name, "--subresource=status", "--type=merge"),
        *("-p", json.dumps({"status": status})),
    )


Case = tuple[str, dict[str, Any] | None, bool | None, str, timedelta | None]
CASES: dict[str, Case] = {
    "well for an hour": (COMMIT, ready("True", "Ready"), True, "and ready", HOUR),
    "another release": (OTHER, ready("True", "Ready"), None, "another release", None),
    "a commit that nobody here has": (UNKNOWN, ready("True", "Ready"), None, "not hold", None),
    "on its way": (COMMIT, ready("False", "Progressing"), None, "said so", None),
    "broken": (COMMIT, ready("False", "Refused"), False, "Refused, said so", None),
    "nothing said yet": (COMMIT, None, None, "does not say yet", None),
    "nothing applied yet": ("", ready("False", "Progressing"), None, "no commit", None),
}


def check(evidence: Evidence, wanted: tuple[bool | None, str, timedelta | None]) -> None:
    healthy, said, time = wanted
    assert evidence.healthy is healthy, evidence
    assert said in evidence.said
    if time is not None:
        assert evidence.spans is not None
        assert total(evidence.spans) == time


@pytest.mark.parametrize("case", CASES)
def test_what_run_shows_says_whether_the_release_is_well(
    case: str, cluster: Cluster, client: BlockingApiClient
) -> None:
    commit, condition, healthy, said, time = CASES[case]
    cluster.kubectl("apply", "--server-side", "-f", str(DEFINITIONS))
    cluster.kubectl("wait", "--for=condition=Established", "crd/reconciledapps.reconciler.dev")
    cluster.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: reconciler-system}\n")
    app = cluster.namespace
    found = {
        "apiVersion": "reconciler.dev/v1alpha1",
        "kind": "ReconciledApp",
        "metadata": {"name": f"prod.{app}", "namespace": "reconciler-system"},
        "spec": {"environment": "prod", "app": app},
    }
    status: dict[str, Any] = {"commit": commit, "conditions": [condition] if condition else []}
    if condition and condition["status"] == "True":
        status["healthySince"] = condition["lastTransitionTime"]
    write(cluster, found, status)
    check(reconciled.look(asked(app), client), (healthy, said, time))


@pytest.mark.parametrize("case", CASES)
def test_what_flux_shows_says_whether_the_release_is_well(
    case: str, cluster: Cluster, client: BlockingApiClient, peer: Callable[[str], Path]
) -> None:
    commit, condition, healthy, said, time = CASES[case]
    cluster.kubectl("apply", "--server-side", "-R", "-f", str(peer("flux-files") / "config"))
    kind = "kustomizations.kustomize.toolkit.fluxcd.io"
    cluster.kubectl("wait", "--for=condition=Established", f"crd/{kind}")
    app = cluster.namespace
    found = {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": f"apps-{app}", "namespace": app},
        "spec": {
            "interval": "1m",
            "prune": True,
            "path": f"./environments/prod/{app}",
            "sourceRef": {"kind": "GitRepository", "name": "fleet"},
        },
    }
    revision = f"main@sha1:{commit}" if commit else ""
    status = {
        "lastAppliedRevision": revision,
        "lastAttemptedRevision": revision,
        "conditions": [condition] if condition else [],
    }
    write(cluster, found, status)
    source = FluxHealth(kustomization="apps-{app}", namespace=app)
    check(flux.look(source, asked(app), client), (healthy, said, time))


def test_an_app_that_nobody_shows_is_unseen(cluster: Cluster, client: BlockingApiClient) -> None:
    found = reconciled.look(asked(f"{cluster.namespace}-none"), client)
    assert (found.healthy, found.blind) == (None, True)
    assert "is reconciler run prod up" in found.hint
