"""What an app is called in its cluster, and where the object is that shows how it is."""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import quote

from reconciler.kubernetes.domain import DOMAIN
from reconciler.model.entry import Entry

SYSTEM_NAMESPACE = "reconciler-system"
VERSION = f"{DOMAIN}/v1alpha1"
APP, ENVIRONMENT = "ReconciledApp", "ReconciledEnvironment"
APP_LABEL = f"{DOMAIN}/app"
ENVIRONMENT_LABEL = f"{DOMAIN}/environment"
MAX_LABEL_CHARACTERS = 63


def app_key(entry: Entry) -> str:
    """ENVIRONMENT.APP, and what a label can hold."""
    name = f"{entry.environment}.{entry.app}"
    if len(name) <= MAX_LABEL_CHARACTERS:
        return name
    return f"{name[: MAX_LABEL_CHARACTERS - 9]}-{sha256(name.encode()).hexdigest()[:8]}"


def path_of_app(entry: Entry) -> str:
    name = quote(app_key(entry), safe="")
    return f"/apis/{VERSION}/namespaces/{SYSTEM_NAMESPACE}/reconciledapps/{name}"
