"""How environment.yaml tells what objects of a custom kind are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from reconciler.model.notations import ApiVersion, Cel, KubernetesKind


@dataclass(frozen=True, slots=True, kw_only=True)
class KindHealth:
    """A custom kind, and what is true of its objects in each state, asked in this order."""

    api_version: Annotated[
        ApiVersion, "The kind's group and version; the rule is for every version of the group."
    ]
    kind: Annotated[KubernetesKind, "The kind."]
    in_progress: Annotated[Cel, "What is true of an object that is on its way."] = ""
    failed: Annotated[Cel, "What is true of an object that will not become well by itself."] = ""
    current: Annotated[Cel, "What is true of an object that is well."]

    @property
    def key(self) -> tuple[str, str]:
        """Its group and kind, by which its objects are known."""
        return self.api_version.rpartition("/")[0], self.kind

    @property
    def expressions(self) -> dict[str, str]:
        """By what they are called in the file."""
        return {"inProgress": self.in_progress, "failed": self.failed, "current": self.current}
