"""What Argo CD says of an app, as it stands in its Application object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reconciler.errors import ApiError, ClusterError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.cluster.blocking_client import BlockingApiClient

HERE = "https://kubernetes.default.svc"
KIND = "/apis/argoproj.io/v1alpha1"


@dataclass(frozen=True, slots=True)
class Deployment:
    """When revisions came to the cluster, one for each source of the Application."""

    revisions: tuple[str, ...]
    time: datetime


@dataclass(frozen=True, slots=True)
class ArgoCDApplication:
    """Its sources' folders and the revisions that it was last compared with."""

    name: str
    paths: tuple[str, ...]
    revisions: tuple[str, ...]
    sync: str
    health: str
    health_since: datetime | None
    deployments: tuple[Deployment, ...]  # the oldest first
    namespace: str = ""  # that it deploys to
    is_here: bool = False  # in the cluster that Argo CD itself is in
    complaints: tuple[str, ...] = ()


def read_application(
    client: BlockingApiClient, namespace: str, name: str
) -> ArgoCDApplication | None:
    try:
        found = client.get(f"{KIND}/namespaces/{namespace}/applications/{name}")
    except ApiError as e:
        raise _refused(e, namespace, name) from e
    if found is None:
        return None
    try:
        return _application(found)
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        raise ClusterError(
            f"the Application {namespace}/{name} has a form that this program does not know",
            why=type(e).__name__,
        ) from e


def _application(value: Mapping[str, Any]) -> ArgoCDApplication:
    spec, status = value["spec"], value.get("status") or {}
    sources = spec.get("sources") or [spec["source"]]
    sync, health = status.get("sync") or {}, status.get("health") or {}
    return ArgoCDApplication(
        value["metadata"]["name"],
        tuple(str(source.get("path") or "").strip("/") for source in sources),
        _revisions(sync),
        str(sync.get("status") or "Unknown"),
        str(health.get("status") or "Unknown"),
        _time(health.get("lastTransitionTime")),
        tuple(
            Deployment(_revisions(item), datetime.fromisoformat(item["deployedAt"]))
            for item in status.get("history") or ()
        ),
        str((spec.get("destination") or {}).get("namespace") or ""),
        _is_here(spec.get("destination") or {}),
        tuple(_complaints(status)),
    )


def _is_here(destination: Mapping[str, Any]) -> bool:
    return destination.get("server") == HERE or destination.get("name") == "in-cluster"


def _complaints(status: Mapping[str, Any]) -> Iterator[str]:
    operation = status.get("operationState") or {}
    if operation.get("phase") in ("Failed", "Error") and operation.get("message"):
        yield f"sync: {operation['message']}"
    for condition in status.get("conditions") or ():
        yield f"{condition.get('type')}: {condition.get('message')}"
    for resource in status.get("resources") or ():
        health = resource.get("health") or {}
        if health.get("status") in ("Degraded", "Missing"):
            words = f": {health['message']}" if health.get("message") else ""
            yield f"{resource.get('kind')} {resource.get('name')} is {health['status']}{words}"


def _revisions(value: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(value.get("revisions") or (str(value.get("revision") or ""),))


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _refused(error: ApiError, namespace: str, name: str) -> ApiError:
    reasons = {
        401: ("the cluster does not know you", "log in again"),
        403: ("you may not read it", "ask for get on applications.argoproj.io"),
    }
    if not error.status:
        return error
    otherwise = f"the API server answers with {error.status}", "try it again"
    what, hint = reasons.get(error.status, otherwise)
    return ApiError(
        f"{what} (the Application {namespace}/{name})",
        status=error.status,
        reason=error.reason,
        transient=error.transient,
        why=error.why,
        hint=hint,
    )
