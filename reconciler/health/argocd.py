"""Argo CD: the Application is synced to the release, and healthy.

It remembers since when it is as healthy as it is now, and nothing of the time before. So what
counts is the last stretch without interruption, and within it the time since the release came.
"""

from __future__ import annotations

from datetime import datetime

from reconciler.health.argocd_applications import ArgoCDApplication, read_application
from reconciler.health.evidence import (
    Evidence,
    HealthQuestion,
    named,
    of_another_release,
    unseen,
)
from reconciler.health.spans import joined
from reconciler.health.warning_events import warnings
from reconciler.model.entry import Entry
from reconciler.model.health_sources import ArgoCDHealth

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.cluster.blocking_client import BlockingApiClient


def look(source: ArgoCDHealth, asked: HealthQuestion, client: BlockingApiClient) -> Evidence:
    name = asked.named(source.application)
    application = read_application(client, source.namespace, name)
    if application is None:
        return unseen(
            f"there is no Application {source.namespace}/{name}",
            f"correct health in environments/{asked.entry.environment}/environment.yaml",
        )
    number = _source(application, asked.entry.folder)
    if number is None:
        paths = ", ".join(application.paths)
        return unseen(f"the Application {name} deploys {paths}, and not {asked.entry.folder}")
    revision = _at(application.revisions, number)
    at = f"the Application {name} is at {revision[:10] or 'no revision'}"
    hint = f"wait until Argo CD has synced it, or run argocd app sync {name}"
    if other := of_another_release(asked, revision, at, hint):
        return other
    said = f"{at}, {application.sync} and {application.health}"
    if application.health == "Degraded":
        return Evidence(
            False, said, hint=f"kubectl describe application {name} --namespace {source.namespace}"
        )
    if (application.sync, application.health) != ("Synced", "Healthy"):
        return Evidence(None, said)
    begin = max(asked.since, _deployed(application, number, asked) or asked.since)
    begin = max(begin, application.health_since or asked.until)
    return Evidence(True, said, joined([(begin, asked.until)]))


def complaints(
    source: ArgoCDHealth, entry: Entry, client: BlockingApiClient, since: datetime
) -> list[str]:
    """Of Argo CD, and of the cluster since the release came, if Argo CD deploys to its own."""
    name = named(source.application, entry)
    application = read_application(client, source.namespace, name)
    if application is None:
        return [f"there is no Application {source.namespace}/{name}"]
    found = list(application.complaints)
    if application.is_here and application.namespace:
        found += warnings(client, application.namespace, since)
    return found


def _source(application: ArgoCDApplication, folder: str) -> int | None:
    """The source that the entry is in."""
    for number, path in enumerate(application.paths):
        if path in ("", ".") or f"{folder}/".startswith(f"{path}/"):
            return number
    return None


def _deployed(
    application: ArgoCDApplication, number: int, asked: HealthQuestion
) -> datetime | None:
    """When the first of the last deployments happened that have this release.

    None if none has it: what was in the cluster before was the same, and nothing was to be done.
    """
    found: datetime | None = None
    for deployment in reversed(application.deployments):
        if not asked.is_same(_at(deployment.revisions, number)):
            break
        found = deployment.time
    return found


def _at(revisions: tuple[str, ...], number: int) -> str:
    return revisions[number] if number < len(revisions) else ""
