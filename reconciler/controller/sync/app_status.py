"""How the objects of an app are, down to the container that keeps one from being well."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from reconciler.cluster.annotations import treatment_of
from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.status.rules import WITHOUT_STATUS
from reconciler.cluster.status.state import HEALTHY, ObjectState, ObjectStatus
from reconciler.cluster.status.status_rules import StatusRules
from reconciler.cluster.status.workloads import pod
from reconciler.controller.sync.observe import Named, listed
from reconciler.kubernetes.access import mapping, text
from reconciler.kubernetes.identity import Identity
from reconciler.text.json_object import JsonObject

PAUSE_SECONDS = 1.0
OWNERS = {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"}


@dataclass(frozen=True, slots=True)
class AppStatus:
    """Of each object that the inventory names; one that is not there is missing."""

    objects: Mapping[Identity, ObjectStatus]
    missing: tuple[Identity, ...]

    @property
    def is_healthy(self) -> bool:
        return not self.missing and not self.unhealthy

    @property
    def is_settled(self) -> bool:
        """Does nothing go on by itself any more?"""
        return all(s.state is not ObjectState.progressing for s in self.objects.values())

    @property
    def says(self) -> str:
        total = len(self.objects) + len(self.missing)
        well = len(self.objects) - len(self.unhealthy)
        return f"{well:,} of {total:,} objects are well" if total else "nothing is applied"

    @property
    def problems(self) -> tuple[str, ...]:
        """Each object that is not well, and why."""
        missing = (f"{identity} is not there" for identity in self.missing)
        ill = (f"{i} is {s.state}: {s.reason}" for i, s in sorted(self.unhealthy.items()))
        return (*missing, *ill)

    @property
    def unhealthy(self) -> dict[Identity, ObjectStatus]:
        fine = (ObjectState.healthy, ObjectState.suspended)
        return {i: s for i, s in self.objects.items() if s.state not in fine}


async def app_status(
    client: ApiClient, named: Iterable[Named], app: str, rules: StatusRules
) -> AppStatus:
    """`named` are the objects with their apiVersions. Secrets are listed by name alone."""
    wanted = dict(named)
    found = await listed(client, wanted.items(), app, WITHOUT_STATUS.__contains__)
    ours = {identity: o for identity, o in found.items() if identity in wanted}
    judged = zip(ours.values(), await rules.of([*ours.values()]), strict=True)
    states = await asyncio.gather(*(_status(client, o, status) for o, status in judged))
    missing = tuple(sorted(identity for identity in wanted if identity not in ours))
    return AppStatus(dict(zip(ours, states, strict=True)), missing)


async def wait_until_well(look: Callable[[], Awaitable[AppStatus]], seconds: float) -> AppStatus:
    """Until all is well, or nothing goes on any more, or the time is up."""
    end = asyncio.get_running_loop().time() + seconds
    while True:
        found = await look()
        now = asyncio.get_running_loop().time()
        if found.is_healthy or found.is_settled or now >= end:
            return found
        await asyncio.sleep(min(PAUSE_SECONDS, end - now))


async def _status(client: ApiClient, o: JsonObject, found: ObjectStatus) -> ObjectStatus:
    """With the reason of the pod that is worst, where its owner only counts."""
    if treatment_of(mapping(o, "metadata")).ignores_health:
        return HEALTHY
    if found.state is not ObjectState.progressing or text(o, "kind") not in OWNERS:
        return found
    selector = mapping(o, "spec", "selector", "matchLabels")
    if not selector:
        return found
    labels = ",".join(f"{name}={value}" for name, value in sorted(selector.items()))
    namespace = quote(text(o, "metadata", "namespace"), safe="")
    pods = await client.list(f"/api/v1/namespaces/{namespace}/pods", labels=labels)
    for one in pods.items:
        state = pod(one)
        if state.state is ObjectState.degraded:
            reason = f"{found.reason}: {text(one, 'metadata', 'name')}, {state.reason}"
            return ObjectStatus(ObjectState.degraded, reason)
    return found
