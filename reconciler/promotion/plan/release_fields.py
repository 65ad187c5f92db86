"""The fields of an entry that are its release; the rest is the environment's own."""

from __future__ import annotations

from typing import Any

from reconciler.model.environment import Environment
from reconciler.model.paths import AppName
from reconciler.promotion.plan.copy_policy import is_released
from reconciler.promotion.plan.entry_fields import EntryFields, FieldAddress


def release_fields(
    environment: Environment, app: AppName, fields: EntryFields
) -> dict[FieldAddress, Any]:
    """What a promotion may bring, by the policy of the environment that it goes to."""
    return {
        address: value
        for address, value in fields.values.items()
        if is_released(environment, app, address)
    }
