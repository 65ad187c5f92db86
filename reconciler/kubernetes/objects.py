"""Rendered objects, by what they are called and what is in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reconciler.kubernetes.access import Data, dig, labels_of, text
from reconciler.kubernetes.identity import Identity


@dataclass(frozen=True, slots=True, eq=False)
class Object:
    """One object of one app; its namespace is the one where it will be, or "" for none."""

    folder: str  # of the app that it is of
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
