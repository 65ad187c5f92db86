"""Label selectors, as Kubernetes matches them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.kubernetes.access import items, mapping, text


@dataclass(frozen=True, slots=True)
class Selector:
    """Labels that must be equal, and requirements: an empty one matches everything."""

    labels: Mapping[str, str]
    requirements: tuple[tuple[str, str, frozenset[str]], ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        return all(labels.get(k) == v for k, v in self.labels.items()) and all(
            _meets(labels.get(key), operator, values) for key, operator, values in self.requirements
        )

    def __bool__(self) -> bool:
        return bool(self.labels or self.requirements)

    def __str__(self) -> str:
        said = [f"{k}={v}" for k, v in self.labels.items()]
        for key, operator, values in self.requirements:
            some = f" ({', '.join(sorted(values))})" if values else ""
            said.append(f"{key} {operator}{some}")
        return ", ".join(said)


def selector_of(data: Any) -> Selector:
    """A selector with matchLabels and matchExpressions."""
    requirements = []
    for _, r in items(data, "matchExpressions"):
        values = r.get("values")
        requirements.append(
            (
                text(r, "key"),
                text(r, "operator"),
                frozenset(map(str, values)) if isinstance(values, list) else frozenset(),
            )
        )
    return Selector(mapping(data, "matchLabels"), tuple(requirements))


def _meets(value: str | None, operator: str, values: frozenset[str]) -> bool:
    match operator:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
    return False
