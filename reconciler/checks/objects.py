"""Rendered objects, and safe ways into them: they may be broken in every way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.checks.finding import Finding
from reconciler.checks.rule import Rule
from reconciler.compare.difference import Identity

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Object:
    """One object of one app; its namespace is the one where it will be, or "" for none."""

    app: str
    index: int
    identity: Identity
    data: Data

    @property
    def group(self) -> str:
        return self.identity.group

    @property
    def kind(self) -> str:
        return self.identity.kind

    @property
    def namespace(self) -> str:
        return self.identity.namespace

    @property
    def name(self) -> str:
        return self.identity.name

    @property
    def labels(self) -> dict[str, str]:
        return labels_of(self.data)

    def get(self, *keys: str) -> Any:
        return dig(self.data, *keys)

    def text(self, *keys: str) -> str:
        return text(self.data, *keys)

    def finding(self, rule: Rule, path: str, what: str, hint: str = "", **others: Any) -> Finding:
        return Finding(
            rule=rule.id,
            severity=others.get("severity", rule.severity),
            what=what,
            hint=hint,
            app=self.app,
            object=self.identity,
            index=self.index,
            path=path,
        )


def dig(data: Any, *keys: str) -> Any:
    """What is at the end of a path of keys, or None."""
    for key in keys:
        if not isinstance(data, dict):
            return None
        data = data.get(key)
    return data


def text(data: Any, *keys: str) -> str:
    found = dig(data, *keys)
    return found if isinstance(found, str) else ""


def number(data: Any, *keys: str) -> int | None:
    found = dig(data, *keys)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def mapping(data: Any, *keys: str) -> Data:
    found = dig(data, *keys)
    return found if isinstance(found, dict) else {}


def items(data: Any, *keys: str) -> Iterator[tuple[int, Data]]:
    """The mappings of a list, each with its number."""
    found = dig(data, *keys)
    if isinstance(found, list):
        for i, item in enumerate(found):
            if isinstance(item, dict):
                yield i, item


def labels_of(data: Any) -> dict[str, str]:
    found = mapping(data, "metadata", "labels")
    return {k: v for k, v in found.items() if isinstance(v, str)}
