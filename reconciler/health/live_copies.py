"""The objects of a release as a cluster has them; it is only read.

Of a Secret it counts whether it is there, and what is in it is not asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.api_errors import FORBIDDEN, NOT_FOUND
from reconciler.cluster.applied_fields import fields_gone_from_git
from reconciler.cluster.conflict_rules import ConflictRule, Rule, conflict_rules, rule_for
from reconciler.cluster.conflicts import FieldConflict
from reconciler.cluster.ownership import holders
from reconciler.cluster.placed_objects import PlacedObject, placed_objects
from reconciler.cluster.status.state import HEALTHY, ObjectStatus
from reconciler.cluster.status.status_rules import StatusRules
from reconciler.cluster.treatment import Applying
from reconciler.errors import ApiError
from reconciler.health.kind_rules import status_rules
from reconciler.health.rendered_release import RenderedRelease
from reconciler.health.well_since import well_since
from reconciler.kubernetes.identity import Identity
from reconciler.kubernetes.masking import Mask
from reconciler.kubernetes.structure import Structure
from reconciler.kubernetes.unlike_fields import UnlikeField, unlike_fields
from reconciler.kubernetes.values import Absent, HiddenValue, Value
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.yaml.nodes import shortened

MAX_REQUESTS = 8  # under way at once


@dataclass(frozen=True, slots=True)
class LiveCopy:
    """`unlike` says how it is not what Git says; nothing where it is."""

    identity: Identity
    unlike: str = ""
    status: ObjectStatus = HEALTHY
    since: datetime | None = None
    is_unseen: bool = False


async def live_copies(
    client: ApiClient, release: RenderedRelease, environment: Environment, entry: Entry
) -> list[LiveCopy]:
    """Without hooks, which come and go, and without what is never applied."""
    placed = await placed_objects(release.objects, environment, entry, client.discovery)
    kept = (p for p in placed if not p.treatment.hooks and p.treatment.applies != Applying.never)
    judge = status_rules(environment, release.kernel)
    look = _Look(client, release.structure, conflict_rules(environment), judge)
    return await asyncio.gather(*map(look.at, kept))


class _Look:
    def __init__(
        self,
        client: ApiClient,
        structure: Structure,
        rules: Sequence[Rule],
        judge: StatusRules,
    ) -> None:
        self._client = client
        self._structure = structure
        self._rules = rules
        self._judge = judge
        self._free = asyncio.Semaphore(MAX_REQUESTS)

    async def at(self, placed: PlacedObject) -> LiveCopy:
        identity = placed.identity
        is_secret = (identity.group, identity.kind) == ("", "Secret")
        try:
            async with self._free:
                path = await self._client.discovery.path_of(placed.body)
                live = await self._client.get(path, metadata_only=is_secret)
        except ApiError as e:
            if e.status == NOT_FOUND:
                return LiveCopy(identity, f"{e.what}, and Git says {identity}")
            if e.status != FORBIDDEN:
                raise
            if is_secret:  # a right that few have, for good reason
                return LiveCopy(identity, is_unseen=True)
            raise ApiError(
                f"you may not read {identity}", status=e.status, hint="ask for get on its kind"
            ) from e
        if live is None:
            return LiveCopy(identity, f"{identity} is not there")
        compared = not is_secret and placed.treatment.applies is Applying.always
        return LiveCopy(
            identity,
            self._unlike(placed, live) if compared else "",
            HEALTHY if placed.treatment.ignores_health else await self._judge.of_one(live),
            well_since(live),
        )

    def _unlike(self, placed: PlacedObject, live: Mapping[str, Any]) -> str:
        mask = Mask()
        sides = mask.object(placed.body), mask.object(live)
        for field in unlike_fields(*sides, self._structure):
            if not self._is_left(placed, live, field.path):
                return f"{placed.identity}: {_told(field)}"
        for path in fields_gone_from_git(placed.body, live, self._structure):
            if not self._is_left(placed, live, path):
                return f"{placed.identity}: {path[1:]} is in the cluster, and not in Git"
        return ""

    def _is_left(self, placed: PlacedObject, live: Mapping[str, Any], path: str) -> bool:
        """To whoever wrote it last: an autoscaler, say."""
        own = placed.treatment.conflicts
        rules = (ConflictRule("*", "*", own), *self._rules) if own else self._rules
        writers = holders(live["metadata"], path)[:1]
        return any(
            rule_for(rules, FieldConflict(path, one.manager, ""), placed.body).do == "leave"
            for one in writers
        )


def _told(field: UnlikeField) -> str:
    cluster, git = (_shown(value) for value in (field.cluster, field.git))
    if cluster and git:
        return f"{field.path[1:]} is {cluster} in the cluster, and {git} in Git"
    lacks = isinstance(field.cluster, Absent)
    return f"{field.path[1:]} is {'not there' if lacks else 'otherwise'} in the cluster"


def _shown(value: Value | Absent) -> str:
    """A word that can be told in a sentence; nothing of what is long or hidden."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    is_word = isinstance(value, str) and value and not isinstance(value, HiddenValue)
    return shortened(" ".join(str(value).split())) if is_word else ""
